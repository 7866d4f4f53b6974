"""Hours of areas, kept as the sum of their cameras' rows: what a view of them reads instead of a month of cameras.

A row says what follows from rows of cameras alone, so that nothing that is registered makes it stale: who
should have been watching is asked of the registry when the view is. The roller writes it with the hours
it follows from, under the same number.
"""

from __future__ import annotations

from typing import Final

from schemas.card import ByArea, Card
from schemas.cards import CARDS
from schemas.shape import Column, Table

EVERYWHERE: Final = ""
"""The area of all cameras, those without an area too: it has a row wherever any camera has one."""

_CODEC: Final = "CODEC(T64, ZSTD(1))"
COUNTED: Final = {
    "cameras": ("UInt64", "Cameras with rows"),
    "reporting": ("UInt64", "Cameras of which a row enters the parts"),
    "watching": ("UInt64", "Cameras with a published row"),
    "seeing": ("UInt64", "Cameras with frames"),
    "expected": ("UInt64", "Time that they should have watched, added over cameras, ms"),
    "watched": ("UInt64", "Time that they watched of it, ms"),
    "frames": ("UInt64", "Frames, the most of a camera's rows, added over cameras"),
    "unread": ("UInt8", "2 frames of some could not be read, 1 some were lost before, 0 neither"),
    "rev": ("UInt64", "The highest of the rows"),
    "simulated": ("Bool", "Some are simulated"),
}
"""What an area's row has of its cameras, whatever the metric."""


def table(metric: str) -> str:
    """Return the name of the table of a metric's hours."""
    return f"{metric}_area_hour_log"


def by_name() -> dict[str, Card]:
    """Return the cards that have areas, by the names of their tables."""
    return {table(card.name): card for card in CARDS if card.area is not None}


def columns(area: ByArea) -> tuple[str, ...]:
    """Return the names of what a row says, in order."""
    return ("ts", "area", *COUNTED, *area.parts)


def tables() -> dict[str, Table]:
    """Return the tables that hold them."""
    return {name: _table(card) for name, card in by_name().items()}


def _table(card: Card) -> Table:
    assert card.area is not None
    made = {
        "ts": Column("DateTime('UTC')", "", _CODEC, "Start of the hour, UTC"),
        "area": Column("LowCardinality(String)", "", "", "City, kecamatan or kelurahan; '' all cameras together"),
    }
    made |= {name: Column(kind, "", _codec(kind), said) for name, (kind, said) in COUNTED.items()}
    made |= {name: Column(of.type, "", _codec(of.type), f"Folded: {name}") for name, of in card.area.parts.items()}
    made["roll"] = Column("UInt64", "", _CODEC, "Number of the recomputation that wrote the row")
    made["deleted"] = Column("UInt8", "", _CODEC, "Tombstone")
    comment = f"{card.area.meaning}, by hour"
    return Table(made, "ReplacingMergeTree(roll)", "(area, ts)", "toYYYYMM(ts)", "", comment)


def _codec(kind: str) -> str:
    return _CODEC if kind.startswith("UInt") else ""
