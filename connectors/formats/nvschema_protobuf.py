"""NVIDIA Metropolis' nvschema as protobuf: a Frame a message, as Metropolis' apps send them to the topic `mdx-raw`.

A broker's record is one message. In files each stands behind its size
(`connectors.formats.delimited`). It means what nvschema's JSON means: what the
scanner leaves aside is read by that reader's own rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from connectors.files import Block
from connectors.formats.chunks import WITHOUT_BOX, Chunk, Dead, Draft, ReadOptions, Sizes, lost_lines, settle, table
from connectors.formats.delimited import blocks
from connectors.formats.native_lines import Fault
from connectors.formats.native_tokens import ABSENT
from connectors.formats.nvschema import NO_SIZE, draft
from connectors.formats.nvschema_classes import ClassNames
from connectors.formats.nvschema_lines import LARGEST_PX, UNSIZED, Seen
from connectors.formats.nvschema_messages import decode
from connectors.formats.nvschema_objects import MASKS
from connectors.formats.nvschema_wire import HEIGHT, NUMBERS, SEQ, T_US, WIDTH, Scanned, scan
from connectors.formats.reading import Reader, of_blocks
from connectors.formats.spans import completed, numbers, texts
from schemas.frames import FRAMES, SIGNALS

KIND: Final = "nvschema-protobuf"


class Frames(Reader):
    """Reads Frame messages."""

    is_text = False

    def __init__(self, options: ReadOptions) -> None:
        super().__init__(options)
        self.names, self.sizes = ClassNames(options.class_map), Sizes(KIND, options)

    def decoded(self, block: Block, source: str, options: ReadOptions) -> Chunk:
        """Return what some messages say."""
        dead = lost_lines(block)
        scanned = scan(block.data, block.start, block.end)
        size = sizes(scanned.whole, options.size)
        scanned.read[:] &= _stands(scanned, size, options)
        seen: list[Seen] = []
        rows: list[int] = []
        for row in np.flatnonzero(~scanned.read).tolist():
            raw = block.line(row)
            found = decode(raw, options.camera, options.size)
            if isinstance(found, Fault):
                self.sizes.missed(found.detail == UNSIZED)
                dead.append(Dead(int(block.position[row]), *found, raw))
            else:
                seen.append(found)
                rows.append(row)
        fast = np.flatnonzero(scanned.read)
        made = self._columns(scanned, size, block, options)
        if seen:
            made = completed(made, fast, draft(seen, block.position[rows], self.names), np.array(rows))
        self.sizes.seen(bool((size[fast, 0] > 0).any()) or any(one.size is not None for one in seen))
        row_of = np.sort(np.concatenate([fast, np.array(rows, np.int64)]))
        return settle(made, options, source, lambda row: block.line(int(row_of[row])), dead, block.size)

    def _columns(self, scanned: Scanned, size: NDArray[np.int64], block: Block, options: ReadOptions) -> Draft:
        """Return what was scanned as columns."""
        read = scanned.read
        row = (np.cumsum(read) - 1).astype(np.uint32)
        kept = read[scanned.object_line]
        of, number, spans = scanned.object_line[kept], scanned.number[kept], scanned.object_text[kept]
        wide, high = (pl.Series(size[read, side]).replace(0, None) for side in (0, 1))
        camera = texts(block.data, scanned.text[read], ("camera",))["camera"].replace("", None)
        frames: dict[str, Any] = {
            "camera": camera if options.camera is None else camera.fill_null(options.camera),
            "t_us": scanned.whole[read, T_US],
            "ts_source": pl.Series(["capture"]).new_from_index(0, int(read.sum())),
            "seq": pl.Series(scanned.whole[read, SEQ]).replace(ABSENT, None),
            "width": wide,
            "height": high,
            "position": block.position[read],
        }
        told = texts(block.data, spans, ("class", "track", "mask"))
        words = {word: self.names[word] for word in told["class"].unique()}
        mask = told["mask"].str.to_lowercase().to_frame("mask")
        objects: dict[str, Any] = {
            "frame": row[of],
            "class": told["class"].replace(words),
            "track": told["track"],
            "mask": mask.select(pl.when(pl.col("mask").is_in(MASKS)).then("mask"))["mask"],
            **{name: numbers(number[:, NUMBERS.index(name)]) for name in NUMBERS if name in WITHOUT_BOX},
        }
        made = table(frames, FRAMES, int(read.sum())), table(objects, WITHOUT_BOX, len(of))
        return Draft(made[0], made[1], _shares(number[:, 1:5], size[of]), pl.DataFrame(schema=SIGNALS))


def read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    """Yield a file's frames and what could not be read of it.

    Raises
    ------
    UsageError
        Frames with objects are met, and the picture of none has a known size.
    """
    reader = Frames(options)
    yield from of_blocks(blocks(path, options), str(path), reader)
    reader.sizes.demand()


def sizes(whole: NDArray[np.int64], given: tuple[int, int] | None) -> NDArray[np.int64]:
    """Return (n, 2) how large pictures are [px], by either pair of names in frames, or as given; 0 is unknown."""
    size = np.tile(np.array(given or (0, 0), np.int64), (len(whole), 1))
    for at in (WIDTH + 2, WIDTH):
        pair = whole[:, [at, at + HEIGHT - WIDTH]]
        is_one = ((pair > 0) & (pair <= LARGEST_PX)).all(axis=1)
        size[is_one] = pair[is_one]
    return size


def _stands(scanned: Scanned, size: NDArray[np.int64], options: ReadOptions) -> NDArray[np.bool_]:
    """Return which frames have a camera and a size, as far as they need one; what others lack the other reader says."""
    is_named = (scanned.text[:, 1] > scanned.text[:, 0]) | (options.camera is not None)
    count = np.bincount(scanned.object_line, minlength=len(size))
    return np.asarray(is_named & ((size[:, 0] > 0) | (count == 0)))


def _shares(corner: NDArray[np.float32], size: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return boxes in px as shares of the picture; what is impossible stays so, to be found."""
    whole = np.where(size > 0, size, NO_SIZE).astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        return (corner.astype(np.float64) / np.hstack([whole, whole])).astype(np.float32)
