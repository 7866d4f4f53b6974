"""Readers of JSON formats in which a message is a frame: the loop over a block that they share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from connectors.files import Block
from connectors.formats.chunks import Chunk, Dead, ReadOptions, Sizes, lost_lines, settle
from connectors.formats.nvschema_classes import ClassNames
from connectors.formats.nvschema_objects import Faulty
from connectors.formats.plain_frames import Frame, draft
from connectors.formats.reading import Reader, of_lines


class Framewise(Reader):
    """Reads a frame a message; what is wrong with one is raised as `Faulty`."""

    kind: ClassVar[str]
    """The format's name."""
    unsized: ClassVar[str] = ""
    """What is said of a frame that needs to know how large its picture is."""

    def __init__(self, options: ReadOptions) -> None:
        super().__init__(options)
        self.names, self.sizes = ClassNames(options.class_map), Sizes(self.kind, options)

    def frame(self, line: bytes, topic: str, arrival_us: int | None) -> Frame:
        """Read one frame.

        Raises
        ------
        Faulty
            It cannot be read.
        """
        raise NotImplementedError

    def decoded(self, block: Block, source: str, options: ReadOptions) -> Chunk:
        """Return what some messages say."""
        dead = lost_lines(block)
        frames: list[Frame] = []
        rows: list[int] = []
        for row in range(len(block.start)):
            line = block.line(row)
            if not line.strip():
                continue
            arrival_us = None if block.arrival_us is None else int(block.arrival_us[row])
            try:
                frames.append(self.frame(line, block.topic_of(row), arrival_us))
                rows.append(row)
            except Faulty as fault:
                self.sizes.missed(str(fault) == self.unsized)
                dead.append(Dead(int(block.position[row]), fault.reason, str(fault), line))
        self.sizes.seen(bool(frames))
        made = draft(frames, block.position[rows].tolist(), self.names)
        return settle(made, options, source, lambda row: block.line(rows[row]), dead, block.size)


def of_file(path: Path, options: ReadOptions, reader: Framewise) -> Iterator[Chunk]:
    """Yield a file's frames and what could not be read of it.

    Raises
    ------
    UsageError
        No frame could be read for want of the size of its picture.
    """
    yield from of_lines(path, options, reader)
    reader.sizes.demand()
