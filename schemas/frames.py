"""`FrameBatch`, the unit of work: thousands of frames as columns.

Three tables: one row a frame, one row an object, one row a signal. Objects and
signals name their frame by its row number and stand in frame order, so that a
frame's objects are a slice. Adapters make batches, kernels read them.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.rejects import REFUSED, WHOLE

CLASSES: Final = ("person", "rider", "bicycle", "motorcycle", "car", "bus", "truck", "garbage")
"""Classes with a meaning; others are kept under their own name."""

MOTOR_CLASSES: Final = ("motorcycle", "car", "bus", "truck")
"""Those that are motor vehicles."""

FRAMES: Final = {
    "camera": pl.String(),  # id in the camera registry
    "t_us": pl.Int64(),  # capture time, microseconds since 1970 UTC
    "arrival_us": pl.Int64(),  # when it reached us; null for files
    "ts_source": pl.String(),  # capture, convert, arrival or pts: the clock the reader trusted
    "seq": pl.Int64(),  # the sender's frame number; null when it has none
    "width": pl.Int32(),  # px, null when unknown
    "height": pl.Int32(),  # px, null when unknown
    "luma": pl.Float32(),  # mean brightness 0..1, null when not measured
    "sharpness": pl.Float32(),  # variance of the Laplacian, null when not measured
    "image_hash": pl.String(),  # perceptual or exact hash of the picture, null when none
    "position": pl.Int64(),  # record (line or row) number in its source, from 1
}
OBJECTS: Final = {
    "frame": pl.UInt32(),  # row of its frame, ascending
    "class": pl.String(),
    "confidence": pl.Float32(),  # 0..1 or null
    "x1": pl.Float32(),  # box in 0..1 of the frame, y down
    "y1": pl.Float32(),
    "x2": pl.Float32(),
    "y2": pl.Float32(),
    "track": pl.String(),  # null when untracked
    "mask": pl.String(),  # masked, unmasked, incorrect or null
    "mask_confidence": pl.Float32(),
    "face_px": pl.Float32(),  # width of the face, px
}
SIGNALS: Final = {
    "frame": pl.UInt32(),  # row of its frame, ascending
    "kind": pl.String(),  # flood, ..., or what a reader left out (`schemas.rejects.REFUSED`)
    "zone": pl.String(),
    "value": pl.Float64(),
}
DISPOSITIONS: Final = ("on time", "late", "duplicate", "too late", "clock jump")
"""What is decided of a frame when it leaves the ordered stage."""

DECIDED: Final = {
    "row": pl.Int64(),  # the frame's number within its shard, in the order of arrival
    "source": pl.String(),  # where its record came from
    "came_us": pl.Int64(),  # when a stream took its record, microseconds since 1970 UTC; null of files
    "disposition": pl.Enum(DISPOSITIONS),
    "dt_ms": pl.Int32(),  # the time it stands for, 0 where it is not counted
    "lag_ms": pl.Int32(),  # how much later than the frame that time begins
}
"""Columns of a frame that has left the ordered stage, beside those of `FRAMES`."""

UNTRACKED: Final = ("", "-1", "18446744073709551615")
"""Track ids that mean "untracked", beside null."""


def _empty(columns: dict[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame(schema=columns)


@dataclass(frozen=True, slots=True)
class FrameBatch:
    """Frames, objects and signals of any number of cameras, in arrival order.

    Attributes
    ----------
    source
        Where the records came from (a path or topic), for dead letters.
    frames, objects, signals
        Tables with the columns of `FRAMES`, `OBJECTS` and `SIGNALS`.
    files, file
        Where they came from, if from several: all of them, and (n,) the number of each frame's own.
    came_us
        (n,) when a stream took their records, however long after the frames: what letters are first seen at; of
        files None.
    """

    frames: pl.DataFrame
    objects: pl.DataFrame = field(default_factory=lambda: _empty(OBJECTS))
    signals: pl.DataFrame = field(default_factory=lambda: _empty(SIGNALS))
    source: str = ""
    files: tuple[str, ...] = ()
    file: NDArray[np.int32] | None = None
    came_us: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        """Return the number of frames."""
        return self.frames.height

    def pick(self, rows: NDArray[np.intp]) -> FrameBatch:
        """Return the frames at ascending `rows`, with their objects and signals."""
        if len(rows) == self.frames.height:
            return self
        return self.reordered(rows)

    def between(self, first: int, last: int) -> FrameBatch:
        """Return the frames from `first` to before `last`; nothing is copied but their objects' numbers."""
        objects, signals = (_between(table, first, last) for table in (self.objects, self.signals))
        file = None if self.file is None else self.file[first:last]
        came_us = None if self.came_us is None else self.came_us[first:last]
        frames = self.frames.slice(first, last - first)
        return FrameBatch(frames, objects, signals, self.source, self.files, file, came_us)

    def reordered(self, rows: NDArray[np.intp]) -> FrameBatch:
        """Return the frames at `rows` in that order, with their objects and signals."""
        objects, signals = _of(self.objects, rows), _of(self.signals, rows)
        file = None if self.file is None else self.file[rows]
        came_us = None if self.came_us is None else self.came_us[rows]
        return FrameBatch(self.frames[rows], objects, signals, self.source, self.files, file, came_us)

    @property
    def unseen(self) -> NDArray[np.bool_]:
        """Return (n,) which frames a reader left out whole: dead letters, of which the time alone counts."""
        out = np.zeros(len(self), np.bool_)
        if self.signals.height:
            out[self.signals.filter((pl.col("kind") == REFUSED) & (pl.col("zone") == WHOLE))["frame"].to_numpy()] = True
        return out

    @property
    def sources(self) -> pl.Series:
        """Return (n,) where each frame came from."""
        if self.file is None:
            return pl.Series([self.source], dtype=pl.String).new_from_index(0, len(self))
        return pl.Series(self.files, dtype=pl.String).gather(self.file)


def joined(batches: Sequence[FrameBatch]) -> FrameBatch:
    """Return batches as one, in their order; where each frame came from stands in their columns, if anywhere."""
    first = list(itertools.accumulate((len(batch) for batch in batches), initial=0))
    objects, signals = (
        [
            table.with_columns(pl.col("frame") + pl.lit(start, pl.UInt32))
            for table, start in zip(tables, first, strict=False)
        ]
        for tables in ([batch.objects for batch in batches], [batch.signals for batch in batches])
    )
    frames = pl.concat([batch.frames for batch in batches])
    return FrameBatch(frames, pl.concat(objects), pl.concat(signals), batches[-1].source)


def _between(table: pl.DataFrame, first: int, last: int) -> pl.DataFrame:
    at = np.searchsorted(table["frame"].to_numpy(), np.array([first, last], np.uint32))
    return table.slice(at[0], at[1] - at[0]).with_columns(pl.col("frame") - pl.lit(first, pl.UInt32))


def _of(table: pl.DataFrame, rows: NDArray[np.intp]) -> pl.DataFrame:
    """Return the objects or signals of frames at `rows`, numbered anew."""
    frame, wanted = table["frame"].to_numpy(), rows.astype(np.uint32)
    first = np.searchsorted(frame, wanted)
    count = np.searchsorted(frame, wanted, side="right") - first
    place = np.repeat(np.arange(len(rows), dtype=np.uint32), count)
    items = np.arange(len(place)) + np.repeat(first - np.cumsum(count) + count, count)
    return table.select(pl.all().gather(items)).with_columns(frame=pl.Series(place, dtype=pl.UInt32))


DEAD_LETTER_REASONS: Final = (
    "not_json",  # bytes that are no JSON, binary noise, truncated lines
    "not_protobuf",  # bytes that are no protobuf message
    "bad_type",  # a field of the wrong type, or a required one missing
    "bad_box",  # NaN, infinity or negative width or height
    "boxes_refused",  # all boxes lie outside the picture: nobody knows what was in it
    "bad_time",  # a time that cannot be read
    "future",  # more than five minutes ahead of now
    "before_2000",
    "too_large",  # a record above the size limit
    "unknown_camera",  # not in the registry
    "not_valid",  # outside the validity of its camera
    "wrong_partition",  # in another partition than its camera's: two shards would share the camera
    "too_late",  # later than `lateness_s`
    "clock_jump",  # far from its camera's clock, and alone there
    "lost",  # records that retention took from their stream before they were read; `count` says how many
    "bad_file",  # the file itself cannot be read on (broken compression, truncated Arrow)
)
DEAD_LETTERS: Final = {
    "source": pl.String(),  # path or topic
    "position": pl.Int64(),  # record number from 1 (bad_file: the one it ended at; an empty frame of MOT: -its number)
    "reason": pl.String(),  # one of `DEAD_LETTER_REASONS`
    "detail": pl.String(),  # what was expected and what came
    "first_seen_us": pl.Int64(),  # for replays: the run's start
    "count": pl.UInt32(),
    "raw": pl.Binary(),  # the record; of MOT and of what is above the size limit its first 64 KB
}
