"""The views by area: kelurahan, kecamatan, city, each with how many of its cameras stand behind it.

Only rows that are published enter, and sums are of integers, so that the order
of rows changes nothing. A registered camera without a row, dead for longer than
a day, still counts as one that should have been watching for the whole window.
"""

from __future__ import annotations

from typing import Final

from schemas.views import registered
from schemas.views.area_metrics import AREAS, Area
from schemas.views.sql import GRAINS, LENGTH_S, day_type, select, source

FIGURES: Final = {
    "*_area_*": {
        "area_level": ("", "city, kecamatan or kelurahan"),
        "area_name": ("", "Name of the area"),
        "cameras_reporting": ("1", "Cameras behind the figures: at least one row of theirs is published"),
        "cameras_total": ("1", "Cameras registered for it at the window's end, silent ones too, or with rows in it"),
    },
    "crowd_area_*": {
        "persons_mean": ("person", "Persons in the reporting zones, means of zones added"),
        "person_minutes": ("person min", "Persons in the reporting zones, times how long each stayed"),
        "level": ("", "Worst of the zones' levels"),
        "is_lower_bound": ("", "A zone was too full to count everybody for part of the time"),
    },
    "flow_area_*": {
        "lines_reporting": ("1", "Lines with direction behind the figures"),
        "crossings_median": ("1", "Median over lines and directions: flows are never added along a road"),
        "speed_mean_mps": ("m/s", "Mean speed of all their crossings with a speed"),
    },
    "visits_area_*": {
        "entries": ("1", "Persons who came in at the reporting gates; who passes two gates counts twice"),
        "exits": ("1", "Persons who went out at the reporting gates"),
    },
    "congestion_area_*": {
        "occupancy": ("1", "Share of the lanes' watched time when a vehicle was in the lane"),
        "standing_share": ("1", "Standing share of the tracked vehicles' time in all reporting lanes"),
        "speed_mean_mps": ("m/s", "Way over time of their tracked vehicles on calibrated ground"),
    },
    "flood_area_*": {
        "wet_mean": ("1", "Wet share, mean of all signals of the reporting zones: a trend index"),
        "wet_max": ("1", "The highest signal of any zone"),
    },
    "garbage_area_*": {
        "objects_mean": ("1", "Garbage in the reporting zones, means of zones added"),
        "objects_max": ("1", "Most garbage in one frame of one zone"),
    },
    "health_area_*": {
        "uptime": ("1", "Watched share of all cameras' expected time, silent ones included; never NULL"),
        "cameras_blind": ("1", "Cameras of cameras_total without a single frame"),
    },
}


def _by_camera(area: Area, grain: str) -> str:
    """Return one row a camera and window: its time, whether it reports, the parts of its rows that do."""
    parts = [f"{fold.by_camera}If({fold.row}, {area.reports}) AS {name}" for name, fold in area.parts.items()]
    columns = [
        "m.area AS area",
        "m.camera_id AS camera_id",
        "m.ts AS ts",
        f"max({area.reports}) AS reports",
        "max(m.published) AS watching",
        "max(m.expected_ms) AS expected",
        "max(least(m.observed_ms, m.expected_ms)) AS watched",
        "max(m.frames) AS frames",
        "max(m.rev) AS rev",
        "max(m.simulated) AS simulated",
        *parts,
    ]
    return (
        "SELECT "
        + ",\n        ".join(columns)
        + f"\n    FROM {source(area.metric, grain)}\n    GROUP BY m.area, m.camera_id, m.ts"
    )


def _by_area(area: Area, grain: str) -> str:
    """Return one row an area and window that has rows."""
    columns = [
        "code",
        "c.ts AS ts",
        "count() AS cameras",
        "countIf(c.reports) AS reporting",
        "countIf(c.watching) AS watching",
        "countIf(c.frames > 0) AS seeing",
        "sum(c.expected) AS expected",
        "sum(c.watched) AS watched",
        "sum(c.frames) AS frames",
        "max(c.rev) AS rev",
        "max(c.simulated) AS simulated",
        *(f"{fold.over_cameras}(c.{name}) AS {name}" for name, fold in area.parts.items()),
    ]
    return (
        "SELECT " + ",\n    ".join(columns) + f"\nFROM ({_by_camera(area, grain)}) AS c\n"
        f"ARRAY JOIN {registered.codes('c.area')} AS code\nGROUP BY code, c.ts"
    )


def _rows(area: Area, grain: str) -> str:
    """Return one row an area and window in which it has cameras."""
    windows = registered.windows(area.metric, grain)
    asked = registered.at("r.steps", "w.ts", LENGTH_S[grain])
    expected = f"t.expected + {1000 * LENGTH_S[grain]} * (greatest(u.registered, t.cameras) - t.cameras)"
    return (
        "(SELECT t.* EXCEPT (ts, code), u.ts AS ts, u.code AS code, greatest(u.registered, t.cameras) AS total,\n"
        "    u.twins AS twins,\n"
        f"    if({expected} = 0, 0., t.watched / ({expected})) AS covered\n"
        f"FROM (SELECT w.ts AS ts, r.code AS code, r.simulated AS twins, {asked} AS registered\n"
        f"    FROM {windows} AS w CROSS JOIN {registered.by_area(area.metric)} AS r) AS u\n"
        f"LEFT JOIN ({_by_area(area, grain)}) AS t ON t.ts = u.ts AND t.code = u.code\n"
        "WHERE u.registered > 0 OR t.cameras > 0) AS s"
    )


def area_view(area: Area, grain: str, zone: str) -> str:
    """Return the view of a metric by area."""
    local = f"toTimeZone(s.ts, '{zone}')"
    columns = [
        "s.ts AS ts",
        f"{local} AS local_ts",
        "s.code AS area",
        f"{registered.level('s.code')} AS area_level",
        "a.name AS area_name",
        "s.reporting AS cameras_reporting",
        "s.total AS cameras_total",
        "s.frames AS frames",
        "s.covered AS coverage",
        f"multiIf(s.reporting > 0, {area.why}, s.frames = 0, 'offline', {area.unseen}) AS reason",
        f"{day_type(local)} AS day_type",
        "s.rev % 65536 AS revision",
        "intDiv(s.rev, 65536) AS generation",
        "if(s.frames > 0, s.simulated, s.twins) AS simulated",
        *area.figures,
    ]
    rows = (
        f"{_rows(area, grain)}\nLEFT JOIN (SELECT area, name FROM areas_log FINAL) AS a ON a.area = s.code{area.joins}"
    )
    comment = f"{area.meaning}, by kelurahan, kecamatan, city and {grain}"
    return select(f"{area.metric}_area_{grain}", columns, rows, comment)


def areas(zone: str) -> list[str]:
    """Return every view by area."""
    return [area_view(area, grain, zone) for area in AREAS for grain in GRAINS]
