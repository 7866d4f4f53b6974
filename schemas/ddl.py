"""The tables, as the columns' definitions say they should be.

To change one, edit its definition (`schemas/columns.py`, `incidents.py`,
`service_tables.py`, or here), then `make migration NAME=what_it_is_for` writes
the numbered file that brings older warehouses there; tests fail until it is
written. A `_log` table is never changed in place: the row with the highest
`rev` (coarse grains: `roll`) counts.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from schemas import area_hours, kept
from schemas.columns import METRICS, TABLE_COLUMNS
from schemas.incidents import INCIDENTS
from schemas.parts import Metric, Part
from schemas.service_tables import SERVICE_TABLES
from schemas.shape import Column, Feed, Shape, Table

GRAINS: Final = ("quarter", "hour", "day")

COARSE_COLUMNS: Final = {
    **{name: what for name, what in TABLE_COLUMNS.items() if name not in ("run", "deleted")},
    "expected_ms": ("UInt64", "Time the camera should have been watching, ms; time without any row counts"),
    "from_ms": ("Int64", "When the first stored minute of the window begins to be expected, ms since 1970"),
    "until_ms": ("Int64", "When the last stored minute of the window stops being expected, ms since 1970"),
    "roll": ("UInt64", "Number of the recomputation that wrote the row"),
    "deleted": ("UInt8", "Tombstone"),
}
DAY_COLUMNS: Final = {
    "hours_short": ("UInt8", "Expected hours of the day that were not watched enough"),
    "lacking": ("Array(UInt8)", "Which local hours these are"),
    "lacks_ppm": (
        "UInt32 DEFAULT if(hours_short > 0, 1000000, 0)",
        "What they carry of a usual day, 1e-6; an even share of the day's hours where nothing is known of it",
    ),
    "usual": (
        "Array(UInt64)",
        "Counts an hour, in thousandths, at each local hour of the days of the same kind before; only where hours lack",
    ),
}

SETTINGS: Final = (
    "SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, "
    "index_granularity = 8192"
)


def key(metric: Metric) -> tuple[str, ...]:
    """Return the sorting key of a metric's tables without `ts`."""
    return ("area", "camera_id", *metric.key)


def part_type(part: Part, *, coarse: bool = False) -> str:
    """Return a part's ClickHouse type; sums are wider in coarse grains."""
    plain = "UInt64" if coarse and part.combine == "sum" else part.type
    return f"Array({plain})" if part.bins else plain


def weight(metric: Metric) -> tuple[str, ...]:
    """Return the sums that say together how much an hour carries of a day; none: every hour as much as any other."""
    return estimated(metric)


def estimated(metric: Metric) -> tuple[str, ...]:
    """Return the sums that a day also carries scaled to full coverage."""
    return tuple(name for name, part in metric.parts.items() if part.is_count)


def coarse_columns(metric: Metric, grain: str) -> tuple[str, ...]:
    """Return the column names of a coarse table, in order."""
    extra = (*DAY_COLUMNS, *(f"{name}_estimated" for name in estimated(metric))) if grain == "day" else ()
    own = (*metric.parts, *metric.tallies)
    return (*key(metric), *(name for name in COARSE_COLUMNS if name not in key(metric)), *own, *extra)


def _column(kind: str, meaning: str) -> Column:
    bare, _, default = kind.partition(" DEFAULT ")
    codec = "CODEC(T64, ZSTD(1))" if bare.startswith(("UInt", "Int", "DateTime('")) else ""
    return Column(bare, default, codec, meaning)


def _columns(defined: dict[str, tuple[str, str]]) -> dict[str, Column]:
    return {name: _column(*what) for name, what in defined.items()}


def _parts(metric: Metric, *, coarse: bool) -> dict[str, Column]:
    keys = {name: _column("LowCardinality(String)", name.replace("_", " ")) for name in metric.key}
    return keys | {
        name: _column(part_type(part, coarse=coarse), f"{part.meaning} [{part.unit}]")
        for name, part in metric.parts.items()
    }


def minute_table(metric: Metric) -> Table:
    """Return a metric's minutes."""
    columns = _columns(TABLE_COLUMNS) | _parts(metric, coarse=False)
    order = f"({', '.join(key(metric))}, ts)"
    comment = f"{metric.meaning}, by minute"
    return Table(columns, "ReplacingMergeTree(rev)", order, "toYYYYMMDD(ts)", SETTINGS, comment)


def now_table(metric: Metric) -> Table:
    """Return the newest minute that was ever stored of each key, a tombstone too.

    `at` orders minutes, then statements of one minute; the later of equals counts, as in the minutes.
    """
    newest = Column("UInt128", "bitShiftLeft(toUInt128(toUnixTimestamp(ts)), 64) + rev", "", "ts, then rev")
    columns = {**minute_table(metric).columns, "at": newest}
    comment = f"{metric.meaning}, newest minute of each key"
    return Table(columns, "ReplacingMergeTree(at)", f"({', '.join(key(metric))})", "", "", comment)


def coarse_table(metric: Metric, grain: str) -> Table:
    """Return a metric's quarters, hours or days."""
    columns = _columns(COARSE_COLUMNS)
    if grain == "day":
        columns |= _columns(DAY_COLUMNS)
        for name in estimated(metric):
            meaning = f"{name}, each hour's over its coverage, hours not watched as usual; NULL if they carry too much"
            columns[f"{name}_estimated"] = _column("Nullable(UInt64)", meaning)
    columns |= _parts(metric, coarse=True)
    columns |= _columns({name: ("UInt16", f"Minutes of which holds: {sql}") for name, sql in metric.tallies.items()})
    order = f"({', '.join(key(metric))}, ts)"
    comment = f"{metric.meaning}, by {grain}"
    return Table(columns, "ReplacingMergeTree(roll)", order, "toYYYYMM(ts)", SETTINGS, comment)


def incident_table() -> Table:
    """Return the incidents."""
    comment = "Every state an incident reached; the highest rev counts"
    order = "(area, camera_id, incident_id)"
    return Table(_columns(INCIDENTS), "ReplacingMergeTree(rev)", order, "toYYYYMM(opened_at)", "", comment)


@cache
def tables() -> dict[str, Table]:
    """Return every table by name."""
    made = {}
    for metric in METRICS:
        made[f"{metric.name}_now_log"] = now_table(metric)
        made[f"{metric.name}_minute_log"] = minute_table(metric)
        made |= {f"{metric.name}_{grain}_log": coarse_table(metric, grain) for grain in GRAINS}
    made["incidents_log"] = incident_table()
    made |= area_hours.tables()
    made |= kept.tables()
    for name, (columns, engine, order, tail) in SERVICE_TABLES.items():
        made[name] = Table(_columns(columns), engine, order, "", tail, "")
    return made


@cache
def shape() -> Shape:
    """Return every table, and the feeds from minutes to their newest."""
    feeds = {
        f"{metric.name}_now_feed": Feed(f"{metric.name}_minute_log", f"{metric.name}_now_log", key(metric))
        for metric in METRICS
    }
    return tables() | feeds
