"""Boxes as they were written: clamped to the picture, or left out and why.

A box that reaches a little over the edge is cut there. One that lies outside, or so
far off that its unit cannot be what is meant, is left out and counted; a frame all
of whose boxes are left out for that is no empty street, but a dead letter. That it was
sent, and when, goes on: its camera is not silent.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Self

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from schemas.frames import SIGNALS
from schemas.rejects import REFUSED, WHOLE

FARTHEST: Final = np.float32(2.0)
"""Widths or heights of the picture beyond which no corner of a box can be meant; ours: trackers guess less far."""

PIXEL: Final = np.float32(1.001)
"""The first pixel [px], and what division and multiplication round."""

LOST: Final = "boxes_refused"
"""Why a frame all of whose boxes lie elsewhere is a dead letter."""

_STANDS, _BAD, _PIXELS, _OUTSIDE, _NO_AREA = range(5)
_REASONS: Final = {_PIXELS: "pixels", _OUTSIDE: "outside", _NO_AREA: "no_area"}


class Judged(NamedTuple):
    """`m` boxes of `n` frames."""

    box: NDArray[np.float32]  # (4, m) clamped to 0..1
    verdict: NDArray[np.uint8]  # (m,)
    bad: NDArray[np.bool_]  # (n,) a box is no box at all
    lost: NDArray[np.bool_]  # (n,) all boxes are left out, some of them because they lie elsewhere

    @property
    def keep(self) -> NDArray[np.bool_]:
        """Return which boxes stand."""
        return np.asarray(self.verdict == _STANDS)

    @property
    def refused(self) -> NDArray[np.bool_]:
        """Return which boxes are left out of their frame."""
        return np.asarray(self.verdict >= _PIXELS)


class Far(NamedTuple):
    """Boxes of a camera that are left out for one reason, and how far they reach."""

    camera: str
    reason: str
    many: int
    reach: tuple[float, float]  # farthest corner: as written, of boxes in px times the picture's size
    size: tuple[int, int]  # of the picture that is known [px], 0 where none is

    def joined(self, other: Self) -> Self:
        """Return both, of one camera and reason."""
        reach = max(self.reach[0], other.reach[0]), max(self.reach[1], other.reach[1])
        size = max(self.size[0], other.size[0]), max(self.size[1], other.size[1])
        return self._replace(many=self.many + other.many, reach=reach, size=size)


def sizes(frames: pl.DataFrame) -> NDArray[np.float32]:
    """Return (n, 2) width and height of each frame's picture [px], 0 where none is known."""
    return frames.select(pl.col("width", "height").fill_null(0).cast(pl.Float32)).to_numpy()


def judge(
    frame: NDArray[np.uint32], box: NDArray[np.float32], frames: int, *, in_pixels: bool,
    size_px: NDArray[np.float32] | None = None,
) -> Judged:  # fmt: skip
    """Clamp boxes (m, 4), and say which stand.

    Parameters
    ----------
    frame
        (m,) row of each box's frame, ascending.
    frames
        Number of frames.
    in_pixels
        They were in px and have been divided by a size: far off, that size is wrong; else pixels were written.
    size_px
        (n, 2) that size, where it is known: what ends within the first pixel was a share already.
    """
    out, verdict = np.empty((4, len(box)), np.float32), np.empty(len(box), np.uint8)
    bad, lost = np.zeros(frames, np.bool_), np.zeros(frames, np.bool_)
    _judge(box, FARTHEST, _OUTSIDE if in_pixels else _PIXELS, out, verdict)
    if size_px is not None:
        verdict[(verdict == _STANDS) & _in_one_pixel(box, size_px[frame])] = _OUTSIDE
    if verdict.any():
        bad[frame[verdict == _BAD]] = True
        _lost(frame, verdict, lost)
    return Judged(out, verdict, bad, lost)


def _in_one_pixel(box: NDArray[np.float32], size_px: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which boxes end within the first pixel of a picture whose size is known: no detector finds such."""
    end_px = box[:, 2:] * size_px
    return np.asarray((end_px <= PIXEL).all(axis=1) & (size_px > PIXEL).all(axis=1))


@njit(cache=True)
def _judge(  # type: ignore[no-untyped-def]
    box, farthest, too_far, out, verdict
):
    zero, one = np.float32(0), np.float32(1)
    for i in range(len(box)):
        x1, y1, x2, y2 = box[i, 0], box[i, 1], box[i, 2], box[i, 3]
        out[0, i] = min(max(x1, zero), one)
        out[1, i] = min(max(y1, zero), one)
        out[2, i] = min(max(x2, zero), one)
        out[3, i] = min(max(y2, zero), one)
        # a NaN makes both comparisons false; an infinity makes the difference infinite or NaN
        if not (x2 >= x1 and y2 >= y1 and x2 - x1 < np.inf and y2 - y1 < np.inf):
            verdict[i] = _BAD
        elif max(x2, y2) > farthest or min(x1, y1) < -farthest:
            verdict[i] = too_far
        elif out[2, i] > out[0, i] and out[3, i] > out[1, i]:
            verdict[i] = _STANDS
        elif x2 > x1 and y2 > y1:
            verdict[i] = _OUTSIDE
        else:
            verdict[i] = _NO_AREA


@njit(cache=True)
def _lost(frame, verdict, lost):  # type: ignore[no-untyped-def]
    """Mark frames without a box that stands, where one lies elsewhere."""
    i = 0
    while i < len(frame):
        j, stands, elsewhere = i, False, False
        while j < len(frame) and frame[j] == frame[i]:
            stands |= verdict[j] <= _BAD
            elsewhere |= verdict[j] == _PIXELS or verdict[j] == _OUTSIDE
            j += 1
        lost[frame[i]] = elsewhere and not stands
        i = j


def lost(judged: Judged, frames: pl.DataFrame, *, in_pixels: bool) -> dict[int, tuple[str, str]]:
    """Return reason and detail of the frames all of whose boxes lie elsewhere, by row."""
    found = {}
    for row in np.flatnonzero(judged.lost).tolist():
        camera, width, height = (frames[name][row] for name in ("camera", "width", "height"))
        if in_pixels:
            size = f"of a picture of {width} x {height}, or in its first pixel"
            meant = f"{size}: give the size that the sender counts in (--size), and boxes in px"
        else:
            meant = "where shares of the picture are meant, 0..1: divide by its width and height"
        found[row] = LOST, f"camera {camera}: all boxes lie outside {meant}"
    return found


def said(judged: Judged, frame: NDArray[np.uint32], signals: pl.DataFrame) -> pl.DataFrame:
    """Return a batch's signals, and among them what was left out of each frame."""
    rows = pl.DataFrame({"frame": frame, "verdict": judged.verdict}).filter(pl.Series(judged.refused))
    counted = rows.group_by("frame", "verdict").agg(value=pl.len().cast(pl.Float64))
    told = counted.select(
        "frame",
        kind=pl.lit(REFUSED),
        zone=pl.col("verdict").replace_strict(_REASONS, return_dtype=pl.String),
        value="value",
    )
    return _among(signals, told)


def said_whole(frame: NDArray[np.intp], signals: pl.DataFrame) -> pl.DataFrame:
    """Return a batch's signals, those of the frames that are left out whole replaced by a word of that."""
    rows = pl.Series(frame, dtype=pl.UInt32)
    told = pl.select(frame=rows, kind=pl.lit(REFUSED), zone=pl.lit(WHOLE), value=pl.lit(1.0))
    return _among(signals.filter(~pl.col("frame").is_in(rows.implode())), told)


def _among(signals: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Return signals with more of them, in the order of frames."""
    more = told.select(pl.col(name).cast(kind) for name, kind in SIGNALS.items())
    return pl.concat([signals, more]).sort("frame", "kind", "zone", maintain_order=True)


def far(judged: Judged, frame: NDArray[np.uint32], box: NDArray[np.float32], frames: pl.DataFrame) -> tuple[Far, ...]:
    """Return what boxes were left out, by camera and reason, with how far they reach."""
    rows = np.flatnonzero(judged.refused)
    if not len(rows):
        return ()
    of = frames.select("camera", pl.col("width", "height").fill_null(0))[frame[rows]]
    held = of.with_columns(
        reason=pl.Series(judged.verdict[rows]).replace_strict(_REASONS, return_dtype=pl.String),
        x=np.abs(box[rows][:, [0, 2]]).max(axis=1),
        y=np.abs(box[rows][:, [1, 3]]).max(axis=1),
    )
    found = held.group_by("camera", "reason").agg(pl.len(), pl.col("x", "y", "width", "height").max())
    return tuple(
        Far(camera, reason, count, (x, y), (width, height))
        for camera, reason, count, x, y, width, height in found.sort("camera", "reason").rows()
    )
