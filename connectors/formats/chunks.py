"""What every reader hands over, and the checks that every format shares.

A format's adapter makes a `Draft`: frames and objects as they were written. Here
times and boxes are judged, boxes clamped, and what cannot stand becomes a dead letter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from connectors.files import Block
from connectors.formats import boxes, limits
from connectors.formats.boxes import Far
from connectors.formats.times import ahead, early
from schemas.errors import UsageError
from schemas.frames import DEAD_LETTERS, FRAMES, OBJECTS, SIGNALS, FrameBatch

BOX: Final = ("x1", "y1", "x2", "y2")
AHEAD_US: Final = 5 * 60 * 1_000_000
YEAR_2000_US: Final = 946_684_800_000_000
CLOCKS: Final = ("capture", "convert", "arrival", "pts")
BAD_BOX: Final = "a box is not finite, or its width or height negative: corners are meant (x1, y1, x2, y2)"
WITHOUT_BOX: Final = {name: kind for name, kind in OBJECTS.items() if name not in BOX}


class Arrivals(NamedTuple):
    """When the records of a stream came, by where they stand there."""

    position: NDArray[np.int64]  # (n,) ascending
    us: NDArray[np.int64]  # (n,) microseconds since 1970 UTC

    def of(self, position: pl.Series, otherwise: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return (m,) when the records at these positions came; what is said `otherwise` (m,) of those elsewhere."""
        asked = position.to_numpy()
        row = np.minimum(np.searchsorted(self.position, asked), len(self.position) - 1)
        return np.where(self.position[row] == asked, self.us[row], otherwise) if len(self.us) else otherwise


@dataclass(frozen=True)
class ReadOptions:
    """What a reader needs beside the file.

    Attributes
    ----------
    now_us
        The run's start, microseconds since 1970 UTC: the clock for "future" and `first_seen_us`.
    camera, fps, start_us, size
        What the format does not carry: camera id, frames per second, time of the
        first frame, width and height in px.
    asks_size
        A file none of whose frames says the size of its picture is a question to whoever called, not dead letters.
    first_number
        Number of the frame that is at the start, where several files share one numbering; else each file's first.
    class_map
        The file's class names or numbers to ours; it wins over the format's own table.
    is_ours
        The frames were read before and written by us (`kept_again`): what they say of refused objects is believed.
    chunk_records
        Most records a chunk.
    max_record_bytes
        Records above this size are dead letters.
    block_bytes
        A chunk is closed at this size.
    arrivals
        Of a stream's records: each has a "future" of its own; None for files.
    """

    now_us: int
    camera: str | None = None
    fps: float | None = None
    start_us: int | None = None
    size: tuple[int, int] | None = None
    asks_size: bool = True
    first_number: int | None = None
    class_map: Mapping[str, str] = field(default_factory=dict)
    is_ours: bool = False
    chunk_records: int = 8192
    max_record_bytes: int = 4 << 20
    block_bytes: int = 8 << 20
    arrivals: Arrivals | None = None


class Chunk(NamedTuple):
    """Some records of one source."""

    batch: FrameBatch  # frames that stand, and those left out whole (`schemas.rejects.WHOLE`), of which the time counts
    dead: pl.DataFrame  # columns of `DEAD_LETTERS`
    rejected_objects: int  # boxes left out of frames that stand
    bytes_read: int  # of the file as it is, packed or not
    remarks: tuple[str, ...] = ()  # how the file was read where it could be meant otherwise
    far: tuple[Far, ...] = ()  # boxes outside their pictures, those of dead letters too
    sends_empty: bool = True  # frames without objects are among them, as far as the format says


class Dead(NamedTuple):
    """A record that cannot be read."""

    position: int
    reason: str  # one of `DEAD_LETTER_REASONS`
    detail: str
    raw: bytes = b""
    records: int = 1  # that it stands for


class Draft(NamedTuple):
    """`n` frames as they were written, `m` objects and signals in frame order."""

    frames: pl.DataFrame  # columns of `FRAMES`
    objects: pl.DataFrame  # columns of `OBJECTS` without the box
    box: NDArray[np.float32]  # (m, 4) x1, y1, x2, y2 in 0..1, not yet clamped
    signals: pl.DataFrame  # columns of `SIGNALS`


def dead_letters(dead: Sequence[Dead], source: str, now_us: int) -> pl.DataFrame:
    """Return records that cannot be read as a table of `DEAD_LETTERS`."""
    rows = [(source, d.position, d.reason, d.detail[: limits.DETAIL], now_us, d.records, d.raw) for d in dead]
    return pl.DataFrame(rows, schema=DEAD_LETTERS, orient="row")


def table(columns: Mapping[str, Any], schema: Mapping[str, pl.DataType], height: int) -> pl.DataFrame:
    """Return columns as a table of a schema; missing ones are null."""
    series = []
    for name, kind in schema.items():
        values = columns.get(name)
        made = pl.Series(name, [], kind).extend_constant(None, height) if values is None else pl.Series(name, values)
        series.append(made.cast(kind) if made.dtype != kind else made)
    return pl.DataFrame(series)


def demand(options: ReadOptions, kind: str, flags: Sequence[str]) -> None:
    """Check that what a format does not carry is given.

    Raises
    ------
    UsageError
        Something is missing; the message names the flags.
    """
    given = {"camera": options.camera, "fps": options.fps, "start": options.start_us, "size": options.size}
    missing = [f"--{flag}" for flag in flags if given[flag] is None]
    if missing:
        raise UsageError(f"--format {kind} does not carry {', '.join(missing)}: give them on the command line")
    if options.fps is not None and not 0 < options.fps < float("inf"):
        raise UsageError(f"--fps {options.fps}: expected frames per second above 0")


class Sizes:
    """Whether a file's frames say how large their pictures are: one that does not is a dead letter, all are a question.

    Parameters
    ----------
    kind
        The format.
    options
        Whether somebody is to be asked: not where other files of the input say it.
    """

    def __init__(self, kind: str, options: ReadOptions) -> None:
        self.kind, self.is_asked = kind, options.asks_size
        self.are_missing = self.are_known = False

    def missed(self, is_so: bool) -> None:
        """Take note of a frame that does not say it."""
        self.are_missing |= is_so

    def seen(self, is_so: bool) -> None:
        """Take note of frames that do."""
        self.are_known |= is_so

    def demand(self) -> None:
        """Check, at the end of the file, that some frame did.

        Raises
        ------
        UsageError
            None did.
        """
        if self.is_asked and self.are_missing and not self.are_known:
            raise UsageError(f"--format {self.kind}: this file does not say how large the picture is, give --size WxH")


def lost_lines(block: Block) -> list[Dead]:
    """Return the dead letters of a block's lines above the limit and of a broken file."""
    dead = [Dead(o.position, "too_large", f"{o.size} bytes", o.head) for o in block.oversize]
    if block.broken:
        dead.append(Dead(block.ended, "bad_file", block.broken))
    return dead


def settle(
    draft: Draft,
    options: ReadOptions,
    source: str,
    raw: Callable[[int], bytes],
    dead: Sequence[Dead] = (),
    size: int = 0,
    *,
    in_pixels: bool = True,
    has_short_texts: bool = False,
) -> Chunk:
    """Judge times and boxes of a draft.

    Parameters
    ----------
    draft
        Frames as they were written.
    options
        Whose `now_us` says what the future is.
    source
        Path or topic, for dead letters.
    raw
        The bytes of a frame of the draft, by row.
    dead
        Records that did not make it into the draft.
    size
        Bytes read for this chunk.
    in_pixels
        The format's boxes are in pixels; else they are shares of the picture.
    has_short_texts
        The reader knows that no text is beyond its bound.
    """
    frames, frame = draft.frames, draft.objects["frame"].to_numpy()
    now_us = frames["arrival_us"].fill_null(options.now_us).to_numpy()
    if options.arrivals is not None:
        now_us = options.arrivals.of(frames["position"], now_us)
    size_px = boxes.sizes(frames) if in_pixels else None
    judged = boxes.judge(frame, draft.box, frames.height, in_pixels=in_pixels, size_px=size_px)
    faults = boxes.lost(judged, frames, in_pixels=in_pixels) | _faults(frames, judged.bad, now_us, raw)
    faults |= limits.exceeded(frames, draft.objects, draft.signals, has_short_texts=has_short_texts)
    is_dead = np.zeros(frames.height, np.bool_)
    is_dead[list(faults)] = True
    misread = np.array([row for row, (reason, _) in faults.items() if reason == boxes.LOST], np.intp)
    batch = _standing(draft, judged, source)
    if len(misread):
        batch = replace(batch, signals=boxes.said_whole(misread, batch.signals))
    if len(misread) < len(faults):
        gone = is_dead.copy()
        gone[misread] = False
        batch = without(batch, gone)
    position = frames["position"]
    seen = [(letter, options.now_us) for letter in dead]
    seen += [(Dead(position[row], *why, raw(row)), int(now_us[row])) for row, why in faults.items()]
    seen.sort(key=lambda each: each[0].position)
    letters = dead_letters([letter for letter, _ in seen], source, options.now_us)
    letters = letters.with_columns(first_seen_us=pl.Series([at_us for _, at_us in seen], dtype=pl.Int64))
    left_out = int((judged.refused & ~is_dead[frame]).sum())
    far = boxes.far(judged, frame, draft.box, frames)
    return Chunk(batch, letters, left_out, size, far=far)


def _standing(draft: Draft, judged: boxes.Judged, source: str) -> FrameBatch:
    """Return all frames, with the boxes that stand; what is left out is said in signals."""
    sides = dict(zip(BOX, judged.box, strict=True))
    objects = pl.DataFrame([pl.Series(n, sides[n]) if n in sides else draft.objects[n] for n in OBJECTS])
    if judged.keep.all():
        return FrameBatch(draft.frames, objects, draft.signals, source)
    signals = boxes.said(judged, objects["frame"].to_numpy(), draft.signals)
    return FrameBatch(draft.frames, objects.filter(pl.Series(judged.keep)), signals, source)


def time_fault(t_us: int, now_us: int, raw: bytes = b"") -> tuple[str, str] | None:
    """Return reason and detail of a time at which no frame can stand; None where one can.

    `raw` is its record where that may have told the time as a number.
    """
    if t_us > now_us + AHEAD_US:
        return "future", ahead(t_us, now_us)
    return ("before_2000", early(t_us, now_us, raw)) if t_us < YEAR_2000_US else None


def _faults(
    frames: pl.DataFrame, bad_box: NDArray[np.bool_], now_us: NDArray[np.int64], raw: Callable[[int], bytes]
) -> dict[int, tuple[str, str]]:
    """Return reason and detail of every frame that cannot stand, by row."""
    t_us = frames["t_us"].to_numpy()
    found = {int(row): ("bad_box", BAD_BOX) for row in np.flatnonzero(bad_box)}
    for row in np.flatnonzero((t_us > now_us + AHEAD_US) | (t_us < YEAR_2000_US)):
        fault = time_fault(int(t_us[row]), int(now_us[row]), raw(int(row)))
        assert fault is not None
        found[int(row)] = fault
    return found


def without(batch: FrameBatch, drop: NDArray[np.bool_]) -> FrameBatch:
    """Return a batch without some of its frames and their objects and signals."""
    row = pl.Series((np.cumsum(~drop) - 1).astype(np.uint32))
    parts = [batch.objects, batch.signals]
    for i, part in enumerate(parts):
        held = part.filter(pl.Series(~drop[part["frame"].to_numpy()]))
        parts[i] = held.with_columns(frame=row.gather(held["frame"]))
    return FrameBatch(batch.frames.filter(pl.Series(~drop)), parts[0], parts[1], batch.source)


def no_frames(source: str = "") -> FrameBatch:
    """Return a batch of nothing."""
    return FrameBatch(pl.DataFrame(schema=FRAMES), pl.DataFrame(schema=OBJECTS), pl.DataFrame(schema=SIGNALS), source)


def no_letters() -> pl.DataFrame:
    """Return a table of no dead letters."""
    return pl.DataFrame(schema=DEAD_LETTERS)
