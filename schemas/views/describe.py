"""What every column of every view means: the view `columns`.

Each module of views describes its own figures, by the views they stand in; the
meanings of parts, keys and service tables come from where those are defined.
"""

from __future__ import annotations

from typing import Final

from schemas.columns import METRICS, TABLE_COLUMNS
from schemas.incidents import INCIDENTS as INCIDENT_COLUMNS
from schemas.service_tables import SERVICE_TABLES
from schemas.views.areas import FIGURES as AREAS
from schemas.views.cameras import FIGURES as CAMERAS
from schemas.views.comparisons import FIGURES as COMPARISONS
from schemas.views.incidents import FIGURES as INCIDENTS
from schemas.views.lanes import FIGURES as LANES
from schemas.views.masks import FIGURES as MASKS
from schemas.views.persistence import FIGURES as PERSISTENCE
from schemas.views.places import FIGURES as PLACES
from schemas.views.roads import ROAD_FIGURES
from schemas.views.sql import view
from schemas.views.visits import FIGURES as VISITS

COMMON: Final = {
    "local_ts": ("", "Window start in the city's time zone"),
    "coverage": ("1", "Share of the expected time that was watched, 0..1"),
    "reason": ("", "'' or why figures are NULL"),
    "day_type": ("", "weekday, saturday, sunday, holiday or joint_leave, local"),
    "revision": ("1", "How often the window was restated"),
    "generation": ("1", "0 live, else the replacement or backfill it comes from"),
    "zone_id": ("", "Zone of the camera"),
    "line_id": ("", "Line of the camera"),
    "direction": ("", "Direction across the line, as the registry names it; else to_left or to_right"),
    "frames": ("1", "Frames observed"),
}
"""Columns that mean the same in every view that has them: unit and meaning."""

CALENDAR: Final = {
    "hijri_day": ("", "Day of the Hijri month"),
    "hijri_month": ("", "Hijri month, 9 is Ramadan"),
    "hijri_year": ("", "Hijri year"),
}

COLUMNS: Final = {
    "views": ("", "Views that have the column; * stands for any ending"),
    "name": ("", "The column"),
    "unit": ("", "Its unit, 1 for counts and ratios"),
    "meaning": ("", "What it says"),
}

FIGURES: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "*": COMMON,
    "columns": COLUMNS,
    "calendar": CALENDAR,
    "road_*": ROAD_FIGURES,
    **CAMERAS,
    **VISITS,
    **MASKS,
    **LANES,
    **PERSISTENCE,
    **INCIDENTS,
    **AREAS,
    **PLACES,
    **COMPARISONS,
}
"""Columns that only views have: views -> name -> unit and meaning."""


def described() -> list[tuple[str, str, str, str]]:
    """Return what the view `columns` holds: views, name, unit, meaning."""
    rows = [
        (f"{metric.name}_*", name, part.unit, part.meaning) for metric in METRICS for name, part in metric.parts.items()
    ]
    rows += [("*", name, "", meaning) for name, (_, meaning) in TABLE_COLUMNS.items()]
    rows += [(views, name, *what) for views, figures in FIGURES.items() for name, what in figures.items()]
    for views in ("incidents", "incidents_open", "garbage_open"):
        rows += [(views, name, "", meaning) for name, (_, meaning) in INCIDENT_COLUMNS.items()]
    trend = SERVICE_TABLES["trends_log"][0] | {"name": ("", "What people call it"), "area": ("", "Its area code")}
    rows += [("visits_trend", name, "", meaning) for name, (_, meaning) in trend.items()]
    for views in ("areas", "cameras", "roads", "places", "calendar", "dead_letters"):
        rows += [(views, name, "", meaning) for name, (_, meaning) in SERVICE_TABLES[f"{views}_log"][0].items()]
    return list(dict.fromkeys(rows))


def describe() -> str:
    """Return the view that explains the columns of all views."""
    values = ",\n    ".join(
        "(" + ", ".join("'" + cell.replace("'", "''") + "'" for cell in row) + ")" for row in described()
    )
    query = f"SELECT *\nFROM values('views String, name String, unit String, meaning String',\n    {values})"
    return view("columns", query, "What every column of every view means, and its unit")
