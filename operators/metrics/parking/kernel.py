"""The kernel: spots followed from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import Ordered, Told
from operators.carrying import Moves
from operators.incidents import persistence, spots
from operators.incidents.log import Log, changes, new_log
from operators.incidents.spots import Spots
from operators.local_hours import is_open
from operators.metrics.parking.kerbs import Params, Plan, plan
from operators.stage.feet import is_in

__all__ = ["PARKED", "STOPPED", "VERSION", "Params", "Plan", "State", "carry", "plan", "start", "step", "tick"]

VERSION: Final = 2
STOPPED, PARKED = 1, 2
"""Severities."""

_SHIFTED = 0.6  # a signal between off and on: still there, but it moved
_STANDS_US = 10_000_000  # a vehicle stands when it did not move for so long (metrics.md, congestion)
_NOBODY, _IGNORED = -1, -2  # owners of an object


@dataclass(slots=True)
class State:
    """The pool of spots; it grows, at most `Params.most` a camera."""

    spots: Spots


def start(plan: Plan) -> State:
    """Return the state before the first frame."""
    return State(spots.grown(spots.start(len(plan.first) - 1), 64))


def step(state: State, plan: Plan, ordered: Ordered) -> Told:
    """Follow the tracked vehicles in the zones.

    Parameters
    ----------
    state
        From `start` or the last call; changed in place.
    plan
        From `plan`.
    ordered
        On-time frames sorted by (camera, t), with track ids. Objects without are
        left out; frames that are not usable are silence.
    """
    log, at = new_log(), 0
    widest = int(np.diff(ordered.first).max(initial=0))
    while True:
        log, at = _step(state.spots, plan, ordered, at, widest, log)
        if at == len(ordered.camera):
            return Told(None, changes(log))
        state.spots = spots.grown(state.spots, max(len(state.spots.spot), widest))


def tick(
    state: State, plan: Plan, cameras: NDArray[np.int32], t_us: NDArray[np.int64], *, ending: bool = False
) -> Told:
    """Move the clocks of silent cameras to `t_us` (c,); the end of the input ends nothing."""
    log = _silences(state.spots, plan, np.asarray(cameras, np.int32), np.asarray(t_us, np.int64), new_log())
    return Told(None, changes(log))


def carry(into: State, plan: Plan, source: State, before: Plan, moved: Moves) -> None:
    """Take along what is remembered of cameras that go along."""
    used = int(source.spots.used[moved.camera >= 0].sum())
    if used > into.spots.free[1]:
        into.spots = spots.grown(into.spots, used)
    spots.carry(into.spots, source.spots, moved.camera, moved.zone)


@njit(cache=True)
def _silences(state: Spots, plan: Plan, cameras: NDArray[np.int32], t_us: NDArray[np.int64], log: Log) -> Log:
    for k in range(len(cameras)):
        log = _silence(state, plan, cameras[k], t_us[k], log)
    return log


@njit(cache=True)
def _silence(state: Spots, plan: Plan, camera: int, now_us: int, log: Log) -> Log:
    """Judge the silence of a camera until `now_us`; spots that end go back to the pool."""
    j = state.head[camera]
    while j >= 0:
        after = state.spot[j].next
        if now_us - state.cell[j].seen_us >= plan.rule.unknown_after_us:
            if state.spot[j].settled:
                log = persistence.silence(state.cell, plan.rule, log, j, now_us)
            if not state.spot[j].settled or state.cell[j].phase == persistence.CLEAR:
                spots.give_back(state, camera, j)
        j = after
    return log


@njit(cache=True)
def _step(state: Spots, plan: Plan, ordered: Ordered, begin: int, widest: int, log: Log) -> tuple[Log, int]:
    """Follow frames from `begin` on; return the first frame that the pool has no room for, or the end."""
    owner = np.empty(widest, np.int64)
    row = np.empty(plan.params.most, np.int64)  # the camera's spots
    seen = np.empty(plan.params.most, np.int64)  # the object on each of them, -1 when none
    stands = np.empty(plan.params.most, np.bool_)  # kept while its vehicle is hidden
    track = np.empty(plan.params.most, np.uint64)
    share = np.zeros((len(plan.in_lane), 2), np.int64)  # vehicles in a lane's zone, those that stand
    for i in range(begin, len(ordered.camera)):
        camera = ordered.camera[i]
        if not ordered.usable[i] or plan.first[camera] == plan.first[camera + 1]:
            continue
        if state.free[1] < ordered.first[i + 1] - ordered.first[i]:
            return log, i
        n = 0
        j = state.head[camera]
        if j >= 0 and ordered.t_us[i] - state.cell[j].seen_us >= plan.rule.unknown_after_us:
            log = _silence(state, plan, camera, ordered.t_us[i], log)  # all its spots were seen last at one time
            j = state.head[camera]
        while j >= 0:
            row[n], seen[n], stands[n], track[n] = j, -1, _stands(state, plan, j), state.cell[j].track
            n += 1
            j = state.spot[j].next
        _own(state, plan, ordered, i, row, seen, stands, track, n, owner)
        _others(state, plan, ordered, i, row, seen, stands, n, owner)
        _count(state, plan, row, seen, n, share)
        log = _drive(state, plan, ordered, i, row, seen, n, share, log)
    return log, len(ordered.camera)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _stands(state: Spots, plan: Plan, j: int) -> bool:
    phase = state.cell[j].phase
    long = state.cell[j].held_us >= plan.params.still_s * 1e6
    return bool(state.spot[j].settled and (phase >= persistence.ACTIVE or (phase == persistence.PENDING and long)))


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _own(state, plan, ordered, i, row, seen, stands, track, n, owner):  # type: ignore[no-untyped-def]
    """Put each tracked object on its track's spot; a vehicle far from the spot where it stood has left it."""
    first, classes = ordered.first[i], plan.camera_classes[ordered.camera[i]]
    for o in range(first, ordered.first[i + 1]):
        counts = ordered.cls[o] < 16 and classes >> ordered.cls[o] & 1
        if ordered.track[o] == 0 or not counts:
            owner[o - first] = _IGNORED
            continue
        owner[o - first] = _NOBODY
        best = -1.0
        for r in range(n):
            j = row[r]
            if track[r] != ordered.track[o] or seen[r] >= 0:
                continue
            value = spots.overlap(ordered.box[o], state.spot[j].anchor) if state.spot[j].settled else 0.0
            gone = value < plan.params.bridge and stands[r]
            if not gone and value > best:
                best, owner[o - first] = value, r
        if best >= 0.0:
            seen[owner[o - first]] = o


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _others(state, plan, ordered, i, row, seen, stands, n, owner):  # type: ignore[no-untyped-def]
    """Bridge orphaned spots with objects that have none, leave out doubles, give the rest spots of their own."""
    camera, first = ordered.camera[i], ordered.first[i]
    for o in range(first, ordered.first[i + 1]):
        if owner[o - first] != _NOBODY:
            continue
        best, at = plan.params.bridge, -1
        for r in range(n):
            if stands[r]:
                value = spots.overlap(ordered.box[o], state.spot[row[r]].anchor)
                if value > best or (value == best and at < 0):
                    best, at = value, r
        if at >= 0:
            if seen[at] < 0:
                seen[at] = o
                state.cell[row[at]].track = ordered.track[o]
            continue
        zone = _zone(plan, ordered.zones[o], ordered.cls[o], camera)
        if zone >= 0 and state.used[camera] < plan.params.most and _holds(plan, zone, ordered.t_us[i]):
            j = spots.take(state, camera, zone, ordered.track[o])
            state.cell[j].seen_us = ordered.t_us[i]
            spots.push(state, j, ordered.t_us[i], ordered.dt_ms[i] * 1000, ordered.box[o])


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _zone(plan, zones, cls, camera):  # type: ignore[no-untyped-def]
    """Return the first zone that an object stands in and its class counts in, else -1.

    Called for every object: without `_nrt=False` counting references costs more than the search.
    """
    if zones != 0 and cls < 16:
        for k in range(plan.first[camera], plan.first[camera + 1]):
            z = plan.zone[k]
            if plan.classes[z] >> cls & 1 and is_in(zones, z, plan.zone_first[camera]):
                return z
    return np.int32(-1)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _holds(plan, zone, t_us):  # type: ignore[no-untyped-def]
    """Tell whether a zone's rule holds now: outside its hours nobody is in the way."""
    return is_open(plan.hours, plan.hours_first[zone], plan.hours_first[zone + 1], t_us, plan.offset_us)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _count(state, plan, row, seen, n, share):  # type: ignore[no-untyped-def]
    """Count the vehicles of zones in moving lanes, and those that stand."""
    for r in range(n):
        share[state.cell[row[r]].zone] = 0
    for r in range(n):
        j = row[r]
        if seen[r] >= 0:
            share[state.cell[j].zone, 0] += 1
            share[state.cell[j].zone, 1] += _stands(state, plan, j) and state.cell[j].held_us >= _STANDS_US


@njit(cache=True, inline="always")
def _drive(state, plan, ordered, i, row, seen, n, share, log):  # type: ignore[no-untyped-def]
    """Feed the frame to the camera's spots and return those that are over to the pool."""
    camera, left_us = ordered.camera[i], plan.params.left_s * 1e6
    t_us, dt_ms = ordered.t_us[i], ordered.dt_ms[i]
    for r in range(n):
        j, zone = row[r], state.cell[row[r]].zone
        queue = (
            plan.in_lane[zone]
            and share[zone, 0] >= plan.params.queue_least
            and share[zone, 1] >= plan.params.queue_share * share[zone, 0]
        )
        value, over = 0.0, False
        if seen[r] >= 0:
            value = _look(state, plan, ordered, i, j, seen[r], row, seen, n)
            over = value < 0.0
        else:
            state.spot[j].missed_us += dt_ms * 1000
            patience_us = left_us if _stands(state, plan, j) else max(plan.params.still_s * 1e6, 5.0 * dt_ms * 1000)
            over = state.cell[j].phase <= persistence.PENDING and state.spot[j].missed_us >= patience_us
        if not _holds(plan, zone, t_us):
            value, over = 0.0, state.cell[j].phase <= persistence.PENDING
        frozen = state.cell[j].phase == persistence.PENDING and (queue or seen[r] < 0)
        if state.spot[j].settled and not over and not frozen:
            log = persistence.observe(state.cell, plan.rule, log, j, t_us, dt_ms, t_us, t_us, value, 0)
            over = state.cell[j].phase == persistence.CLEAR
        state.cell[j].seen_us = t_us
        if over:
            spots.give_back(state, camera, j)
            row[r], seen[r] = -1, -1
    return log


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _look(state, plan, ordered, i, j, o, row, seen, n):  # type: ignore[no-untyped-def]
    """Return a vehicle's signal at its spot, anchored anew when it moved; -1 when it belongs to another spot."""
    box = ordered.box[o]
    state.spot[j].missed_us = 0
    for k in range(4):
        state.cell[j].box[k] = box[k]
    value = spots.overlap(box, state.spot[j].anchor) if state.spot[j].settled else 0.0
    within_noise = (
        state.spot[j].settled
        and spots.shift_px(box, state.spot[j].anchor, ordered.width[i], ordered.height[i]) <= plan.params.noise_px
    )
    if within_noise:
        value = max(value, plan.params.same)
    if state.cell[j].phase >= persistence.ACTIVE:
        return value
    if state.spot[j].settled:
        moved = spots.foot_moved(box, state.spot[j].anchor, plan.aspect[ordered.camera[i]]) >= plan.params.moved
        if moved and not within_noise:
            value = min(value, _SHIFTED)
        if value >= plan.params.same:
            state.spot[j].buffered, state.spot[j].shifted_us = 0, 0
            return -1.0 if _resettles(state, plan, j, row, seen, n) else value
        if _stands(state, plan, j) and state.spot[j].shifted_us < plan.params.still_s * 1e6:
            state.spot[j].shifted_us += ordered.dt_ms[i] * 1000  # half hidden, or on its way: the next boxes tell
            return value
    if spots.push(state, j, ordered.t_us[i], ordered.dt_ms[i] * 1000, box):
        value = spots.overlap(box, state.spot[j].anchor)
        if _doubles(state, plan, j, row, seen, n):
            return -1.0
    return value


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _doubles(state, plan, j, row, seen, n):  # type: ignore[no-untyped-def]
    """Tell whether a new anchor lies on that of a vehicle that stands; an orphaned incident there takes its track."""
    for r in range(n):
        other = row[r]
        if other < 0 or other == j or not _stands(state, plan, other):
            continue
        if spots.overlap(state.spot[j].anchor, state.spot[other].anchor) >= plan.params.bridge:
            if seen[r] >= 0:
                return True
            if state.cell[other].phase >= persistence.ACTIVE:
                state.cell[other].track = state.cell[j].track
                return True
    return False


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _resettles(state, plan, j, row, seen, n):  # type: ignore[no-untyped-def]
    """Tell whether a vehicle with an open incident stands again nearby; its incident then moves along."""
    if state.cell[j].held_us < plan.params.resettle_s * 1e6:
        return False
    for r in range(n):
        other = row[r]
        if other < 0 or seen[r] >= 0 or state.cell[other].phase < persistence.ACTIVE:
            continue
        if state.cell[other].track == state.cell[j].track:
            for k in range(4):
                state.spot[other].anchor[k] = state.spot[j].anchor[k]
            return True
    return False
