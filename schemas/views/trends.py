"""The view `visits_trend`: the verdict of each place, day by day."""

from __future__ import annotations

from schemas.service_tables import SERVICE_TABLES
from schemas.views.lists import BOOKKEEPING
from schemas.views.sql import View, select

FROM_PLACES = ("name", "area")
"""Columns that the registry of places adds."""


def trends() -> View:
    """Return the view; a place that the registry no longer has keeps its verdicts without a name."""
    own = [name for name in SERVICE_TABLES["trends_log"][0] if name not in BOOKKEEPING]
    columns = [
        "t.place_id AS place_id",
        *(f"p.{name} AS {name}" for name in FROM_PLACES),
        *(f"t.{name} AS {name}" for name in own if name != "place_id"),
    ]
    held = "(SELECT * FROM {}_log FINAL WHERE deleted = 0)"
    rows = f"{held.format('trends')} AS t\nLEFT JOIN {held.format('places')} AS p USING (place_id)"
    comment = "Is a place visited more, less or as much as before: naik, turun, landai, or data tidak cukup"
    return select("visits_trend", columns, rows, comment)
