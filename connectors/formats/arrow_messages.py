"""Native frames as Arrow, one IPC stream or file a record of a broker or a spool.

Small messages of one kind are read together, since what a reading costs does not depend on their number: some
hundred a second would be read otherwise. Wherever anything of them cannot be read they are read one by one, so that
a letter is the same whatever came beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

from connectors.files import Block
from connectors.formats import arrow_words as words
from connectors.formats.arrow_files import of_message
from connectors.formats.arrow_trust import unreadable
from connectors.formats.chunks import Chunk, Dead, ReadOptions, lost_lines, settle
from connectors.formats.native_columns import UNREADABLE, draft_of_nothing, of_batch
from connectors.formats.reading import Reader, arrived

SMALL_BYTES: Final = 1 << 18
"""Record batches above this size are read alone; ours."""


@dataclass
class _Together:
    """Messages that are read together: sound, of one schema, each row of which has its message's place."""

    rows: list[int] = field(default_factory=list)  # of the block
    batches: list[pa.RecordBatch] = field(default_factory=list)
    of: list[int] = field(default_factory=list)  # of each record batch the place in `rows`
    bytes: int = 0

    def takes(self, found: list[pa.RecordBatch], most_rows: int, most_bytes: int) -> bool:
        """Say whether a message's record batches may be read with those that are here."""
        every = [*self.batches[:1], *found]
        is_alike = all(batch.schema.equals(every[0].schema) for batch in every)
        rows = sum(batch.num_rows for batch in (*self.batches, *found))
        return is_alike and rows <= most_rows and self.bytes + sum(batch.nbytes for batch in found) <= most_bytes

    def take(self, row: int, found: list[pa.RecordBatch]) -> None:
        """Add a message."""
        self.of += [len(self.rows)] * len(found)
        self.rows.append(row)
        self.batches += found
        self.bytes += sum(batch.nbytes for batch in found)


class Batches(Reader):
    """Reads records that are an Arrow IPC stream or file each, of any number of frames."""

    is_text = False

    def chunks(self, block: Block, source: str) -> Iterator[Chunk]:
        """Yield the frames of each message; all have its position."""
        together = _Together()
        for row in range(len(block.start)):
            found = _sound(block.line(row))
            if found is None or not together.takes(found, self.options.chunk_records, self.options.block_bytes):
                yield from self._of_some(block, together, source)
                together = _Together()
            if found is None:
                yield from self._of_message(_part(block, [row]), source)
            else:
                together.take(row, found)
        yield from self._of_some(block, together, source)
        if block.oversize:
            yield _letters(lost_lines(block), self.options, source)

    def _of_some(self, block: Block, some: _Together, source: str) -> Iterator[Chunk]:
        """Yield the frames of messages that are read together; one by one where that makes a letter."""
        chunks = self._at_once(block, some, source) if len(some.rows) > 1 else None
        if chunks is not None:
            yield from chunks
            return
        for row in some.rows:
            yield from self._of_message(_part(block, [row]), source)

    def _at_once(self, block: Block, some: _Together, source: str) -> list[Chunk] | None:
        """Return the frames of some messages; None where something of them cannot be read."""
        own = _part(block, some.rows)
        now_us = self.options.now_us if own.arrival_us is None else int(own.arrival_us.min())
        try:
            whole = pa.Table.from_batches(some.batches).combine_chunks().to_batches()
            chunks = [
                chunk
                for batch in whole
                for chunk in of_batch(batch, 0, replace(self.options, now_us=now_us), source, 0)
            ]
        except UNREADABLE:
            return None
        if len(whole) > 1 or any(chunk.dead.height for chunk in chunks):
            return None
        position = np.repeat(own.position[some.of], [batch.num_rows for batch in some.batches])
        made = [_at(chunk, position[chunk.batch.frames["position"].to_numpy()]) for chunk in chunks]
        return made if own.arrival_us is None else [arrived(chunk, own) for chunk in made]

    def _of_message(self, own: Block, source: str) -> Iterator[Chunk]:
        position, raw = int(own.position[0]), own.line(0)
        now_us = self.options.now_us if own.arrival_us is None else int(own.arrival_us[0])
        options = replace(self.options, now_us=now_us)
        try:
            for batch in of_message(raw):
                for chunk in of_batch(batch, 1, options, source, 0):
                    here = np.full(len(chunk.batch), position)
                    dead = chunk.dead.with_columns(position=pl.lit(position, pl.Int64))
                    made = _at(chunk, here)._replace(dead=dead)
                    yield made if own.arrival_us is None else arrived(made, own)
        except UNREADABLE as error:
            letter = Dead(position, "bad_file", f"{type(error).__name__}: {words.error(error)}")
            yield _letters([letter], options, source)


def _sound(raw: bytes) -> list[pa.RecordBatch] | None:
    """Return the record batches of a message that may be read with others; None where it is to be read alone."""
    try:
        found = list(of_message(raw))
        is_sound = all(batch.nbytes <= SMALL_BYTES and not len(unreadable(batch)) for batch in found)
    except UNREADABLE:
        return None
    return found if is_sound else None


def _part(block: Block, rows: list[int]) -> Block:
    """Return some messages of a block."""
    own = block._replace(start=block.start[rows], end=block.end[rows], position=block.position[rows])
    return own if block.arrival_us is None else own._replace(arrival_us=block.arrival_us[rows])


def _at(chunk: Chunk, position: np.ndarray) -> Chunk:
    """Return a chunk whose frames stand at other positions."""
    frames = chunk.batch.frames.with_columns(position=pl.Series(position, dtype=pl.Int64))
    return chunk._replace(batch=replace(chunk.batch, frames=frames))


def _letters(letters: list[Dead], options: ReadOptions, source: str) -> Chunk:
    """Return a chunk of letters."""
    return settle(draft_of_nothing(), options, source, lambda row: b"", letters)
