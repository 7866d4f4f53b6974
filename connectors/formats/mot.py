"""MOTChallenge `det.txt` and `gt.txt`: a CSV row a box, frame numbers from 1, no clock.

Rows may come by track instead of by frame, so a file is read whole. Frames
without rows between the first and the last were watched and are empty.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from connectors.files import blocks
from connectors.formats.chunks import WITHOUT_BOX, Chunk, Dead, Draft, ReadOptions, demand, lost_lines, settle, table
from schemas.frames import FRAMES, SIGNALS

LAST_FRAME: Final = 10_000_000
"""No recording is longer: a frame number above it is a mistake that would imply as many empty frames."""
CLASSES: Final = {
    "1": "person",
    "2": "person",  # on a vehicle
    "3": "car",
    "4": "bicycle",
    "5": "motorcycle",
    "6": "non_motorised_vehicle",
    "7": "person",  # standing still
    "8": "distractor",
    "9": "occluder",
    "10": "occluder",
    "11": "occluder",
    "12": "reflection",
}
"""Milan et al., MOT16, arXiv:1603.00831, table 4."""
FEWEST_COLUMNS, DET_COLUMNS = 7, 10


class Row(NamedTuple):
    """One box, or an empty frame."""

    frame: int
    line: int
    is_object: bool
    cls: str
    confidence: float | None
    track: str | None
    box: tuple[float, float, float, float]  # left, top (from 1), width, height in px


class Faulty(Exception):
    """A row that cannot be read."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    """Yield a file's frames.

    Raises
    ------
    UsageError
        Camera, frames per second, start or size is not given.
    """
    demand(options, "mot", ("camera", "fps", "start", "size"))
    return _read(path, options)


def _read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    rows, dead, size = [], [], 0
    for block in blocks(path, options.chunk_records, options.max_record_bytes):
        size += block.size
        dead += lost_lines(block)
        for at in range(len(block.start)):
            line = block.line(at)
            try:
                if line.strip():
                    rows.append(_row(line, int(block.position[at]), options))
            except Faulty as fault:
                dead.append(Dead(int(block.position[at]), fault.reason, fault.detail, line))
    rows.sort(key=lambda row: row.frame)
    starts = range(rows[0].frame, rows[-1].frame + 1, options.chunk_records) if rows else (0,)
    at = 0
    for first in starts:
        end = min(first + options.chunk_records, rows[-1].frame + 1) if rows else first
        upto = at
        while upto < len(rows) and rows[upto].frame < end:
            upto += 1
        draft = _draft(rows[at:upto], first, end, options)
        yield settle(draft, options, str(path), lambda row: b"", dead, size)
        at, dead, size = upto, [], 0


def _row(line: bytes, position: int, options: ReadOptions) -> Row:
    try:
        cells = [float(cell) for cell in line.decode().rstrip(", \t").split(",")]
    except ValueError as error:
        raise Faulty("bad_type", f"expected numbers between commas: {error}") from None
    if len(cells) < FEWEST_COLUMNS:
        raise Faulty("bad_type", f"expected {FEWEST_COLUMNS} columns or more, got {len(cells)}")
    number, track, left, top, width, height, confidence = cells[:FEWEST_COLUMNS]
    if not 1 <= number <= LAST_FRAME or number % 1:
        raise Faulty("bad_type", f"expected a frame number in 1..{LAST_FRAME}, got {number:g}")
    empty = left == top == width == height == -1
    box = (left, top, width, height)
    if not empty and not (all(map(math.isfinite, box)) and width >= 0 and height >= 0):
        raise Faulty("bad_box", "a box is not finite, or its width or height negative")
    if not math.isfinite(track):
        raise Faulty("bad_type", f"expected a track number, got {track:g}")
    ignored = track >= 0 and confidence == 0
    return Row(
        int(number),
        position,
        not empty and not ignored,
        _class(cells, options),
        confidence if 0 <= confidence <= 1 else None,
        str(int(track)) if track >= 0 else None,
        box,
    )


def _class(cells: list[float], options: ReadOptions) -> str:
    """Return a row's class: column 8, except in rows of ten columns, where world coordinates begin there."""
    code = f"{cells[7]:g}" if len(cells) > FEWEST_COLUMNS else "-1"
    if code in options.class_map:
        return options.class_map[code]
    if len(cells) >= DET_COLUMNS or code == "-1":
        return "person"
    return CLASSES.get(code, code)


def _draft(rows: list[Row], first: int, end: int, options: ReadOptions) -> Draft:
    """Return the frames first..end-1 as columns, empty ones included."""
    assert options.fps is not None
    assert options.start_us is not None
    assert options.size is not None
    number = np.arange(first, end)
    line = np.zeros(len(number), np.int64)
    for row in reversed(rows):
        line[row.frame - first] = row.line
    frames = {
        "camera": [options.camera] * len(number),
        "t_us": options.start_us + np.rint((number - 1) * (1e6 / options.fps)).astype(np.int64),
        "ts_source": ["pts"] * len(number),
        "seq": number,
        "width": np.full(len(number), options.size[0]),
        "height": np.full(len(number), options.size[1]),
        "position": line,
    }
    seen = [row for row in rows if row.is_object]
    objects = {
        "frame": [row.frame - first for row in seen],
        "class": [row.cls for row in seen],
        "confidence": [row.confidence for row in seen],
        "track": [row.track for row in seen],
    }
    corner = np.array([row.box for row in seen], np.float64).reshape(-1, 4) - [1, 1, 0, 0]
    corner[:, 2:] += corner[:, :2]
    box = (corner / [*options.size, *options.size]).astype(np.float32)
    made = table(frames, FRAMES, len(number)), table(objects, WITHOUT_BOX, len(seen))
    return Draft(made[0], made[1], box, pl.DataFrame(schema=SIGNALS))
