"""The views people query: figures out of parts, NULL where nobody watched. Scripts rely on their names."""

from __future__ import annotations

from schemas.views.alerts import alerts
from schemas.views.areas import areas
from schemas.views.by_camera import cameras
from schemas.views.calendar import calendar
from schemas.views.comparisons import comparisons
from schemas.views.describe import describe
from schemas.views.incidents import incidents, incidents_open
from schemas.views.lists import lists
from schemas.views.persistence import kpis
from schemas.views.places import places
from schemas.views.rejects import rejects
from schemas.views.roads import roads
from schemas.views.sheets import sheets
from schemas.views.sql import GRAINS, View
from schemas.views.trends import trends
from schemas.views.words import words

__all__ = ["GRAINS", "View", "every"]


def every(zone: str) -> list[View]:
    """Return every view, for days and hours of `zone`."""
    shown = [
        *cameras(zone),
        *areas(zone),
        *places(zone),
        *comparisons(zone),
        *roads(zone),
        *sheets(zone),
        trends(),
        incidents(zone),
        incidents_open(zone),
        *kpis(zone),
        *alerts(zone),
        *lists(),
        rejects(zone),
        calendar(),
        words(),
    ]
    return [*shown, describe(shown)]
