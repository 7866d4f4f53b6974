"""Frames for tests of the archive, and what one holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from connectors.archive import commits, reading
from connectors.archive.folder import Folder
from connectors.archive.gathering import Gathering
from connectors.archive.store import Store
from schemas.frames import DECIDED, DISPOSITIONS, FRAMES, OBJECTS, SIGNALS, FrameBatch, joined

MIDNIGHT_US = 1_767_546_000_000_000  # 2026-01-05 in Jakarta
STREAM, DEFINITIONS = "00000000000000aa", "00000000000000bb"


def batch(
    count: int, *, seed: int = 1, cameras: int = 5, step_us: int = 100_000, since_us: int = MIDNIGHT_US
) -> FrameBatch:
    """Frames of several cameras in turn, with objects and signals of every kind, many of them absent."""
    dice = np.random.default_rng(seed)
    objects = np.sort(dice.integers(0, count, 3 * count)).astype(np.uint32) if count else np.empty(0, np.uint32)
    signals = np.sort(dice.integers(0, count, count // 3)).astype(np.uint32) if count else np.empty(0, np.uint32)
    at = np.arange(count)

    def some(values: Any, length: int) -> list[Any]:
        picked = dice.integers(0, len(values) + 1, length)
        return [values[n] if n < len(values) else None for n in picked]

    floats = [0.0, -0.0, 0.1, 1 / 3, float("nan"), 1e-38]
    frames = {
        "camera": [f"kamera-{n % cameras}" for n in at],
        "t_us": since_us + at * step_us,
        "arrival_us": some([since_us, since_us + 1], count),
        "ts_source": some(["capture", "arrival"], count),
        "seq": some([1, 2, 2**40], count),
        "luma": some(floats, count),
        "image_hash": some(["9f", "é"], count),
        "position": at + 1,
        "row": at,
        "source": ["a.jsonl"] * count,
        "came_us": some([since_us + 5], count),
        "disposition": [DISPOSITIONS[n] for n in dice.integers(0, len(DISPOSITIONS), count)],
        "dt_ms": dice.integers(0, 1_000, count),
        "lag_ms": dice.integers(0, 9, count),
    }
    boxes = {name: dice.random(len(objects)).astype(np.float32) for name in ("x1", "y1", "x2", "y2")}
    items = {
        "frame": objects,
        "class": some(["person", "car"], len(objects)),
        "confidence": some(floats, len(objects)),
        **boxes,
        "track": some(["7", "", "ü"], len(objects)),
        "mask": some(["masked"], len(objects)),
    }
    said = {"frame": signals, "kind": ["flood"] * len(signals), "value": some(floats, len(signals))}
    return FrameBatch(_table(frames, FRAMES | DECIDED), _table(items, OBJECTS), _table(said, SIGNALS))


def _table(columns: dict[str, Any], kinds: dict[str, Any]) -> pl.DataFrame:
    frame = pl.DataFrame({name: pl.Series(name, values, strict=False) for name, values in columns.items()})
    blank = [pl.lit(None).alias(name) for name in kinds if name not in columns]
    return frame.with_columns(blank).select(pl.col(name).cast(kind) for name, kind in kinds.items())


def archived(
    store: Store,
    frames: FrameBatch,
    *,
    stream: str = STREAM,
    most_bytes: int = 1 << 20,
    bounds: tuple[int, int] | tuple[()] = (),
) -> commits.Commit:
    """Let frames be all that an archive has of a stream."""
    return commits.state(store, stream, DEFINITIONS, gathered(store, frames, stream, most_bytes), *bounds)


def gathered(
    store: Store, frames: FrameBatch, stream: str = STREAM, most_bytes: int = 1 << 20
) -> tuple[commits.Part, ...]:
    """Store frames as files that no commit names yet."""
    gathering = Gathering(store, stream, commits.begin(store).shards, most_bytes)
    for first in range(0, len(frames), 97):
        gathering.add(frames.pick(np.arange(first, min(first + 97, len(frames)))))
    return gathering.finish()


def held(store: Store) -> FrameBatch:
    """Return all frames that count, in the order in which they came."""
    files = [part for commit in commits.every(store).values() for part in commit.parts]
    whole = joined([reading.frames(store, part) for part in files])
    return whole.reordered(np.argsort(whole.frames["row"].to_numpy(), kind="stable"))


def same(one: FrameBatch, other: FrameBatch) -> bool:
    """Say whether two batches are the same, bit by bit."""
    pairs = ((one.frames, other.frames), (one.objects, other.objects), (one.signals, other.signals))
    return all(_bits(a).equals(_bits(b)) for a, b in pairs)


def _bits(table: pl.DataFrame) -> pl.DataFrame:
    floats = [name for name, kind in table.schema.items() if kind.is_float()]
    return table.with_columns(
        pl.Series(
            name, table[name].fill_null(-7.0).to_numpy().view(np.int32 if table[name].dtype == pl.Float32 else np.int64)
        )
        for name in floats
    )


def folder(root: Path) -> Folder:
    return Folder(root / "archive")
