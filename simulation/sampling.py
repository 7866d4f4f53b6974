"""Tracks at frames' times as boxes, in compiled loops: this is most of what a simulation does.

Every number is the one that the same formula gives in numpy, to the last bit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

STEPS = 10_000
"""Boxes are multiples of 1/STEPS of the picture, as a detector's output would be."""


class Sampled(NamedTuple):
    """`m` boxes in frame order, and within a frame in order of tracks."""

    frame: NDArray[np.int64]  # (m,)
    track: NDArray[np.int64]  # (m,) row of the track
    box: NDArray[np.float64]  # (m, 4)


@njit(cache=True)
def by_frame(frame: NDArray[np.int64], frames: int) -> NDArray[np.int64]:
    """Return the order (m,) that sorts items by their frame, equals as they come."""
    start = np.zeros(frames + 1, np.int64)
    for i in range(len(frame)):
        start[frame[i] + 1] += 1
    for i in range(frames):
        start[i + 1] += start[i]
    order = np.empty(len(frame), np.int64)
    for i in range(len(frame)):
        order[start[frame[i]]] = i
        start[frame[i]] += 1
    return order


@njit(cache=True)
def sampled(
    frames_us: NDArray[np.int64],
    keys_us: NDArray[np.int64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    size: NDArray[np.float64],
) -> Sampled:
    """Return the boxes of all tracks at the frames' times.

    Parameters
    ----------
    frames_us
        (n,) ascending.
    keys_us, x, y
        (k, keys) when each track is where; it lives from its first key to its last.
    size
        (k, 2) width and height of each at the lower edge of the picture.
    """
    start = np.zeros(len(frames_us) + 1, np.int64)
    first, last = np.zeros(len(keys_us), np.int64), np.zeros(len(keys_us), np.int64)
    if len(frames_us) == 0:
        return Sampled(first[:0], last[:0], np.empty((0, 4)))
    for k in range(len(keys_us)):
        if keys_us[k, -1] < frames_us[0] or keys_us[k, 0] > frames_us[-1]:
            continue
        first[k] = np.searchsorted(frames_us, keys_us[k, 0])
        last[k] = np.searchsorted(frames_us, keys_us[k, -1], side="right")
        for i in range(first[k], last[k]):
            start[i + 1] += 1
    for i in range(len(frames_us)):
        start[i + 1] += start[i]
    frame, track = np.empty(start[-1], np.int64), np.empty(start[-1], np.int64)
    box = np.empty((start[-1], 4))
    for k in range(len(keys_us)):
        piece = 0
        for i in range(first[k], last[k]):
            while piece < keys_us.shape[1] - 2 and frames_us[i] >= keys_us[k, piece + 1]:
                piece += 1
            at = start[i]
            start[i] += 1
            frame[at], track[at] = i, k
            part = (frames_us[i] - keys_us[k, piece]) / max(keys_us[k, piece + 1] - keys_us[k, piece], 1)
            at_x = x[k, piece] + part * (x[k, piece + 1] - x[k, piece])
            at_y = y[k, piece] + part * (y[k, piece + 1] - y[k, piece])
            _place(box[at], at_x, at_y, size[k, 0], size[k, 1])
    return Sampled(frame, track, box)


@njit(cache=True)
def _place(box: NDArray[np.float64], x: float, y: float, width: float, height: float) -> None:
    """Write the box over a foot point; things get smaller towards the top of the picture."""
    scale = 0.25 + 0.75 * y
    half, tall = width * scale / 2, height * scale
    box[0], box[1], box[2], box[3] = x - half, y - tall, x + half, y
    for i in range(4):
        box[i] = min(max(np.rint(box[i] * STEPS), 0.0), float(STEPS)) / STEPS
