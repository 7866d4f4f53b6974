"""Where a frame's time falls: its share `dt_ms`, cut at the edges of UTC minutes.

All arithmetic is in whole milliseconds, `floor(t_us / 1000)`, so that the pieces
of a frame add up to its share and the pieces of a minute never exceed 60,000 ms.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from schemas.local_time import MINUTE_US

__all__ = ["MINUTE_MS", "MINUTE_US", "Segments", "groups", "segments"]

MINUTE_MS: Final = 60_000


class Segments(NamedTuple):
    """`s` pieces of frames, in frame order; each lies within one minute."""

    frame: NDArray[np.int64]  # (s,) row of the frame
    minute: NDArray[np.int64]  # (s,) minutes since 1970 UTC
    ms: NDArray[np.int64]  # (s,) length of the piece
    is_first: NDArray[np.bool_]  # (s,) holds the frame's own time: the frame is counted here


def segments(t_us: NDArray[np.int64], dt_ms: NDArray[np.int32], lag_ms: NDArray[np.int32] | None = None) -> Segments:
    """Cut the time that each frame stands for at minute edges.

    Parameters
    ----------
    t_us
        (n,) capture time, microseconds since 1970 UTC.
    dt_ms
        (n,) time the frame stands for, >= 0.
    lag_ms
        (n,) how much later than the frame that time begins, >= 0; None: not at all.

    Returns
    -------
    Pieces in frame order. A frame whose share is 0 still has one, of 0 ms: it was
    seen; so has one whose share begins in a later minute. A frame that ends on an edge has
    none in the next minute.
    """
    if lag_ms is not None and lag_ms.any():
        return Segments(*_cut_behind(t_us, dt_ms, lag_ms))
    return Segments(*_cut(t_us, dt_ms))


@njit(cache=True)
def _pieces(t_us: int, dt_ms: int) -> int:
    start = t_us // 1000
    return max((start + dt_ms - 1) // MINUTE_MS - start // MINUTE_MS, 0) + 1


@njit(cache=True)
def _cut(
    t_us: NDArray[np.int64], dt_ms: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    count = 0
    for i in range(len(t_us)):
        count += _pieces(t_us[i], dt_ms[i])
    frame, minute = np.empty(count, np.int64), np.empty(count, np.int64)
    ms, is_first = np.empty(count, np.int64), np.zeros(count, np.bool_)
    at = 0
    for i in range(len(t_us)):
        start = t_us[i] // 1000
        end = start + dt_ms[i]
        is_first[at] = True
        for _ in range(_pieces(t_us[i], dt_ms[i])):
            edge = min((start // MINUTE_MS + 1) * MINUTE_MS, end)
            frame[at], minute[at], ms[at] = i, start // MINUTE_MS, edge - start
            start = edge
            at += 1
    return frame, minute, ms, is_first


@njit(cache=True)
def _cut_behind(
    t_us: NDArray[np.int64], dt_ms: NDArray[np.int32], lag_ms: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    n = len(t_us)
    apart = np.zeros(n, np.bool_)  # the share begins in another minute than the frame's
    count = 0
    for i in range(n):
        start = t_us[i] // 1000 + lag_ms[i]
        apart[i] = start // MINUTE_MS != t_us[i] // 1000 // MINUTE_MS
        count += 1 if apart[i] or dt_ms[i] == 0 else 0
        count += _pieces(start * 1000, dt_ms[i]) if dt_ms[i] > 0 else 0
    frame, minute = np.empty(count, np.int64), np.empty(count, np.int64)
    ms, is_first = np.zeros(count, np.int64), np.zeros(count, np.bool_)
    at = 0
    for i in range(n):
        start = t_us[i] // 1000 + lag_ms[i]
        end = start + dt_ms[i]
        is_first[at] = True
        if apart[i] or dt_ms[i] == 0:
            frame[at], minute[at] = i, t_us[i] // 1000 // MINUTE_MS
            at += 1
        while start < end:
            edge = min((start // MINUTE_MS + 1) * MINUTE_MS, end)
            frame[at], minute[at], ms[at] = i, start // MINUTE_MS, edge - start
            start = edge
            at += 1
    return frame, minute, ms, is_first


@njit(cache=True)
def groups(cut: Segments, camera: NDArray[np.int32], width: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Give pieces of one camera and minute that follow each other the same output rows.

    Parameters
    ----------
    cut
        Pieces of the frames, from `segments`.
    camera, width
        (n,) each frame's camera, and how many rows (zones, lines) that camera has.

    Returns
    -------
    (s,) the first of each piece's rows, and the number of rows in all.
    """
    row = np.empty(len(cut.frame), np.int64)
    rows, last_camera, last_minute, last_width = 0, -1, 0, 0
    for s in range(len(cut.frame)):
        i = cut.frame[s]
        if camera[i] != last_camera or cut.minute[s] != last_minute:
            rows += last_width
            last_camera, last_minute, last_width = camera[i], cut.minute[s], width[i]
        row[s] = rows
    return row, rows + last_width
