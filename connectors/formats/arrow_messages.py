"""Native frames as Arrow, one IPC stream or file a record of a broker or a spool."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from connectors.files import Block
from connectors.formats import arrow_words as words
from connectors.formats.arrow_files import of_message
from connectors.formats.chunks import Chunk, Dead, ReadOptions, lost_lines, settle
from connectors.formats.native_columns import UNREADABLE, draft_of_nothing, of_batch
from connectors.formats.reading import Reader, arrived


class Batches(Reader):
    """Reads records that are an Arrow IPC stream or file each, of any number of frames."""

    is_text = False

    def chunks(self, block: Block, source: str) -> Iterator[Chunk]:
        """Yield the frames of each message; all have its position."""
        for row in range(len(block.start)):
            own = block._replace(**{name: getattr(block, name)[row : row + 1] for name in ("start", "end", "position")})
            if block.arrival_us is not None:
                own = own._replace(arrival_us=block.arrival_us[row : row + 1])
            yield from self._of_message(own, source)
        if block.oversize:
            yield _letters(lost_lines(block), self.options, source)

    def _of_message(self, own: Block, source: str) -> Iterator[Chunk]:
        position, raw = int(own.position[0]), own.line(0)
        now_us = self.options.now_us if own.arrival_us is None else int(own.arrival_us[0])
        options = replace(self.options, now_us=now_us)
        try:
            for batch in of_message(raw):
                for chunk in of_batch(batch, 1, options, source, 0):
                    here = pl.lit(position, pl.Int64)
                    frames = chunk.batch.frames.with_columns(position=here)
                    dead = chunk.dead.with_columns(position=here)
                    made = chunk._replace(batch=replace(chunk.batch, frames=frames), dead=dead)
                    yield made if own.arrival_us is None else arrived(made, own)
        except UNREADABLE as error:
            letter = Dead(position, "bad_file", f"{type(error).__name__}: {words.error(error)}")
            yield _letters([letter], options, source)


def _letters(letters: list[Dead], options: ReadOptions, source: str) -> Chunk:
    """Return a chunk of letters."""
    return settle(draft_of_nothing(), options, source, lambda row: b"", letters)
