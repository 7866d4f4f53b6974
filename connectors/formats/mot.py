"""MOTChallenge `det.txt` and `gt.txt`: a row a box, frame numbers from 1 (or 0, where one is), no clock.

Rows may come by track instead of by frame, so a file is read whole. Frames
without rows between the first and the last were watched and are empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from connectors.files import blocks
from connectors.formats import mot_rows
from connectors.formats.chunks import WITHOUT_BOX, Chunk, Dead, Draft, ReadOptions, demand, lost_lines, settle, table
from connectors.formats.mot_rows import Faulty, Row
from schemas.frames import FRAMES, SIGNALS

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
CLASS_COLUMN, DET_COLUMNS = 7, 10


class Rows(NamedTuple):
    """A file's rows by frame, and what could not be read of it."""

    rows: list[Row]
    dead: list[Dead]
    size: int
    origin: int  # number of the frame at the start
    has_confidence: bool


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
    found = _rows(path, options)
    rows, dead, size = found.rows, found.dead, found.size
    remarks = tuple(f"{path}: {text}" for text in _remarks(found, options))
    starts = range(rows[0].frame, rows[-1].frame + 1, options.chunk_records) if rows else (0,)
    at = 0
    for first in starts:
        end = min(first + options.chunk_records, rows[-1].frame + 1) if rows else first
        upto = at
        while upto < len(rows) and rows[upto].frame < end:
            upto += 1
        draft = _draft(found._replace(rows=rows[at:upto]), first, end, options)
        yield settle(draft, options, str(path), lambda row: b"", dead, size)._replace(remarks=remarks)
        at, dead, size = upto, [], 0


def _rows(path: Path, options: ReadOptions) -> Rows:
    rows: list[Row] = []
    dead: list[Dead] = []
    size = 0
    is_first = True
    for block in blocks(path, options.chunk_records, options.max_record_bytes):
        size += block.size
        dead += lost_lines(block)
        for at in range(len(block.start)):
            line = block.line(at)
            if not line.strip():
                continue
            if is_first and (words := mot_rows.heading(line)) is not None:
                if not mot_rows.is_ours(words):
                    return Rows([], [Dead(1, "bad_file", _foreign(words), line)], size, 1, has_confidence=True)
                continue
            is_first = False
            try:
                rows.append(mot_rows.read(line, int(block.position[at])))
            except Faulty as fault:
                dead.append(Dead(int(block.position[at]), fault.reason, fault.detail, line))
    rows.sort(key=lambda row: row.frame)
    tracked = [row for row in rows if row.track is not None and not row.is_empty]
    has_confidence = not tracked or not all(row.is_marked for row in tracked)
    return Rows(rows, dead, size, 0 if rows and rows[0].frame == 0 else 1, has_confidence)


def _foreign(words: list[str]) -> str:
    named = ",".join(words)[:120]
    return f"expected the columns frame,id,left,top,width,height,confidence in this order, the heading says {named}"


def _remarks(found: Rows, options: ReadOptions) -> Iterator[str]:
    """Say how the file was read where it could be meant otherwise."""
    assert options.fps is not None
    if not found.rows:
        return
    first = found.rows[0].frame
    if found.origin == 0:
        yield "frames are counted from 0: frame 0 is at --start"
    elif first > 1:
        yield f"its first row is of frame {first}, {(first - 1) / options.fps:.6g} s after frame 1, which is at --start"
    if not found.has_confidence:
        yield "column 7 is 0 in every row, so it is no confidence: all are read (MOTChallenge would ignore them)"


def _class(cells: list[float], options: ReadOptions) -> str:
    """Return a row's class: column 8, except in rows of ten columns, where world coordinates begin there."""
    code = f"{cells[CLASS_COLUMN]:g}" if len(cells) > CLASS_COLUMN else "-1"
    if code in options.class_map:
        return options.class_map[code]
    if len(cells) >= DET_COLUMNS or code == "-1":
        return "person"
    return CLASSES.get(code, code)


def _draft(found: Rows, first: int, end: int, options: ReadOptions) -> Draft:
    """Return the frames first..end-1 as columns, empty ones included."""
    rows = found.rows
    assert options.fps is not None
    assert options.start_us is not None
    assert options.size is not None
    number = np.arange(first, end)
    line = np.zeros(len(number), np.int64)
    for row in reversed(rows):
        line[row.frame - first] = row.line
    frames = {
        "camera": [options.camera] * len(number),
        "t_us": options.start_us + np.rint((number - found.origin) * (1e6 / options.fps)).astype(np.int64),
        "ts_source": ["pts"] * len(number),
        "seq": number,
        "width": np.full(len(number), options.size[0]),
        "height": np.full(len(number), options.size[1]),
        "position": line,
    }
    seen = [row for row in rows if not row.is_empty and not (found.has_confidence and row.is_marked)]
    objects = {
        "frame": [row.frame - first for row in seen],
        "class": [_class(row.cells, options) for row in seen],
        "confidence": [_ratio(row.confidence) if found.has_confidence else None for row in seen],
        "track": [row.track for row in seen],
    }
    corner = np.array([row.box for row in seen], np.float64).reshape(-1, 4) - [1, 1, 0, 0]
    corner[:, 2:] += corner[:, :2]
    box = (corner / [*options.size, *options.size]).astype(np.float32)
    made = table(frames, FRAMES, len(number)), table(objects, WITHOUT_BOX, len(seen))
    return Draft(made[0], made[1], box, pl.DataFrame(schema=SIGNALS))


def _ratio(confidence: float | None) -> float | None:
    return confidence if confidence is not None and 0 <= confidence <= 1 else None
