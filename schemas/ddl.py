"""ClickHouse tables, generated from the columns' definitions.

`migrations()` is what `schemas/migrations/*.sql` holds; `python -m schemas.ddl`
writes the files and a test fails when they are stale. A `_log` table is never
changed in place: the row with the highest `rev` (coarse grains: `roll`) counts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from schemas.columns import METRICS, TABLE_COLUMNS
from schemas.incidents import INCIDENTS
from schemas.local_time import ZONE
from schemas.parts import Metric, Part
from schemas.service_tables import SERVICE_TABLES
from schemas.views import views

GRAINS: Final = ("quarter", "hour", "day")
FOLDER: Final = Path(__file__).parent / "migrations"

COARSE_COLUMNS: Final = {
    **{name: what for name, what in TABLE_COLUMNS.items() if name not in ("run", "deleted")},
    "expected_ms": ("UInt64", "Time the camera should have been watching, ms; time without any row counts"),
    "from_ms": ("Int64", "When the first stored minute of the window begins to be expected, ms since 1970"),
    "until_ms": ("Int64", "When the last stored minute of the window stops being expected, ms since 1970"),
    "roll": ("UInt64", "Number of the recomputation that wrote the row"),
    "deleted": ("UInt8", "Tombstone"),
}
DAY_COLUMNS: Final = {"hours_short": ("UInt8", "Expected hours of the day that were not watched enough")}

FORCE_MERGE: Final = (
    "min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192"
)


def key(metric: Metric) -> tuple[str, ...]:
    """Return the sorting key of a metric's tables without `ts`."""
    return ("area", "camera_id", *metric.key)


def part_type(part: Part, *, coarse: bool = False) -> str:
    """Return a part's ClickHouse type; sums are wider in coarse grains."""
    plain = "UInt64" if coarse and part.combine == "sum" else part.type
    return f"Array({plain})" if part.bins else plain


def estimated(metric: Metric) -> tuple[str, ...]:
    """Return the sums that a day also carries scaled to full coverage."""
    return tuple(name for name, part in metric.parts.items() if part.is_count)


def coarse_columns(metric: Metric, grain: str) -> tuple[str, ...]:
    """Return the column names of a coarse table, in order."""
    extra = (*DAY_COLUMNS, *(f"{name}_estimated" for name in estimated(metric))) if grain == "day" else ()
    return (*key(metric), *(name for name in COARSE_COLUMNS if name not in key(metric)), *metric.parts, *extra)


def _codec(kind: str) -> str:
    return " CODEC(T64, ZSTD(1))" if kind.startswith(("UInt", "Int", "DateTime('")) else ""


def _column(name: str, kind: str, meaning: str) -> str:
    bare, default, value = kind.partition(" DEFAULT ")
    quoted = meaning.replace("'", "''")
    return f"    `{name}` {bare}{default}{value}{_codec(bare)} COMMENT '{quoted}'"


def _table(name: str, columns: list[str], engine: str, order: str, tail: str) -> str:
    return (
        f"CREATE TABLE {name} (\n" + ",\n".join(columns) + f"\n)\nENGINE = {engine}\nORDER BY {order}\n{tail}".rstrip()
    )


def _parts(metric: Metric, *, coarse: bool) -> list[str]:
    return [
        _column(name, part_type(part, coarse=coarse), f"{part.meaning} [{part.unit}]")
        for name, part in metric.parts.items()
    ]


def _keys(metric: Metric) -> list[str]:
    return [_column(name, "LowCardinality(String)", name.replace("_", " ")) for name in metric.key]


def minute_table(metric: Metric) -> str:
    """Return the CREATE statement of a metric's minutes."""
    columns = [_column(name, *what) for name, what in TABLE_COLUMNS.items()]
    tail = f"PARTITION BY toYYYYMMDD(ts)\nSETTINGS {FORCE_MERGE}\nCOMMENT '{metric.meaning}, by minute'"
    order = f"({', '.join(key(metric))}, ts)"
    body = [*columns, *_keys(metric), *_parts(metric, coarse=False)]
    return _table(f"{metric.name}_minute_log", body, "ReplacingMergeTree(rev)", order, tail)


def coarse_table(metric: Metric, grain: str) -> str:
    """Return the CREATE statement of a metric's quarters, hours or days."""
    columns = [_column(name, *what) for name, what in COARSE_COLUMNS.items()]
    if grain == "day":
        columns += [_column(name, *what) for name, what in DAY_COLUMNS.items()]
        columns += [
            _column(f"{name}_estimated", "Nullable(UInt64)", f"{name}, each hour's over its coverage; NULL if one is 0")
            for name in estimated(metric)
        ]
    tail = f"PARTITION BY toYYYYMM(ts)\nSETTINGS {FORCE_MERGE}\nCOMMENT '{metric.meaning}, by {grain}'"
    order = f"({', '.join(key(metric))}, ts)"
    body = [*columns, *_keys(metric), *_parts(metric, coarse=True)]
    return _table(f"{metric.name}_{grain}_log", body, "ReplacingMergeTree(roll)", order, tail)


def incident_table() -> str:
    """Return the CREATE statement of the incidents."""
    columns = [_column(name, *what) for name, what in INCIDENTS.items()]
    tail = "PARTITION BY toYYYYMM(opened_at)\nCOMMENT 'Every state an incident reached; the highest rev counts'"
    return _table("incidents_log", columns, "ReplacingMergeTree(rev)", "(area, camera_id, incident_id)", tail)


def tables() -> list[str]:
    """Return every CREATE TABLE."""
    metric_tables = [
        statement
        for metric in METRICS
        for statement in (minute_table(metric), *(coarse_table(metric, grain) for grain in GRAINS))
    ]
    service = [
        _table(name, [_column(column, *what) for column, what in columns.items()], engine, order, ttl)
        for name, (columns, engine, order, ttl) in SERVICE_TABLES.items()
    ]
    return [*metric_tables, incident_table(), *service]


def migrations() -> dict[str, str]:
    """Return the migrations: file name -> SQL."""
    head = "-- Generated by `python -m schemas.ddl` from schemas/columns.py. Do not edit.\n\n"
    zone = f"INSERT INTO settings_log (name, value) VALUES ('zone', '{ZONE}')"
    return {
        "001_tables.sql": head + ";\n\n".join([*tables(), zone]) + ";\n",
        "002_views.sql": head + ";\n\n".join(views(ZONE)) + ";\n",
    }


def write() -> None:
    """Write the migration files."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in migrations().items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    write()
