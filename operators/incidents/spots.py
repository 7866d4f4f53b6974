"""Spots where vehicles may come to stand: a pool chained per camera, with anchor boxes.

Each tracked vehicle in a zone has one spot. Its anchor is the coordinate-wise
median of five boxes; a vehicle that moves takes its spot along, until it stands.
The pool grows with the vehicles in view, at most `most` spots a camera.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.incidents import persistence

ANCHOR_BOXES: Final = 5
"""Boxes that make an anchor (metrics.md, parking)."""

_WITHIN: Final = 0.9  # share of a box within another from which it is a part of that one (ours)


SPOT: Final = np.dtype(
    [
        ("next", np.int32),  # next spot of the camera or of the free list, -1 at the end
        ("settled", np.bool_),  # has an anchor, and the machine runs
        ("anchor", np.float64, (4,)),  # box, once settled
        ("buffer", np.float32, (ANCHOR_BOXES, 4)),  # boxes of the anchor to come
        ("buffered", np.int8),
        ("buffer_t_us", np.int64, (ANCHOR_BOXES,)),  # when each of them was seen
        ("buffer_dt_us", np.int64, (ANCHOR_BOXES,)),  # observed time of each
        ("missed_us", np.int64),  # observed time without a box
        ("sights", np.int32),  # boxes since it has its anchor; of many, older ones weigh half
        ("sure", np.int32),  # of them, those the detector is sure of
        ("shifted_us", np.int64),  # observed time off the anchor, but near it
        ("has_other", np.bool_),  # off its anchor it stands at another, which is not taken yet
        ("left", np.bool_),  # its vehicle was seen driving off
        ("away_us", np.int64),  # observed time for which that was seen
        ("other", np.float64, (4,)),  # box of the other anchor
        ("other_us", np.int64),  # since when it stands there
        ("other_held_us", np.int64),  # observed time there before this box
    ],
    align=True,
)


class Spots(NamedTuple):
    """`s` spots of `c` cameras; spot j is cell j of the persistence machine."""

    cell: persistence.Cells  # (s,)
    spot: NDArray[np.void]  # (s,) of SPOT
    head: NDArray[np.int32]  # (c,) first spot of each camera, -1 when none
    used: NDArray[np.int32]  # (c,) spots of each camera
    free: NDArray[np.int32]  # (2,) first free spot or -1, number of free spots


def start(cameras: int) -> Spots:
    """Return an empty pool for that many cameras."""
    head, used = np.full(cameras, -1, np.int32), np.zeros(cameras, np.int32)
    empty = np.empty(0, persistence.CELL), np.empty(0, SPOT)
    return Spots(*empty, head, used, np.array([-1, 0], np.int32))


def grown(spots: Spots, by: int) -> Spots:
    """Return the pool with `by` more free spots."""
    old, more = len(spots.spot), np.zeros(by, SPOT)
    more["next"] = np.arange(old + 1, old + by + 1)
    more["next"][-1] = spots.free[0]
    return spots._replace(
        cell=np.concatenate([spots.cell, np.zeros(by, persistence.CELL)]),
        spot=np.concatenate([spots.spot, more]),
        free=np.array([old, spots.free[1] + by], np.int32),
    )


@njit(cache=True, inline="always")
def overlap(a: NDArray[np.floating[Any]], b: NDArray[np.floating[Any]]) -> float:
    """Return the intersection over union of two boxes."""
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0.0 or h <= 0.0:
        return 0.0
    both = np.float64(w) * np.float64(h)
    return float(both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both))


@njit(cache=True, inline="always")
def foot_moved(box: NDArray[np.float32], anchor: NDArray[np.float64], aspect: float) -> float:
    """Return how far the foot point moved, in widths of the anchor; `aspect` is the picture's width / height."""
    dx = (box[0] + box[2] - anchor[0] - anchor[2]) / 2.0 * aspect
    dy = box[3] - anchor[3]
    return float(np.sqrt(dx * dx + dy * dy) / max((anchor[2] - anchor[0]) * aspect, 1e-9))


@njit(cache=True, inline="always")
def shift_px(box: NDArray[np.float32], anchor: NDArray[np.float64], width: int, height: int) -> float:
    """Return the largest shift of the four edges [px], infinite where the picture's size is unknown."""
    if width <= 0 or height <= 0:
        return np.inf
    x = max(abs(box[0] - anchor[0]), abs(box[2] - anchor[2])) * width
    return float(max(x, max(abs(box[1] - anchor[1]), abs(box[3] - anchor[3])) * height))


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def covered(a: NDArray[np.float64], b: NDArray[np.float32]) -> float:
    """Return the share of box `a` that box `b` covers."""
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0.0 or h <= 0.0:
        return 0.0
    return float(np.float64(w) * np.float64(h) / max((a[2] - a[0]) * (a[3] - a[1]), 1e-12))


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def is_double(a: NDArray[np.float64], b: NDArray[np.float64], same: float, part: float) -> bool:
    """Tell whether two boxes show one vehicle: they are the same, or one is a part of the other.

    Neighbours in a row at a slant overlap as much as a part does its whole, but stick out of each other.
    """
    value = overlap(a, b)
    return bool(value >= same or (value >= part and max(covered(a, b), covered(b, a)) >= _WITHIN))


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def take(spots: Spots, camera: int, zone: int, track: int) -> int:
    """Take a spot from the pool for a vehicle; the pool must have one."""
    j = spots.free[0]
    spots.free[0], spots.free[1] = spots.spot[j].next, spots.free[1] - 1
    spots.spot[j].next, spots.head[camera] = spots.head[camera], j
    spots.used[camera] += 1
    spots.cell[j].camera, spots.cell[j].zone, spots.cell[j].row = camera, zone, zone
    spots.cell[j].track = track
    restart(spots, j)
    return int(j)


@njit(cache=True)
def restart(spots: Spots, j: int) -> None:
    """Begin anew with no boxes."""
    spots.cell[j].phase = persistence.CLEAR
    spots.spot[j].settled = False
    spots.spot[j].buffered = 0
    spots.spot[j].missed_us = 0
    spots.spot[j].shifted_us = 0
    spots.spot[j].away_us = 0
    spots.spot[j].left = False
    spots.spot[j].has_other = False


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def give_back(spots: Spots, camera: int, j: int) -> None:
    """Return a spot to the pool."""
    at = spots.head[camera]
    if at == j:
        spots.head[camera] = spots.spot[j].next
    else:
        while spots.spot[at].next != j:
            at = spots.spot[at].next
        spots.spot[at].next = spots.spot[j].next
    spots.cell[j].phase = persistence.CLEAR
    spots.spot[j].next = spots.free[0]
    spots.free[0], spots.free[1] = j, spots.free[1] + 1
    spots.used[camera] -= 1


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def push(spots: Spots, j: int, t_us: int, dt_us: int, box: NDArray[np.float32]) -> bool:
    """Add a box to the anchor to come; when it is complete, anchor there and tell so: `settle` is next."""
    if not _gather(spots, j, t_us, dt_us, box):
        return False
    for k in range(4):
        spots.spot[j].anchor[k] = _median(spots.spot[j].buffer, k)
    return True


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def held_us(spots: Spots, j: int, since: int) -> int:
    """Return the observed time of the anchor's boxes from the `since`-th on, less the newest's."""
    total = 0
    for k in range(since, ANCHOR_BOXES - 1):
        total += spots.spot[j].buffer_dt_us[k]
    return int(total)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def elsewhere(
    spots: Spots, j: int, t_us: int, dt_us: int, box: NDArray[np.float32], rests: bool, patience_us: float
) -> bool:  # fmt: skip
    """Follow a vehicle off its anchor to another; tell whether that one came to be now.

    Once the vehicle stood there for `patience_us`, it is the anchor.

    Parameters
    ----------
    rests
        The vehicle rests at the other anchor, where it has one.
    """
    spot = spots.spot[j]
    if spot.has_other and rests:
        if spot.other_held_us >= patience_us:
            for k in range(4):
                spot.anchor[k] = spot.other[k]
            settle(spots, j, spot.other_us, spot.other_held_us)
        else:
            spot.other_held_us += dt_us
        return False
    spot.has_other = False
    if _gather(spots, j, t_us, dt_us, box):
        for k in range(4):
            spot.other[k] = _median(spot.buffer, k)
        spot.buffered, spot.has_other = 0, True
    return bool(spot.has_other)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _gather(spots: Spots, j: int, t_us: int, dt_us: int, box: NDArray[np.float32]) -> bool:
    """Add a box to the buffer; tell whether it is full."""
    n = spots.spot[j].buffered
    for k in range(4):
        spots.spot[j].buffer[n, k] = box[k]
    spots.spot[j].buffer_t_us[n], spots.spot[j].buffer_dt_us[n] = t_us, dt_us
    spots.spot[j].buffered = n + 1
    return bool(n + 1 == ANCHOR_BOXES)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def settle(spots: Spots, j: int, opened_us: int, held_us: int) -> None:
    """Begin PENDING at a new anchor."""
    spots.spot[j].buffered, spots.spot[j].shifted_us, spots.spot[j].has_other = 0, 0, False
    spots.spot[j].sights, spots.spot[j].sure = 0, 0
    spots.spot[j].settled = True
    spots.cell[j].anchor = spots.cell[j].track
    persistence.open_pending(spots.cell, j, opened_us, held_us)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _median(boxes: NDArray[np.float32], k: int) -> float:
    """Return the median of column k of five boxes: the one that two are below."""
    for i in range(ANCHOR_BOXES):
        below = 0
        for other in range(ANCHOR_BOXES):
            below += boxes[other, k] < boxes[i, k] or (boxes[other, k] == boxes[i, k] and other < i)
        if below == ANCHOR_BOXES // 2:
            return float(boxes[i, k])
    return np.nan


@njit(cache=True)
def carry(into: Spots, source: Spots, camera: NDArray[np.int32], zone: NDArray[np.int32]) -> None:
    """Take along the spots of cameras that go along, each camera's in its order; the pool must have as many.

    Parameters
    ----------
    camera, zone
        Where each camera and zone of the source goes, -1 for what stays behind.
    """
    for c in range(len(camera)):
        if camera[c] < 0:
            continue
        chain = np.empty(source.used[c], np.int64)
        at = source.head[c]
        for n in range(len(chain)):
            chain[n] = at
            at = source.spot[at].next
        for old in chain[::-1]:  # a spot is taken at the head
            j = take(into, camera[c], zone[source.cell[old].zone], source.cell[old].track)
            after = into.spot[j].next
            into.cell[j], into.spot[j] = source.cell[old], source.spot[old]
            into.spot[j].next = after
            into.cell[j].camera, into.cell[j].zone = camera[c], zone[source.cell[old].zone]
            into.cell[j].row = into.cell[j].zone
