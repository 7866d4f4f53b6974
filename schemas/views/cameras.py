"""The views of persons, crossings and health, by camera."""

from __future__ import annotations

from schemas.columns import DELAY_EDGES_MS, LEVELS, PERSON_EDGES, STATES, VEHICLES
from schemas.views.sql import array, common, percentile, published, select, source


def crowd(grain: str, zone: str) -> str:
    """Return the view of persons in zones."""
    flat = "m.published AND m.area_ms > 0"
    p95 = percentile("m.persons_hist", PERSON_EDGES, "m.persons_max")
    longest = "arrayReduce('max', m.level_ms)"
    worst = f"arrayLastIndex(x -> x = {longest}, m.level_ms)"
    columns = [
        *common(zone, ("zone_id",), "if(m.area_ms = 0, 'uncalibrated', '')"),
        f"{published('m.person_ms / m.observed_ms')} AS persons_mean",
        f"{published(p95)} AS persons_p95",
        f"{published('m.persons_max')} AS persons_max",
        f"{published('m.person_ms / 60000')} AS person_minutes",
        f"{published('100 * m.person_ms / m.area_ms', flat)} AS density_mean",
        f"{published(f'100 * ({p95}) * m.observed_ms / m.area_ms', flat)} AS density_p95",
        f"{published(f'arrayElement({array(LEVELS)}, {worst})', f'm.published AND {longest} > 0')} AS level",
        f"{published('m.saturated_ms > 0')} AS is_lower_bound",
    ]
    if grain == "day":
        columns.append("m.person_ms_estimated / 60000 AS person_minutes_estimated")
    return select(f"crowd_{grain}", columns, source("crowd", grain))


def flow(grain: str, zone: str) -> str:
    """Return the view of crossings: a row a class."""
    arrays = [
        f"{array(VEHICLES)} AS class_name",
        *(
            f"[{', '.join(f'm.{name}_{part}' for name in VEHICLES)}] AS {part}"
            for part in ("n", "speed_n", "speed_sum", *(("n_estimated",) if grain == "day" else ()))
        ),
    ]
    columns = [
        *common(zone, ("line_id", "direction")),
        "class_name AS class",
        f"{published('n')} AS crossings",
        f"{published('speed_sum / speed_n / 1000', 'm.published AND speed_n > 0')} AS speed_mean_mps",
    ]
    if grain == "day":
        columns.append("n_estimated AS crossings_estimated")
    return select(f"flow_{grain}", columns, source("flow", grain) + "\nARRAY JOIN " + ",\n    ".join(arrays))


def health(grain: str, zone: str) -> str:
    """Return the view of camera health. Its figures are about not watching: they stay when coverage is low."""
    delays = percentile("m.delay_hist", DELAY_EDGES_MS, "4294967295")
    columns = [
        *common(zone, ()),
        f"arrayElement({array(STATES)}, m.state + 1) AS state",
        "m.covered AS uptime",
        "if(m.observed_ms > 0, 1000 * m.frames / m.observed_ms, NULL) AS fps_mean",
        f"if(arraySum(m.delay_hist) > 0, {delays}, NULL) AS delay_p95_ms",
        *(f"m.{name} AS {name}" for name in ("late_frames", "duplicate_frames", "objects")),
    ]
    return select(f"health_{grain}", columns, source("health", grain))


def now(name: str, keys: str) -> str:
    """Return the view of the last row of each key. Minute rows stop after a day of silence, and so does this."""
    table = f"{name}_minute_log"
    return (
        f"CREATE OR REPLACE VIEW {name}_now AS\nSELECT *\nFROM {name}_minute\n"
        f"WHERE ts > (SELECT max(ts) FROM {table}) - INTERVAL 1 DAY\nORDER BY ts DESC\nLIMIT 1 BY {keys}"
    )
