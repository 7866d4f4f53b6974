"""Records of a broker or a spool as frames: the same readers as of files, fed block by block.

A source polls its partition (`connectors.records.Tail`) and hands what came to the
partition's own `Live`, in order:

    live = Live("nvschema-protobuf", options)        # options.now_us: the run's start
    live.resume(stored)                              # what `state` gave when the last snapshot was taken
    for chunk in live.read(tail.poll(most, most_bytes), tail.source): ...   # chunk.batch, chunk.dead
    stored = live.state()                            # goes into recovery, beside the position

A camera that a sender named beside its message (`records.camera`) is what `--camera` is for
files: it counts where the format carries none.

One `Live` a partition, since a format may remember something between records: what
`state` gives belongs to the position behind the last record that was read. `tick` gives
what is due by the clock while nothing comes, `rest` what is held back, where no record
will follow (the end of input). A record of text may hold several frames, as an array or
a line each; each then has the record's position and arrival. A record that is no frame
is a dead letter, an empty one too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from connectors import json_records
from connectors.files import RAW_BYTES, Block, Oversize
from connectors.formats.chunks import Arrivals, Chunk, Dead, ReadOptions, dead_letters, no_frames
from connectors.formats.readers import opened
from connectors.formats.reading import Reader, held_back
from connectors.records import Records
from connectors.text_bytes import MARK

NEWLINE: Final = ord("\n")
CAMERA: Final = "\n"
"""Stands between format and camera in the name of what is remembered."""
EMPTY: Final = "expected a record, came an empty one"
UNFOLDED_AT: Final = np.frombuffer(b"[" + MARK[:1], np.uint8)
"""First bytes of a record of text that may be more than one plain line."""


class Live:
    """Reads the records of one partition, whatever formats they are of.

    Parameters
    ----------
    kind
        The format of records that do not say theirs.
    options
        What formats do not carry; the clock for "future" is each record's arrival.
    """

    def __init__(self, kind: str, options: ReadOptions) -> None:
        self.kind, self.options = kind, options
        self.readers: dict[str, Reader] = {}

    def read(self, records: Records, source: str) -> Iterator[Chunk]:
        """Yield what records say, format by format; every letter was first seen when its record came."""
        came = Arrivals(records.position, records.arrival_us)
        empty = records.position[records.start == records.end]
        if len(empty):
            letters = [Dead(at, "not_json", EMPTY) for at in empty.tolist()]
            yield _seen(Chunk(no_frames(source), dead_letters(letters, source, 0), 0, 0), came)
        for kind, camera, rows in _groups(records):
            reader = self._reader(_key(kind or self.kind, camera))
            block = _block(records, rows, reader, self.options.max_record_bytes)
            if len(block.start) or block.oversize:
                yield from (_seen(chunk, came) for chunk in reader.chunks(block, source))
        for key in [key for key, reader in self.readers.items() if CAMERA in key and not reader.state()]:
            del self.readers[key]  # as many cameras as senders care to name: only what is remembered of them stays

    def rest(self, source: str) -> Iterator[Chunk]:
        """Yield what is held back for records that may follow."""
        for reader in self.readers.values():
            yield from map(held_back, reader.rest(source))

    def tick(self, now_us: int, source: str) -> Iterator[Chunk]:
        """Yield what is due by the clock alone; call it where all that was there has been read, some times a second."""
        for reader in self.readers.values():
            yield from map(held_back, reader.tick(now_us, source))

    def state(self) -> bytes:
        """Return what is remembered for the next records, of each format."""
        return msgspec.json.encode({kind: state for kind, one in self.readers.items() if (state := one.state())})

    def resume(self, state: bytes) -> None:
        """Go on from what `state` returned."""
        for kind, own in msgspec.json.decode(state, type=dict[str, bytes]).items():
            self._reader(kind).resume(own)

    def _reader(self, key: str) -> Reader:
        """Return the reader of a format, or of one format and camera: each may number its own frames."""
        if key not in self.readers:
            kind, _, camera = key.partition(CAMERA)
            self.readers[key] = opened(kind, replace(self.options, camera=camera) if camera else self.options)
        return self.readers[key]


def _key(kind: str, camera: str) -> str:
    return f"{kind}{CAMERA}{camera}" if camera else kind


def _groups(records: Records) -> Iterator[tuple[str, str, NDArray[np.int64]]]:
    """Yield formats, cameras that senders named beside their messages ('': none), and the rows of each."""
    many = len(records.cameras) + 1
    group = records.kind.astype(np.int64) * many + (0 if records.camera is None else records.camera + 1)
    for code in pl.Series(group).unique().sort().to_list():
        number, whose = divmod(code, many)
        yield records.kinds[number], records.cameras[whose - 1] if whose else "", np.flatnonzero(group == code)


def _seen(chunk: Chunk, came: Arrivals) -> Chunk:
    """Return a chunk whose letters were first seen when their records came."""
    if chunk.dead.is_empty():
        return chunk
    seen_us = came.of(chunk.dead["position"], chunk.dead["first_seen_us"].to_numpy())
    return chunk._replace(dead=chunk.dead.with_columns(first_seen_us=seen_us))


def _block(records: Records, rows: NDArray[np.int64], reader: Reader, most: int) -> Block:
    """Return the records at some rows as a block of lines."""
    size = records.end[rows] - records.start[rows]
    is_long = size > most
    long = [
        Oversize(int(records.position[row]), int(many), records.record(row)[:RAW_BYTES])
        for row, many in zip(rows[is_long].tolist(), size[is_long].tolist(), strict=True)
    ]
    kept = rows[(size > 0) & ~is_long]
    if reader.is_text and _is_folded(records, kept):
        return _unfolded(records, kept, reader, long)
    return Block(
        records.data, records.start[kept], records.end[kept], records.position[kept], long, "", 0, int(size.sum()),
        records.arrival_us[kept], None if records.topic is None else records.topic[kept], records.topics,
    )  # fmt: skip


def _is_folded(records: Records, rows: NDArray[np.int64]) -> bool:
    """Whether a record may hold more than one line, or a mark before it."""
    newlines = int(np.count_nonzero(records.data == NEWLINE))
    return newlines > len(records) or bool(np.isin(records.data[records.start[rows]], UNFOLDED_AT).any())


def _unfolded(records: Records, rows: NDArray[np.int64], reader: Reader, long: list[Oversize]) -> Block:
    """Return records of text as a block of plain lines."""
    lines: list[bytes] = []
    row_of: list[int] = []
    for row in rows.tolist():
        found = _lines(records.record(row).removeprefix(MARK), reader)
        lines += found
        row_of += [row] * len(found)
    of = np.array(row_of, np.int64)
    size = np.fromiter(map(len, lines), np.int64, len(lines))
    end = np.cumsum(size + 1) - 1
    data = np.frombuffer(b"\n".join([*lines, b""]), np.uint8)
    return Block(
        data, end - size, end, records.position[of], long, "", 0, int(size.sum()),
        records.arrival_us[of], None if records.topic is None else records.topic[of], records.topics,
    )  # fmt: skip


def _lines(raw: bytes, reader: Reader) -> list[bytes]:
    """Return a record's frames, a line each; what is broken stays one line, to be told so."""
    place = json_records.find(raw, reader.marks) if reader.marks else None
    if place is None:
        return [line for line in raw.split(b"\n") if line.strip()]
    document = json_records.Unfolded(place)
    found = b"".join(document.lines([raw])).split(b"\n")
    lines = [line for line in found if line.strip()]
    return [raw.replace(b"\n", b" ")] if document.broken() or not lines else lines
