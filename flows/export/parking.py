"""Suspected illegal parking by area and window: incidents that began, and how much of the kerbs' cameras watched."""

from __future__ import annotations

from typing import Final

from flows.export.asked import ExportOptions
from schemas.card import Figure
from schemas.local_time import ZONE
from schemas.sql import COVERAGE, day_type
from schemas.views.registered import codes, level
from schemas.words import PUBLISHED_COVERAGE, Label

VIEW: Final = "parking"
LIKE: Final = "health_area"
"""The view whose columns say what those of the window, the area and the sample mean."""
FIGURES: Final = {
    "incidents": Figure(
        "1",
        "Suspected violations that began in the window; NULL where less than 0.8 of its cameras' time was watched",
        Label("Dugaan parkir liar", "Suspected violations"),
        ",d",
        "sum",
    ),
}


def rows(asked: ExportOptions) -> str:
    """Return the query, in brackets: a row an area and window with cameras that watch kerbs."""
    local = f"toTimeZone(w.ts, '{ZONE}')"
    start = "toStartOfHour(ts)" if asked.grain == "hour" else f"toDateTime(toStartOfDay(ts, '{ZONE}'), 'UTC')"
    watched = (
        f"(SELECT ts, code, count() AS total, countIf(h.coverage >= {PUBLISHED_COVERAGE}) AS reporting,\n"
        f"    sum(h.observed_ms) AS observed_ms, sum(h.expected_ms) AS expected_ms, {COVERAGE} AS covered,\n"
        "    max(h.simulated) AS simulated\n"
        f"FROM health_{asked.grain} AS h ARRAY JOIN {codes('h.area')} AS code WHERE {asked.within('ts')}\n"
        "    AND camera_id IN (SELECT camera_id FROM cameras WHERE has(metrics, 'parking')) GROUP BY ts, code)"
    )
    began = (
        f"(SELECT {start} AS start, code, count() AS n FROM incidents ARRAY JOIN {codes('area')} AS code\n"
        f"WHERE kind = 'parking' AND state != 'pending' AND inhibited_by = '' AND {asked.within('ts')} GROUP BY 1, 2)"
    )
    enough = f"w.covered >= {PUBLISHED_COVERAGE}"
    return (
        f"(SELECT w.ts AS ts, {local} AS local_ts, {day_type(local)} AS day_type, w.code AS area,\n"
        f"    {level('w.code')} AS area_level, a.name AS area_name, if({enough}, i.n, NULL) AS incidents,\n"
        "    w.reporting AS cameras_reporting, w.total AS cameras_total, w.covered AS coverage,\n"
        f"    if({enough}, '', 'low_coverage') AS reason, w.simulated AS simulated\n"
        f"FROM {watched} AS w LEFT JOIN {began} AS i ON i.start = w.ts AND i.code = w.code\n"
        "LEFT JOIN (SELECT area, name FROM areas) AS a ON a.area = w.code)"
    )
