"""Batches for the readers' tests, and what readers give as one batch."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl
from polars.testing import assert_frame_equal

from connectors.formats import Chunk, ReadOptions
from schemas.frames import CLASSES, FRAMES, OBJECTS, SIGNALS, FrameBatch

START_US = 1_767_571_200_000_000  # 2026-01-05T00:00:00Z
NOW_US = START_US + 3_600_000_000


def options(**changes: object) -> ReadOptions:
    return ReadOptions(**{"now_us": NOW_US} | changes)  # type: ignore[arg-type]


def batch(frames: int, seed: int = 1, cameras: int = 3) -> FrameBatch:
    """Return frames of some cameras, with 0..3 objects each and signals here and there."""
    rng = np.random.default_rng(seed)
    of_frame = np.repeat(np.arange(frames), rng.integers(0, 4, frames))
    n = len(of_frame)
    corner, size = rng.random((n, 2)) * 0.5, rng.random((n, 2)) * 0.4 + 0.01
    some = rng.random(n) < 0.5
    signal_frame = np.flatnonzero(rng.random(frames) < 0.3)
    rows = np.arange(frames)
    table = {
        "camera": [f"smg-{row % cameras:03d}" for row in rows],
        "t_us": START_US + rows * 100_000,
        "arrival_us": [None] * frames,
        "ts_source": ["capture", "pts"][seed % 2 :][:1] * frames,
        "seq": rows,
        "width": [1920 if row % 2 else None for row in rows],
        "height": [1080 if row % 2 else None for row in rows],
        "luma": [0.25 if row % 3 else None for row in rows],
        "sharpness": [120.5 if row % 3 else None for row in rows],
        "image_hash": ["9f3c" if row % 5 else None for row in rows],
        "position": rows + 1,
    }
    objects = {
        "frame": of_frame,
        "class": np.array([*CLASSES, "traffic light"])[rng.integers(0, len(CLASSES) + 1, n)],
        "confidence": np.where(some, rng.random(n).astype(np.float32), np.nan),
        "x1": corner[:, 0],
        "y1": corner[:, 1],
        "x2": (corner + size)[:, 0],
        "y2": (corner + size)[:, 1],
        "track": [str(i) if has else None for i, has in enumerate(some)],
        "mask": ["masked" if has else None for has in some],
        "mask_confidence": np.where(some, 0.5, np.nan),
        "face_px": np.where(some, 31, np.nan),
    }
    signals = {
        "frame": signal_frame,
        "kind": ["flood"] * len(signal_frame),
        "zone": ["jalan" if i % 2 else None for i in range(len(signal_frame))],
        "value": rng.random(len(signal_frame)),
    }
    return FrameBatch(
        pl.DataFrame(table, schema=FRAMES),
        pl.DataFrame(objects, schema=OBJECTS).fill_nan(None),
        pl.DataFrame(signals, schema=SIGNALS),
    )


def joined(chunks: Iterable[Chunk]) -> FrameBatch:
    """Return all frames of a reader as one batch."""
    frames, objects, signals, at = [pl.DataFrame(schema=FRAMES)], [pl.DataFrame(schema=OBJECTS)], [], 0
    signals = [pl.DataFrame(schema=SIGNALS)]
    for chunk in chunks:
        frames.append(chunk.batch.frames)
        move = (pl.col("frame") + at).cast(pl.UInt32)
        objects.append(chunk.batch.objects.with_columns(frame=move))
        signals.append(chunk.batch.signals.with_columns(frame=move))
        at += len(chunk.batch)
    return FrameBatch(pl.concat(frames), pl.concat(objects), pl.concat(signals))


def dead(chunks: Iterable[Chunk]) -> list[tuple[int, str]]:
    """Return position and reason of every dead letter."""
    return [row for chunk in chunks for row in chunk.dead.select("position", "reason").rows()]


def assert_same(got: FrameBatch, wanted: FrameBatch, *, position: bool = True) -> None:
    drop = () if position else ("position",)
    assert_frame_equal(got.frames.drop(drop), wanted.frames.drop(drop))
    assert_frame_equal(got.objects, wanted.objects)
    assert_frame_equal(got.signals, wanted.signals)
