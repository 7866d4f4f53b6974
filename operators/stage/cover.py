"""What of the time a late frame alone covers.

Time watched is the union of what frames cover: each up to the next, no longer than its
camera may be silent. What frames in order cover is known when they are released. A late
frame comes between others: it adds the part that neither they nor late frames before it
cover, so that any order of arrival adds up to the same. Until no frame in order can fall
into that part it waits, which takes two periods of its camera at most.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import Ordered, Parts
from operators.minutes import segments
from operators.stage.arrived import Arrived, concat, nothing, take
from operators.stage.identity import Keys
from schemas.parts import Metric, Part

NONE_AFTER: Final = np.int64(1 << 62)

REACHED: Final = Metric(
    "reached",
    (),
    {"reached_n": Part("UInt32", "sum", "1", "Late frames of other minutes that cover some of this one")},
    "What a minute has seen beside its own frames; kept, not stored",
)
"""A row grows by what reaches into it, so that counts in its revision."""


class Late(NamedTuple):
    """`n` late frames in the order of their coming, and what each alone covers as far as is known."""

    frames: Arrived
    from_ms: NDArray[np.int64]  # (n,)
    to_ms: NDArray[np.int64]  # (n,) at or before `from_ms`: nothing


class Limits(NamedTuple):
    """Of each camera (c,): how long a frame lasts, and between which times it is expected to watch [ms]."""

    most_ms: NDArray[np.int64]  # up to the next frame, at most
    last_ms: NDArray[np.int64]  # where none follows
    since_ms: NDArray[np.int64]
    until_ms: NDArray[np.int64]


NONE: Final = Late(nothing(), np.empty(0, np.int64), np.empty(0, np.int64))
"""Zero late frames."""


def none() -> Late:
    """Return zero late frames."""
    return NONE


def joined(a: Late, b: Late) -> Late:
    """Return both."""
    parts = [each for each in (a, b) if len(each.from_ms)]
    if len(parts) < 2:
        return parts[0] if parts else a
    from_ms, to_ms = np.concatenate([a.from_ms, b.from_ms]), np.concatenate([a.to_ms, b.to_ms])
    return Late(concat([a.frames, b.frames]), from_ms, to_ms)


def chosen(late: Late, rows: NDArray[np.int64]) -> Late:
    """Return these of the frames, in this order."""
    return Late(take(late.frames, rows), late.from_ms[rows], late.to_ms[rows])


def found(frames: Arrived, before_us: NDArray[np.int64], after_us: NDArray[np.int64], limits: Limits) -> Late:
    """Return what each of some late frames covers beside all others.

    Parameters
    ----------
    frames
        Sorted by (camera, time, number); of two the one with the lower row came first.
    before_us, after_us
        (n,) The nearest frames that came before this push late, or at any time in order.
    """
    from_ms, to_ms = np.empty(len(before_us), np.int64), np.empty(len(before_us), np.int64)
    _cover(frames.row, frames.camera, frames.t_us, before_us, after_us, limits, from_ms, to_ms)
    return Late(frames, from_ms, to_ms)


@njit(cache=True)
def _cover(
    row: NDArray[np.int64],
    camera: NDArray[np.int32],
    t_us: NDArray[np.int64],
    before_us: NDArray[np.int64],
    after_us: NDArray[np.int64],
    limits: Limits,
    from_ms: NDArray[np.int64],
    to_ms: NDArray[np.int64],
) -> None:
    n = len(row)
    earlier = np.empty(n, np.int64)  # a stack of frames that came earlier than all between them and this one
    depth = 0
    for i in range(n):
        c = camera[i]
        if i > 0 and camera[i - 1] != c:
            depth = 0
        while depth > 0 and row[earlier[depth - 1]] > row[i]:
            depth -= 1
        before = before_us[i]
        if depth > 0:
            before = max(before, t_us[earlier[depth - 1]])
        from_ms[i] = max(t_us[i] // 1000, before // 1000 + limits.most_ms[c], limits.since_ms[c])
        earlier[depth] = i
        depth += 1
    depth = 0
    for i in range(n - 1, -1, -1):
        c = camera[i]
        if i < n - 1 and camera[i + 1] != c:
            depth = 0
        while depth > 0 and row[earlier[depth - 1]] > row[i]:
            depth -= 1
        after = after_us[i]
        if depth > 0:
            after = min(after, t_us[earlier[depth - 1]])
        lasts = limits.most_ms[c] if after < NONE_AFTER else limits.last_ms[c]
        to_ms[i] = min(t_us[i] // 1000 + lasts, after // 1000, limits.until_ms[c])
        earlier[depth] = i
        depth += 1


def clip(late: Late, fresh: Keys) -> Late:
    """Return late frames with what frames in order, come since, leave to them."""
    if not len(late.from_ms) or not len(fresh.camera):
        return late
    to_ms = late.to_ms.copy()
    _clip(late.frames.camera, late.frames.t_us, to_ms, *fresh)
    return late._replace(to_ms=to_ms)


@njit(cache=True)
def _clip(
    camera: NDArray[np.int32],
    t_us: NDArray[np.int64],
    to_ms: NDArray[np.int64],
    fresh_camera: NDArray[np.int32],
    fresh_us: NDArray[np.int64],
    _seq: NDArray[np.int64],
) -> None:
    order = np.argsort(camera, kind="mergesort")
    sorted_camera = camera[order]
    for j in range(len(fresh_camera)):
        at = np.searchsorted(sorted_camera, fresh_camera[j])
        while at < len(order) and sorted_camera[at] == fresh_camera[j]:
            i = order[at]
            if fresh_us[j] >= t_us[i]:
                to_ms[i] = min(to_ms[i], fresh_us[j] // 1000)
            at += 1


def split(late: Late, open_us: NDArray[np.int64], ending: NDArray[np.bool_]) -> tuple[Late, Late]:
    """Return those that are final, by (camera, time), and those that wait.

    Parameters
    ----------
    open_us, ending
        (c,) From where on frames in order may still come, and whether none comes at all.
    """
    if not len(late.from_ms):
        return NONE, NONE
    camera = late.frames.camera
    final = ending[camera] | (late.to_ms <= np.maximum(late.from_ms, open_us[camera] // 1000))
    if not final.any():
        return NONE, late
    rows = np.flatnonzero(final)
    rows = rows[np.lexsort((late.frames.seq[rows], late.frames.t_us[rows], camera[rows]))]
    return chosen(late, rows), chosen(late, np.flatnonzero(~final)) if not final.all() else NONE


def reached(ordered: Ordered) -> Parts:
    """Return parts of `REACHED`: the minutes other than their own that late frames cover some of."""
    cut = segments(ordered.t_us, ordered.dt_ms, ordered.lag_ms)
    into = np.flatnonzero(~cut.is_first)
    return Parts(ordered.camera[cut.frame[into]], cut.minute[into], np.ones((len(into), 1), np.int64))
