"""MOTChallenge `det.txt` and `gt.txt`: a row a box, frame numbers from 1 (or 0, where one is), no clock.

Rows may come by track instead of by frame, so a file is read whole. Frames
without rows between the first and the last were watched and are empty.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from connectors.files import RAW_BYTES, Block, blocks
from connectors.formats import limits, mot_rows, mot_table
from connectors.formats.chunks import WITHOUT_BOX, Chunk, Dead, Draft, ReadOptions, demand, lost_lines, settle, table
from connectors.formats.kept_rows import is_heading
from connectors.formats.mot_columns import IGNORED, Columns, judge
from connectors.formats.mot_rows import Faulty, Row
from schemas.counting import counted
from schemas.frames import FRAMES, SIGNALS
from schemas.rejects import REFUSED

MOST_ROWS: Final = 2_000_000
"""Rows of a file: 164 MB, which are held while it is read; ours."""
HELD_LETTERS: Final = 256
"""Rows that cannot be read and wait for the chunk that says them."""
MOST_QUIET_S: Final = 3_600
"""Seconds without a row that may be empty frames; a longer gap was not watched, or is a wrong number. Ours."""


class Rows(NamedTuple):
    """A file's rows by frame, and what could not be read of it."""

    rows: mot_table.Table
    dead: list[Dead]
    size: int
    origin: int  # number of the frame at the start
    columns: Columns


class Reading:
    """A file as far as it has been read."""

    def __init__(self, path: Path, options: ReadOptions) -> None:
        self.path, self.options = path, options
        self.table = np.empty(MOST_ROWS, mot_table.ROW)  # pages that nothing is written to cost nothing
        self.count = self.size = 0
        self.dead: list[Dead] = []
        self.is_first = True
        self.is_over = False

    def letters(self) -> Iterator[Chunk]:
        """Read the file, and hand on rows that cannot be read when there are many."""
        options = self.options
        for block in blocks(
            self.path, options.chunk_records, options.max_record_bytes, block_bytes=options.block_bytes
        ):
            self.size += block.size
            self.dead += lost_lines(block)
            rows: list[Row] = []
            for at in range(len(block.start)):
                self._line(block, at, rows)
                if len(self.dead) >= HELD_LETTERS:
                    yield self._said()
                if self.is_over:
                    break
            self.table[self.count - len(rows) : self.count] = mot_table.packed(rows)
            if self.is_over:
                return

    def rows(self) -> Rows:
        """Return what was read, by frame."""
        table = self.table[: self.count]
        if (np.diff(table["frame"]) < 0).any():
            table = table[np.argsort(table["frame"], kind="stable")]
        origin = 0 if len(table) and table["frame"][0] == 0 else 1
        return Rows(table, self.dead, self.size, origin, judge(mot_table.kinds(table), self.options.class_map))

    def _line(self, block: Block, at: int, rows: list[Row]) -> None:
        line, position = block.line(at), int(block.position[at])
        if not line.strip():
            return
        if self.is_first and (words := mot_rows.heading(line)) is not None:
            if not mot_rows.is_ours(words):
                self.dead, self.is_over = [Dead(1, "bad_file", _foreign(words), line)], True
            return
        self.is_first = False
        if self.count == MOST_ROWS:
            said = f"expected at most {MOST_ROWS:,} rows in a file: split it by time, and give each part its --start"
            self.dead.append(Dead(position, "bad_file", said))
            self.is_over = True
            return
        try:
            rows.append(mot_rows.read(line, position))
            self.count += 1
        except Faulty as fault:
            self.dead.append(Dead(position, fault.reason, fault.detail, line[:RAW_BYTES]))

    def _said(self) -> Chunk:
        dead, self.dead, size, self.size = self.dead, [], self.size, 0
        draft = _draft(Rows(mot_table.packed([]), [], 0, 1, judge([], {})), np.empty(0, np.int64), self.options)
        return settle(draft, self.options, str(self.path), lambda row: b"", dead, size)


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
    reading = Reading(path, options)
    yield from reading.letters()
    found = reading.rows()
    remarks = tuple(f"{path}: {text}" for text in _remarks(found, options))
    dead, size = found.dead, found.size
    for numbers, rows, crowded in _pieces(found.rows, options):
        dead = [*dead, *crowded]
        draft = _draft(found._replace(rows=rows), numbers, options)
        yield settle(draft, options, str(path), lambda row: b"", dead, size)._replace(remarks=remarks)
        dead, size = [], 0


def _pieces(
    rows: mot_table.Table, options: ReadOptions
) -> Iterator[tuple[NDArray[np.int64], mot_table.Table, list[Dead]]]:
    """Yield numbers of frames, empty ones among them, their rows, and the frames that hold too many."""
    rows, crowded = _crowded(rows)
    numbers = _numbers(rows["frame"], options)
    if not len(numbers):
        yield numbers, rows, crowded
    at = first = 0
    while first < len(numbers):
        end = min(first + options.chunk_records, len(numbers))
        upto = int(np.searchsorted(rows["frame"], numbers[end - 1], side="right"))
        if upto - at > limits.TOGETHER:
            last = max(int(rows["frame"][at + limits.TOGETHER]) - 1, int(numbers[first]))
            end = int(np.searchsorted(numbers, last, side="right"))
            upto = int(np.searchsorted(rows["frame"], last, side="right"))
        yield numbers[first:end], rows[at:upto], crowded
        first, at, crowded = end, upto, []


def _crowded(rows: mot_table.Table) -> tuple[mot_table.Table, list[Dead]]:
    """Return the rows of frames that hold no more than a frame may, and the others as dead letters."""
    number, first, count = np.unique(rows["frame"], return_index=True, return_counts=True)
    many = count > limits.OBJECTS
    said = f"expected at most {limits.OBJECTS:,} objects in a frame"
    dead = [Dead(int(line), "too_large", said) for line in rows["line"][first[many]]]
    return (rows[~np.isin(rows["frame"], number[many])], dead) if dead else (rows, [])


def _numbers(frame: NDArray[np.int32], options: ReadOptions) -> NDArray[np.int64]:
    """Return the frames that there are: those with rows, and empty ones between them unless the gap is long."""
    if not len(frame):
        return np.empty(0, np.int64)
    is_there = np.ones(int(frame[-1]) - int(frame[0]) + 1, np.bool_)
    for at in np.flatnonzero(np.diff(frame) > _most_quiet(options)):
        is_there[frame[at] + 1 - frame[0] : frame[at + 1] - frame[0]] = False
    return np.flatnonzero(is_there) + int(frame[0])


def _most_quiet(options: ReadOptions) -> float:
    assert options.fps is not None
    return max(MOST_QUIET_S * options.fps, 1.0)


def _foreign(words: list[str]) -> str:
    named = ",".join(word if is_heading(word) else "..." for word in words)[:120]
    return f"expected the columns frame,id,left,top,width,height,confidence in this order, the heading says {named}"


def _remarks(found: Rows, options: ReadOptions) -> Iterator[str]:
    """Say how the file was read where it could be meant otherwise."""
    assert options.fps is not None
    if not len(found.rows):
        return
    frame = found.rows["frame"]
    first = int(frame[0])
    if found.origin == 0:
        yield "frames are counted from 0: frame 0 is at --start"
    elif first > 1:
        yield f"its first row is of frame {first}, {(first - 1) / options.fps:.6g} s after frame 1, which is at --start"
    gaps = np.flatnonzero(np.diff(frame) > _most_quiet(options))
    if len(gaps):
        before, behind = int(frame[gaps[0]]), int(frame[gaps[0] + 1])
        yield (
            f"frame {behind} follows frame {before}: what lies more than {MOST_QUIET_S // 60} minutes apart is a gap "
            f"that nobody watched, not empty frames ({counted(len(gaps), 'such gaps')})"
        )
    yield from found.columns.remarks


def _draft(found: Rows, number: NDArray[np.int64], options: ReadOptions) -> Draft:
    """Return frames of ascending numbers as columns, empty ones included."""
    rows = mot_table.unpacked(found.rows)
    assert options.fps is not None
    assert options.start_us is not None
    assert options.size is not None
    of = np.searchsorted(number, found.rows["frame"]).tolist()
    line = -number  # an empty frame has no record of its own, and yet a place by which it is known
    for at, row in zip(reversed(of), reversed(rows), strict=True):
        line[at] = row.line
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
    left_out = [at for at, row in zip(of, rows, strict=True) if columns.is_ignored(row)]
    stand = [not row.is_empty and not columns.is_ignored(row) for row in rows]
    seen = list(itertools.compress(rows, stand))
    objects = {
        "frame": list(itertools.compress(of, stand)),
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
