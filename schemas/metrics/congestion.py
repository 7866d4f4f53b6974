"""Vehicles in a lane: a share of time and of vehicles, not a count."""

from __future__ import annotations

from typing import Final

from schemas.card import By, ByArea, ByCamera, Card, Figure, Idle, Incident, Looks, same
from schemas.frames import MOTOR_CLASSES
from schemas.parts import WATCH, Metric, Part
from schemas.sql import published, reported
from schemas.words import Label

CONGESTION: Final = Metric(
    "congestion",
    ("zone_id",),
    {
        **WATCH,
        "occupied_ms": Part("UInt32", "sum", "ms", "Time when a vehicle's foot point was in the lane"),
        "vehicle_ms": Part("UInt64", "sum", "vehicle ms", "Vehicles in the lane, times how long each frame lasted"),
        "tracked_ms": Part("UInt64", "sum", "vehicle ms", "The same, tracked vehicles only"),
        "standing_ms": Part("UInt64", "sum", "vehicle ms", "The same, tracked vehicles that stand"),
        "timed_ms": Part("UInt64", "sum", "vehicle ms", "Time of tracked vehicles over calibrated ground"),
        "way_mm": Part("UInt64", "sum", "mm", "Their way in that time"),
    },
    "Vehicles in a lane: occupancy, standing share, speed",
)


def _unmeasured(row: str) -> str:
    untracked = f"{row}.vehicle_ms > 0 AND {row}.tracked_ms = 0, 'untracked'"
    return f"multiIf({untracked}, {row}.tracked_ms > 0 AND {row}.timed_ms = 0, 'uncalibrated', '')"


FIGURES: Final = {
    "occupancy": Figure(
        "1",
        "Share of the watched time when a vehicle was in the lane",
        Label("Waktu lajur terisi", "Occupancy"),
        ".0%",
        camera=By(published("m.occupied_ms / m.observed_ms")),
        area=By(
            reported("s.occupied_ms / s.observed_ms"),
            "Share of the lanes' watched time when a vehicle was in the lane",
        ),
    ),
    "vehicles_mean": Figure(
        "vehicle",
        "Vehicles in the lane, time-weighted mean",
        Label("Rata-rata kendaraan di lajur", "Vehicles in the lane, mean"),
        ",.1f",
        camera=By(published("m.vehicle_ms / m.observed_ms")),
    ),
    "standing_share": Figure(
        "1",
        "Standing share of the tracked vehicles' time; NULL where none was tracked",
        Label("Bagian kendaraan berhenti", "Share standing"),
        ".0%",
        camera=By(published("m.standing_ms / m.tracked_ms", "m.published AND m.tracked_ms > 0")),
        area=By(
            reported("s.standing_ms / s.tracked_ms", "s.tracked_ms > 0"),
            "Standing share of the tracked vehicles' time in all reporting lanes",
        ),
    ),
    "speed_mean_mps": Figure(
        "m/s",
        "Way over time of tracked vehicles on calibrated ground; NULL where there is none",
        Label("Kecepatan rata-rata (m/detik)", "Speed, mean (m/s)"),
        ",.1f",
        camera=By(published("m.way_mm / m.timed_ms", "m.published AND m.timed_ms > 0")),
        area=By(
            reported("s.way_mm / s.timed_ms", "s.timed_ms > 0"),
            "Way over time of their tracked vehicles on calibrated ground",
        ),
    ),
}

CARD: Final = Card(
    number=6,
    name="congestion",
    label=Label("Kemacetan", "Congestion"),
    enabled_by="congestion",
    table=CONGESTION,
    looks=(Looks("lane", MOTOR_CLASSES, on_off=(0.7, 0.5), colour=(255, 200, 60)),),
    incidents=(Incident("congestion", Label("Kemacetan", "Congestion")),),
    figures=FIGURES,
    camera=ByCamera("Vehicles in a lane: occupancy, standing share and speed, by camera, zone and", _unmeasured("m")),
    idle=Idle("vehicle_ms", "no vehicle ever entered zone {}", "redraw it on the lane, or drop it"),
    area=ByArea(
        "Vehicles in an area's lanes: occupancy, standing share, speed",
        same("occupied_ms", "observed_ms", "vehicle_ms", "standing_ms", "tracked_ms", "way_mm", "timed_ms"),
        why=_unmeasured("s"),
    ),
)
