"""Many files as one stream, in order of capture time.

Files may be split by camera, by time or line by line. A frame's merge key is the
latest time its own file has shown so far, lone bad stamps aside; frames come out by key, so no frame
comes later than it came within its file. A file is opened when the merge reaches
its first time; those open at once share `BUFFERED` records of memory. Where more overlap
than may be open, the others are merged by groups into temporary files first.
"""

from __future__ import annotations

import itertools
import pickle
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from connectors.formats import heads
from connectors.formats.chunks import Chunk, ReadOptions, no_frames, no_letters
from connectors.formats.joining import Taken, cut, join
from connectors.formats.readers import read
from schemas.errors import UsageError
from schemas.frames import FrameBatch

BUFFERED: Final = 65536
FEWEST: Final = 64
OPEN: Final = {"arrow": 8, "mot": 2}
"""Files that are open at once, of formats that hold more of a file than some lines; ours."""
OPEN_LINES: Final = 64
"""The same of formats that are lines."""
FEWEST_BYTES: Final = 1 << 20
"""What each of many open files may decode at once, if a record is not larger."""
HEAD_RECORDS: Final = 64
"""A file's first time is looked for in chunks of so many records."""
COUNTED: Final = ("opendatacam", "dlstreamer")
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
        Files without a frame that can be read: those left out whole do not make one.
    """

    def __init__(self, paths: Sequence[str | Path], kind: str, options: ReadOptions) -> None:
        self.kind = kind
        self.options = options = _numbered(paths, kind, options)
        begins = self._begins(paths)
        self.silent = [path for first, path in begins if not first.is_read]
        self.files = sorted((UNKNOWN if first.us is None else first.us, path) for first, path in begins)
        known = [first.us for first, _ in begins if first.us is not None]
        self.first_us: int | None = min(known) if known else None

    def _begins(self, paths: Sequence[str | Path]) -> list[tuple[First, str]]:
        """Return when each file begins; what one of them does not say is asked for only if none says it."""
        begins: list[tuple[First, str]] = []
        asked: UsageError | None = None
        for path in paths:
            try:
                begins.append((first_time(path, self.kind, self.options), str(path)))
            except UsageError as error:
                begins.append((First(None, is_read=False), str(path)))
                asked = asked or error
        if asked is not None:
            if all(first.us is None for first, _ in begins):
                raise asked
            self.options = replace(self.options, asks_size=False)
        return begins

    def __iter__(self) -> Iterator[Chunk]:
        """Yield chunks; iterating again reads the files again."""
        due = [_Due((file,)) for file in self.files]
        return (found.chunk for found in _merge(due, self.kind, self.options))


def read_merged(paths: Sequence[str | Path], kind: str, options: ReadOptions) -> Iterator[Chunk]:
    """Yield the files' records, merged by capture time."""
    return iter(MergedReader(paths, kind, options))


class First(NamedTuple):
    """When a file begins."""

    us: int | None  # see `heads.first_us`; None where no frame has come
    is_read: bool  # some frame was not left out whole


def first_time(path: str | Path, kind: str, options: ReadOptions) -> First:
    """Return when a file begins, and whether any of its frames can be read: no more is read of it than that takes."""
    batches, is_read = _batches(path, kind, options), False

    def frames() -> Iterator[pl.DataFrame]:
        nonlocal is_read
        for batch in batches:
            is_read = is_read or not batch.unseen.all()
            yield batch.frames

    first_us = heads.first_us(frames())
    return First(first_us, is_read or any(not batch.unseen.all() for batch in batches))


def _batches(path: str | Path, kind: str, options: ReadOptions) -> Iterator[FrameBatch]:
    for chunk in read(path, kind, replace(options, chunk_records=HEAD_RECORDS)):
        if len(chunk.batch):
            yield chunk.batch


def _numbered(paths: Sequence[str | Path], kind: str, options: ReadOptions) -> ReadOptions:
    """Return options by which the pieces of one numbered recording are counted from its first frame."""
    if kind not in COUNTED or len(paths) < 2 or options.first_number is not None:
        return options
    options = replace(options, asks_size=False)
    starts = [first for path in paths if (first := next(_batches(path, kind, options), None)) is not None]
    numbers = [int(n) for first in starts for n in first.frames.filter(pl.col("ts_source") == "pts")["seq"].head(1)]
    return replace(options, asks_size=True, first_number=min(numbers) if numbers else None)


class _Keyed(NamedTuple):
    """A chunk and the ascending keys of its frames."""

    chunk: Chunk
    key: NDArray[np.int64]


class _Due(NamedTuple):
    """A file, or a group of files, that waits for its first time."""

    files: tuple[tuple[int, str], ...]  # first time and path

    @property
    def first(self) -> int:
        """Return the first time of all."""
        return self.files[0][0]


class _Open:
    """One open source: its newest chunk, from which frames are taken off the front."""

    def __init__(self, chunks: Iterator[_Keyed]) -> None:
        self.chunks = chunks
        self.latest = UNKNOWN
        self.chunk = Chunk(no_frames(), no_frames().frames, 0, 0)
        self.key: NDArray[np.int64] = np.empty(0, np.int64)
        self.taken = 0

    def fill(self) -> Iterator[Chunk]:
        """Read on until a frame is held; chunks without frames are handed on."""
        while self.taken == len(self.key):
            found = next(self.chunks, None)
            if found is None:
                self.key = np.empty(0, np.int64)
                self.taken = 0
                return
            if not len(found.chunk.batch):
                yield found.chunk
                continue
            self.chunk, self.key = found
            self.latest, self.taken = int(self.key[-1]), 0

    def held(self) -> bool:
        """Whether there is a frame to take."""
        return self.taken < len(self.key)

    def take(self, horizon: int) -> Taken:
        """Take the frames whose key is at most the horizon off the front."""
        first, self.taken = self.taken, int(np.searchsorted(self.key, horizon, side="right"))
        if first == 0:
            rest = self.chunk._replace(batch=no_frames())
        else:
            rest = Chunk(no_frames(), self.chunk.dead.clear(), 0, 0, sends_empty=self.chunk.sends_empty)
        return Taken(cut(self.chunk.batch, first, self.taken), self.key[first : self.taken], rest)


def _of_file(path: str, kind: str, options: ReadOptions) -> Iterator[_Keyed]:
    """Yield a file's chunks with their keys."""
    latest = UNKNOWN
    for chunk in read(path, kind, options):
        key = heads.places(chunk.batch.frames, latest) if len(chunk.batch) else np.empty(0, np.int64)
        latest = int(key[-1]) if len(key) else latest
        yield _Keyed(chunk, key)


def _merge(files: list[_Due], kind: str, options: ReadOptions) -> Iterator[_Keyed]:
    waiting = list(reversed(files))
    active: list[_Open] = []
    while waiting or active:
        if not active or (waiting and waiting[-1].first <= _horizon(active)):
            yield from _said(_open_next(waiting, active, kind, options))
        else:
            horizon = _horizon(active)
            taken = [source.take(horizon) for source in active if source.key[source.taken] <= horizon]
            yield _Keyed(join(taken), np.sort(np.concatenate([part.key for part in taken])))
        for source in active:
            yield from _said(source.fill())
        active = [source for source in active if source.held()]


def _said(chunks: Iterator[Chunk]) -> Iterator[_Keyed]:
    return (_Keyed(chunk, np.empty(0, np.int64)) for chunk in chunks)


def _horizon(active: list[_Open]) -> int:
    """Return the key up to which every open file is known."""
    return int(min(source.latest for source in active))


def _open_next(waiting: list[_Due], active: list[_Open], kind: str, options: ReadOptions) -> Iterator[Chunk]:
    """Open the files that begin before the open ones are known to end."""
    reach = _horizon(active) if active else waiting[-1].first
    most = OPEN.get(kind, OPEN_LINES)
    due = _due(waiting, reach)
    if len(active) + len(due) > most and all(len(one.files) == 1 for one in waiting):
        waiting[:] = _grouped(waiting, most)
        due = _due(waiting, reach)
    del waiting[-len(due) :]
    share = len(due) + len(active)
    each = replace(
        options,
        chunk_records=min(options.chunk_records, max(FEWEST, BUFFERED // share)),
        block_bytes=max(FEWEST_BYTES, options.block_bytes // share),
    )
    for one in due:
        if len(one.files) == 1:
            source = _Open(_of_file(one.files[0][1], kind, each))
        else:
            spilled = _Spilled()
            yield from spilled.write(_merge([_Due((file,)) for file in one.files], kind, each))
            source = _Open(spilled.read())
        active.append(source)
        yield from source.fill()


def _due(waiting: list[_Due], reach: int) -> list[_Due]:
    """Return what begins up to a time, the first first."""
    return list(itertools.takewhile(lambda one: one.first <= reach, reversed(waiting)))


def _grouped(waiting: list[_Due], groups: int) -> list[_Due]:
    """Return what waits, its first at the end, as so many groups of files that begin one after the other."""
    files = [one.files[0] for one in reversed(waiting)]
    size = -(-len(files) // groups)
    parts = [tuple(files[at : at + size]) for at in range(0, len(files), size)]
    return [_Due(part) for part in reversed(parts)]


class _Spilled:
    """Merged chunks on their way through a temporary file that nobody else can open and that goes when it is read."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile(prefix="tilik-")  # noqa: SIM115  it lives as long as its reader

    def write(self, merged: Iterator[_Keyed]) -> Iterator[Chunk]:
        """Keep the frames; hand on at once what else was found."""
        for chunk, key in merged:
            if len(key):
                pickle.dump((chunk.batch, key, chunk.sends_empty), self.file, pickle.HIGHEST_PROTOCOL)
            yield chunk._replace(batch=no_frames())

    def read(self) -> Iterator[_Keyed]:
        """Yield what was kept."""
        with self.file:
            self.file.seek(0)
            while True:
                try:
                    batch, key, sends_empty = pickle.load(self.file)  # our own file, see above
                except EOFError:
                    return
                yield _Keyed(Chunk(batch, no_letters(), 0, 0, sends_empty=sends_empty), key)
