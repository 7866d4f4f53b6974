"""Was the camera watching, and how well. Its figures are about not watching: they stay when coverage is low."""

from __future__ import annotations

from typing import Final

from schemas.card import By, ByArea, ByCamera, Card, Figure
from schemas.parts import WATCH, Metric, Part
from schemas.rejects import REJECTS
from schemas.sql import array, percentile
from schemas.words import STATES, Label

DELAY_EDGES_MS: Final = (0, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 600_000)
"""Lower edges of the histogram of arrival - capture [ms]."""

HEALTH: Final = Metric(
    "health",
    (),
    {
        **WATCH,
        "late_frames": Part("UInt32", "sum", "1", "Frames later than reorder_s that restated their minute"),
        "duplicate_frames": Part("UInt32", "sum", "1", "Frames that came again and were not counted"),
        "objects": Part("UInt32", "sum", "1", "Objects detected, of any class"),
        "dark_ms": Part("UInt32", "sum", "ms", "Time when the picture was dark"),
        "blurred_ms": Part("UInt32", "sum", "ms", "Time when the picture was blurred"),
        "frozen_ms": Part("UInt32", "sum", "ms", "Time when the picture stood still: not watched"),
        "misread": Part("UInt32", "sum", "1", "Frames all of whose boxes were refused: dead letters, no frames"),
        "misread_ms": Part("UInt32", "sum", "ms", "Time that such frames stand for: not watched"),
        "skew_ms": Part("UInt32", "sum", "ms", "Time when capture and arrival differed by more than 30 s"),
        "with_id": Part("UInt32", "sum", "1", "Persons and vehicles that came with a track id"),
        "without_id": Part("UInt32", "sum", "1", "Those that came without one and were not tracked here"),
        "made_here": Part("UInt32", "sum", "1", "Frames whose tracks are made here"),
        "untracked_ms": Part("UInt32", "sum", "ms", "Time watched in which nobody tracked persons and vehicles"),
        "few_samples_ms": Part("UInt32", "sum", "ms", "Time watched of which only lives of tracks came, not frames"),
        "signals": Part("UInt32", "sum", "1", "Values of zones that were taken"),
        "refused_hist": Part(
            "UInt32", "sum", "1", "Objects and signals refused, by reason: a number each of REJECTS", len(REJECTS)
        ),
        "delay_hist": Part(
            "UInt32", "sum", "1", "Frames by arrival - capture; bins of DELAY_EDGES_MS", len(DELAY_EDGES_MS)
        ),
        "state": Part("UInt8", "max", "1", "Worst state: an index into STATES"),
        "last_ms": Part("UInt64", "max", "ms", "Time of the last frame, read or misread, ms since 1970"),
    },
    "Was the camera watching, and how well",
    told=("duplicate_frames", "misread", "state"),
    is_of_objects=False,
    tallies={"busy_minutes": "r.objects > 0"},
)

_DELAYS = percentile("m.delay_hist", DELAY_EDGES_MS, "4294967295")


def _counted(part: str, label: Label) -> Figure:
    return Figure("1", HEALTH.parts[part].meaning, label, ",d", "sum", camera=By(f"m.{part}"))


FIGURES: Final = {
    "state": Figure(
        "",
        "Worst camera state of the window",
        Label("Keadaan kamera", "Camera state"),
        camera=By(f"arrayElement({array(STATES)}, m.state + 1)"),
    ),
    "uptime": Figure(
        "1",
        "Watched share of the expected time, 0..1; never NULL",
        Label("Cakupan pengamatan", "Uptime"),
        ".1%",
        camera=By("m.covered"),
        area=By("s.covered", "Watched share of all cameras' expected time, silent ones included; never NULL"),
    ),
    "fps_mean": Figure(
        "1/s",
        "Frames per second of watched time",
        Label("Laju bingkai (per detik)", "Frame rate (1/s)"),
        ",.1f",
        camera=By("if(m.observed_ms > 0, 1000 * m.frames / m.observed_ms, NULL)"),
    ),
    "delay_p95_ms": Figure(
        "ms",
        "Arrival - capture, not exceeded by 95 % of frames; NULL for files",
        Label("Keterlambatan, 95 % bingkai tidak lebih dari (ms)", "Delay, 95th percentile (ms)"),
        ",d",
        camera=By(f"if(arraySum(m.delay_hist) > 0, {_DELAYS}, NULL)"),
    ),
    "late_frames": _counted("late_frames", Label("Bingkai terlambat", "Late frames")),
    "duplicate_frames": _counted("duplicate_frames", Label("Bingkai kembar", "Duplicate frames")),
    "misread": _counted(
        "misread", Label("Bingkai yang kotaknya ditolak semua", "Frames all of whose boxes were refused")
    ),
    "objects": _counted("objects", Label("Objek terdeteksi", "Objects detected")),
    "cameras_blind": Figure(
        "1",
        "Cameras of cameras_total without a single frame",
        Label("Kamera buta", "Blind cameras"),
        ",d",
        area=By("s.total - s.seeing"),
    ),
}

CARD: Final = Card(
    number=98,  # the last table: a camera's minute is whole once its health is stated
    name="health",
    label=Label("Kesehatan kamera", "Camera health"),
    enabled_by="",
    table=HEALTH,
    edges={"delay_hist": DELAY_EDGES_MS},
    figures=FIGURES,
    camera=ByCamera("Was the camera watching, and how well, by camera and"),
    area=ByArea("How many of an area's cameras watch", {}),
)
