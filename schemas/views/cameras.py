"""The views of persons, crossings and health, by camera."""

from __future__ import annotations

from typing import Final

from schemas.columns import DELAY_EDGES_MS, LEVELS, PERSON_EDGES, STATES, VEHICLES
from schemas.views.sql import array, common, newest, percentile, published, select, source, view

FIGURES: Final = {
    "crowd_*": {
        "persons_mean": ("person", "Persons in the zone, time-weighted mean"),
        "persons_p95": ("person", "Persons in the zone, not exceeded 95 % of the time"),
        "person_minutes": ("person min", "Persons, times how long each stayed"),
        "person_minutes_estimated": ("person min", "The same with each hour scaled to full coverage"),
        "density_mean": ("person/m2", "Mean density; NULL where the zone is not calibrated"),
        "density_p95": ("person/m2", "Density not exceeded 95 % of the time"),
        "level": ("", "Level of service A..F that held longest, with hysteresis"),
        "is_lower_bound": ("", "Part of the time the zone was too full to count everybody"),
    },
    "flow_*": {
        "class": ("", "Vehicle class, or person"),
        "crossings": ("1", "Tracks that crossed the line"),
        "crossings_estimated": ("1", "The same with each hour scaled to full coverage"),
        "speed_mean_mps": ("m/s", "Mean speed of the crossings with a speed"),
    },
    "health_*": {
        "state": ("", "Worst camera state of the window"),
        "uptime": ("1", "Watched share of the expected time, 0..1; never NULL"),
        "fps_mean": ("1/s", "Frames per second of watched time"),
        "delay_p95_ms": ("ms", "Arrival - capture, not exceeded by 95 % of frames; NULL for files"),
    },
}


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
    return select(f"crowd_{grain}", columns, source("crowd", grain), f"Persons in zones, by camera, zone and {grain}")


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
    rows = source("flow", grain) + "\nARRAY JOIN " + ",\n    ".join(arrays)
    return select(f"flow_{grain}", columns, rows, f"Crossings, by camera, line, direction, class and {grain}")


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
    comment = f"Was the camera watching, and how well, by camera and {grain}"
    return select(f"health_{grain}", columns, source("health", grain), comment)


def now(name: str, keys: str) -> str:
    """Return the view of the last row of each key. Minute rows stop after a day of silence, and so does this."""
    query = (
        f"SELECT *\nFROM {name}_minute\nWHERE ts > {newest(name)} - INTERVAL 1 DAY\nORDER BY ts DESC\nLIMIT 1 BY {keys}"
    )
    return view(f"{name}_now", query, f"The last minute of each {keys} of the last stored day")
