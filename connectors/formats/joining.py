"""Frames of several files as one batch: cut off the front of each, and put together by their keys."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from connectors.formats.chunks import Chunk
from schemas.frames import FrameBatch


class Taken(NamedTuple):
    """Frames off the front of a file, and what came with its chunk."""

    batch: FrameBatch
    key: NDArray[np.int64]
    rest: Chunk  # dead letters and counts, said once a chunk


def cut(batch: FrameBatch, first: int, end: int) -> FrameBatch:
    """Return a run of a batch's frames; the whole batch untouched."""
    if first == 0 and end == len(batch):
        return batch
    parts = []
    for part in (batch.objects, batch.signals):
        low, high = np.searchsorted(part["frame"].to_numpy(), [first, end])
        parts.append(part.slice(low, high - low).with_columns(pl.col("frame") - pl.lit(first, pl.UInt32)))
    file = None if batch.file is None else batch.file[first:end]
    return FrameBatch(batch.frames.slice(first, end - first), parts[0], parts[1], batch.source, batch.files, file)


def join(taken: list[Taken]) -> Chunk:
    """Put frames of several files into one chunk, by key."""
    rests = [part.rest for part in taken]
    dead = pl.concat([rest.dead for rest in rests]) if len(rests) > 1 else rests[0].dead
    batch = taken[0].batch if len(taken) == 1 else _interleave(taken)
    remarks = tuple(dict.fromkeys(text for rest in rests for text in rest.remarks))
    far = tuple(one for rest in rests for one in rest.far)
    rejected, size = sum(rest.rejected_objects for rest in rests), sum(rest.bytes_read for rest in rests)
    return Chunk(batch, dead, rejected, size, remarks, far, all(rest.sends_empty for rest in rests))


def _interleave(taken: list[Taken]) -> FrameBatch:
    batches = [part.batch for part in taken]
    order = np.argsort(np.concatenate([part.key for part in taken]), kind="stable")
    row = np.empty(len(order), np.uint32)
    row[order] = np.arange(len(order), dtype=np.uint32)
    start = np.cumsum([0, *(len(batch) for batch in batches)])
    tables = []
    for parts in ([b.objects for b in batches], [b.signals for b in batches]):
        frame = np.concatenate([part["frame"].to_numpy() + at for part, at in zip(parts, start, strict=False)])
        moved = row[frame]
        joined = pl.concat(parts).with_columns(frame=pl.Series(moved))
        tables.append(joined[np.argsort(moved, kind="stable")])
    frames = pl.concat([batch.frames for batch in batches])[order]
    files: dict[str, int] = {}
    numbers = [_numbered_in(files, batch) for batch in batches]
    source = f"{batches[0].source} and {len(files) - 1} more files"
    return FrameBatch(frames, tables[0], tables[1], source, tuple(files), np.concatenate(numbers)[order])


def _numbered_in(files: dict[str, int], batch: FrameBatch) -> NDArray[np.int32]:
    """Return the number of each frame's file, among those that are known and new ones."""
    own = [files.setdefault(name, len(files)) for name in batch.files or (batch.source,)]
    return np.array(own, np.int32)[np.zeros(len(batch), np.int32) if batch.file is None else batch.file]
