"""Tracks that cross a line, by direction and class, and how fast."""

from __future__ import annotations

from typing import Final

from schemas.card import By, ByArea, ByCamera, Card, Figure, Fold, Looks
from schemas.parts import WATCH, Metric, Part
from schemas.sql import array, hourly, per_hour, published, reported
from schemas.words import Label

VEHICLES: Final = ("person", "rider", "bicycle", "motorcycle", "car", "bus", "truck", "other")
"""Classes that are counted across lines, each a column."""

FLOW: Final = Metric(
    "flow",
    ("line_id", "direction"),
    {
        **WATCH,
        **{f"{name}_n": Part("UInt32", "sum", "1", f"Crossings, class {name}", is_count=True) for name in VEHICLES},
        **{f"{name}_speed_n": Part("UInt32", "sum", "1", f"Crossings with a speed, class {name}") for name in VEHICLES},
        **{
            f"{name}_speed_sum": Part("UInt64", "sum", "mm/s", f"Sum of their speeds, class {name}")
            for name in VEHICLES
        },
    },
    "Tracks that cross a line, by direction and class",
    told=tuple(f"{name}_n" for name in VEHICLES),
)


def _classes(part: str) -> str:
    return f"[{', '.join(f'm.{name}_{part}' for name in VEHICLES)}]"


_RATES: Final = f"[{', '.join(hourly(f'm.{name}_n') for name in VEHICLES)}]"

_MEDIANS: Final = "quantileExactInclusiveForEachArray(0.5)"
"""Each class's median over the lines of all cameras."""


def _a_row_a_class(grain: str) -> str:
    parts = ("n", "speed_n", "speed_sum", *(("n_estimated",) if grain == "day" else ()))
    arrays = [f"{array(VEHICLES)} AS class_name", *(f"{_classes(part)} AS {part}" for part in parts)]
    return "\nARRAY JOIN " + ",\n    ".join(arrays)


FIGURES: Final = {
    "class": Figure(
        "",
        "Vehicle class, or person",
        Label("Jenis kendaraan", "Class"),
        camera=By("class_name"),
        area=By(f"{array(VEHICLES)}[class_at]"),
    ),
    "crossings": Figure(
        "1",
        "Tracks that crossed the line",
        Label("Kendaraan dan orang yang melintas", "Crossings"),
        ",d",
        "sum",
        camera=By(published("n")),
    ),
    "crossings_per_hour": Figure(
        "1/h",
        "Crossings an observed hour",
        Label("Lintasan per jam teramati", "Crossings an observed hour"),
        ",.0f",
        camera=By(published(per_hour("n"))),
        area=By(
            reported("s.rates[class_at] / 1000"),
            "Crossings an observed hour of a line and direction, their median",
        ),
    ),
    "lines_reporting": Figure(
        "1",
        "Lines with direction behind the figures",
        Label("Garis hitung yang melapor", "Lines reporting"),
        ",d",
        area=By("s.lines"),
    ),
    "crossings_median": Figure(
        "1",
        "Median over lines and directions: flows are never added along a road",
        Label("Arus, median garis hitung", "Crossings, median line"),
        ",.0f",
        area=By(reported("s.medians[class_at]")),
    ),
    "speed_mean_mps": Figure(
        "m/s",
        "Mean speed of the crossings with a speed",
        Label("Kecepatan rata-rata (m/detik)", "Speed, mean (m/s)"),
        ",.1f",
        camera=By(published("speed_sum / speed_n / 1000", "m.published AND speed_n > 0")),
        area=By(
            reported("s.speed_sum[class_at] / s.speed_n[class_at] / 1000", "s.speed_n[class_at] > 0"),
            "Mean speed of all their crossings with a speed",
        ),
    ),
    "crossings_estimated": Figure(
        "1",
        "Crossings with each hour scaled to full coverage",
        Label("Lintasan, perkiraan cakupan penuh", "Crossings, estimated for full coverage"),
        ",d",
        "sum",
        camera=By("n_estimated"),
        is_of_days=True,
    ),
}

CARD: Final = Card(
    number=2,
    name="flow",
    label=Label("Arus kendaraan", "Traffic flow"),
    enabled_by="flow",
    needs_tracks=True,
    needs_frames=True,
    table=FLOW,
    looks=(Looks("lane"),),
    roles=("flow", "gate"),
    figures=FIGURES,
    camera=ByCamera("Crossings, by camera, line, direction, class and", also_by=("class",), rows=_a_row_a_class),
    area=ByArea(
        "Crossings of an area's lines, the median of a line and direction",
        {
            "lines": Fold("1", "sum", "sum"),
            "medians": Fold(_classes("n"), "groupArray", _MEDIANS, "Array(Float64)"),
            "rates": Fold(_RATES, "groupArray", _MEDIANS, "Array(Float64)"),
            "speed_n": Fold(_classes("speed_n"), "sumForEach", "sumForEach", "Array(UInt64)"),
            "speed_sum": Fold(_classes("speed_sum"), "sumForEach", "sumForEach", "Array(UInt64)"),
        },
        joins=f"\nARRAY JOIN range(1, {len(VEHICLES) + 1}) AS class_at",
    ),
)
