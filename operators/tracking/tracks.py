"""One track as a row of numbers: where it was, where it should be now, how long to remember it.

A track follows its boxes by a Kalman filter of constant velocity in time, not frames.
Its uncertainty is kept in box sizes, so that near and far objects share the same
constants. Where an object rested, its box stays as an anchor: what hides behind
a bus and is seen there again is the same object.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

_MOTION_NOISE: Final = 0.6  # (box sizes)^2 / s^3: ByteTrack's 1/160 height a frame at 25 frames/s
_PLACE_NOISE: Final = 0.02  # (box sizes)^2 / s: a third of its 1/20 height a frame at 25 frames/s (benchmarks.tracking)
_BOX_NOISE: Final = 0.05**2  # (box sizes)^2: its 1/20 height
_FIRST_SPEED_NOISE: Final = 1.6**2  # (box sizes / s)^2: its 10/160 height a frame at 25 frames/s
_SIZE_GAIN: Final = 0.5  # share of a new box's size in the track's size, seen best on TUD-Stadtmitte
_SIZE_NOISE: Final = 0.3  # of the logarithm of a box's height from frame to frame: a foot hidden makes it 0.4 (ours)
_NEAR: Final = 0.1  # box sizes: a way as short says little of a course (ours)

SLOT: Final = np.dtype(
    [
        ("id", np.uint64),
        ("seen_us", np.int64),  # last match
        ("anchor_us", np.int64),  # rests at its anchor since then
        ("rest_us", np.int64),  # last seen at its anchor
        ("hits", np.int32),
        ("next", np.int32),  # next slot of the camera or of the free list, -1 at the end
        ("kind", np.uint8),  # group of classes
        ("fresh", np.bool_),  # matched in the camera's last frame
        ("place", np.float64, (2,)),  # centre, 0..1, at `seen_us`
        ("size", np.float64, (2,)),  # width and height, 0..1
        ("speed", np.float64, (2,)),  # 1/s
        ("spread", np.float64, (3,)),  # variance of place, covariance, variance of speed, in box sizes
        ("anchor", np.float64, (4,)),  # box
    ],
    align=True,
)
Slot = Any  # a row of SLOT as numba sees it


class TrackerState(NamedTuple):
    """Tracks of `c` cameras: a pool of `s` slots, chained per camera; at most `TrackerParams.most` a camera."""

    seed: NDArray[np.uint64]  # (c,) hash of each camera's name
    slot: NDArray[np.void]  # (s,) of SLOT
    head: NDArray[np.int32]  # (c,) first slot of each camera, -1 when none
    held: NDArray[np.int32]  # (c,) number of slots of each camera
    free: NDArray[np.int32]  # (2,) first free slot or -1, number of free slots


def empty(seed: NDArray[np.uint64]) -> TrackerState:
    """Return a state without tracks for the cameras of these seeds."""
    none, zero = np.full(len(seed), -1, np.int32), np.zeros(len(seed), np.int32)
    return grown(TrackerState(seed, np.zeros(0, SLOT), none, zero, np.array([-1, 0], np.int32)), 64)


def grown(state: TrackerState, by: int) -> TrackerState:
    """Return the state with more free slots."""
    old = len(state.slot)
    more = np.zeros(by, SLOT)
    more["next"] = np.arange(old + 1, old + by + 1)
    more["next"][-1] = state.free[0]
    free = np.array([old, state.free[1] + by], np.int32)
    return state._replace(slot=np.concatenate([state.slot, more]), free=free)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def overlap(a: NDArray[np.floating[Any]], b: NDArray[np.floating[Any]], reach: float) -> float:
    """Return the IoU of two boxes, each first widened by `reach` of its size on every side."""
    aw, ah, bw, bh = a[2] - a[0], a[3] - a[1], b[2] - b[0], b[3] - b[1]
    w = min(a[2] + reach * aw, b[2] + reach * bw) - max(a[0] - reach * aw, b[0] - reach * bw)
    h = min(a[3] + reach * ah, b[3] + reach * bh) - max(a[1] - reach * ah, b[1] - reach * bh)
    if w <= 0 or h <= 0:
        return 0.0
    both = w * h
    return float(both / ((1 + 2 * reach) ** 2 * (aw * ah + bw * bh) - both))


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def heading(slot: Slot) -> tuple[float, float]:
    """Return a track's course, across and down: in box sizes, of length 1 where fast and sure, shorter elsewhere."""
    x, y = slot.speed[0] / slot.size[0], slot.speed[1] / slot.size[1]
    whole = np.sqrt(x * x + y * y) + np.sqrt(slot.spread[2])
    return x / whole, y / whole


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def ahead(slot: Slot, box: NDArray[np.float32], x: float, y: float) -> float:
    """Return the cosine between a heading and the way to a box, nearer to 0 where that is short."""
    dx = ((box[0] + box[2]) / 2 - slot.place[0]) / slot.size[0]
    dy = ((box[1] + box[3]) / 2 - slot.place[1]) / slot.size[1]
    return float((dx * x + dy * y) / (np.sqrt(dx * dx + dy * dy) + _NEAR))


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def is_outside(box: NDArray[np.float64]) -> bool:
    """Tell whether a box's centre lies outside the picture."""
    x, y = box[0] + box[2], box[1] + box[3]
    return bool(x < 0.0 or x > 2.0 or y < 0.0 or y > 2.0)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def stands(slot: Slot, still_us: float) -> bool:
    """Tell whether the object has rested at its anchor for so long."""
    return bool(slot.rest_us - slot.anchor_us >= still_us)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def expect(slot: Slot, now: int, hides: bool, still_us: float, farthest: float, box: NDArray[np.float64]) -> float:
    """Write where a track should be now to `box`; return how far around it to look, in box sizes.

    That is one standard deviation of the expected place, up to `farthest`; 0 for what
    stands. What `hides` is expected at its anchor.
    """
    age_us = now - slot.seen_us
    if hides:
        for k in range(4):
            box[k] = slot.anchor[k]
        return 0.0
    rests = stands(slot, still_us) and slot.rest_us == slot.seen_us
    dt = 0.0 if rests else age_us * 1e-6
    for k in range(2):
        centre = slot.place[k] + slot.speed[k] * dt
        box[k], box[k + 2] = centre - slot.size[k] / 2, centre + slot.size[k] / 2
    return 0.0 if rests else min(np.sqrt(_spread(slot, age_us * 1e-6)[0]), farthest)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def misses(slot: Slot, now: int, box: NDArray[np.float32], pace: float) -> float:
    """Return how far a box lies from the way of a track, squared, in standard deviations.

    The way leads from where it was to where it should be now: who walks may stop at any
    moment. Who stands may walk on, and who walks may turn, by `pace` box sizes a second.
    """
    dt = (now - slot.seen_us) * 1e-6
    x = ((box[0] + box[2]) / 2 - slot.place[0]) / slot.size[0]
    y = ((box[1] + box[3]) / 2 - slot.place[1]) / slot.size[1]
    u, v = slot.speed[0] / slot.size[0] * dt, slot.speed[1] / slot.size[1] * dt
    far = u * u + v * v
    part = min(max((x * u + y * v) / far, 0.0), 1.0) if far > 0.0 else 0.0
    x, y = x - part * u, y - part * v
    grown = np.log((box[3] - box[1]) / slot.size[1]) / _SIZE_NOISE
    return float((x * x + y * y) / (_spread(slot, dt)[0] + (pace * dt) ** 2) + grown * grown)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _spread(slot: Slot, dt: float) -> tuple[float, float, float]:
    """Return the three covariances after `dt` seconds."""
    p, c, s = slot.spread[0], slot.spread[1], slot.spread[2]
    p += dt * (2 * c + dt * s) + _MOTION_NOISE * dt**3 / 3 + _PLACE_NOISE * dt
    return p, c + dt * s + _MOTION_NOISE * dt**2 / 2, s + _MOTION_NOISE * dt


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def follow(slot: Slot, box: NDArray[np.float32], now: int, least: float, away_us: float) -> None:
    """Correct a track by the box that it was matched to.

    Its anchor moves here once the boxes have lain off it (IoU below `least`) for
    longer than `away_us`: a box cut short by a passing bus is no departure.
    """
    dt = (now - slot.seen_us) * 1e-6
    p, c, s = _spread(slot, dt)
    place_gain, speed_gain = p / (p + _BOX_NOISE), c / (p + _BOX_NOISE)
    for k in range(2):
        expected = slot.place[k] + slot.speed[k] * dt
        error = (box[k] + box[k + 2]) / 2 - expected
        slot.place[k] = expected + place_gain * error
        slot.speed[k] += speed_gain * error
        slot.size[k] += _SIZE_GAIN * (box[k + 2] - box[k] - slot.size[k])
    slot.spread[0], slot.spread[1], slot.spread[2] = (1 - place_gain) * p, (1 - place_gain) * c, s - speed_gain * c
    slot.hits = min(slot.hits + 1, 1 << 30)
    slot.fresh = True
    slot.seen_us = now
    if overlap(slot.anchor, box, 0.0) >= least:
        slot.rest_us = now
    elif now - slot.rest_us > away_us:
        _anchor(slot, box, now)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _anchor(slot: Slot, box: NDArray[np.float32], now: int) -> None:
    slot.anchor_us = slot.rest_us = now
    for k in range(4):
        slot.anchor[k] = box[k]


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def bear(state: TrackerState, camera: int, now: int, nth: int, box: NDArray[np.float32], kind: int) -> np.uint64:
    """Start the camera's `nth` track of this frame; return its id. A free slot must be there."""
    at = state.free[0]
    slot = state.slot[at]
    state.free[0], state.free[1] = slot.next, state.free[1] - 1
    slot.next = state.head[camera]
    state.head[camera] = at
    state.held[camera] += 1
    slot.id = _hash(state.seed[camera], now, nth)
    slot.seen_us, slot.hits, slot.kind, slot.fresh = now, 1, kind, True
    for k in range(2):
        slot.place[k], slot.size[k], slot.speed[k] = (box[k] + box[k + 2]) / 2, box[k + 2] - box[k], 0.0
    slot.spread[0], slot.spread[1], slot.spread[2] = 4 * _BOX_NOISE, 0.0, _FIRST_SPEED_NOISE
    _anchor(slot, box, now)
    return np.uint64(slot.id)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def drop(state: TrackerState, camera: int, before: int, at: int) -> None:
    """Free the camera's slot `at`, which follows slot `before` (-1: is its first)."""
    if before < 0:
        state.head[camera] = state.slot[at].next
    else:
        state.slot[before].next = state.slot[at].next
    state.slot[at].next = state.free[0]
    state.free[0], state.free[1] = at, state.free[1] + 1
    state.held[camera] -= 1


@njit(cache=True)
def carry(into: TrackerState, source: TrackerState, camera: NDArray[np.int32]) -> None:
    """Take along the tracks of cameras that go along, each camera's in its order; the pool must have as many slots.

    Parameters
    ----------
    camera
        Where each camera of the source goes, -1 for one that stays behind.
    """
    for c in range(len(camera)):
        if camera[c] < 0:
            continue
        chain = np.empty(source.held[c], np.int64)
        old = source.head[c]
        for n in range(len(chain)):
            chain[n] = old
            old = source.slot[old].next
        for old in chain[::-1]:
            at = into.free[0]
            into.free[0], into.free[1] = into.slot[at].next, into.free[1] - 1
            into.slot[at] = source.slot[old]
            into.slot[at].next, into.head[camera[c]] = into.head[camera[c]], at
            into.held[camera[c]] += 1


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _hash(seed: np.uint64, now: int, nth: int) -> np.uint64:
    """Mix the camera's seed, time of birth and number within the frame; never 0."""
    x = _mixed(seed ^ np.uint64(now))
    return max(_mixed(x ^ np.uint64(nth)), np.uint64(1))


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _mixed(x: np.uint64) -> np.uint64:
    """Scatter 64 bits (splitmix64, Steele et al. 2014, doi:10.1145/2660193.2660195)."""
    x += np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
