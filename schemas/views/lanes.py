"""The view of congestion in a lane, by camera: a share of time and of vehicles, not a count."""

from __future__ import annotations

from typing import Final

from schemas.views.sql import common, published, select, source

FIGURES: Final = {
    "congestion_*": {
        "occupancy": ("1", "Share of the watched time when a vehicle was in the lane"),
        "vehicles_mean": ("vehicle", "Vehicles in the lane, time-weighted mean"),
        "standing_share": ("1", "Standing share of the tracked vehicles' time; NULL where none was tracked"),
        "speed_mean_mps": ("m/s", "Way over time of tracked vehicles on calibrated ground; NULL where there is none"),
    }
}


def congestion(grain: str, zone: str) -> str:
    """Return the view of vehicles in a lane."""
    unmeasured = "if(m.tracked_ms > 0 AND m.timed_ms = 0, 'uncalibrated', '')"
    columns = [
        *common(zone, ("zone_id",), unmeasured),
        f"{published('m.occupied_ms / m.observed_ms')} AS occupancy",
        f"{published('m.vehicle_ms / m.observed_ms')} AS vehicles_mean",
        f"{published('m.standing_ms / m.tracked_ms', 'm.published AND m.tracked_ms > 0')} AS standing_share",
        f"{published('m.way_mm / m.timed_ms', 'm.published AND m.timed_ms > 0')} AS speed_mean_mps",
    ]
    comment = f"Vehicles in a lane: occupancy, standing share and speed, by camera, zone and {grain}"
    return select(f"congestion_{grain}", columns, source("congestion", grain), comment)
