"""Files of binary messages, each behind its size as a varint, cut into blocks of bounded size.

This is how protobuf's own libraries write many messages into one file
(`writeDelimitedTo`, `SerializeDelimitedToOstream`). A message above the limit is
read past, not held. Where a size cannot be, nothing behind it can be found again:
what came before counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from connectors.files import RAW_BYTES, Block, Oversize
from connectors.formats.chunks import ReadOptions
from connectors.text_bytes import foreign
from connectors.unpacking import BROKEN, PIECE_BYTES, open_plain, read_so_far

USUAL_BYTES: Final = 1_024
"""A message's size, about: so much of a file is read at once for each message that is wanted."""
NO_SIZE: Final = "expected messages, each behind its size as a varint, came bytes that are no size"
CUT_OFF: Final = "the last message is cut off; what came before counts"
_MORE, _NO_SIZE, _LONG = range(3)


def blocks(path: Path, options: ReadOptions) -> Iterator[Block]:
    """Yield a file's messages in blocks; positions count them from 1."""
    return _Messages(path, options).blocks()


def first(begin: bytes) -> bytes | None:
    """Return a file's first message; None where its beginning holds none."""
    data = np.frombuffer(begin + b"\n", np.uint8)
    size, behind = _size(data, 0, len(begin))
    return begin[behind : behind + size] if 0 < size <= len(begin) - behind else None


class _Messages:
    """The messages of a file; long ones are set aside."""

    def __init__(self, path: Path, options: ReadOptions) -> None:
        self.path, self.most, self.records = path, options.max_record_bytes, options.chunk_records
        self.at_once = min(options.block_bytes, self.records * USUAL_BYTES)
        self.count = self.size = self.past = 0  # messages so far; bytes read and not yet told; bytes to read past
        self.oversize: list[Oversize] = []
        self.broken = ""

    def blocks(self) -> Iterator[Block]:
        """Yield the messages."""
        held, lost = b"", False
        for piece in self._gathered():
            data = np.frombuffer(held + piece + b"\n", np.uint8)
            at, why = 0, _LONG
            while why == _LONG:
                start, end, at, why = self._cut(data, at)
                yield from self._split(data, start, end)
                at = self._aside(data, at) if why == _LONG else at
            held, lost = data[at:-1].tobytes(), why == _NO_SIZE
            if lost:
                break
        if not self.broken and (held or self.past):
            self.broken = NO_SIZE if lost else CUT_OFF
        if self.oversize or self.broken:
            nothing = np.empty(0, np.int64)
            yield self._block(np.empty(0, np.uint8), nothing, nothing, self.broken)

    def _cut(self, data: NDArray[np.uint8], at: int) -> tuple[NDArray[np.int64], NDArray[np.int64], int, int]:
        """Return where messages stand from a place on, the place behind them, and why no more do."""
        span = np.empty((2, len(data) - at), np.int64)
        many, behind, why = _messages(data, at, len(data) - 1, self.most, span)
        return span[0, :many], span[1, :many], behind, why

    def _split(self, data: NDArray[np.uint8], start: NDArray[np.int64], end: NDArray[np.int64]) -> Iterator[Block]:
        for first in range(0, len(start), self.records):
            yield self._block(data, start[first : first + self.records], end[first : first + self.records])

    def _block(
        self, data: NDArray[np.uint8], start: NDArray[np.int64], end: NDArray[np.int64], broken: str = ""
    ) -> Block:
        position = self.count + 1 + np.arange(len(start))
        self.count += len(start)
        oversize, self.oversize = self.oversize, []
        read, self.size = self.size, 0
        return Block(data, start, end, position, oversize, broken, self.count + 1, read)

    def _aside(self, data: NDArray[np.uint8], at: int) -> int:
        """Set a long message aside; return the place behind it."""
        told, behind = _size(data, at, len(data) - 1)
        size = int(told)
        self.count += 1
        self.oversize.append(Oversize(self.count, size, data[behind : behind + min(size, RAW_BYTES)].tobytes()))
        here = min(size, len(data) - 1 - behind)
        self.past = size - here
        return behind + here

    def _gathered(self) -> Iterator[bytes]:
        """Yield the file in runs of about so many bytes as are cut at once, without what is read past."""
        parts: list[bytes] = []
        held = 0
        for piece in self._pieces():
            passed = min(self.past, len(piece))
            self.past -= passed
            parts.append(piece[passed:])
            held += len(piece) - passed
            if held >= self.at_once:
                yield b"".join(parts)
                parts, held = [], 0
        if held:
            yield b"".join(parts)

    def _pieces(self) -> Iterator[bytes]:
        at = 0
        with open_plain(self.path) as file:
            try:
                while piece := file.read1(PIECE_BYTES):  # type: ignore[attr-defined]
                    if not at and (said := foreign(piece)):
                        self.broken = said.replace("a text", "protobuf messages")
                        return
                    before, at = at, read_so_far(file)
                    self.size += at - before
                    yield piece
            except BROKEN as error:
                self.broken = f"{type(error).__name__}: {error}"


@njit(cache=True)
def _size(d: NDArray[np.uint8], p: int, end: int) -> tuple[np.int64, int]:
    """Return a message's size and the place behind that; -1 for a size that is not whole yet, -2 for none."""
    size, shift = np.int64(0), 0
    while p < end and shift < 35:
        size |= (np.int64(d[p]) & 127) << shift
        p += 1
        if d[p - 1] < 128:
            return (size, p) if size < 1 << 31 else (np.int64(-2), p)
        shift += 7
    return (np.int64(-1), p) if shift < 35 else (np.int64(-2), p)


@njit(cache=True)
def _messages(d: NDArray[np.uint8], p: int, end: int, most: int, out: NDArray[np.int64]) -> tuple[int, int, int]:
    """Write where messages stand; return how many, the place behind them, and why no more do."""
    many = 0
    while True:
        size, start = _size(d, p, end)
        if size == -2:
            return many, p, _NO_SIZE
        if size > most:
            return many, p, _LONG
        if size < 0 or start + size > end:
            return many, p, _MORE
        out[0, many], out[1, many] = start, start + size
        many += 1
        p = int(start + size)
