"""The writing end of a partition: takes batches, makes each durable, keeps within its bounds.

A batch is one write and one sync, so many records wait for the disk together. Whatever
fails, nothing of a refused batch stays. The writer alone removes segments: what all
readers are done with, and what is older than it may become.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from connectors.locks import open_lock, try_lock
from connectors.records import Origin
from connectors.spool import blocks, layout, marks, segments
from connectors.spool.layout import Spool
from connectors.spool.marks import Mark, Marked
from connectors.spool.segments import SpoolFull, explained
from schemas.errors import SourceError

SECOND_US: Final = 1_000_000
MIB: Final = 1 << 20
MOST_TOGETHER: Final = 1 << 16
"""Records of a block: its table of origins counts in 16 bits."""
LEAST_SEGMENT: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a spool holds, and for how long.

    Attributes
    ----------
    bytes
        Of all partitions together, each of which may hold its equal share.
    segment_bytes
        A segment is closed at this size; a share of the partition's where that is less.
    seal_s
        A segment is closed so many seconds after its first record came, so that what is done with goes.
    keep_s
        Segments whose last record is older go, whoever still wants them; None keeps them until the spool is full.
    """

    bytes: int = 10 << 30
    segment_bytes: int = 64 * MIB
    seal_s: float = 300.0
    keep_s: float | None = None


class _Sealed(NamedTuple):
    """A segment that takes no more."""

    first: int
    size: int
    arrival_us: int  # of its last record


def clock_us() -> int:
    """Return the time, microseconds since 1970 UTC."""
    return time.time_ns() // 1_000


class SpoolWriter:
    """Writes one partition; one thread at a time, one writer a partition.

    Parameters
    ----------
    now_us
        The clock; arrivals never go back, even where it does.

    Raises
    ------
    SourceError
        Somebody else writes it, or it cannot be read.
    SpoolFull
        There is no room to begin.
    """

    def __init__(
        self, spool: Spool, partition: int, bounds: Bounds | None = None, now_us: Callable[[], int] = clock_us
    ) -> None:
        self.root, self.salt, self.now_us = spool.partition(partition), spool.salt, now_us
        self.bounds = Bounds() if bounds is None else bounds
        self.share = self.bounds.bytes // spool.partitions
        self.segment_bytes = max(LEAST_SEGMENT, min(self.bounds.segment_bytes, self.share // 8))
        self.sealed: list[_Sealed] = []
        self.handle: int | None = None
        self.end: Mark | None = None
        self.active = self.position = self.offset = 0  # of the segment that is written: its name, and where it ends
        self.arrival_us = self.cleaned_us = 0
        self.first_us: int | None = None  # when its first record came
        with explained(self.root):
            self.root.mkdir(mode=0o700, exist_ok=True)
            (self.root / "readers").mkdir(mode=0o700, exist_ok=True)
            self.lock: int | None = _locked(self.root)
            try:
                self._recover()
            except BaseException:
                self.close()
                raise
        self.clean()

    def append(self, values: Sequence[bytes], origin: Origin | Sequence[Origin]) -> int:
        """Keep some records, all or none, and return the position of the first; they are durable then.

        Parameters
        ----------
        origin
            Where all of them came from, or each.

        Raises
        ------
        SpoolFull
            The disk, or the spool's bound, has no room for them.
        SourceError
            The disk refuses; this writer is of no use any more.
        """
        if self.handle is None:
            raise SourceError(f"spool {self.root}: the disk refused before: open it again")
        position = self.position
        if not values:
            return position
        now_us = max(self.now_us(), self.arrival_us)
        content = b"".join(
            blocks.encoded(values[rows], _some(origin, rows), position + rows.start, now_us, self.salt)
            for rows in _pieces(values)
        )
        if now_us >= self.cleaned_us + SECOND_US or self.held + len(content) > self.share:
            self.clean()
        self._refuse_over(len(content))
        try:
            self._write(content)
        except SourceError:
            self.close()
            raise
        self.first_us = now_us if self.first_us is None else self.first_us
        self.position, self.arrival_us = position + len(values), now_us
        self._tell(durably=False)
        return position

    @property
    def held(self) -> int:
        """Bytes that this partition holds."""
        return self.offset + sum(segment.size for segment in self.sealed)

    def clean(self) -> None:
        """Close a segment that is old enough, and remove what nobody needs; to be called now and then."""
        self.cleaned_us = now_us = max(self.now_us(), self.arrival_us)
        with suppress(SpoolFull), explained(self.root):  # a full disk has no room for a segment, but old ones go
            if self.first_us is not None and now_us - self.first_us >= self.bounds.seal_s * SECOND_US:
                self._seal()
        with explained(self.root):
            done = marks.done(self.root / "readers").values()
            while self.sealed and self._is_over(self.sealed[0], min(done, default=0), now_us):
                layout.segment(self.root, self.sealed[0].first).unlink(missing_ok=True)
                del self.sealed[0]

    def close(self) -> None:
        """Let go of the partition."""
        if self.end is not None:
            with suppress(OSError):
                os.fdatasync(self.end.handle)
            self.end.close()
        for handle in (self.handle, self.lock):
            if handle is not None:
                os.close(handle)
        self.handle = self.lock = self.end = None

    def _write(self, content: bytes) -> None:
        with explained(self.root):
            if self.offset > segments.HEAD_BYTES and self.offset + len(content) > self.segment_bytes:
                self._seal()
            assert self.handle is not None
            segments.write(self.handle, content, self.offset)
        self.offset += len(content)

    def _tell(self, *, durably: bool) -> None:
        """Let readers see what is durable by now."""
        assert self.end is not None
        self.end.write(Marked(self.position, self.arrival_us), durably=durably)

    def _is_over(self, segment: _Sealed, done: int, now_us: int) -> bool:
        behind = self.sealed[1].first if len(self.sealed) > 1 else self.active
        keep_s = self.bounds.keep_s
        return behind <= done or (keep_s is not None and now_us - segment.arrival_us > keep_s * SECOND_US)

    def _refuse_over(self, size: int) -> None:
        if self.held + size <= self.share:
            return
        done = marks.done(self.root / "readers")
        slowest = min(done, key=done.__getitem__, default=None)
        why = (
            "nobody reads it: start `tilik run`"
            if slowest is None
            else f"its reader {slowest!r} is at {done[slowest]:,} of {self.position:,}: see whether `tilik run` goes on"
        )
        raise SpoolFull(f"spool {self.root}: {self.held:,} of {self.share:,} bytes are taken, and {why}")

    def _recover(self) -> None:
        """Find where to go on, and cut off what a crash left of a batch that nobody was told of."""
        for draft in self.root.glob(f"*{layout.SUFFIX}{layout.DRAFT}*"):
            draft.unlink()
        firsts = layout.segments(self.root)
        done = marks.done(self.root / "readers").values()
        self.end = Mark.made(self.root / "end", Marked(0))
        known = self.end.known
        if not firsts:
            self._begin(max([known.position, *done]), known.arrival_us)
            return
        arrivals = [
            segments.header(_head(self.root, first), layout.segment(self.root, first), self.salt)[1] for first in firsts
        ]
        for first, arrival_us in zip(firsts, arrivals[1:], strict=False):
            self.sealed.append(_Sealed(first, layout.segment(self.root, first).stat().st_size, arrival_us))
        last = layout.segment(self.root, firsts[-1])
        scan = segments.scan(last, self.salt)
        self.handle, self.active = os.open(last, os.O_RDWR), firsts[-1]
        os.ftruncate(self.handle, scan.end)
        os.fsync(self.handle)
        self.offset, self.position, self.first_us = scan.end, scan.position, scan.first_us
        self.arrival_us = max(scan.arrival_us, known.arrival_us)
        told = max([self.position, known.position, *done])
        if told > self.position:  # what was there is lost, and its positions with it
            self.position = told
            self._seal()
        self._tell(durably=True)

    def _seal(self) -> None:
        """Close the segment that is written, and begin the next one."""
        sealed = _Sealed(self.active, self.offset, self.arrival_us)
        handle = self.handle
        self._begin(self.position, self.arrival_us)
        self.sealed.append(sealed)
        if handle is not None:
            os.close(handle)

    def _begin(self, first: int, before_us: int) -> None:
        segments.begin(self.root, first, before_us, self.salt)
        handle = os.open(layout.segment(self.root, first), os.O_RDWR)
        self.handle = handle
        self.active = self.position = first
        self.offset, self.first_us, self.arrival_us = segments.HEAD_BYTES, None, before_us


def _pieces(values: Sequence[bytes]) -> Iterator[slice]:
    """Yield slices of records that make a block each."""
    start = size = 0
    for row, value in enumerate(values):
        if len(value) > blocks.RECORD_BYTES:
            raise SourceError(f"expected a record of at most {blocks.RECORD_BYTES:,} bytes, came {len(value):,}")
        if row - start == MOST_TOGETHER or (size and size + len(value) > blocks.RECORD_BYTES):
            yield slice(start, row)
            start, size = row, 0
        size += len(value)
    yield slice(start, len(values))


def _some(origin: Origin | Sequence[Origin], rows: slice) -> Origin | Sequence[Origin]:
    return origin if isinstance(origin, Origin) else origin[rows]


def _head(partition: Path, first: int) -> bytes:
    with layout.segment(partition, first).open("rb") as file:
        return file.read(segments.HEAD_BYTES)


def _locked(partition: Path) -> int:
    """Take the lock of who writes a partition, and say in it who that is."""
    handle = open_lock(partition / "writer")
    if not try_lock(handle):
        holder = os.pread(handle, 200, 0).decode(errors="replace").strip() or "another process"
        os.close(handle)
        raise SourceError(f"spool {partition}: it is written by {holder}: a partition has one writer")
    with suppress(OSError):  # a full disk: the lock holds without a name in it
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
    return handle
