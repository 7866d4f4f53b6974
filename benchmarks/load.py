"""Frames for benchmarks: walkers, cars that cross a line, parked cars, all with track ids."""

from __future__ import annotations

import numpy as np
import polars as pl

from schemas.frames import FRAMES, OBJECTS, SIGNALS, FrameBatch
from schemas.registry import Calibration, Camera, Line, Registry, Zone

START = 1_767_571_200_000_000
OBJECTS_A_FRAME = 10


MAIN = ("crowd", "flow", "parking", "flood")
"""Metrics of the main job."""

ZONES = (
    Zone("trotoar", "crowd", ((0.0, 0.1), (1.0, 0.1), (1.0, 0.5), (0.0, 0.5)), area_m2=200.0),
    Zone("tepi", "no_parking", ((0.0, 0.85), (1.0, 0.85), (1.0, 1.0), (0.0, 1.0))),
    Zone("jalan", "flood", ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))),
)
MORE = (
    Zone("lajur", "lane", ((0.0, 0.5), (1.0, 0.5), (1.0, 0.85), (0.0, 0.85))),
    Zone("tps", "garbage", ((0.0, 0.0), (0.3, 0.0), (0.3, 0.1), (0.0, 0.1))),
    Zone("gang", "night", ((0.7, 0.1), (1.0, 0.1), (1.0, 0.5), (0.7, 0.5))),
)
LINES = (Line("utara", ((0.5, 0.5), (0.5, 0.85))),)
GATES = (Line("gerbang", ((0.3, 0.1), (0.3, 0.5)), role="gate", entry="to_left"),)
GROUND = Calibration(
    image=((0.0, 0.1), (1.0, 0.1), (1.0, 1.0), (0.0, 1.0)),
    ground_m=((0.0, 40.0), (30.0, 40.0), (20.0, 0.0), (0.0, 0.0)),
)


def registry(cameras: int, fps: float = 10.0, metrics: tuple[str, ...] = MAIN) -> Registry:
    """Cameras with what the metrics look at: zones of the main job, or of all metrics with a gate and calibrated."""
    is_main = set(metrics) <= set(MAIN)
    zones, lines = (ZONES, LINES) if is_main else (ZONES + MORE, LINES + GATES)
    ground = None if is_main else GROUND
    made = [
        Camera(f"cam-{i:05}", "00", fps, metrics=metrics, zone=zones, line=lines, calibration=ground)
        for i in range(cameras)
    ]
    return Registry(camera=tuple(made))


def frames(cameras: int, steps: int, fps: float = 10.0, seed: int = 1, first_step: int = 0) -> FrameBatch:
    """Make `steps` frames of each camera in time order, ten objects each: four walk, four drive, two are parked."""
    random = np.random.default_rng(seed)
    count = cameras * steps
    camera = np.tile(np.arange(cameras), steps)
    step = np.repeat(np.arange(first_step, first_step + steps), cameras)
    t_us = START + (step * 1e6 / fps).astype(np.int64) + camera % 97
    objects = OBJECTS_A_FRAME
    slot = np.tile(np.arange(objects), count)
    frame = np.repeat(np.arange(count, dtype=np.uint32), objects)
    age = (step[frame] / fps + slot * 3.1 + camera[frame] * 0.7) % 30
    lap = ((step[frame] / fps + slot * 3.1 + camera[frame] * 0.7) // 30).astype(np.int64)
    x = np.where(slot < 8, 0.05 + age * 0.03, 0.1 + 0.35 * (slot - 8)) + random.normal(0, 2e-4, len(slot))
    y = np.select([slot < 4, slot < 8], [0.2 + 0.06 * slot, 0.55 + 0.04 * slot * 0.5], 0.95)
    track = np.where(slot < 8, lap * 10 + slot + 1, slot + 1)
    table = {
        "camera": pl.Series([f"cam-{i:05}" for i in range(cameras)]).gather(camera),
        "t_us": t_us,
        "ts_source": pl.repeat("capture", count, eager=True),
        "seq": step,
        "width": pl.repeat(1920, count, eager=True),
        "height": pl.repeat(1080, count, eager=True),
        "luma": pl.repeat(0.41, count, eager=True),
        "sharpness": pl.repeat(120.0, count, eager=True),
        "position": np.arange(1, count + 1),
    }
    classes = pl.Series(["person"] * 4 + ["car", "motorcycle", "motorcycle", "bus"] + ["car", "truck"]).gather(slot)
    things = {
        "frame": frame,
        "class": classes,
        "confidence": random.uniform(0.5, 0.99, len(slot)).round(2),
        "x1": np.clip(x - 0.02, 0, 1),
        "y1": np.clip(y - 0.08, 0, 1),
        "x2": np.clip(x + 0.02, 0.001, 1),
        "y2": y,
        "track": pl.Series(track).cast(pl.String),
        "mask": pl.Series(["masked"] * 4 + [None] * 6).gather(slot),
        "mask_confidence": pl.Series([0.88] * 4 + [None] * 6).gather(slot),
        "face_px": pl.Series([31.0] * 4 + [None] * 6).gather(slot),
    }
    return FrameBatch(_table(table, FRAMES), _table(things, OBJECTS), _table({}, SIGNALS), "bench")


def _table(columns: dict[str, object], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    made = pl.DataFrame(columns)
    blank = [pl.lit(None, kind).alias(name) for name, kind in schema.items() if name not in made.columns]
    return made.with_columns(blank).select(pl.col(name).cast(kind) for name, kind in schema.items())
