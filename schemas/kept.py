"""Windows of roads and places that are kept as they were reckoned, since reckoning them takes seconds a month.

They follow from quarters, hours and days of cameras, and from what is registered; the
roller, which knows what changed, reckons the local days anew that it touched, and all of them
where a road, a place or how they are reckoned has changed.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from schemas.cards import CARDS
from schemas.shape import Column, Table

BOOK: Final = "kept_log"
"""Which days are kept, by which registrations and definitions."""

STALE, FRESH = 0, 1


class Kept(NamedTuple):
    """A view whose rows are kept."""

    metrics: tuple[str, ...]
    """Of whose hours its days are made."""
    key: tuple[str, ...]
    columns: dict[str, str]
    """Types by name: what the view has, but what follows from its time and the calendar."""
    registered: str
    """Query for a number that differs where something is registered otherwise."""


_HEAD: Final = {"ts": "DateTime('UTC')"}
_ROAD: Final = {
    **_HEAD,
    **dict.fromkeys(("camera_id", "area", "owner", "category", "road", "direction"), "String"),
    "frames": "UInt64",
    "coverage": "Float64",
    "reason": "String",
    "revision": "UInt32",
    "generation": "UInt64",
    "params_hash": "UInt64",
    "model_id": "String",
    "simulated": "Bool",
    "observed_ms": "UInt64",
    "expected_ms": "UInt64",
    "vehicles": "Nullable(UInt64)",
    "vehicles_per_hour": "Nullable(Float64)",
    "smp_per_hour": "Nullable(Float64)",
    "emp_row": "Nullable(String)",
    "capacity": "Nullable(Float64)",
    "dj": "Nullable(Float64)",
    "los": "Nullable(String)",
    "near_saturation": "Nullable(Bool)",
    "speed_mean_kmh": "Nullable(Float64)",
    "peak_hour": "Nullable(DateTime('UTC'))",
    "phf": "Nullable(Float64)",
}
_ROAD_DAY: Final = {
    "hours_missing": "Array(UInt8)",
    "vehicles_estimated": "Nullable(UInt64)",
    "peak_hour_vehicles": "Nullable(UInt64)",
    "clock_hour": "Nullable(DateTime('UTC'))",
    "clock_hour_vehicles": "Nullable(UInt64)",
}
_PLACE: Final = {
    **_HEAD,
    **dict.fromkeys(("place_id", "name"), "String"),
    "area": "LowCardinality(String)",
    **dict.fromkeys(("cameras_reporting", "cameras_total", "frames"), "UInt64"),
    "coverage": "Float64",
    **dict.fromkeys(("observed_ms", "expected_ms"), "UInt64"),
    "reason": "String",
    "hours_missing": "Array(UInt8)",
    "revision": "UInt32",
    "generation": "UInt64",
    "simulated": "Bool",
    "basis": "String",
    **dict.fromkeys(("entries", "exits"), "Nullable(UInt64)"),
    **dict.fromkeys(
        (
            *("entries_per_hour", "exits_per_hour", "person_minutes", "person_minutes_per_hour"),
            *("stay_median_s", "passages", "passages_per_hour"),
        ),
        "Nullable(Float64)",
    ),
    **dict.fromkeys(("entries_estimated", "exits_estimated"), "Nullable(UInt64)"),
    "person_minutes_estimated": "Nullable(Float64)",
}


def _hash(table: str, which: str = "1") -> str:
    row = "sipHash64(toString(tuple(* EXCEPT (version, deleted))))"
    return f"(SELECT groupBitXor({row}) FROM {table} FINAL WHERE deleted = 0 AND {which})"


_SPOTS: Final = "SELECT substringIndex(arrayJoin(arrayConcat(zones, gates)), '/', 1) FROM places_log FINAL"

KEPT: Final = {
    "road_hour": Kept(("flow", "congestion"), ("road", "direction"), _ROAD, _hash("roads_log")),
    "road_day": Kept(("flow", "congestion"), ("road", "direction"), _ROAD | _ROAD_DAY, _hash("roads_log")),
    "visits_place_day": Kept(
        tuple(card.name for card in CARDS if card.spots is not None),
        ("place_id",),
        _PLACE,
        f"bitXor({_hash('places_log')}, {_hash('cameras_log', f'camera_id IN ({_SPOTS})')})",
    ),
}
"""The views whose rows are kept, by name."""


def tables() -> dict[str, Table]:
    """Return the tables that hold them, and the book of their days."""
    made = {f"{name}_log": _table(name, kept) for name, kept in KEPT.items()}
    columns = {
        "what": Column("LowCardinality(String)", "", "", "Which view"),
        "day": Column("DateTime('UTC')", "", "", "Start of a local day"),
        "roll": Column("UInt64", "", "", "Number of the recomputation that touched or reckoned it"),
        "state": Column("UInt8", "", "", "0 what it follows from changes, 1 its rows are kept"),
        "by": Column("UInt64", "", "", "Hash of what was registered, and of how it was reckoned"),
        "version": Column("UInt64", "(2 * roll) + state", "", "The highest counts"),
    }
    made[BOOK] = Table(columns, "ReplacingMergeTree(version)", "(what, day)", "", "", "Days of roads and places kept")
    return made


def _table(name: str, kept: Kept) -> Table:
    said = f"As the view {name} has it"
    columns = {column: Column(kind, "", "", said) for column, kind in kept.columns.items()}
    columns["roll"] = Column("UInt64", "", "", "Number of the recomputation that wrote the row")
    columns["deleted"] = Column("UInt8", "", "", "Tombstone")
    order = f"(ts, {', '.join(kept.key)})"
    return Table(columns, "ReplacingMergeTree(roll)", order, "toYYYYMM(ts)", "", f"Kept rows of the view {name}")
