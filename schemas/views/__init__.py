"""The views people query: figures out of parts, NULL where nobody watched. Scripts rely on their names."""

from __future__ import annotations

from schemas.views.areas import areas
from schemas.views.calendar import calendar
from schemas.views.cameras import crowd, flow, health, now
from schemas.views.comparisons import comparisons
from schemas.views.describe import FIGURES, describe
from schemas.views.incidents import incidents, incidents_open
from schemas.views.lanes import congestion
from schemas.views.lists import lists
from schemas.views.masks import mask
from schemas.views.persistence import flood, garbage, kpis
from schemas.views.places import places
from schemas.views.roads import roads
from schemas.views.sql import GRAINS
from schemas.views.trends import trends
from schemas.views.visits import stays, visits

__all__ = ["FIGURES", "GRAINS", "views"]

BY_CAMERA = (crowd, flow, visits, stays, mask, congestion, flood, garbage, health)
KEYS = {
    "crowd": "camera_id, zone_id",
    "flow": "camera_id, line_id, direction, class",
    "visits": "camera_id, line_id",
    "stays": "camera_id, zone_id",
    "mask": "camera_id, zone_id",
    "congestion": "camera_id, zone_id",
    "flood": "camera_id, zone_id",
    "garbage": "camera_id, zone_id",
    "health": "camera_id",
}
"""What stands once in a `_now` view."""


def views(zone: str) -> list[str]:
    """Return every CREATE VIEW, for days and hours of `zone`."""
    return [
        *(make(grain, zone) for make in BY_CAMERA for grain in GRAINS),
        *(now(name, keys) for name, keys in KEYS.items()),
        *areas(zone),
        *places(zone),
        *comparisons(zone),
        *roads(zone),
        trends(),
        incidents(zone),
        incidents_open(zone),
        *kpis(zone),
        *lists(),
        calendar(),
        describe(),
    ]
