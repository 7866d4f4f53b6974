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
from operators.metrics.parking import owners, signals
from operators.metrics.parking.kerbs import Params, Plan, plan
from operators.stage.feet import is_in

__all__ = ["PARKED", "STOPPED", "VERSION", "Params", "Plan", "State", "carry", "plan", "start", "step", "tick"]

VERSION: Final = 6
STOPPED, PARKED = 1, 2
"""Severities."""

_STANDS_US = 10_000_000  # a vehicle stands when it did not move for so long (metrics.md, congestion)


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
        state.spots = spots.grown(state.spots, max(len(state.spots.spot) // 4, widest, 64))


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
    away = np.empty(plan.params.most, np.int64)  # the object of its track that is elsewhere, -1 when none
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
            row[n], seen[n], away[n] = j, -1, -1
            stands[n], track[n] = signals.stands(state, plan, j), state.cell[j].track
            n += 1
            j = state.spot[j].next
        owners.own(state, plan, ordered, i, row, seen, away, stands, track, n, owner)
        owners.others(state, plan, ordered, i, row, seen, stands, n, owner)
        owners.leave(state, plan, ordered, i, row, seen, away, stands, n, owner)
        _count(state, plan, row, seen, n, share)
        log = _drive(state, plan, ordered, i, row, seen, n, share, log)
    return log, len(ordered.camera)


@njit(cache=True, _nrt=False, inline="always")  # type: ignore[call-overload]
def _count(
    state: Spots, plan: Plan, row: NDArray[np.int64], seen: NDArray[np.int64], n: int, share: NDArray[np.int64]
) -> None:
    """Count the vehicles of zones in moving lanes, and those that stand."""
    for r in range(n):
        share[state.cell[row[r]].zone] = 0
    for r in range(n):
        j = row[r]
        if seen[r] >= 0:
            share[state.cell[j].zone, 0] += 1
            share[state.cell[j].zone, 1] += signals.stands(state, plan, j) and state.cell[j].held_us >= _STANDS_US


@njit(cache=True, inline="always")
def _drive(
    state: Spots, plan: Plan, ordered: Ordered, i: int, row: NDArray[np.int64], seen: NDArray[np.int64], n: int,
    share: NDArray[np.int64], log: Log,
) -> Log:  # fmt: skip
    """Feed the frame to the camera's spots and return those that are over to the pool."""
    camera, left_us = ordered.camera[i], plan.params.left_s * 1e6
    t_us, dt_ms, frame = ordered.t_us[i], ordered.dt_ms[i], signals.at(plan, ordered, i)
    for r in range(n):
        j, zone = row[r], state.cell[row[r]].zone
        queue = (
            plan.in_lane[zone]
            and share[zone, 0] >= plan.params.queue_least
            and share[zone, 1] >= plan.params.queue_share * share[zone, 0]
        )
        value, over = 0.0, False
        if seen[r] >= 0:
            o = seen[r]
            is_inside = is_in(ordered.zones[o], zone, plan.zone_first[camera])
            value = signals.look(state, plan, frame, ordered.box[o], ordered.confidence[o], is_inside, j, row, seen, n)
            over = value < 0.0
        else:
            state.spot[j].missed_us += dt_ms * 1000
            patience_us = (
                left_us if signals.stands(state, plan, j) else max(plan.params.still_s * 1e6, 5.0 * dt_ms * 1000)
            )
            over = state.cell[j].phase <= persistence.PENDING and state.spot[j].missed_us >= patience_us
        if state.spot[j].left or not owners.holds(plan, zone, t_us):
            value, over = 0.0, state.cell[j].phase <= persistence.PENDING
        is_off = seen[r] < 0 or value < plan.params.same or state.spot[j].shifted_us > 0
        is_due = state.cell[j].held_us + dt_ms * 1000 >= plan.rule.row[state.cell[j].row].on_us
        is_held = queue or is_off or (is_due and signals.is_doubtful(state.spot[j]))
        frozen = state.cell[j].phase == persistence.PENDING and is_held
        if state.spot[j].settled and not over and not frozen:
            log = persistence.observe(state.cell, plan.rule, log, j, t_us, dt_ms, t_us, t_us, value, 0)
            over = state.cell[j].phase == persistence.CLEAR
        state.cell[j].seen_us = t_us
        if over:
            spots.give_back(state, camera, j)
            row[r], seen[r] = -1, -1
    return log
