"""The views people query: figures out of parts, NULL where nobody watched. Scripts rely on their names."""

from __future__ import annotations

from schemas.views.calendar import calendar
from schemas.views.cameras import crowd, flow, health, now
from schemas.views.describe import FIGURES, describe
from schemas.views.incidents import incidents
from schemas.views.sql import GRAINS

__all__ = ["FIGURES", "GRAINS", "views"]


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
        calendar(),
        describe(),
    ]
