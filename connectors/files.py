"""Input files: finding them, decompressing them, and cutting them into lines of bounded size.

A line larger than the limit is never held: its first bytes and its length are
kept and the rest is read past. What comes before a break in the file counts.
"""

from __future__ import annotations

import glob
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from connectors import json_records
from connectors.text_bytes import MARK, as_utf8, foreign
from connectors.unpacking import BROKEN, PIECE_BYTES, open_plain, read_so_far
from schemas.errors import TilikError, UsageError
from schemas.plain import listed

RAW_BYTES: Final = 64 * 1024
"""Bytes of a record that a dead letter keeps."""
BLOCK_BYTES: Final = 8 << 20
"""A block of lines is closed at this size; with one piece and one record more it bounds a reader's memory."""
SUFFIXES: Final = {
    "native": (".jsonl", ".json", ".ndjson"),
    "arrow": (".arrow", ".arrows", ".ipc", ".feather", ".parquet"),
    "mot": ("det.txt", "gt.txt", ".txt", ".csv", ".tsv"),
    "opendatacam": (".jsonl", ".json", ".ndjson", ".txt"),
    "nvschema": (".jsonl", ".json", ".ndjson"),
    "nvschema-protobuf": (".pb", ".binpb", ".protobuf", ".bin"),
}
OTHER_SUFFIXES: Final = (".jsonl", ".json", ".ndjson", ".txt")
WAREHOUSE: Final = ("version", "clients.lock")
"""Files that every embedded warehouse has."""
PACKED: Final = (".gz", ".zst", ".zstd")


class Oversize(NamedTuple):
    """A line above the limit."""

    position: int  # line number from 1
    size: int  # bytes
    head: bytes  # the first `RAW_BYTES`


class Block(NamedTuple):
    """`n` lines that are not empty, as slices of one buffer that ends with a newline."""

    data: NDArray[np.uint8]
    start: NDArray[np.int64]  # (n,)
    end: NDArray[np.int64]  # (n,) where the newline (or CR LF) stands
    position: NDArray[np.int64]  # (n,) line number from 1
    oversize: list[Oversize]
    broken: str  # why the file ends here; "" when it does not, or ends as it should
    ended: int  # number of the line it ends at
    size: int  # bytes read since the block before, of the file as it is, packed or not
    arrival_us: NDArray[np.int64] | None = None  # (n,) when each came, of records that a broker or a spool kept
    topic: NDArray[np.int32] | None = None  # (n,) which of `topics` each came by
    topics: tuple[str, ...] = ()

    def line(self, row: int) -> bytes:
        """Return the bytes of a line."""
        return self.data[self.start[row] : self.end[row]].tobytes()

    def topic_of(self, row: int) -> str:
        """Return the topic that a line came by; '' where none is known."""
        return "" if self.topic is None or self.topic[row] < 0 else self.topics[self.topic[row]]


def find(paths: Sequence[str | Path], kind: str) -> list[Path]:
    """Return the files that the paths mean, each once, in order.

    A path is a file, a directory (read recursively, by the format's suffixes)
    or a pattern. A warehouse in a directory is passed over: its files are no
    input, and one holds its passwords.

    Raises
    ------
    UsageError
        A path, or a directory's files of that format, is missing; or a path lies in a warehouse.
    """
    found: dict[Path, None] = {}
    wrong = []
    for path in paths:
        every = _expand(str(path), kind)
        files = [file for file in every if not _in_warehouse(file)]
        named = not Path(path).is_dir()  # by itself, or by a pattern: nothing that was asked for is passed over
        if len(files) < len(every) and (named or not files):
            wrong.append(f"{path}: expected {kind} input, came files of a warehouse: name the input's own folder")
        elif not files:
            wrong.append(f"{path}: {_none(Path(path), kind)}")
        found.update(dict.fromkeys(files))
    if wrong:
        raise UsageError(listed(wrong))
    return list(found)


def _none(place: Path, kind: str) -> str:
    """Say why nothing was found under a path."""
    if place.exists() and not place.is_dir():
        return (
            f"expected a file with {kind} input, came a pipe or a device: input is read more than once, write it first"
        )
    return f"expected a file, directory or pattern with {kind} input, found none"


def _in_warehouse(file: Path) -> bool:
    """Whether a file lies in the directory of an embedded warehouse."""
    return any(all((folder / name).exists() for name in WAREHOUSE) for folder in file.absolute().parents)


def _expand(path: str, kind: str) -> list[Path]:
    place = Path(path)
    if place.is_dir():
        return sorted(file for file in place.rglob("*") if file.is_file() and _fits(file.name, kind))
    if place.is_file():
        return [place]
    parts = [Path(match) for match in sorted(glob.glob(path, recursive=True))] if glob.has_magic(path) else []
    return [
        file for part in parts for file in (_expand(str(part), kind) if part.is_dir() else [part]) if file.is_file()
    ]


def _fits(name: str, kind: str) -> bool:
    for ending in PACKED:
        name = name.removesuffix(ending)
    return name.lower().endswith(SUFFIXES.get(kind, OTHER_SUFFIXES))


def head(path: Path, size: int) -> bytes:
    """Return a text's first bytes as UTF-8, as far as they can be read; b"" where there is no file."""
    try:
        with open_plain(path) as file:
            return _first(as_utf8(iter(lambda: file.read1(size), b"")), size)  # type: ignore[attr-defined]
    except (TilikError, *BROKEN):
        return b""


def plain_head(path: Path, size: int) -> bytes:
    """Return a file's first bytes, unpacked, as far as they can be read; b"" where there is no file."""
    try:
        with open_plain(path) as file:
            return _first(iter(lambda: file.read1(size), b""), size)  # type: ignore[attr-defined]
    except (TilikError, *BROKEN):
        return b""


def _first(pieces: Iterator[bytes], size: int) -> bytes:
    """Return the pieces of a beginning, of that many bytes or a little more."""
    found = b""
    while len(found) < size and (piece := next(pieces, None)) is not None:
        found += piece
    return found


def blocks(
    path: Path, lines: int, max_bytes: int, marks: json_records.Marks = (), block_bytes: int = BLOCK_BYTES
) -> Iterator[Block]:
    """Yield a text's lines in blocks of at most that many lines.

    Parameters
    ----------
    path
        A plain, gzip or zstd file.
    lines
        Most lines a block.
    max_bytes
        Lines above this size come back as `Oversize`.
    marks
        For JSON: the keys of a record, by which records are found that stand in an array, under
        a key or over several lines. Each becomes a line; positions are then numbers of records.
    block_bytes
        A block is closed at this size.
    """
    reader = _LineReader(path, max_bytes, marks, block_bytes)
    for data in reader.whole_lines(lines):
        yield from _split(data, reader, lines)
    if reader.oversize or reader.broken:
        yield _block(np.empty(0, np.uint8), np.empty((3, 0), np.int64), reader)


class _LineReader:
    """Bytes of a file as runs of whole lines; long lines are set aside."""

    def __init__(self, path: Path, max_bytes: int, marks: json_records.Marks, block_bytes: int) -> None:
        self.path = path
        self.block_bytes = block_bytes
        self.max_bytes = max_bytes
        self.marks = marks
        self.lines = 0  # lines handed out so far
        self.size = 0  # bytes read and not yet reported
        self.oversize: list[Oversize] = []
        self.broken = ""

    def _pieces(self) -> Iterator[bytes]:
        at = 0
        with open_plain(self.path) as file:
            try:
                while piece := file.read1(PIECE_BYTES):  # type: ignore[attr-defined]
                    if not at and (said := foreign(piece)):
                        self.broken = said
                        return
                    before, at = at, read_so_far(file)
                    self.size += at - before
                    yield piece
            except BROKEN as error:
                self.broken = f"{type(error).__name__}: {error}"

    def _text(self) -> Iterator[bytes]:
        """Yield the pieces as UTF-8, a record a line."""
        pieces = as_utf8(self._pieces())
        if not self.marks:
            yield from pieces
            return
        first = _first(pieces, json_records.HEAD_BYTES)
        place = json_records.find(first, self.marks)
        pieces = itertools.chain([first], pieces)
        if place is None:
            yield from pieces
            return
        document = json_records.Unfolded(place)
        yield from document.lines(pieces)
        self.broken = self.broken or document.broken()

    def whole_lines(self, lines: int) -> Iterator[bytes]:
        """Yield runs of whole lines, each ended by a newline and not much above the wanted number."""
        parts: list[bytes] = []
        held = count = 0
        tail = bytearray()
        long: Oversize | None = None
        for piece in self._text():
            rest = piece
            if long is not None:
                cut = piece.find(b"\n")
                long = long._replace(size=long.size + (len(piece) if cut < 0 else cut))
                if cut < 0:
                    continue
                self._set_aside(long)
                rest, long = piece[cut + 1 :], None
            cut = rest.rfind(b"\n") + 1
            if cut:
                parts += [bytes(tail), rest[:cut]]
                count += rest.count(b"\n")
                held += len(tail) + cut
                tail.clear()
            tail += rest[cut:]
            too_long = len(tail) > self.max_bytes
            if parts and (too_long or count >= lines or held >= self.block_bytes):
                yield b"".join(parts)
                parts, held, count = [], 0, 0
            if too_long:
                long = Oversize(0, len(tail), bytes(tail[:RAW_BYTES]))
                tail.clear()
        if tail and not self.broken:
            parts += [bytes(tail), b"\n"]
        if parts:
            yield b"".join(parts)
        if long is not None and not self.broken:
            self._set_aside(long)

    def _set_aside(self, line: Oversize) -> None:
        self.lines += 1
        self.oversize.append(line._replace(position=self.lines))


def _split(data: bytes, reader: _LineReader, lines: int) -> Iterator[Block]:
    """Cut whole lines into blocks."""
    buffer = np.frombuffer(data, np.uint8)
    newline = np.flatnonzero(buffer == ord("\n"))
    start = _behind_marks(data, np.concatenate([[0], newline[:-1] + 1]))
    end = newline - ((buffer[newline - 1] == ord("\r")) & (newline > start))
    position = reader.lines + 1 + np.arange(len(newline))
    reader.lines += len(newline)
    size = end - start
    long = size > reader.max_bytes
    for row in np.flatnonzero(long):
        head = buffer[start[row] : end[row]][:RAW_BYTES].tobytes()
        reader.oversize.append(Oversize(int(position[row]), int(size[row]), head))
    kept = np.stack([start, end, position])[:, (size > 0) & ~long]
    for first in range(0, kept.shape[1], lines):
        yield _block(buffer, kept[:, first : first + lines], reader)


def _behind_marks(data: bytes, start: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where lines begin; a byte-order mark, which files put together have inside, is no part of a line."""
    if MARK[:1] not in data or MARK not in data:  # one byte is looked for ten times as fast
        return start
    return start + np.array([len(MARK) if data.startswith(MARK, at) else 0 for at in start.tolist()])


def _block(buffer: NDArray[np.uint8], kept: NDArray[np.int64], reader: _LineReader) -> Block:
    last = not len(buffer)
    block = Block(
        buffer, kept[0], kept[1], kept[2], reader.oversize, reader.broken if last else "", reader.lines + 1, reader.size
    )
    reader.oversize, reader.size = [], 0
    return block
