"""NVIDIA Metropolis' nvschema as JSON lines, a frame a line: what a consumer of `mdx-raw` writes to a file.

The full and the minimal shapes are told apart object by object. Boxes are corners
in px, the time is that of capture, and an empty frame proves that the camera was watching.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from connectors.files import Block
from connectors.formats.chunks import WITHOUT_BOX, Chunk, Dead, Draft, ReadOptions, Sizes, lost_lines, settle, table
from connectors.formats.native_lines import Fault
from connectors.formats.nvschema_classes import ClassNames
from connectors.formats.nvschema_lines import UNSIZED, Seen, decode
from connectors.formats.nvschema_objects import Object
from connectors.formats.reading import Reader, of_lines
from schemas.frames import FRAMES, SIGNALS

MARKS: Final = (frozenset({"objects", "timestamp"}), frozenset({"objects", "@timestamp"}))
"""What a frame has: where objects with these keys stand, a document's frames stand."""
NO_SIZE: Final = (1, 1)
"""Stands in for the size of a picture that nobody knows; such a frame has no objects."""


class Frames(Reader):
    """Reads lines of nvschema."""

    marks = MARKS

    def __init__(self, options: ReadOptions) -> None:
        super().__init__(options)
        self.names, self.sizes = ClassNames(options.class_map), Sizes("nvschema", options)

    def decoded(self, block: Block, source: str, options: ReadOptions) -> Chunk:
        """Return what some lines say."""
        dead = lost_lines(block)
        seen, rows = [], []
        for row in range(len(block.start)):
            line = block.line(row)
            if not line.strip():
                continue
            found = decode(line, options.camera, options.size)
            if isinstance(found, Fault):
                self.sizes.missed(found.detail == UNSIZED)
                dead.append(Dead(int(block.position[row]), *found, line))
            else:
                seen.append(found)
                rows.append(row)
        self.sizes.seen(any(frame.size is not None for frame in seen))
        made = draft(seen, block.position[rows], self.names)
        return settle(made, options, source, lambda row: block.line(rows[row]), dead, block.size)


def read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    """Yield a file's frames and what could not be read of it.

    Raises
    ------
    UsageError
        Frames with objects are met, and the picture of none has a known size.
    """
    reader = Frames(options)
    yield from of_lines(path, options, reader)
    reader.sizes.demand()


def draft(seen: list[Seen], position: NDArray[np.int64], names: ClassNames) -> Draft:
    """Return decoded frames as columns."""
    frames = {
        "camera": [frame.camera for frame in seen],
        "t_us": [frame.t_us for frame in seen],
        "ts_source": ["capture"] * len(seen),
        "seq": [frame.seq for frame in seen],
        "width": [None if frame.size is None else frame.size[0] for frame in seen],
        "height": [None if frame.size is None else frame.size[1] for frame in seen],
        "position": position,
    }
    count = [len(frame.objects) for frame in seen]
    things = list(chain.from_iterable(frame.objects for frame in seen))
    objects: dict[str, Any] = {
        "frame": np.repeat(np.arange(len(seen), dtype=np.uint32), count),
        "class": [names[thing.type] for thing in things],
        "confidence": [thing.confidence for thing in things],
        "track": [thing.id if isinstance(thing.id, str | None) else str(thing.id) for thing in things],
        **_faces(things),
    }
    made = table(frames, FRAMES, len(seen)), table(objects, WITHOUT_BOX, len(things))
    return Draft(made[0], made[1], _boxes(seen, things, count), pl.DataFrame(schema=SIGNALS))


def _faces(things: list[Object]) -> dict[str, Any]:
    """Return what frames say of faces."""
    told = [thing.info for thing in things]
    return {
        "mask": [None if info is None else info.mask for info in told],
        "mask_confidence": [None if info is None else info.mask_confidence for info in told],
        "face_px": [None if info is None else info.face_px for info in told],
    }


def _boxes(seen: list[Seen], things: list[Object], count: list[int]) -> NDArray[np.float32]:
    """Return boxes as corners in 0..1; what is impossible stays so, to be found."""
    boxes = [thing.bbox for thing in things]
    corner = np.empty((len(things), 4), np.float64)
    for side, values in enumerate(
        ([b.leftX for b in boxes], [b.topY for b in boxes], [b.rightX for b in boxes], [b.bottomY for b in boxes])
    ):
        corner[:, side] = values
    size = np.array([frame.size or NO_SIZE for frame in seen], np.float64).reshape(-1, 2).repeat(count, axis=0)
    with np.errstate(over="ignore", invalid="ignore"):
        return (corner / np.hstack([size, size])).astype(np.float32)
