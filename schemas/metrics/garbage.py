"""Garbage seen in a zone."""

from __future__ import annotations

from typing import Final

from schemas.card import By, ByArea, ByCamera, Card, Figure, Incident, Looks, maxima, sums
from schemas.parts import WATCH, Metric, Part
from schemas.sql import milli, published, reported
from schemas.words import Label

GARBAGE: Final = Metric(
    "garbage",
    ("zone_id",),
    {
        **WATCH,
        "garbage_ms": Part("UInt64", "sum", "object ms", "Garbage in the zone, times how long each frame lasted"),
        "garbage_max": Part("UInt16", "max", "1", "Most garbage in one frame"),
    },
    "Garbage seen in a zone",
)

FIGURES: Final = {
    "objects_mean": Figure(
        "1",
        "Garbage in the zone, time-weighted mean",
        Label("Rata-rata tumpukan sampah", "Garbage, mean"),
        ",.1f",
        camera=By(published("m.garbage_ms / m.observed_ms")),
        area=By(reported("s.milli / 1000"), "Garbage in the reporting zones, means of zones added"),
    ),
    "objects_max": Figure(
        "1",
        "Most garbage in one frame",
        Label("Tumpukan sampah terbanyak", "Garbage, most"),
        ",d",
        "max",
        camera=By(published("m.garbage_max")),
        area=By(reported("s.garbage_max"), "Most garbage in one frame of one zone"),
    ),
}

CARD: Final = Card(
    number=8,
    name="garbage",
    label=Label("Sampah", "Garbage"),
    enabled_by="garbage",
    table=GARBAGE,
    looks=(Looks("garbage", ("garbage",), on_off=(0.4, 0.3), colour=(150, 110, 70)),),
    incidents=(Incident("garbage", Label("Sampah menumpuk", "Garbage")),),
    figures=FIGURES,
    camera=ByCamera("Garbage seen, by camera, zone and"),
    area=ByArea(
        "Garbage seen in an area's zones",
        sums(milli=milli("garbage_ms")) | maxima(garbage_max="m.garbage_max"),
    ),
)
