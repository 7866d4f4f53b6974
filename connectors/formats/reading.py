"""One reading for files and for live streams: a format's reader turns blocks of messages into frames.

A file is cut into blocks and read to its end. A broker's or a spool's records are
blocks as they come (`connectors.formats.live`). What a format remembers from one
block to the next (a frame that is not whole yet, tracks that are open) its reader
keeps, and can be asked for, so that a stream goes on where it was left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Final

import numpy as np
import polars as pl

from connectors.files import Block, blocks
from connectors.formats.chunks import Arrivals, Chunk, ReadOptions
from connectors.json_records import Marks

BELIEVED_US: Final = 10 * 60 * 1_000_000
"""A difference of arrival and capture that says something of a camera's clock, or of its way; ours."""
FAR_US: Final = -(1 << 62)


class Reader:
    """Reads the messages of one source and format, block by block, in their order.

    Parameters
    ----------
    options
        What the format does not carry. Where messages have an arrival, that is the clock for "future".
    """

    marks: ClassVar[Marks] = ()
    """Keys of a record, of formats that are JSON."""
    is_text: ClassVar[bool] = True
    """Whether messages are lines or JSON documents."""

    def __init__(self, options: ReadOptions) -> None:
        self.options = options

    def chunk(self, block: Block, source: str) -> Chunk:
        """Return what a block of messages says; `source` names it in dead letters."""
        return arrived(self.decoded(block, source, by_arrival(self.options, block)), block)

    def chunks(self, block: Block, source: str) -> Iterator[Chunk]:
        """Yield what a block says, of formats whose message may hold much."""
        yield self.chunk(block, source)

    def decoded(self, block: Block, source: str, options: ReadOptions) -> Chunk:
        """Return what a block says, by options whose `now_us` is the block's own."""
        raise NotImplementedError

    def rest(self, source: str) -> Iterable[Chunk]:
        """Return what is held back for messages that may follow, for none do."""
        return ()

    def tick(self, now_us: int, source: str) -> Iterable[Chunk]:
        """Return what is due at `now_us`, where all that came before has been read."""
        return ()

    def state(self) -> bytes:
        """Return what is remembered for the next block."""
        return b""

    def resume(self, state: bytes) -> None:
        """Go on from what `state` returned."""


def of_lines(path: Path, options: ReadOptions, reader: Reader) -> Iterator[Chunk]:
    """Yield what a file of lines, or a JSON document, says to a reader, and what that held back."""
    cut = blocks(path, options.chunk_records, options.max_record_bytes, reader.marks, options.block_bytes)
    return of_blocks(cut, str(path), reader)


def of_blocks(cut: Iterable[Block], source: str, reader: Reader) -> Iterator[Chunk]:
    """Yield what blocks say to a reader, and what that held back at their end."""
    for block in cut:
        yield from reader.chunks(block, source)
    yield from reader.rest(source)


def by_arrival(options: ReadOptions, block: Block) -> ReadOptions:
    """Return what a block is judged by: the clock of each record is its arrival, where it has one."""
    if block.arrival_us is None:
        return options
    now_us = int(block.arrival_us.max(initial=0))
    return replace(options, now_us=now_us, arrivals=Arrivals(block.position, block.arrival_us))


def arrived(chunk: Chunk, block: Block) -> Chunk:
    """Return a chunk whose frames say when they came, where that is known.

    What came later than `BELIEVED_US` was kept somewhere in between, or is history that is played again: its
    arrival tells nothing of its camera's clock, nor of its way.
    """
    if block.arrival_us is None:
        return chunk
    came, frames = Arrivals(block.position, block.arrival_us), chunk.batch.frames
    came_us = came.of(frames["position"], frames["arrival_us"].fill_null(FAR_US).to_numpy())
    near = np.abs(came_us - frames["t_us"].to_numpy()) <= BELIEVED_US
    t_us = frames["t_us"].to_numpy()
    frames = frames.with_columns(arrival_us=pl.when(pl.Series(near)).then(pl.Series(came_us)))
    came_us = np.where(came_us == FAR_US, t_us, came_us)
    return chunk._replace(batch=replace(chunk.batch, frames=frames, came_us=came_us))


def held_back(chunk: Chunk) -> Chunk:
    """Return a chunk of a stream whose frames came with records that were read before."""
    frames = chunk.batch.frames
    came_us = frames["arrival_us"].fill_null(frames["t_us"]).to_numpy()
    return chunk._replace(batch=replace(chunk.batch, came_us=came_us))
