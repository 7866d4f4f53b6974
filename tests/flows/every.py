"""A street where everything happens within 25 minutes of one night, for the laws that hold for every metric."""

from __future__ import annotations

import numpy as np

from schemas.frames import FRAMES, OBJECTS, SIGNALS, FrameBatch
from schemas.registry import METRIC_NAMES, Calibration, Camera, Limits, Line, Zone
from tests.flows.city import SECOND, START, table

NIGHT = START + 16 * 3600 * SECOND
"""2026-01-05T16:00:00Z, 23:00 in Semarang."""

Row = tuple[object, ...]


def _box(left: float, top: float, right: float, bottom: float) -> tuple[tuple[float, float], ...]:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def camera(name: str) -> Camera:
    """A calibrated camera that measures everything."""
    zones = (
        Zone("taman", "crowd", _box(0.0, 0.0, 1.0, 0.3), limits=Limits(on=6.0)),
        Zone("tps", "garbage", _box(0.0, 0.3, 0.2, 0.5)),
        Zone("gang", "night", _box(0.8, 0.3, 1.0, 0.5)),
        Zone("lajur", "lane", _box(0.0, 0.5, 1.0, 0.8), limits=Limits(off_s=120)),
        Zone("tepi", "no_parking", _box(0.0, 0.8, 1.0, 0.9)),
        Zone("terowongan", "flood", _box(0.0, 0.9, 1.0, 1.0)),
    )
    lines = (
        Line("barat", ((0.25, 0.5), (0.25, 0.8))),
        Line("timur", ((0.75, 0.5), (0.75, 0.8))),
        Line("gerbang", ((0.5, 0.0), (0.5, 0.3)), role="gate", entry="to_left"),
    )
    ground = Calibration(image=_box(0.0, 0.0, 1.0, 1.0), ground_m=((0, 100), (100, 100), (100, 0), (0, 0)))
    return Camera(
        id=name, area="33.74.07.1005", fps=2.0, metrics=METRIC_NAMES, zone=zones, line=lines, calibration=ground,
        site="nvr-1",
    )  # fmt: skip


def _at(cls: str, x: float, y: float, track: str | None, face: tuple[str, float, float] | None = None) -> Row:
    box = (max(x - 0.01, 0.0), y - 0.04, min(x + 0.01, 1.0), y)
    return (cls, 0.9, *box, track, *(face or (None, None, None)))


def _objects(t: float, rng: np.random.Generator) -> list[Row]:
    lap, phase = int(t // 20), t % 20 / 20
    seen = [
        _at("person", 0.1 + 0.8 * phase, 0.2, f"w{lap}", ("masked" if lap % 3 else "unmasked", 0.8, 30.0)),
        _at("person", float(rng.uniform(0.1, 0.9)), 0.1, None),
        _at("garbage", 0.1, 0.45, None),
        _at("car", 0.3, 0.85, "parked"),
    ]
    if 60 <= t < 400:
        seen.append(_at("person", 0.9, 0.45, "ronda"))
    if 100 <= t < 140:
        seen += [_at("motorcycle", (t - 100 - 5 * k) / 3, 0.6, f"m{k}") for k in range(4) if 0 <= t - 100 - 5 * k <= 3]
    if 300 <= t < 900:
        seen += [_at("car", 0.1 + 0.12 * k, 0.7, f"j{k}") for k in range(6)]
    if t >= 700:
        seen += [_at("person", 0.05 + 0.03 * k, 0.25, f"c{k}") for k in range(25)]
    return seen


def stream(names: list[str], seconds: int) -> FrameBatch:
    """Two frames a second of each camera: see `_objects`; water rises after two minutes."""
    frames, objects, signals = [], [], []
    rng = np.random.default_rng(3)
    for step in range(seconds * 2):
        for index, name in enumerate(names):
            row, t = len(frames), step / 2
            frames.append((name, NIGHT + step * SECOND // 2 + index))
            objects += [(row, *thing) for thing in _objects(t, rng)]
            signals.append((row, "flood", "terowongan", 0.3 if t > 120 else 0.0))
    columns = ("frame", "class", "confidence", "x1", "y1", "x2", "y2", "track", "mask", "mask_confidence", "face_px")
    return FrameBatch(
        table(dict(zip(("camera", "t_us"), zip(*frames, strict=True), strict=True)), FRAMES),
        table(dict(zip(columns, zip(*objects, strict=True), strict=True)), OBJECTS),
        table(dict(zip(("frame", "kind", "zone", "value"), zip(*signals, strict=True), strict=True)), SIGNALS),
        "test",
    )
