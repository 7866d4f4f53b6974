"""Track ids for streams that carry none: boxes of one object, joined over time.

Per camera, as ByteTrack does (Zhang et al. 2022, doi:10.1007/978-3-031-20047-2_1):
predict every track by constant velocity, match the sure boxes first and the
unsure ones to what is left, by overlap. Time is in seconds, not frames; what
stands still is remembered longer, so that a parked car keeps its id behind a bus.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import Ordered
from operators.assign import Scratch, pair, scratch
from operators.city import City
from schemas.frames import CLASSES

_PERSON, _TWO_WHEELER, _VEHICLE, _THING = range(4)
_KIND_OF: Final = {"person": _PERSON, "bicycle": _TWO_WHEELER, "motorcycle": _TWO_WHEELER} | dict.fromkeys(
    ("car", "bus", "truck"), _VEHICLE
)
KIND: Final = np.array([_KIND_OF.get(CLASSES[i], _THING) if i < len(CLASSES) else _THING for i in range(256)], np.uint8)
"""(256,) group of each class code: within a group detectors waver, so a track may change its class."""

_MOTION_NOISE = 0.6  # (box sizes)^2 / s^3: ByteTrack's 1/160 height a frame at 25 frames/s
_POSITION_NOISE = 0.06  # (box sizes)^2 / s: its 1/20 height a frame at 25 frames/s
_BOX_NOISE = 0.05**2  # (box sizes)^2: its 1/20 height
_FIRST_SPEED_NOISE = 1.6**2  # (box sizes / s)^2: its 10/160 height a frame at 25 frames/s
_SIZE_GAIN = 0.5  # share of a new box's size in the track's size

SLOT: Final = np.dtype(
    [
        ("id", np.uint64),
        ("born_us", np.int64),
        ("seen_us", np.int64),  # last match
        ("still_us", np.int64),  # stands where `still` is since then
        ("hits", np.int32),
        ("next", np.int32),  # next slot of the camera or of the free list, -1 at the end
        ("kind", np.uint8),
        ("fresh", np.bool_),  # matched in the camera's last frame
        ("at", np.float64, (2,)),  # centre, 0..1, at `seen_us`
        ("size", np.float64, (2,)),  # width and height, 0..1
        ("speed", np.float64, (2,)),  # 1/s
        ("spread", np.float64, (3,)),  # covariance of place, place and speed, speed, in box sizes
        ("still", np.float64, (4,)),  # box
    ]
)


class TrackerParams(NamedTuple):
    """Thresholds; the defaults are ByteTrack's where no other reason is given."""

    sure: float = 0.5
    """Confidence of the first round; a box without confidence is sure."""
    unsure: float = 0.1
    """Confidence of the second round; below it a box stays untracked."""
    birth: float = 0.5
    """Confidence that starts a track."""
    overlap: float = 0.2
    """Least IoU in the first round."""
    overlap_unsure: float = 0.5
    """Least IoU in the second round."""
    overlap_still: float = 0.5
    """Least IoU with a standing object that was hidden for long (as parking bridges)."""
    margin: float = 0.3
    """Boxes are widened on each side by this share in the first round (C-BIoU, doi:10.1109/WACV56688.2023.00478)."""
    duplicate: float = 0.7
    """IoU from which two boxes of one group in a frame are one object; the surer one is kept."""
    lost_s: float = 2.0
    """How long an object that moved is searched for, but at least three of the camera's periods."""
    lost_still_s: float = 30.0
    """How long an object that stood is searched for (parking's longest occlusion)."""
    still_s: float = 2.0
    """Standing this long makes an object a standing one."""
    most: int = 256
    """Tracks of one camera; further objects stay untracked."""


DEFAULTS: Final = TrackerParams()


class TrackerState(NamedTuple):
    """Tracks of all cameras: a pool of slots, chained per camera; at most `most` a camera."""

    slot: NDArray[np.void]  # (s,) of SLOT
    head: NDArray[np.int32]  # (c,) first slot of each camera, -1 when none
    count: NDArray[np.int32]  # (c,) slots of each camera
    free: NDArray[np.int32]  # (2,) first free slot or -1, number of free slots


def start(cameras: int, params: TrackerParams = DEFAULTS) -> TrackerState:
    """Return a state without tracks for that many cameras; it grows with the tracks alive."""
    if not 0 <= params.unsure <= params.sure:
        raise ValueError(f"expected 0 <= unsure <= sure, got unsure={params.unsure}, sure={params.sure}")
    empty = np.zeros(0, SLOT)
    state = TrackerState(
        empty, np.full(cameras, -1, np.int32), np.zeros(cameras, np.int32), np.array([-1, 0], np.int32)
    )
    return _grown(state, 64)


def step(
    state: TrackerState, city: City, ordered: Ordered, which: NDArray[np.bool_], params: TrackerParams = DEFAULTS
) -> tuple[TrackerState, NDArray[np.uint64]]:
    """Give an id to the objects of some cameras that carry none.

    Parameters
    ----------
    state
        From `start` or the last call; updated in place, use the returned one.
    city
        Its `period_us` bounds how soon an object counts as lost.
    ordered
        Frames sorted by (camera, time).
    which
        (c,) cameras to track.
    params
        Thresholds.

    Returns
    -------
    The state and (m,) ids: a given id stays as it is; 0 remains where an object
    is too unsure to track, doubles another box, or its camera is not tracked.
    """
    track = ordered.track.copy()
    widest = int(np.diff(ordered.first).max(initial=0))
    lost_us = np.maximum(round(params.lost_s * 1e6), 3 * city.period_us)
    at = 0
    while True:
        at = _track(state, at, ordered, which, lost_us, params, KIND, widest, track)
        if at == len(ordered.camera):
            return state, track
        state = _grown(state, max(len(state.slot), widest))


def label(track: int) -> str:
    """Render a track id for people."""
    return f"t-{track:x}"


def _grown(state: TrackerState, by: int) -> TrackerState:
    old = len(state.slot)
    more = np.zeros(by, SLOT)
    more["next"] = np.arange(old + 1, old + by + 1)
    more["next"][-1] = state.free[0]
    free = np.array([old, state.free[1] + by], np.int32)
    return state._replace(slot=np.concatenate([state.slot, more]), free=free)


@njit(cache=True)
def _track(  # type: ignore[no-untyped-def]
    state: TrackerState,
    begin: int,
    ordered: Ordered,
    which: NDArray[np.bool_],
    lost_us: NDArray[np.int64],
    params: TrackerParams,
    kind_of: NDArray[np.uint8],
    widest: int,
    track: NDArray[np.uint64],
):
    """Track frames from `begin` on; return the first frame that the pool has no room for, or the end."""
    wide = max(widest, params.most)
    box, gain = np.empty((params.most, 4)), np.empty((params.most, widest))
    row_slot, row_open = np.empty(params.most, np.int64), np.empty(params.most, np.bool_)
    detection, level = np.empty(widest, np.int64), np.empty(widest, np.int64)
    rows, columns, match = np.empty(wide, np.int64), np.empty(wide, np.int64), np.empty(wide, np.int64)
    memory = scratch(wide)
    for i in range(begin, len(ordered.camera)):
        camera, now = ordered.camera[i], ordered.t_us[i]
        if not which[camera]:
            continue
        first, last = ordered.first[i], ordered.first[i + 1]
        if state.free[1] < last - first:
            return i
        n = _detections(ordered, first, last, params, kind_of, detection, level)
        m = _recall(state, camera, now, lost_us[camera], params, row_slot, box)
        for r in range(m):
            row_open[r] = True
        for stage in range(3):
            a = b = 0
            for r in range(m):
                slot = state.slot[row_slot[r]]
                if row_open[r] and (slot.hits > 1 if stage == 0 else slot.fresh if stage == 1 else slot.hits == 1):
                    rows[a] = r
                    a += 1
            for d in range(n):
                if level[d] == (1 if stage == 1 else 2):
                    columns[b] = d
                    b += 1
            if a == 0 or b == 0:
                continue
            _gains(
                state,
                ordered,
                now,
                lost_us[camera],
                stage,
                params,
                kind_of,
                row_slot,
                box,
                rows,
                a,
                detection,
                columns,
                b,
                gain,
            )
            pair(gain, a, b, match, memory)
            for p in range(a):
                if match[p] >= 0:
                    o = detection[columns[match[p]]]
                    _follow(state.slot, row_slot[rows[p]], ordered.box[o], now, params)
                    track[o] = state.slot[row_slot[rows[p]]].id
                    row_open[rows[p]], level[columns[match[p]]] = False, 0
        _forget(state, camera, now, row_slot, row_open, m)
        births = 0
        for d in range(n):
            o = detection[d]
            if level[d] == 2 and (np.isnan(ordered.confidence[o]) or ordered.confidence[o] >= params.birth):
                if state.count[camera] >= params.most:
                    break
                track[o] = _bear(state, camera, now, births, ordered.box[o], kind_of[ordered.cls[o]])
                births += 1
    return len(ordered.camera)


@njit(cache=True)
def _detections(  # type: ignore[no-untyped-def]
    ordered: Ordered,
    first: int,
    last: int,
    params: TrackerParams,
    kind_of: NDArray[np.uint8],
    detection: NDArray[np.int64],
    level: NDArray[np.int64],
):
    """List a frame's boxes without id, surest first, less doubles; level 2 is sure, 1 unsure."""
    n = 0
    for o in range(first, last):
        c = ordered.confidence[o]
        if ordered.track[o] != 0 or c < params.unsure:
            continue
        at = n
        while at > 0 and _confidence(ordered, detection[at - 1]) < _confidence(ordered, o):
            detection[at] = detection[at - 1]
            at -= 1
        detection[at] = o
        n += 1
    kept = 0
    for d in range(n):
        o = detection[d]
        double = False
        for e in range(kept):
            other = detection[e]
            if kind_of[ordered.cls[o]] == kind_of[ordered.cls[other]] and (
                _overlap(ordered.box[o], ordered.box[other], 0.0) >= params.duplicate
            ):
                double = True
                break
        if not double:
            detection[kept], level[kept] = o, 2 if _confidence(ordered, o) >= params.sure else 1
            kept += 1
    return kept


@njit(cache=True)
def _confidence(ordered: Ordered, o: int):  # type: ignore[no-untyped-def]
    c = ordered.confidence[o]
    return np.float32(1.0) if np.isnan(c) else c


@njit(cache=True)
def _overlap(a: NDArray[np.float64], b: NDArray[np.float32], margin: float):  # type: ignore[no-untyped-def]
    """Return the IoU of two boxes, each first widened by a share of its size on every side."""
    aw, ah, bw, bh = a[2] - a[0], a[3] - a[1], b[2] - b[0], b[3] - b[1]
    w = min(a[2] + margin * aw, b[2] + margin * bw) - max(a[0] - margin * aw, b[0] - margin * bw)
    h = min(a[3] + margin * ah, b[3] + margin * bh) - max(a[1] - margin * ah, b[1] - margin * bh)
    if w <= 0 or h <= 0:
        return 0.0
    both = w * h
    return both / ((1 + 2 * margin) ** 2 * (aw * ah + bw * bh) - both)


@njit(cache=True)
def _recall(  # type: ignore[no-untyped-def]
    state: TrackerState,
    camera: int,
    now: int,
    lost_us: int,
    params: TrackerParams,
    row_slot: NDArray[np.int64],
    box: NDArray[np.float64],
):
    """Drop the camera's tracks that are too old; list the others and where they should be now."""
    m, before, at = 0, -1, state.head[camera]
    while at >= 0:
        slot = state.slot[at]
        after, age = slot.next, now - slot.seen_us
        stands = _stands(slot, params)
        if age > (max(lost_us, params.lost_still_s * 1e6) if stands else lost_us):
            _drop(state, camera, before, at)
        else:
            row_slot[m] = at
            for k in range(2):
                centre = slot.at[k] if stands else slot.at[k] + slot.speed[k] * age * 1e-6
                box[m, k], box[m, k + 2] = centre - slot.size[k] / 2, centre + slot.size[k] / 2
            m, before = m + 1, at
        at = after
    return m


@njit(cache=True)
def _stands(slot: np.void, params: TrackerParams):  # type: ignore[no-untyped-def]
    return slot.seen_us - slot.still_us >= params.still_s * 1e6


@njit(cache=True)
def _drop(state: TrackerState, camera: int, before: int, at: int):  # type: ignore[no-untyped-def]
    if before < 0:
        state.head[camera] = state.slot[at].next
    else:
        state.slot[before].next = state.slot[at].next
    state.slot[at].next = state.free[0]
    state.free[0], state.free[1] = at, state.free[1] + 1
    state.count[camera] -= 1


@njit(cache=True)
def _gains(  # type: ignore[no-untyped-def]
    state: TrackerState,
    ordered: Ordered,
    now: int,
    lost_us: int,
    stage: int,
    params: TrackerParams,
    kind_of: NDArray[np.uint8],
    row_slot: NDArray[np.int64],
    box: NDArray[np.float64],
    rows: NDArray[np.int64],
    a: int,
    detection: NDArray[np.int64],
    columns: NDArray[np.int64],
    b: int,
    gain: NDArray[np.float64],
):
    """Fill (a, b) gains: how far the overlap of track and box lies above what the round asks."""
    for p in range(a):
        slot = state.slot[row_slot[rows[p]]]
        least, margin = (params.overlap_unsure, 0.0) if stage == 1 else (params.overlap, params.margin)
        if now - slot.seen_us > lost_us:
            least, margin = params.overlap_still, 0.0
        for q in range(b):
            o = detection[columns[q]]
            gain[p, q] = 0.0
            if kind_of[ordered.cls[o]] == slot.kind:
                gain[p, q] = _overlap(box[rows[p]], ordered.box[o], margin) - least


@njit(cache=True)
def _follow(  # type: ignore[no-untyped-def]
    slots: NDArray[np.void], at: int, box: NDArray[np.float32], now: int, params: TrackerParams
):
    """Correct a track by the box it was matched to (Kalman, constant velocity, in box sizes)."""
    slot = slots[at]
    dt = (now - slot.seen_us) * 1e-6
    p, c, s = slot.spread[0], slot.spread[1], slot.spread[2]
    p += dt * (2 * c + dt * s) + _MOTION_NOISE * dt**3 / 3 + _POSITION_NOISE * dt
    c += dt * s + _MOTION_NOISE * dt**2 / 2
    s += _MOTION_NOISE * dt
    place_gain, speed_gain = p / (p + _BOX_NOISE), c / (p + _BOX_NOISE)
    for k in range(2):
        expected = slot.at[k] + slot.speed[k] * dt
        error = (box[k] + box[k + 2]) / 2 - expected
        slot.at[k] = expected + place_gain * error
        slot.speed[k] += speed_gain * error
        slot.size[k] += _SIZE_GAIN * (box[k + 2] - box[k] - slot.size[k])
    slot.spread[0], slot.spread[1], slot.spread[2] = (1 - place_gain) * p, (1 - place_gain) * c, s - speed_gain * c
    slot.hits += 1
    slot.fresh = True
    slot.seen_us = now
    if _overlap(slot.still, box, 0.0) < params.overlap_still:
        slot.still_us = now
        for k in range(4):
            slot.still[k] = box[k]


@njit(cache=True)
def _forget(  # type: ignore[no-untyped-def]
    state: TrackerState,
    camera: int,
    now: int,
    row_slot: NDArray[np.int64],
    row_open: NDArray[np.bool_],
    m: int,
):
    """Drop tracks seen only once; the others that were missed are lost, to be found again."""
    before = -1
    for r in range(m):
        at = row_slot[r]
        if row_open[r] and state.slot[at].hits == 1:
            _drop(state, camera, before, at)
            continue
        if row_open[r]:
            state.slot[at].fresh = False
        before = at


@njit(cache=True)
def _bear(  # type: ignore[no-untyped-def]
    state: TrackerState, camera: int, now: int, nth: int, box: NDArray[np.float32], kind: int
):
    at = state.free[0]
    slot = state.slot[at]
    state.free[0], state.free[1] = slot.next, state.free[1] - 1
    slot.next = state.head[camera]
    state.head[camera] = at
    state.count[camera] += 1
    slot.id = _hash(camera, now, nth)
    slot.born_us = slot.seen_us = slot.still_us = now
    slot.hits, slot.kind, slot.fresh = 1, kind, True
    for k in range(2):
        slot.at[k], slot.size[k], slot.speed[k] = (box[k] + box[k + 2]) / 2, box[k + 2] - box[k], 0.0
    slot.spread[0], slot.spread[1], slot.spread[2] = 4 * _BOX_NOISE, 0.0, _FIRST_SPEED_NOISE
    for k in range(4):
        slot.still[k] = box[k]
    return slot.id


@njit(cache=True)
def _hash(camera: int, now: int, nth: int):  # type: ignore[no-untyped-def]
    """Mix camera, time of birth and number within the frame (splitmix64); never 0."""
    x = _mixed(np.uint64(camera))
    x = _mixed(x ^ np.uint64(now))
    return max(_mixed(x ^ np.uint64(nth)), np.uint64(1))


@njit(cache=True)
def _mixed(x: int):  # type: ignore[no-untyped-def]
    x += np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
