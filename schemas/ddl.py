"""ClickHouse tables, generated from the columns' definitions.

`migrations()` is what `schemas/migrations/*.sql` holds; `python -m schemas.ddl`
writes the files and a test fails when they are stale. A `_log` table is never
changed in place: the row with the highest `rev` (coarse grains: `roll`) counts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from schemas.columns import INCIDENTS, METRICS, TABLE_COLUMNS, Metric, Part
from schemas.views import views

ZONE: Final = "Asia/Jakarta"
"""The city's time zone: days and day types are local. Fixed at set-up."""

GRAINS: Final = ("quarter", "hour", "day")
FOLDER: Final = Path(__file__).parent / "migrations"

COARSE_COLUMNS: Final = {
    **{name: what for name, what in TABLE_COLUMNS.items() if name not in ("run", "deleted")},
    "expected_ms": ("UInt64", "Time the camera should have been watching, ms; time without any row counts"),
    "first_ms": ("Int64", "When the first stored minute of the window begins to be expected, ms since 1970"),
    "last_ms": ("Int64", "When the last stored minute of the window stops being expected, ms since 1970"),
    "roll": ("UInt64", "Number of the recomputation that wrote the row"),
    "deleted": ("UInt8", "Tombstone"),
}
DAY_COLUMNS: Final = {"hours_short": ("UInt8", "Expected hours of the day that were not watched enough")}

FORCE_MERGE: Final = (
    "min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192"
)

SERVICE_TABLES: Final = {
    "runs_log": (
        {
            "run": ("UInt32", "Number of the run"),
            "token": ("UInt64", "Who asked for the number: two runs never share one"),
            "fingerprint": ("UInt64", "Hash of the input: the same input is the same statement"),
            "generation": ("UInt32", "0 is live; a run that replaces takes the next"),
            "command": ("String", "What was called"),
            "inputs": ("Array(String)", "Paths or topics"),
            "simulated": ("Bool", "The input was simulated"),
            "state": ("LowCardinality(String)", "running, done or abandoned"),
            "summary": ("String", "JSON, once done"),
            "started_at": ("DateTime('UTC')", "Wall clock"),
            "step": ("UInt8", "0 running, 1 done or abandoned: the higher counts"),
        },
        "ReplacingMergeTree(step)",
        "(run, token)",
        "",
    ),
    "cameras_log": (
        {
            "camera_id": ("String", "Camera placement"),
            "valid_from": ("DateTime64(6, 'UTC')", "From when this version holds; 1970 when not said"),
            "name": ("String", "What people call it"),
            "area": ("LowCardinality(String)", "Kemendagri code"),
            "lat": ("Nullable(Float64)", "Latitude, degrees"),
            "lon": ("Nullable(Float64)", "Longitude, degrees"),
            "owner": ("LowCardinality(String)", "Who runs the camera"),
            "category": ("LowCardinality(String)", "atcs, pasar, pompa_air, ..."),
            "site": ("LowCardinality(String)", "Recorder or power supply it shares"),
            "fps": ("Float64", "Nominal frame rate, 1/s"),
            "metrics": ("Array(LowCardinality(String))", "Metrics that are on; health always"),
            "simulated": ("Bool", "The camera is simulated"),
            "definition": ("String", "The whole entry as JSON: zones, lines, calibration"),
            "version": ("UInt64", "Number of the registration: the highest counts"),
            "deleted": ("UInt8", "Tombstone"),
        },
        "ReplacingMergeTree(version)",
        "(camera_id, valid_from)",
        "",
    ),
    "areas_log": (
        {
            "area": ("String", "Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]"),
            "name": ("String", "Its name"),
            "level": ("LowCardinality(String)", "province, city, kecamatan, kelurahan, rw or rt"),
            "parent": ("String", "Code of the area around it, or ''"),
            "version": ("UInt64", "Number of the registration: the highest counts"),
        },
        "ReplacingMergeTree(version)",
        "area",
        "",
    ),
    "dead_letters_log": (
        {
            "source": ("String", "Path or topic"),
            "position": ("Int64", "Record number from 1"),
            "reason": ("LowCardinality(String)", "Why it was not used"),
            "detail": ("String", "What was expected and what came"),
            "first_seen": ("DateTime64(6, 'UTC')", "When it was seen"),
            "count": ("UInt32", "Records of this kind at this place"),
            "run": ("UInt32", "The run that met it last"),
        },
        "ReplacingMergeTree(run)",
        "(source, position, reason)",
        "",
    ),
    "dead_letters_raw": (
        {
            "source": ("String", "Path or topic"),
            "position": ("Int64", "Record number from 1"),
            "reason": ("LowCardinality(String)", "Why it was not used"),
            "raw": ("String", "The record's bytes, at most 64 KB"),
            "stored_at": ("DateTime('UTC') DEFAULT now('UTC')", "Wall clock: kept for 7 days"),
        },
        "ReplacingMergeTree(stored_at)",
        "(source, position, reason)",
        "TTL stored_at + INTERVAL 7 DAY DELETE",
    ),
    "marks_log": (
        {
            "domain": ("LowCardinality(String)", "Which metric's minutes changed"),
            "hour": ("DateTime('UTC')", "Hour that must be recomputed"),
            "mark": ("UInt64", "The insert that marked it"),
            "state": ("UInt8", "0 about to insert, 1 inserted, 2 recomputed: the highest counts"),
            "at": ("DateTime('UTC') DEFAULT now('UTC')", "Wall clock"),
        },
        "ReplacingMergeTree(state)",
        "(domain, hour, mark)",
        "TTL at + INTERVAL 7 DAY DELETE WHERE state = 2",
    ),
    "rolls_log": (
        {
            "roll": ("UInt64", "Number of the recomputation"),
            "domain": ("LowCardinality(String)", "Which metric it recomputed"),
            "hour": ("DateTime('UTC')", "Hour of a mark that it read"),
            "mark": ("UInt64", "The mark"),
            "at": ("DateTime('UTC') DEFAULT now('UTC')", "Wall clock"),
        },
        "ReplacingMergeTree",
        "(roll, domain, hour, mark)",
        "TTL at + INTERVAL 7 DAY DELETE",
    ),
    "settings_log": (
        {"name": ("String", "Set-up constant"), "value": ("String", "Its value; a change is refused")},
        "ReplacingMergeTree",
        "name",
        "",
    ),
}
"""Tables beside the metrics': columns, engine, key, TTL."""


def key(metric: Metric) -> tuple[str, ...]:
    """Return the sorting key of a metric's tables without `ts`."""
    return ("area", "camera_id", *metric.key)


def part_type(part: Part, *, coarse: bool = False) -> str:
    """Return a part's ClickHouse type; sums are wider in coarse grains."""
    plain = "UInt64" if coarse and part.combine == "sum" else part.type
    return f"Array({plain})" if part.bins else plain


def estimated(metric: Metric) -> tuple[str, ...]:
    """Return the sums that a day also carries scaled to full coverage."""
    return tuple(name for name in metric.parts if name == "person_ms" or (name.endswith("_n") and "speed" not in name))


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
