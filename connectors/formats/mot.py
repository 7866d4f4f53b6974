"""MOTChallenge `det.txt` and `gt.txt`: a row a box, frame numbers from 1 (or 0, where one is), no clock.

Rows may come by track instead of by frame, so a file is read whole. Frames
without rows between the first and the last were watched and are empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from connectors.files import blocks
from connectors.formats import mot_rows
from connectors.formats.chunks import WITHOUT_BOX, Chunk, Dead, Draft, ReadOptions, demand, lost_lines, settle, table
from connectors.formats.mot_columns import IGNORED, Columns, judge
from connectors.formats.mot_rows import Faulty, Row
from schemas.frames import FRAMES, SIGNALS
from schemas.rejects import REFUSED


class Rows(NamedTuple):
    """A file's rows by frame, and what could not be read of it."""

    rows: list[Row]
    dead: list[Dead]
    size: int
    origin: int  # number of the frame at the start
    columns: Columns


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
                    return Rows([], [Dead(1, "bad_file", _foreign(words), line)], size, 1, judge([], {}))
                continue
            is_first = False
            try:
                rows.append(mot_rows.read(line, int(block.position[at])))
            except Faulty as fault:
                dead.append(Dead(int(block.position[at]), fault.reason, fault.detail, line))
    rows.sort(key=lambda row: row.frame)
    return Rows(rows, dead, size, 0 if rows and rows[0].frame == 0 else 1, judge(rows, options.class_map))


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
    yield from found.columns.remarks


def _draft(found: Rows, first: int, end: int, options: ReadOptions) -> Draft:
    """Return the frames first..end-1 as columns, empty ones included."""
    rows = found.rows
    assert options.fps is not None
    assert options.start_us is not None
    assert options.size is not None
    number = np.arange(first, end)
    line = -number  # an empty frame has no record of its own, and yet a place by which it is known
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
    columns = found.columns
    left_out = [row.frame - first for row in rows if columns.is_ignored(row)]
    seen = [row for row in rows if not row.is_empty and not columns.is_ignored(row)]
    objects = {
        "frame": [row.frame - first for row in seen],
        "class": [columns.name(row) for row in seen],
        "confidence": [_ratio(row.confidence) if columns.has_confidence else None for row in seen],
        "track": [row.track for row in seen],
    }
    corner = np.array([row.box for row in seen], np.float64).reshape(-1, 4) - [1, 1, 0, 0]
    corner[:, 2:] += corner[:, :2]
    box = (corner / [*options.size, *options.size]).astype(np.float32)
    made = table(frames, FRAMES, len(number)), table(objects, WITHOUT_BOX, len(seen))
    return Draft(made[0], made[1], box, _ignored(left_out))


def _ignored(frame: list[int]) -> pl.DataFrame:
    """Return how many rows of each frame, ascending, are marked to be ignored, as readers say it."""
    counted = pl.DataFrame({"frame": frame}, {"frame": pl.UInt32()}).group_by("frame", maintain_order=True).len("value")
    said = counted.with_columns(kind=pl.lit(REFUSED), zone=pl.lit(IGNORED))
    return said.select(pl.col(name).cast(kind) for name, kind in SIGNALS.items())


def _ratio(confidence: float | None) -> float | None:
    return confidence if confidence is not None and 0 <= confidence <= 1 else None
