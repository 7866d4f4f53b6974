"""The loop of `operators.tracking.bodies`: one record an id, one pass over the frames.

A frame is taken in three turns: which record each object is of and how far it has
gone; which records go on and which stand for another body now; who rides. So
what is told of an object does not depend on the order of those beside it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import Ordered, Record
from operators.slots import Slots, find, insert
from operators.tracking import outline, riders
from operators.tracking.outline import OUTLINE, Edges
from operators.tracking.riders import RIDES, Mounts, Riding
from operators.tracking.tracks import overlap
from schemas.frames import CLASSES

BODY: Final = np.dtype(
    [
        ("track", np.uint64),  # the code of its id
        ("owner", np.int32),  # camera
        ("next", np.int32),  # record of the object that followed in the last frame: where to look first
        ("code", np.uint64),  # by which it is known
        ("seen_us", np.int64),
        ("chosen", np.int32),  # its object in the frame at hand, -1 none
        ("far", np.float32),  # of that object, as a share of how far it can have gone, squared
        *OUTLINE,
        *RIDES,
        ("sights", np.int8),  # 0, 1, or 2 for more
    ],
    align=True,
)
"""A body."""

NAMED: Final = np.uint64(1 << 63)
"""Top bit of a code that is no plain number (`operators.stage.intake`)."""
DOUBLE: Final = 254
"""Class of an object that its frame shows twice: nothing counts it."""
SAME: Final = 0.5
"""Two boxes of one id in a frame that overlap so far (IoU) show one object."""

_WALKERS: Final = np.array([name in ("person", "rider") for name in CLASSES] + [False] * (256 - len(CLASSES)))
"""(256,) who walks, by code of class."""


class Params(NamedTuple):
    """How far bodies go, in sizes of their boxes (ours); a size is the longer side: 1.7 m of a person."""

    slack: float = 1.0  # how far boxes of one body lie apart that did not move [sizes]
    person: float = 8.0  # from frame to frame: a sprinter's speed, with room for small boxes [sizes/s]
    vehicle: float = 30.0  # and of what was seen only once: 160 km/h in sizes of a car [sizes/s]
    onward: float = 1.5  # a body of known speed is looked for on its way, up to this share of it
    wander: float = 0.1  # how much wider around that way it is looked for with every second [sizes/s]
    forget_us: int = 60_000_000  # an id unseen for longer stands for nobody
    edges: Edges = Edges()
    riding: Riding = Riding()


class Place(NamedTuple):
    """What of `operators.city.City` the loop needs."""

    period_us: NDArray[np.int64]  # (c,)
    aspect: NDArray[np.float64]  # (c,)


class Memory(NamedTuple):
    """Working memory for a frame of `n` objects."""

    row: NDArray[np.int64]  # (n,) record of each, -1 without
    mounts: Mounts


class Shown(NamedTuple):
    """What is told of `m` objects."""

    track: NDArray[np.uint64]  # (m,)
    cls: NDArray[np.uint8]  # (m,)
    box: NDArray[np.float32]  # (m, 4)
    renamed: NDArray[np.uint64]  # (m, 2) codes that bodies got, and those of their ids
    number: NDArray[np.int64]  # (1,) how many


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def walk(
    bodies: Slots, clock_us: NDArray[np.int64], begun_us: NDArray[np.int64], head: NDArray[np.int32], place: Place,
    params: Params, ordered: Ordered, begin: int, memory: Memory, shown: Shown,
) -> int:  # fmt: skip
    """Take frames from `begin` on; returns the first that there is no room for, or the end."""
    for i in range(begin, len(ordered.t_us)):
        camera, t_us = ordered.camera[i], ordered.t_us[i]
        if bodies.used[0] + ordered.first[i + 1] - ordered.first[i] > len(bodies.row):
            return i
        clock_us[camera] = max(clock_us[camera], t_us)
        if not ordered.usable[i]:
            continue
        kept, far = _find(bodies, head, place, params, ordered, i, memory, shown)
        if far >= 2 and far > kept:
            begun_us[camera] = t_us
        _go_on(bodies, begun_us[camera], place, params, ordered, i, memory, shown)
        if riders.look(ordered, shown.box, i, memory.mounts) > 0 or memory.mounts.number[0] == 0:
            _ride(bodies, place, params, ordered, i, memory, shown)
    return len(ordered.t_us)


@njit(cache=True, _nrt=False, inline="always")  # type: ignore[call-overload]
def _find(
    bodies: Slots, head: NDArray[np.int32], place: Place, params: Params, ordered: Ordered, i: int, memory: Memory,
    shown: Shown,
) -> tuple[int, int]:  # fmt: skip
    """Find each object's record, and of several objects of one id the nearest; returns how many are near and far."""
    camera, t_us, first = ordered.camera[i], ordered.t_us[i], ordered.first[i]
    before, kept, far = -1, 0, 0
    for k in range(first, ordered.first[i + 1]):
        memory.row[k - first] = -1
        if ordered.track[k] == 0:
            continue
        at = head[camera] if before < 0 else bodies.row[before].next
        is_there = 0 <= at < bodies.used[0]  # the table may have been rebuilt since, and be smaller
        if not is_there or bodies.row[at].track != ordered.track[k] or bodies.row[at].owner != camera:
            at = find(bodies, ordered.track[k], camera)
            if at < 0:
                at = insert(bodies, ordered.track[k], camera)
                row = bodies.row[at]
                row.next, row.chosen, row.sights, row.seen_us = -1, -1, 0, -(1 << 61)
            if before < 0:
                head[camera] = at
            else:
                bodies.row[before].next = at
        before = at
        row = bodies.row[at]
        share = 0.0
        if row.sights > 0 and t_us - row.seen_us <= params.forget_us:
            share = _far(row, ordered.box[k], ordered.cls[k], t_us - row.seen_us, place, camera, params)
        if row.chosen < 0:
            row.chosen, row.far, memory.row[k - first] = k, share, at
            if row.sights > 0 and t_us - row.seen_us <= params.forget_us:
                kept, far = kept + (share <= 1.0), far + (share > 1.0)
        else:
            _twice(row, at, k, share, first, ordered, memory, shown)
    return kept, far


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _twice(
    row: Record, at: int, k: int, share: float, first: int, ordered: Ordered, memory: Memory, shown: Shown
) -> None:
    """Choose between two objects of one id in a frame; the other has no track, and is none if it shows the same."""
    other = k
    if share < row.far:
        other = row.chosen
        memory.row[other - first] = -1
        row.chosen, row.far, memory.row[k - first] = k, share, at
    shown.track[other] = 0
    if overlap(ordered.box[k], ordered.box[row.chosen if other == k else other], 0.0) >= SAME:
        shown.cls[other] = DOUBLE


@njit(cache=True, _nrt=False, inline="always")  # type: ignore[call-overload]
def _far(
    row: Record, box: NDArray[np.float32], cls: int, dt_us: int, place: Place, camera: int, params: Params
) -> float:
    """Return how far a box is from where its body may be by now, as a share of what it can have gone, squared."""
    aspect, dt, most = place.aspect[camera], dt_us * 1e-6, 1e-6 * place.period_us[camera]
    was_0, was_1, was_2, was_3 = (
        np.float64(row.box[0]),
        np.float64(row.box[1]),
        np.float64(row.box[2]),
        np.float64(row.box[3]),
    )
    is_0, is_1, is_2, is_3 = np.float64(box[0]), np.float64(box[1]), np.float64(box[2]), np.float64(box[3])
    dx, dy = ((is_0 + is_2) - (was_0 + was_2)) / 2.0 * aspect, ((is_1 + is_3) - (was_1 + was_3)) / 2.0
    size = max(max(was_2 - was_0, is_2 - is_0) * aspect, was_3 - was_1, is_3 - is_1)
    fast = params.person if _WALKERS[cls] or row.sights > 1 else params.vehicle
    if row.sights > 1:
        vx = row.speed[0] * dt * params.onward * aspect
        vy = (row.speed[1] + row.speed[2]) / 2.0 * dt * params.onward
        square = vx * vx + vy * vy
        if square > 0.0:
            part = min(max((dx * vx + dy * vy) / square, 0.0), 1.0)
            dx, dy = dx - part * vx, dy - part * vy
    reach = size * (params.slack + fast * min(dt, most) + params.wander * dt)
    return (dx * dx + dy * dy) / (reach * reach) if reach > 0.0 else 0.0


@njit(cache=True, _nrt=False, inline="always")  # type: ignore[call-overload]
def _go_on(
    bodies: Slots, begun_us: int, place: Place, params: Params, ordered: Ordered, i: int, memory: Memory, shown: Shown
) -> None:
    """Let each record go on with its object, or stand for another body from now on."""
    camera, t_us, first = ordered.camera[i], ordered.t_us[i], ordered.first[i]
    period_us, aspect = place.period_us[camera], place.aspect[camera]
    for k in range(first, ordered.first[i + 1]):
        at = memory.row[k - first]
        if at < 0:
            continue
        row = bodies.row[at]
        row.chosen = -1
        is_known = row.sights > 0 and t_us - row.seen_us <= params.forget_us
        if is_known and row.far <= 1.0 and row.seen_us >= begun_us and begun_us != t_us:
            is_vehicle = not _WALKERS[ordered.cls[k]]
            dt_us = t_us - row.seen_us
            outline.follow(row, ordered.box[k], dt_us, period_us, aspect, is_vehicle, params.edges)
            row.sights = 2
            shown.track[k] = row.code
            if row.height > 0.0 or row.shift[0] != 0.0 or row.shift[1] != 0.0:
                shown.box[k, 0], shown.box[k, 2] = ordered.box[k, 0] - row.shift[0], ordered.box[k, 2] - row.shift[0]
                shown.box[k, 1], shown.box[k, 3] = ordered.box[k, 1] - row.shift[1], row.box[3] - row.shift[1]
        else:
            row.code = row.track
            if is_known:
                row.code = _mixed(row.track ^ _mixed(np.uint64(t_us))) | NAMED
                shown.renamed[shown.number[0], 0], shown.renamed[shown.number[0], 1] = row.code, row.track
                shown.number[0] += 1
            outline.appear(row, ordered.box[k])
            riders.appear(row)
            row.sights = 1
            shown.track[k] = row.code
        row.seen_us = t_us


@njit(cache=True, _nrt=False, inline="always")  # type: ignore[call-overload]
def _ride(bodies: Slots, place: Place, params: Params, ordered: Ordered, i: int, memory: Memory, shown: Shown) -> None:
    """Tell who rides."""
    camera, t_us, first = ordered.camera[i], ordered.t_us[i], ordered.first[i]
    dt_us = place.period_us[camera]
    for k in range(first, ordered.first[i + 1]):
        if shown.cls[k] != riders.PERSON:
            continue
        at, m = memory.row[k - first], -1
        if memory.mounts.number[0] > 0:
            m = riders.below(shown.box, k, memory.mounts, params.riding)
        if at < 0:
            if m >= 0:
                shown.cls[k] = riders.RIDER
            continue
        row = bodies.row[at]
        if m >= 0:
            o = memory.mounts.object[m]
            below = memory.row[o - first]
            if below >= 0:
                height = np.float64(shown.box[o, 3]) - shown.box[o, 1]
                mount, aspect = bodies.row[below], place.aspect[camera]
                is_rider = riders.is_riding(row, mount, height, aspect, t_us, dt_us, params.riding)
            else:
                row.fit_us = t_us
                is_rider = row.ride != riders.WALKS
        else:
            is_rider = row.fit_us > -(1 << 61) or row.ride == riders.UNKNOWN
            if is_rider:
                is_seen = _is_seen(bodies, row.mount, memory, first)
                is_rider = riders.is_still_riding(row, is_seen, t_us, dt_us, params.riding)
        if is_rider:
            shown.cls[k] = riders.RIDER


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _is_seen(bodies: Slots, mount: int, memory: Memory, first: int) -> bool:
    """Tell whether a two-wheeler is seen in this frame."""
    if mount == 0:
        return False
    for m in range(memory.mounts.number[0]):
        at = memory.row[memory.mounts.object[m] - first]
        if at >= 0 and bodies.row[at].code == mount:
            return True
    return False


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _mixed(x: np.uint64) -> np.uint64:
    """Scatter 64 bits (splitmix64, Steele et al. 2014, doi:10.1145/2660193.2660195)."""
    x += np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
