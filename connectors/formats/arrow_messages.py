"""Native frames as Arrow, one IPC stream or file a record of a broker or a spool.

A message is small: decoding one costs the same for a frame as for some thousand. So what
came in one poll is decoded as one wherever it is of one type and all of it can be read,
and message by message only where something is refused, which is found by halves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from connectors.files import Block
from connectors.formats import arrow_words as words
from connectors.formats.arrow_files import of_message
from connectors.formats.arrow_trust import WrongColumns, unreadable
from connectors.formats.chunks import Chunk, Dead, ReadOptions, lost_lines, settle
from connectors.formats.native_columns import UNREADABLE, draft_of_nothing, of_batch, of_sound, ours
from connectors.formats.reading import Reader, arrived, by_arrival


class Held(NamedTuple):
    """A record batch that waits for others of its type."""

    row: int  # of its message in the block
    batch: pa.RecordBatch


class Waiting:
    """Record batches of one type, as many as are decoded at once.

    Parameters
    ----------
    options
        How many rows and bytes are too many.
    """

    def __init__(self, options: ReadOptions) -> None:
        self.options = options
        self.held: list[Held] = []
        self.rows = self.size = 0

    def add(self, row: int, batch: pa.RecordBatch) -> list[Held]:
        """Take a batch; return those that it cannot be joined to, which wait no longer."""
        rows, size = batch.num_rows, batch.get_total_buffer_size()
        is_many = self.rows + rows > self.options.chunk_records or self.size + size > self.options.block_bytes
        gone = self.taken() if is_many or not self._is_like(batch) else []
        self.held.append(Held(row, batch))
        self.rows, self.size = self.rows + rows, self.size + size
        return gone

    def taken(self) -> list[Held]:
        """Return those that wait, and forget them."""
        held, self.held, self.rows, self.size = self.held, [], 0, 0
        return held

    def _is_like(self, batch: pa.RecordBatch) -> bool:
        return not self.held or bool(batch.schema.equals(self.held[0].batch.schema))


class Batches(Reader):
    """Reads records that are an Arrow IPC stream or file each, of any number of frames."""

    is_text = False

    def chunks(self, block: Block, source: str) -> Iterator[Chunk]:
        """Yield the frames of messages; all of a message have its position."""
        waiting = Waiting(self.options)
        for row in range(len(block.start)):
            try:
                for batch in of_message(block.line(row)):
                    sound = _sound(batch, self.options.camera)
                    gone = waiting.taken() if sound is None else waiting.add(row, sound)
                    yield from self._together(gone, block, source)
                    if sound is None:
                        yield from self._alone(Held(row, batch), block, source)
            except UNREADABLE as error:
                yield from self._together(waiting.taken(), block, source)
                yield self._refused(error, block, row, source)
        yield from self._together(waiting.taken(), block, source)
        if block.oversize:
            yield _letters(lost_lines(block), self.options, source)

    def _together(self, held: list[Held], block: Block, source: str) -> Iterator[Chunk]:
        """Yield batches of one type decoded as one, if all of it stands; by halves where not."""
        if len(held) < 2:
            for each in held:
                yield from self._alone(each, block, source)
            return
        chunks = self._joined(held, block, source)
        if chunks is None:
            half = len(held) // 2
            yield from self._together(held[:half], block, source)
            yield from self._together(held[half:], block, source)
        else:
            yield from chunks

    def _joined(self, held: list[Held], block: Block, source: str) -> list[Chunk] | None:
        """Return batches of one type decoded as one; None where something of them is refused."""
        rows = np.repeat([each.row for each in held], [each.batch.num_rows for each in held])
        try:
            whole = pa.concat_batches([each.batch for each in held])
            made = list(of_sound(whole, block.position[rows], by_arrival(self.options, block), source))
        except UNREADABLE:
            return None
        if any(chunk.dead.height for chunk in made):
            return None
        return [arrived(chunk, block) for chunk in made]

    def _alone(self, one: Held, block: Block, source: str) -> Iterator[Chunk]:
        position: NDArray[np.int64] = np.repeat(block.position[one.row], one.batch.num_rows)
        try:
            for chunk in of_batch(one.batch, position, self._options(block, one.row), source, 0):
                yield arrived(chunk, block)
        except UNREADABLE as error:
            yield self._refused(error, block, one.row, source)

    def _refused(self, error: Exception, block: Block, row: int, source: str) -> Chunk:
        """Return the letter of a message, or the rest of one, that cannot be read."""
        letter = Dead(int(block.position[row]), "bad_file", f"{type(error).__name__}: {words.error(error)}")
        return _letters([letter], self._options(block, row), source)

    def _options(self, block: Block, row: int) -> ReadOptions:
        """Return what a message is judged by: the clock when it came."""
        came_us = block.arrival_us
        return self.options if came_us is None else replace(self.options, now_us=int(came_us[row]))


def _sound(batch: pa.RecordBatch, camera: str | None) -> pa.RecordBatch | None:
    """Return our columns of a batch; None where they, or a text of theirs, cannot be read."""
    try:
        own = ours(batch, camera)
        return None if len(unreadable(own)) else own
    except WrongColumns:
        return None


def _letters(letters: list[Dead], options: ReadOptions, source: str) -> Chunk:
    """Return a chunk of letters."""
    return settle(draft_of_nothing(), options, source, lambda row: b"", letters)
