"""What every column of every view means: the view `columns`."""

from __future__ import annotations

from typing import Final

from schemas.columns import METRICS, TABLE_COLUMNS
from schemas.incidents import INCIDENTS

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
