"""Many files as one stream, in order of capture time.

Files may be split by camera, by time or line by line. A frame's merge key is the
latest time its own file has shown so far, lone bad stamps aside; frames come out by key, so no frame
comes later than it came within its file. A file is opened when the merge reaches
its first time; those open at once share `BUFFERED` records of memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from connectors.formats import heads
from connectors.formats.chunks import Chunk, ReadOptions, no_frames
from connectors.formats.readers import read
from schemas.frames import FrameBatch

BUFFERED: Final = 65536
FEWEST: Final = 64
HEAD_RECORDS: Final = 64
"""A file's first time is looked for in chunks of so many records."""
COUNTED: Final = ("opendatacam",)
"""Formats whose frame numbers begin anywhere: the first is at the start."""
UNKNOWN: Final = -(2**63)
"""First time of a file without a readable frame: it is opened at once, for its dead letters."""


class MergedReader:
    """Chunks of many files, merged by capture time.

    Attributes
    ----------
    first_us
        When the first of the files begins (`heads.first_us`), microseconds UTC;
        None when there is no readable frame in any of them.
    silent
        Files without a frame that can be read.
    """

    def __init__(self, paths: Sequence[str | Path], kind: str, options: ReadOptions) -> None:
        self.kind = kind
        self.options = options = _numbered(paths, kind, options)
        begins = [(first_time_us(path, kind, options), str(path)) for path in paths]
        self.silent = [path for first, path in begins if first is None]
        self.files = sorted((UNKNOWN if first is None else first, path) for first, path in begins)
        known = [first for first, _ in begins if first is not None]
        self.first_us: int | None = min(known) if known else None

    def __iter__(self) -> Iterator[Chunk]:
        """Yield chunks; iterating again reads the files again."""
        return _merge(self.files, self.kind, self.options)


def read_merged(paths: Sequence[str | Path], kind: str, options: ReadOptions) -> Iterator[Chunk]:
    """Yield the files' records, merged by capture time."""
    return iter(MergedReader(paths, kind, options))


def first_time_us(path: str | Path, kind: str, options: ReadOptions) -> int | None:
    """Return when a file begins: see `heads.first_us`; None when it has no frame to read."""
    return heads.first_us(_frames(path, kind, options))


def _frames(path: str | Path, kind: str, options: ReadOptions) -> Iterator[pl.DataFrame]:
    for chunk in read(path, kind, replace(options, chunk_records=HEAD_RECORDS)):
        if len(chunk.batch):
            yield chunk.batch.frames


def _numbered(paths: Sequence[str | Path], kind: str, options: ReadOptions) -> ReadOptions:
    """Return options by which the pieces of one numbered recording are counted from its first frame."""
    if kind not in COUNTED or len(paths) < 2 or options.first_number is not None:
        return options
    starts = [first for path in paths if (first := next(_frames(path, kind, options), None)) is not None]
    numbers = [int(n) for first in starts for n in first.filter(pl.col("ts_source") == "pts")["seq"].head(1)]
    return replace(options, first_number=min(numbers)) if numbers else options


class _Open:
    """One open file: its newest chunk, from which frames are taken off the front."""

    def __init__(self, path: str, kind: str, options: ReadOptions) -> None:
        self.chunks = read(path, kind, options)
        self.latest = UNKNOWN
        self.chunk = Chunk(no_frames(), no_frames().frames, 0, 0)
        self.key: NDArray[np.int64] = np.empty(0, np.int64)
        self.taken = 0

    def fill(self) -> Iterator[Chunk]:
        """Read on until a frame is held; chunks without frames are handed on."""
        while self.taken == len(self.key):
            chunk = next(self.chunks, None)
            if chunk is None:
                self.key = np.empty(0, np.int64)
                self.taken = 0
                return
            if not len(chunk.batch):
                yield chunk
                continue
            self.key = heads.places(chunk.batch.frames, self.latest)
            self.latest, self.taken, self.chunk = int(self.key[-1]), 0, chunk

    def held(self) -> bool:
        """Tell whether a frame is held."""
        return self.taken < len(self.key)

    def take(self, horizon: int) -> _Taken:
        """Take the frames whose key is at most the horizon off the front."""
        first, self.taken = self.taken, int(np.searchsorted(self.key, horizon, side="right"))
        if first == 0:
            rest = self.chunk._replace(batch=no_frames())
        else:
            rest = Chunk(no_frames(), self.chunk.dead.clear(), 0, 0)
        return _Taken(_cut(self.chunk.batch, first, self.taken), self.key[first : self.taken], rest)


class _Taken(NamedTuple):
    """Frames off the front of a file, and what came with its chunk."""

    batch: FrameBatch
    key: NDArray[np.int64]
    rest: Chunk  # dead letters and counts, said once a chunk


def _merge(files: list[tuple[int, str]], kind: str, options: ReadOptions) -> Iterator[Chunk]:
    waiting = list(reversed(files))
    active: list[_Open] = []
    while waiting or active:
        if not active or (waiting and waiting[-1][0] <= _horizon(active)):
            yield from _open_next(waiting, active, kind, options)
        else:
            horizon = _horizon(active)
            taken = [source.take(horizon) for source in active if source.key[source.taken] <= horizon]
            yield _join(taken)
        for source in active:
            yield from source.fill()
        active = [source for source in active if source.held()]


def _horizon(active: list[_Open]) -> int:
    """Return the key up to which every open file is known."""
    return int(min(source.latest for source in active))


def _open_next(waiting: list[tuple[int, str]], active: list[_Open], kind: str, options: ReadOptions) -> Iterator[Chunk]:
    """Open the files that begin before the open ones are known to end."""
    reach = _horizon(active) if active else waiting[-1][0]
    due = []
    while waiting and waiting[-1][0] <= reach:
        due.append(waiting.pop()[1])
    records = max(FEWEST, min(options.chunk_records, BUFFERED // (len(due) + len(active))))
    for path in due:
        source = _Open(path, kind, replace(options, chunk_records=min(records, options.chunk_records)))
        active.append(source)
        yield from source.fill()


def _cut(batch: FrameBatch, first: int, end: int) -> FrameBatch:
    """Return a run of a batch's frames; the whole batch untouched."""
    if first == 0 and end == len(batch):
        return batch
    parts = []
    for part in (batch.objects, batch.signals):
        low, high = np.searchsorted(part["frame"].to_numpy(), [first, end])
        parts.append(part.slice(low, high - low).with_columns(pl.col("frame") - pl.lit(first, pl.UInt32)))
    return FrameBatch(batch.frames.slice(first, end - first), parts[0], parts[1], batch.source)


def _join(taken: list[_Taken]) -> Chunk:
    """Put frames of several files into one chunk, by key."""
    rests = [part.rest for part in taken]
    dead = pl.concat([rest.dead for rest in rests]) if len(rests) > 1 else rests[0].dead
    batch = taken[0].batch if len(taken) == 1 else _interleave(taken)
    remarks = tuple(dict.fromkeys(text for rest in rests for text in rest.remarks))
    far = tuple(one for rest in rests for one in rest.far)
    rejected, size = sum(rest.rejected_objects for rest in rests), sum(rest.bytes_read for rest in rests)
    return Chunk(batch, dead, rejected, size, remarks, far, all(rest.sends_empty for rest in rests))


def _interleave(taken: list[_Taken]) -> FrameBatch:
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
    source = f"{batches[0].source} and {len(batches) - 1} more files"
    file = np.repeat(np.arange(len(batches), dtype=np.int32), [len(batch) for batch in batches])[order]
    return FrameBatch(frames, tables[0], tables[1], source, tuple(batch.source for batch in batches), file)
