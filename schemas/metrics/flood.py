"""The wet share of a road zone: a trend index, not a depth."""

from __future__ import annotations

from typing import Final

from schemas.card import By, ByArea, ByCamera, Card, Figure, Idle, Incident, Looks, maxima, same
from schemas.parts import WATCH, Metric, Part
from schemas.sql import published, reported
from schemas.words import Label

FLOOD: Final = Metric(
    "flood",
    ("zone_id",),
    {
        **WATCH,
        "signals_n": Part("UInt32", "sum", "1", "Signals of the wet share"),
        "wet_ppm": Part("UInt64", "sum", "1e-6", "Their sum"),
        "wet_ppm_max": Part("UInt32", "max", "1e-6", "The highest"),
    },
    "Wet share of a road zone, a trend index and not a depth",
    is_of_objects=False,
)

_KNOWN = "m.published AND m.signals_n > 0"

FIGURES: Final = {
    "wet_mean": Figure(
        "1",
        "Wet share of the road zone, mean of its signals: a trend index, not a depth",
        Label("Bagian jalan tergenang", "Wet share"),
        ".0%",
        camera=By(published("m.wet_ppm / m.signals_n / 1000000", _KNOWN)),
        area=By(
            reported("s.wet_ppm / s.signals_n / 1000000"),
            "Wet share, mean of all signals of the reporting zones: a trend index",
        ),
    ),
    "wet_max": Figure(
        "1",
        "The highest signal",
        Label("Bagian jalan tergenang, tertinggi", "Wet share, highest"),
        ".0%",
        "max",
        camera=By(published("m.wet_ppm_max / 1000000", _KNOWN)),
        area=By(reported("s.wet_ppm_max / 1000000"), "The highest signal of any zone"),
    ),
    "signals": Figure(
        "1",
        "Signals behind them; 0 with frames: reason no_signal_data",
        Label("Jumlah sinyal", "Signals"),
        ",d",
        "sum",
        camera=By(published("m.signals_n")),
    ),
}

CARD: Final = Card(
    number=7,
    name="flood",
    label=Label("Genangan", "Floods"),
    enabled_by="flood",
    table=FLOOD,
    looks=(Looks("flood", is_free=False, on_off=(0.10, 0.05), colour=(40, 200, 210)),),
    incidents=(Incident("flood", Label("Genangan", "Flood")),),
    figures=FIGURES,
    camera=ByCamera(
        "Wet share of a road zone, a trend index and not a depth, by camera, zone and",
        "if(m.signals_n = 0, 'no_signal_data', '')",
    ),
    idle=Idle(
        "signals_n", "no flood signal ever came for zone {}", "let the edge send signals of that zone, or drop it"
    ),
    area=ByArea(
        "Wet share of an area's road zones, a trend index and not a depth",
        same("signals_n", "wet_ppm") | maxima(wet_ppm_max="m.wet_ppm_max"),
        reports="m.published AND m.signals_n > 0",
        unseen="if(s.watching > 0, 'no_signal_data', 'low_coverage')",
    ),
)
