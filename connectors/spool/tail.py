"""The reading end of a partition of a spool.

A reader sees what the writer has made durable, in another process or in its own, block
after block, each checked. What it was to read and is gone, whether cleaned away by age
or unreadable, it tells as lost. What it is done with is kept beside the partition.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from connectors.records import Lost, Records
from connectors.spool import blocks, layout, segments
from connectors.spool.blocks import Block
from connectors.spool.gathering import Part, gathered
from connectors.spool.layout import Spool
from connectors.spool.marks import Mark, Marked
from connectors.spool.segments import SpoolFull, explained
from schemas.errors import SourceAway, SourceError, UsageError

READ_BYTES: Final = 1 << 20
"""Read at once; more where a block, or what is asked for, is larger."""
MOST_READ: Final = 8 << 20


@contextmanager
def _readable(root: Path) -> Iterator[None]:
    """Let a reader wait for a full disk: it has nothing else to do."""
    try:
        with explained(root):
            yield
    except SpoolFull as error:
        raise SourceAway(str(error)) from error


class SpoolTail:
    """Reads one partition under a reader's name; implements `connectors.records.Tail`.

    Parameters
    ----------
    reader
        Who reads. The writer keeps for each name what it is not done with.
    position
        Of the first record wanted; None goes on behind what the reader was done with, or begins at the first there is.

    Raises
    ------
    SourceAway
        The disk does not answer, or has no room for what a new reader is done with.
    SourceError
        The partition does not reach that far: it is another spool than the one that was read, or files were removed.
    """

    def __init__(self, spool: Spool, partition: int, reader: str = "run", position: int | None = None) -> None:
        if not re.fullmatch(r"[a-z0-9_-]{1,64}", reader):
            raise UsageError(f"reader {reader!r}: expected a name of a-z, 0-9, _ and -")
        self.root, self.salt = spool.partition(partition), spool.salt
        self.source = f"spool:{spool.root}/{partition}"
        self.handle: int | None = None
        self.first = self.offset = 0  # of the segment that is read
        self.waiting: list[Part] = []  # read and not yet returned
        self.missing: list[Lost] = []
        self.is_at_end = False
        with _readable(self.root):
            for folder in (self.root, self.root / "readers"):
                folder.mkdir(mode=0o700, exist_ok=True)
            self.end = Mark.made(self.root / "end", Marked(0))
            start = self._first() if position is None else position
            self.mark = Mark.made(self.root / "readers" / reader, Marked(start))
        self.position = self.read_to = max(start, self.mark.known.position) if position is None else position
        self._refuse_beyond()

    def poll(self, most: int, most_bytes: int) -> Records:
        """Return what is there, at most so many records and not much above so many bytes."""
        parts: list[Part] = []
        with explained(self.root):
            self.end.read()
            while most > 0 and (most_bytes > 0 or not parts) and self._more(most_bytes):
                part, rest = self.waiting[0].cut(most, most_bytes)
                self.waiting[:1] = [] if rest is None else [rest]
                parts.append(part)
                most, most_bytes = most - (part.until - part.since), most_bytes - len(part.data())
        self.position = self.waiting[0].position if self.waiting else self.read_to
        self.is_at_end = not self.waiting and self.read_to >= self.end.known.position
        return gathered(parts)

    def lag(self) -> int | None:
        """Return how many records are durable that `poll` has not returned."""
        return max(0, self.end.read().position - self.position)

    def lost(self) -> list[Lost]:
        """Return what was lost since it was last asked."""
        told, self.missing = self.missing, []
        return told

    def remarks(self) -> list[str]:
        """Return nothing: a spool has no settings that could be better."""
        return []

    def done(self, position: int) -> None:
        """Take note, durably, that whatever stands before `position` is never asked for again."""
        if position > self.mark.known.position:
            with explained(self.root):
                self.mark.write(Marked(position), durably=True)

    def close(self) -> None:
        """Let go of it."""
        self._leave()
        self.mark.close()
        self.end.close()

    def _more(self, most_bytes: int) -> bool:
        """See to it that a record waits; False where there is none."""
        while not self.waiting:
            if self.read_to >= self.end.known.position or not self._read(most_bytes):
                return False
        return True

    def _read(self, most_bytes: int) -> bool:
        """Read on in the segment, or in the next one; False where that must wait."""
        if self.handle is None:
            return self._enter()
        raw = memoryview(os.pread(self.handle, max(READ_BYTES, min(most_bytes, MOST_READ)), self.offset))
        size = blocks.size_at(raw, 0)
        if size > len(raw):  # no more is asked for than there is: a broken size may say anything
            raw = memoryview(os.pread(self.handle, min(size, self._left()), self.offset))
        found = False
        for block in self._whole(raw):
            found = True
            if not self._take(block):
                return bool(self.waiting)
        return found or self._skip()

    def _whole(self, raw: memoryview) -> Iterator[Block]:
        """Yield blocks that were read whole, moving on behind each."""
        offset = 0
        while (block := blocks.at(raw, offset, self.salt)) is not None:
            offset += block.size
            self.offset += block.size
            yield block

    def _take(self, block: Block) -> bool:
        """Let a block's records wait; False where it is not yet durable."""
        if block.until > self.end.known.position:
            self.offset -= block.size
            return False
        if block.until > self.read_to:
            self._miss(block.position)
            self.waiting.append(Part(block, max(0, self.read_to - block.position), len(block.length)))
            self.read_to = block.until
        return True

    def _skip(self) -> bool:
        """Pass over what cannot be read: to a whole block behind it, or to the next segment."""
        assert self.handle is not None
        rest = os.pread(self.handle, self._left(), self.offset)
        found = blocks.find(memoryview(rest), 1, self.salt) if rest else None
        if found is not None and found[1].until <= self.end.known.position:
            self.offset += found[0]
            return True
        return self._enter()

    def _enter(self) -> bool:
        """Open the segment that holds what comes next, or begins behind it; False where none does yet."""
        firsts = layout.segments(self.root)
        past = self.read_to if self.handle is None else max(self.read_to, self.first)  # this one holds nothing more
        behind = [first for first in firsts if first > past]
        held = [first for first in firsts if first <= self.read_to]
        wanted = held[-1:] if self.handle is None or (held and held[-1] > self.first) else []
        for first in wanted + behind[:1]:
            path = layout.segment(self.root, first)
            with explained(path):
                try:
                    handle = os.open(path, os.O_RDONLY)
                except FileNotFoundError:  # cleaned away just now
                    return True
            self._leave()
            self.handle, self.first, self.offset = handle, first, segments.HEAD_BYTES
            segments.header(os.pread(handle, segments.HEAD_BYTES, 0), path, self.salt)
            return True
        self._miss(self.end.known.position)
        return False

    def _miss(self, until: int) -> None:
        """Tell as lost what is wanted before a position, for it does not come any more."""
        if until > self.read_to:
            self.missing.append(Lost(self.read_to, until))
            self.read_to = until

    def _left(self) -> int:
        """Return how many bytes of the segment are not read."""
        assert self.handle is not None
        return os.fstat(self.handle).st_size - self.offset

    def _leave(self) -> None:
        if self.handle is not None:
            os.close(self.handle)
        self.handle = None

    def _first(self) -> int:
        """Return the position of the first record there is."""
        return min(layout.segments(self.root), default=self.end.known.position)

    def _refuse_beyond(self) -> None:
        """Refuse a position that the partition does not reach; what is durable may be further than its mark says."""
        last = layout.segments(self.root)[-1:]
        if self.position <= self.end.known.position:
            return
        last = layout.segments(self.root)[-1:]
        reached = segments.scan(layout.segment(self.root, last[0]), self.salt).position if last else 0
        if self.position > reached:
            raise SourceError(
                f"{self.source}: expected a spool that reaches position {self.position:,}, it ends at {reached:,}: "
                "it is not the one that was read before, or files were taken from it"
            )
