"""What a column definition is: a part of a metric, and the metric it belongs to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

REVISIONS: Final = 65_536
"""Revisions of a generation: a stored row's `rev` is generation * REVISIONS + revision."""

Combine = Literal["sum", "max", "min"]
Kind = Literal["UInt8", "UInt16", "UInt32", "UInt64", "Int32", "Int64"]


@dataclass(frozen=True, slots=True)
class Part:
    """One stored column of a metric.

    Attributes
    ----------
    type
        ClickHouse integer type.
    combine
        How two parts of the same key merge; a histogram is ``sum`` with ``bins``.
    unit
        Unit in words, "1" for a count.
    meaning
        One sentence, shown as the column's comment.
    bins
        Number of bins when the column is an array (merged bin by bin), else 0.
    is_count
        A day also carries it with each hour's over its coverage.
    """

    type: Kind
    combine: Combine
    unit: str
    meaning: str
    bins: int = 0
    is_count: bool = False

    @property
    def width(self) -> int:
        """Return how many int64 values hold the part."""
        return max(1, self.bins)


@dataclass(frozen=True, slots=True)
class Metric:
    """A domain's minute table: its key beside camera and minute, and its parts.

    Attributes
    ----------
    told
        Parts that may grow after the minute's last frame was folded: what is known
        of a track only later, what a silence says. They only grow, so that frames
        and their sum measure how much a row has seen.
    is_of_objects
        It counts what a detector finds: nothing is known of it while the detector is mute.
    tallies
        Minutes that coarser windows count, by the column's name: SQL of a minute `r`.
    """

    name: str
    key: tuple[str, ...]
    parts: dict[str, Part]
    meaning: str
    told: tuple[str, ...] = ()
    is_of_objects: bool = True
    tallies: dict[str, str] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """Return how many int64 values hold a row's parts."""
        return sum(part.width for part in self.parts.values())

    def offset(self, column: str) -> int:
        """Return where a part starts in a row of int64 values."""
        at = 0
        for name, part in self.parts.items():
            if name == column:
                return at
            at += part.width
        raise KeyError(column)


WATCH: Final = {
    "frames": Part("UInt32", "sum", "1", "Frames observed"),
    "observed_ms": Part(
        "UInt32",
        "sum",
        "ms",
        "Time watched: the union of what frames cover, each up to the next and two periods at most",
    ),
}
"""The first parts of every metric."""
