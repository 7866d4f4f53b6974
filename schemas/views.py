"""The views people query: figures out of parts, NULL where nobody watched.

Every view reads its `_log` table with FINAL, so corrections and tombstones show
at once. People's scripts rely on their names. Ratios are taken here
and only here; a window watched for less than `PUBLISHED_COVERAGE` says why.
"""

from __future__ import annotations

from typing import Final

from schemas.columns import (
    DELAY_EDGES_MS,
    LEVELS,
    METRICS,
    PERSON_EDGES,
    PUBLISHED_COVERAGE,
    REASONS,
    STATES,
    TABLE_COLUMNS,
    VEHICLES,
)
from schemas.incidents import INCIDENTS

GRAINS: Final = ("minute", "quarter", "hour", "day")
COVERAGE: Final = "if(expected_ms = 0, 0., least(1., observed_ms / expected_ms))"

FIGURES: Final = {
    "coverage": ("1", "Share of the expected time that was watched, 0..1"),
    "reason": ("", "'' or why figures are NULL"),
    "day_type": ("", "weekday, saturday or sunday, local"),
    "local_ts": ("", "Window start in the city's time zone"),
    "revision": ("1", "How often the window was restated"),
    "generation": ("1", "0 live, else the replacement or backfill it comes from"),
    "persons_mean": ("person", "Persons in the zone, time-weighted mean"),
    "persons_p95": ("person", "Persons in the zone, not exceeded 95 % of the time"),
    "person_minutes": ("person min", "Persons, times how long each stayed"),
    "person_minutes_estimated": ("person min", "The same with each hour scaled to full coverage"),
    "density_mean": ("person/m2", "Mean density; NULL where the zone is not calibrated"),
    "density_p95": ("person/m2", "Density not exceeded 95 % of the time"),
    "level": ("", "Level of service A..F that held longest, with hysteresis"),
    "is_lower_bound": ("", "Part of the time the zone was too full to count everybody"),
    "class": ("", "Vehicle class, or person"),
    "crossings": ("1", "Tracks that crossed the line"),
    "crossings_estimated": ("1", "The same with each hour scaled to full coverage"),
    "speed_mean_mps": ("m/s", "Mean speed of the crossings with a speed"),
    "uptime": ("1", "Watched share of the expected time, 0..1; never NULL"),
    "fps_mean": ("1/s", "Frames per second of watched time"),
    "delay_p95_ms": ("ms", "Arrival - capture, not exceeded by 95 % of frames; NULL for files"),
    "duration_s": ("s", "From opened_at to closed_at; NULL while open"),
}
"""Columns that only views have: unit and meaning."""


def _array(values: tuple[object, ...]) -> str:
    return "[" + ", ".join(f"'{v}'" if isinstance(v, str) else str(v) for v in values) + "]"


def _day_type(local: str) -> str:
    return f"multiIf(toDayOfWeek({local}) = 6, 'saturday', toDayOfWeek({local}) = 7, 'sunday', 'weekday')"


def percentile(hist: str, edges: tuple[int, ...], top: str, share: float = 0.95) -> str:
    """Return SQL for a percentile of a histogram with lower edges `edges`.

    The value is the highest integer of the bin, not above `top`: exact for
    bins one wide, at most one bin too high for wide ones. An open last bin
    gives `top`.
    """
    uppers = _array((*(edge - 1 for edge in edges[1:]), 4294967295))
    place = f"arrayFirstIndex(x -> x >= {share} * arraySum({hist}), arrayCumSum({hist}))"
    return f"least(arrayElement({uppers}, {place}), {top})"


def _source(metric: str, grain: str) -> str:
    """Return the rows that count, with coverage and whether it is enough."""
    enough = f"{COVERAGE} >= {PUBLISHED_COVERAGE}" + (" AND hours_short = 0" if grain == "day" else "")
    return (
        f"(SELECT *, {COVERAGE} AS covered, {enough} AS published\n"
        f"    FROM {metric}_{grain}_log FINAL WHERE deleted = 0) AS m"
    )


def _common(zone: str, keys: tuple[str, ...], why: str = "''") -> list[str]:
    local = f"toTimeZone(m.ts, '{zone}')"
    return [
        "m.ts AS ts",
        f"{local} AS local_ts",
        *(f"m.{name} AS {name}" for name in ("camera_id", "area", "owner", "category", *keys)),
        "m.frames AS frames",
        "m.covered AS coverage",
        f"multiIf(m.published, {why}, m.reason = 0, 'low_coverage', "
        f"arrayElement({_array(REASONS)}, m.reason + 1)) AS reason",
        f"{_day_type(local)} AS day_type",
        "m.rev % 65536 AS revision",
        "intDiv(m.rev, 65536) AS generation",
        *(f"m.{name} AS {name}" for name in ("params_hash", "model_id", "simulated")),
    ]


def _published(figure: str, condition: str = "m.published") -> str:
    return f"if({condition}, {figure}, NULL)"


def _select(name: str, columns: list[str], source: str) -> str:
    return f"CREATE OR REPLACE VIEW {name} AS\nSELECT\n    " + ",\n    ".join(columns) + f"\nFROM {source}"


def crowd(grain: str, zone: str) -> str:
    """Return the view of persons in zones."""
    flat = "m.published AND m.area_ms > 0"
    p95 = percentile("m.persons_hist", PERSON_EDGES, "m.persons_max")
    longest = "arrayReduce('max', m.level_ms)"
    worst = f"arrayLastIndex(x -> x = {longest}, m.level_ms)"
    columns = [
        *_common(zone, ("zone_id",), "if(m.area_ms = 0, 'uncalibrated', '')"),
        f"{_published('m.person_ms / m.observed_ms')} AS persons_mean",
        f"{_published(p95)} AS persons_p95",
        f"{_published('m.persons_max')} AS persons_max",
        f"{_published('m.person_ms / 60000')} AS person_minutes",
        f"{_published('100 * m.person_ms / m.area_ms', flat)} AS density_mean",
        f"{_published(f'100 * ({p95}) * m.observed_ms / m.area_ms', flat)} AS density_p95",
        f"{_published(f'arrayElement({_array(LEVELS)}, {worst})', f'm.published AND {longest} > 0')} AS level",
        f"{_published('m.saturated_ms > 0')} AS is_lower_bound",
    ]
    if grain == "day":
        columns.append("m.person_ms_estimated / 60000 AS person_minutes_estimated")
    return _select(f"crowd_{grain}", columns, _source("crowd", grain))


def flow(grain: str, zone: str) -> str:
    """Return the view of crossings: a row a class."""
    arrays = [
        f"{_array(VEHICLES)} AS class_name",
        *(
            f"[{', '.join(f'm.{name}_{part}' for name in VEHICLES)}] AS {part}"
            for part in ("n", "speed_n", "speed_sum", *(("n_estimated",) if grain == "day" else ()))
        ),
    ]
    columns = [
        *_common(zone, ("line_id", "direction")),
        "class_name AS class",
        f"{_published('n')} AS crossings",
        f"{_published('speed_sum / speed_n / 1000', 'm.published AND speed_n > 0')} AS speed_mean_mps",
    ]
    if grain == "day":
        columns.append("n_estimated AS crossings_estimated")
    return _select(f"flow_{grain}", columns, _source("flow", grain) + "\nARRAY JOIN " + ",\n    ".join(arrays))


def health(grain: str, zone: str) -> str:
    """Return the view of camera health. Its figures are about not watching: they stay when coverage is low."""
    delays = percentile("m.delay_hist", DELAY_EDGES_MS, "4294967295")
    columns = [
        *_common(zone, ()),
        f"arrayElement({_array(STATES)}, m.state + 1) AS state",
        "m.covered AS uptime",
        "if(m.observed_ms > 0, 1000 * m.frames / m.observed_ms, NULL) AS fps_mean",
        f"if(arraySum(m.delay_hist) > 0, {delays}, NULL) AS delay_p95_ms",
        *(f"m.{name} AS {name}" for name in ("late_frames", "duplicate_frames", "objects")),
    ]
    return _select(f"health_{grain}", columns, _source("health", grain))


def now(name: str, keys: str) -> str:
    """Return the view of the last row of each key. Minute rows stop after a day of silence, and so does this."""
    table = f"{name}_minute_log"
    return (
        f"CREATE OR REPLACE VIEW {name}_now AS\nSELECT *\nFROM {name}_minute\n"
        f"WHERE ts > (SELECT max(ts) FROM {table}) - INTERVAL 1 DAY\nORDER BY ts DESC\nLIMIT 1 BY {keys}"
    )


def incidents(zone: str) -> str:
    """Return the view of incidents: `ts` is `opened_at`."""
    local = f"toTimeZone(i.opened_at, '{zone}')"
    own = [name for name in INCIDENTS if name not in ("run", "rev", "deleted")]
    columns = [
        "i.opened_at AS ts",
        f"{local} AS local_ts",
        *(f"i.{name} AS {name}" for name in own),
        "dateDiff('microsecond', i.opened_at, i.closed_at) / 1000000 AS duration_s",
        "CAST(NULL AS Nullable(UInt32)) AS frames",
        "CAST(NULL AS Nullable(Float64)) AS coverage",
        "'' AS reason",
        f"{_day_type(local)} AS day_type",
        "i.rev % 65536 AS revision",
        "intDiv(i.rev, 65536) AS generation",
        "'' AS model_id",
    ]
    return _select("incidents", columns, "(SELECT * FROM incidents_log FINAL WHERE deleted = 0) AS i")


def describe() -> str:
    """Return the view that explains every metric's columns."""
    rows = [
        (f"{metric.name}_*", name, unit, meaning)
        for metric in METRICS
        for name, unit, meaning in [
            *((name, part.unit, part.meaning) for name, part in metric.parts.items()),
        ]
    ]
    rows += [("*", name, "", meaning) for name, (_, meaning) in TABLE_COLUMNS.items()]
    rows += [("*", name, unit, meaning) for name, (unit, meaning) in FIGURES.items()]
    rows += [("incidents", name, "", meaning) for name, (_, meaning) in INCIDENTS.items()]
    values = ",\n    ".join("(" + ", ".join("'" + cell.replace("'", "''") + "'" for cell in row) + ")" for row in rows)
    return (
        "CREATE OR REPLACE VIEW columns AS\nSELECT *\nFROM values("
        f"'views String, name String, unit String, meaning String',\n    {values})"
    )


def views(zone: str) -> list[str]:
    """Return every CREATE VIEW, for days and hours of `zone`."""
    by_grain = [make(grain, zone) for make in (crowd, flow, health) for grain in GRAINS]
    return [
        *by_grain,
        now("crowd", "camera_id, zone_id"),
        now("flow", "camera_id, line_id, direction, class"),
        now("health", "camera_id"),
        incidents(zone),
        "CREATE OR REPLACE VIEW dead_letters AS\nSELECT source, position, reason, detail, first_seen, count\n"
        "FROM dead_letters_log FINAL",
        "CREATE OR REPLACE VIEW areas AS\nSELECT area, name, level, parent\nFROM areas_log FINAL",
        "CREATE OR REPLACE VIEW cameras AS\nSELECT * EXCEPT (version, deleted)\nFROM cameras_log FINAL\n"
        "WHERE deleted = 0",
        describe(),
    ]
