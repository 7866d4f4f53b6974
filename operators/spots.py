"""Spots where vehicles may come to stand: a pool chained per camera, with anchor boxes.

Each tracked vehicle in a zone has one spot. Its anchor is the coordinate-wise
median of five boxes; a vehicle that moves takes its spot along, until it stands.
The pool grows with the vehicles in view, at most `most` spots a camera.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators import persistence

ANCHOR_BOXES: Final = 5
"""Boxes that make an anchor (metrics.md, parking)."""


class Spots(NamedTuple):
    """`s` spots of `c` cameras; spot j is key j of the machine."""

    machine: persistence.State
    head: NDArray[np.int32]  # (c,) first spot of each camera, -1 when none
    used: NDArray[np.int32]  # (c,) spots of each camera
    free: NDArray[np.int32]  # (2,) first free spot or -1, number of free spots
    next: NDArray[np.int32]  # (s,) next spot of the camera or of the free list
    anchor: NDArray[np.float64]  # (s, 4) box, once settled
    settled: NDArray[np.bool_]  # (s,) has an anchor, and the machine runs
    buffer: NDArray[np.float64]  # (s, 5, 4) boxes of the anchor to come
    buffered: NDArray[np.int8]  # (s,)
    buffer_us: NDArray[np.int64]  # (s,) time of the first of them
    buffer_held_us: NDArray[np.int64]  # (s,) observed time of those before the newest
    missed_us: NDArray[np.int64]  # (s,) observed time without a box
    shifted_us: NDArray[np.int64]  # (s,) observed time off the anchor, but near it


def start(cameras: int) -> Spots:
    """Return an empty pool for that many cameras."""
    none = np.empty(0, np.int32)
    empty = persistence.start(none, none, none)
    boxes = (np.empty((0, 4)), np.empty(0, np.bool_), np.empty((0, ANCHOR_BOXES, 4)), np.empty(0, np.int8))
    times = tuple(np.empty(0, np.int64) for _ in range(4))
    head, used = np.full(cameras, -1, np.int32), np.zeros(cameras, np.int32)
    return Spots(empty, head, used, np.array([-1, 0], np.int32), none, *boxes, *times)


def grown(spots: Spots, by: int) -> Spots:
    """Return the pool with `by` more free spots."""
    old = len(spots.next)
    new = np.zeros(by, np.int32)
    more = persistence.start(new, new, new)
    joined = [np.concatenate([a, b]) for a, b in zip(spots.machine[1:], more[1:], strict=True)]
    links = np.arange(old + 1, old + by + 1, dtype=np.int32)
    links[-1] = spots.free[0]
    arrays = [np.concatenate([a, np.zeros((by, *a.shape[1:]), a.dtype)]) for a in spots[5:]]
    return Spots(
        persistence.State(spots.machine.version, *joined),
        spots.head,
        spots.used,
        np.array([old, spots.free[1] + by], np.int32),
        np.concatenate([spots.next, links]),
        *arrays,
    )


@njit(cache=True)
def overlap(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return the intersection over union of two boxes."""
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0.0 or h <= 0.0:
        return 0.0
    both = np.float64(w) * np.float64(h)
    return float(both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both))


@njit(cache=True)
def foot_moved(box: NDArray[np.float32], anchor: NDArray[np.float64], aspect: float) -> float:
    """Return how far the foot point moved, in widths of the anchor; `aspect` is the picture's width / height."""
    dx = (box[0] + box[2] - anchor[0] - anchor[2]) / 2.0 * aspect
    dy = box[3] - anchor[3]
    return float(np.sqrt(dx * dx + dy * dy) / max((anchor[2] - anchor[0]) * aspect, 1e-9))


@njit(cache=True)
def shift_px(box: NDArray[np.float32], anchor: NDArray[np.float64], width: int, height: int) -> float:
    """Return the largest shift of the four edges [px], infinite where the picture's size is unknown."""
    if width <= 0 or height <= 0:
        return np.inf
    x = max(abs(box[0] - anchor[0]), abs(box[2] - anchor[2])) * width
    return float(max(x, max(abs(box[1] - anchor[1]), abs(box[3] - anchor[3])) * height))


@njit(cache=True)
def take(spots: Spots, camera: int, zone: int, track: int) -> int:
    """Take a spot from the pool for a vehicle; the pool must have one."""
    j = spots.free[0]
    spots.free[0], spots.free[1] = spots.next[j], spots.free[1] - 1
    spots.next[j], spots.head[camera] = spots.head[camera], j
    spots.used[camera] += 1
    machine = spots.machine
    machine.camera[j], machine.zone[j], machine.row[j] = camera, zone, zone
    machine.track[j] = track
    restart(spots, j)
    return int(j)


@njit(cache=True)
def restart(spots: Spots, j: int) -> None:
    """Begin anew with no boxes."""
    spots.machine.phase[j] = persistence.CLEAR
    spots.settled[j] = False
    spots.buffered[j] = 0
    spots.missed_us[j] = 0
    spots.shifted_us[j] = 0


@njit(cache=True)
def give_back(spots: Spots, camera: int, j: int) -> None:
    """Return a spot to the pool."""
    at = spots.head[camera]
    if at == j:
        spots.head[camera] = spots.next[j]
    else:
        while spots.next[at] != j:
            at = spots.next[at]
        spots.next[at] = spots.next[j]
    spots.machine.phase[j] = persistence.CLEAR
    spots.next[j] = spots.free[0]
    spots.free[0], spots.free[1] = j, spots.free[1] + 1
    spots.used[camera] -= 1


@njit(cache=True)
def push(spots: Spots, j: int, t_us: int, dt_us: int, box: NDArray[np.float32]) -> bool:
    """Add a box to the anchor to come; when it is complete, anchor there and begin PENDING."""
    n = spots.buffered[j]
    if n == 0:
        spots.buffer_us[j], spots.buffer_held_us[j] = t_us, 0
    for k in range(4):
        spots.buffer[j, n, k] = box[k]
    spots.buffered[j] = n + 1
    if n + 1 < ANCHOR_BOXES:
        spots.buffer_held_us[j] += dt_us
        return False
    for k in range(4):
        spots.anchor[j, k] = np.sort(spots.buffer[j, :, k])[ANCHOR_BOXES // 2]
    spots.buffered[j], spots.shifted_us[j] = 0, 0
    spots.settled[j] = True
    machine = spots.machine
    machine.anchor[j] = machine.track[j]
    persistence.open_pending(machine, j, spots.buffer_us[j], spots.buffer_held_us[j])
    return True
