"""Windows of roads and places that are kept as they were reckoned, since reckoning them takes seconds a month.

They follow from quarters, hours and days of cameras, and from what is registered; the
roller, which knows what changed, reckons the local days anew that it touched, all days of a
road or place that is registered otherwise, and everything where the definition has changed.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from schemas.cards import CARDS
from schemas.shape import Column, Table

BOOK: Final = "kept_log"
"""Which days are kept, by which definition."""

NAMES: Final = "kept_names_log"
"""As what each road and place was registered when its days were reckoned."""

STALE, FRESH = 0, 1


class Kept(NamedTuple):
    """A view whose rows are kept."""

    metrics: tuple[str, ...]
    """Of whose hours its days are made."""
    key: tuple[str, ...]
    columns: dict[str, str]
    """Types by name: what the view has, but what follows from its time and the calendar."""
    registered: str
    """Query for the `name` of each that is registered, and `by`: another number where it is registered otherwise."""


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


_HASH: Final = "sipHash64(toString(tuple(* EXCEPT (version, deleted))))"
_ROADS: Final = f"SELECT road AS name, {_HASH} AS by FROM roads_log FINAL WHERE deleted = 0"
_CAMERAS: Final = (
    f"SELECT camera_id AS camera, groupBitXor(hash) AS hash FROM (SELECT camera_id, {_HASH} AS hash "
    "FROM cameras_log FINAL WHERE deleted = 0) GROUP BY camera_id"
)
_SPOTS: Final = "arrayDistinct(arrayMap(spot -> substringIndex(spot, '/', 1), arrayConcat(zones, gates)))"
_PLACES: Final = (
    "SELECT name, sipHash64(any(own), arraySort(groupArray((camera, hash)))) AS by "
    f"FROM (SELECT place_id AS name, {_HASH} AS own, arrayJoin(arrayPushBack({_SPOTS}, '')) AS camera "
    f"FROM places_log FINAL WHERE deleted = 0) AS p LEFT JOIN ({_CAMERAS}) AS c ON c.camera = p.camera GROUP BY name"
)

KEPT: Final = {
    "road_hour": Kept(("flow", "congestion"), ("road", "direction"), _ROAD, _ROADS),
    "road_day": Kept(("flow", "congestion"), ("road", "direction"), _ROAD | _ROAD_DAY, _ROADS),
    "visits_place_day": Kept(
        tuple(card.name for card in CARDS if card.spots is not None), ("place_id",), _PLACE, _PLACES
    ),
}
"""The views whose rows are kept, by name; the first of a key is the name of what is registered."""


def tables() -> dict[str, Table]:
    """Return the tables that hold them, and the books of their days and names."""
    made = {f"{name}_log": _table(name, kept) for name, kept in KEPT.items()}
    columns = {
        "what": Column("LowCardinality(String)", "", "", "Which view"),
        "day": Column("DateTime('UTC')", "", "", "Start of a local day"),
        "roll": Column("UInt64", "", "", "Number of the recomputation that touched or reckoned it"),
        "state": Column("UInt8", "", "", "0 what it follows from changes, 1 its rows are kept"),
        "by": Column("UInt64", "", "", "Hash of how it was reckoned"),
        "version": Column("UInt64", "(2 * roll) + state", "", "The highest counts"),
    }
    made[BOOK] = Table(columns, "ReplacingMergeTree(version)", "(what, day)", "", "", "Days of roads and places kept")
    named = {
        "what": columns["what"],
        "name": Column("String", "", "", "A road, a place"),
        "roll": Column("UInt64", "", "", "Number of the recomputation that reckoned its days"),
        "by": Column("UInt64", "", "", "Hash of what was registered of it, 0 nothing any more"),
    }
    made[NAMES] = Table(named, "ReplacingMergeTree(roll)", "(what, name)", "", "", "Roads and places as they were kept")
    return made


def _table(name: str, kept: Kept) -> Table:
    said = f"As the view {name} has it"
    columns = {column: Column(kind, "", "", said) for column, kind in kept.columns.items()}
    columns["roll"] = Column("UInt64", "", "", "Number of the recomputation that wrote the row")
    columns["deleted"] = Column("UInt8", "", "", "Tombstone")
    order = f"(ts, {', '.join(kept.key)})"
    return Table(columns, "ReplacingMergeTree(roll)", order, "toYYYYMM(ts)", "", f"Kept rows of the view {name}")
