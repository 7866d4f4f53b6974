"""One machine for all that must last: CLEAR -> PENDING -> ACTIVE -> CLEARING -> CLEAR.

A key is a zone or a spot; its samples drive the machine, and only observed time
moves its timers. UNKNOWN lies over the states: after five minutes of silence an
incident is `unknown`, after `expire_us` it ends as `expired_unobserved`; both
times are computed from the last sight of the key, so that it does not matter
whether a tick or the next sample reveals the silence (metrics.md, Persistence).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from operators.arrays import Changes
from operators.incident_log import Log, changes, claim, new_log
from schemas.columns import INCIDENT_KINDS, INCIDENT_STATES

VERSION = 1
MINUTE_US = 60_000_000
UNKNOWN_AFTER_US = 5 * MINUTE_US
CLEAR, PENDING, ACTIVE, CLEARING = range(4)
"""Phases of a key."""

_SHOWN_ACTIVE = INCIDENT_STATES.index("active")
_SHOWN_CLOSED = INCIDENT_STATES.index("closed")
_SHOWN_UNKNOWN = INCIDENT_STATES.index("unknown")
_SHOWN_EXPIRED = INCIDENT_STATES.index("expired_unobserved")


class Rule(NamedTuple):
    """Thresholds of one kind of incident; arrays have one row for each `State.row`."""

    kind: int  # index into INCIDENT_KINDS
    k: int  # at least k of the last n samples are hits ...
    n: int  # ... at most 32
    unknown_after_us: int
    expire_us: int
    grace_us: int  # misses while PENDING are borne for so long, whatever k and n say
    on: NDArray[np.float64]  # (r,) a hit is value >= on
    off: NDArray[np.float64]  # (r,) clearing is value < off
    on_us: NDArray[np.int64]  # (r,) T_on, observed
    off_us: NDArray[np.int64]  # (r,) T_off, observed
    severe_us: NDArray[np.int64]  # (r,) severity 2 after so much observed time since opening; 0: never


class State(NamedTuple):
    """`k` keys; as many as the zones or spots they stand for, and no more."""

    version: int
    camera: NDArray[np.int32]  # (k,)
    zone: NDArray[np.int32]  # (k,) dense zone code or -1
    row: NDArray[np.int32]  # (k,) row of the rule
    anchor: NDArray[np.uint64]  # (k,) part of the incident's identity
    track: NDArray[np.uint64]  # (k,) newest track
    box: NDArray[np.float32]  # (k, 4)
    phase: NDArray[np.uint8]  # (k,)
    unknown: NDArray[np.bool_]  # (k,) `unknown` was emitted and nothing seen since
    hits: NDArray[np.uint32]  # (k,) one bit a sample while PENDING, newest lowest
    samples: NDArray[np.uint8]  # (k,) samples behind `hits`, at most n
    severity: NDArray[np.uint8]  # (k,)
    step: NDArray[np.int32]  # (k,) number of the next change
    opened_us: NDArray[np.int64]  # (k,)
    active_us: NDArray[np.int64]  # (k,)
    below_us: NDArray[np.int64]  # (k,) first sample below off
    seen_us: NDArray[np.int64]  # (k,) last sight
    held_us: NDArray[np.int64]  # (k,) observed time since opening
    off_us: NDArray[np.int64]  # (k,) observed time below off, or of misses while PENDING
    peak: NDArray[np.float64]  # (k,)


class Samples(NamedTuple):
    """`s` samples, in time order for each key. NaN values are not samples."""

    key: NDArray[np.int64]  # (s,) index into the state
    t_us: NDArray[np.int64]  # (s,) start of the time that the sample stands for
    dt_ms: NDArray[np.int32]  # (s,) its length
    first_us: NDArray[np.int64]  # (s,) first sight within it
    seen_us: NDArray[np.int64]  # (s,) last sight within it
    value: NDArray[np.float64]  # (s,)
    severity: NDArray[np.uint8]  # (s,) kind-specific level, 0 where there is none


def rule(
    kind: str,
    rows: int,
    *,
    on: ArrayLike,
    off: ArrayLike,
    on_us: ArrayLike,
    off_us: ArrayLike,
    expire_us: int,
    k: int = 1,
    n: int = 1,
    grace_us: int = 0,
    severe_us: ArrayLike = 0,
    unknown_after_us: int = UNKNOWN_AFTER_US,
) -> Rule:
    """Return a rule with `rows` rows; scalars hold for all rows.

    Parameters
    ----------
    kind
        One of INCIDENT_KINDS.
    rows
        Number of rows.
    """

    def spread(value: ArrayLike, dtype: type) -> NDArray[Any]:
        return np.ascontiguousarray(np.broadcast_to(np.asarray(value, dtype), (rows,)))

    times = (spread(value, np.int64) for value in (on_us, off_us, severe_us))
    return Rule(
        INCIDENT_KINDS.index(kind), k, n, unknown_after_us, expire_us, grace_us,
        spread(on, np.float64), spread(off, np.float64), *times,
    )  # fmt: skip


def start(camera: NDArray[np.int32], zone: NDArray[np.int32], row: NDArray[np.int32]) -> State:
    """Return CLEAR keys of these cameras, zones and rule rows, each of shape (k,)."""
    count = len(camera)
    small = [np.zeros(count, kind) for kind in (np.uint64, np.uint64)]
    box = np.full((count, 4), np.nan, np.float32)
    flags = [np.zeros(count, kind) for kind in (np.uint8, np.bool_, np.uint32, np.uint8, np.uint8, np.int32)]
    times = [np.zeros(count, np.int64) for _ in range(6)]
    columns = (np.array(camera, np.int32), np.array(zone, np.int32), np.array(row, np.int32))
    return State(VERSION, *columns, *small, box, *flags, *times, np.zeros(count))  # type: ignore[call-arg, arg-type]


def advance(state: State, limits: Rule, samples: Samples) -> Changes:
    """Feed samples; the state's arrays are updated in place."""
    return changes(_advance(state, limits, samples, new_log()))


def tick(state: State, limits: Rule, cameras: NDArray[np.int32], t_us: NDArray[np.int64]) -> Changes:
    """Move the clocks of silent cameras to `t_us` (c,); nothing earlier comes from them any more."""
    order = np.argsort(cameras, kind="stable")
    log = tick_log(state, limits, np.asarray(cameras)[order], np.asarray(t_us)[order], new_log())
    return changes(log)


@njit(cache=True)
def _advance(state: State, limits: Rule, samples: Samples, log: Log) -> Log:
    for i in range(len(samples.key)):
        if not np.isnan(samples.value[i]):
            log = observe(
                state, limits, log, samples.key[i], samples.t_us[i], samples.dt_ms[i],
                samples.first_us[i], samples.seen_us[i], samples.value[i], samples.severity[i],
            )  # fmt: skip
    return log


@njit(cache=True)
def tick_log(state: State, limits: Rule, cameras: NDArray[np.int32], t_us: NDArray[np.int64], log: Log) -> Log:
    """Like `tick`, with cameras ascending and a log to write to."""
    for key in range(len(state.phase)):
        if state.phase[key] != CLEAR:
            at = np.searchsorted(cameras, state.camera[key])
            if at < len(cameras) and cameras[at] == state.camera[key]:
                log = silence(state, limits, log, key, t_us[at])
    return log


@njit(cache=True)
def silence(state: State, limits: Rule, log: Log, key: int, now_us: int) -> Log:
    """Say what the silence from the last sight of a key until `now_us` means."""
    if state.phase[key] == CLEAR:
        return log
    gap = now_us - state.seen_us[key]
    shown = state.phase[key] != PENDING
    if shown and not state.unknown[key] and gap >= limits.unknown_after_us:
        state.unknown[key] = True
        log = _emit(state, limits, log, key, _SHOWN_UNKNOWN, state.seen_us[key] + limits.unknown_after_us, 0)
    if gap >= limits.expire_us:
        if shown:
            log = _emit(state, limits, log, key, _SHOWN_EXPIRED, state.seen_us[key] + limits.expire_us, 0)
        state.phase[key] = CLEAR
        state.unknown[key] = False
    return log


@njit(cache=True)
def open_pending(state: State, key: int, t_us: int, held_us: int) -> None:
    """Begin PENDING at `t_us`, with time observed before."""
    state.phase[key] = PENDING
    state.unknown[key] = False
    state.hits[key] = 0
    state.samples[key] = 0
    state.severity[key] = 0
    state.step[key] = 0
    state.opened_us[key] = t_us
    state.active_us[key] = 0
    state.below_us[key] = 0
    state.held_us[key] = held_us
    state.off_us[key] = 0
    state.peak[key] = -np.inf


@njit(cache=True)
def observe(
    state: State, limits: Rule, log: Log, key: int, t_us: int, dt_ms: int,
    first_us: int, seen_us: int, value: float, severity: int,
) -> Log:  # fmt: skip
    """Feed one sample to one key: silence first, then the sample."""
    log = silence(state, limits, log, key, first_us)
    row = state.row[key]
    if state.phase[key] == CLEAR:
        if value < limits.on[row]:
            return log
        open_pending(state, key, t_us, 0)
    state.seen_us[key] = seen_us
    state.held_us[key] += dt_ms * 1000
    end_us = t_us + dt_ms * 1000
    if state.phase[key] == PENDING:
        return _pend(state, limits, log, key, end_us, dt_ms, value, severity)
    if state.unknown[key]:
        state.unknown[key] = False
        log = _emit(state, limits, log, key, _SHOWN_ACTIVE, first_us, 0)
    if value < limits.off[row]:
        if state.phase[key] == ACTIVE:
            state.phase[key] = CLEARING
            state.below_us[key] = t_us
            state.off_us[key] = 0
        state.off_us[key] += dt_ms * 1000
        if state.off_us[key] >= limits.off_us[row]:
            state.phase[key] = CLEAR
            log = _emit(state, limits, log, key, _SHOWN_CLOSED, end_us, state.below_us[key])
        return log
    state.phase[key] = ACTIVE
    state.peak[key] = max(state.peak[key], value)
    level = _severity(state, limits, key, severity)
    if level != state.severity[key]:
        state.severity[key] = level
        log = _emit(state, limits, log, key, _SHOWN_ACTIVE, end_us, 0)
    return log


@njit(cache=True)
def _pend(state: State, limits: Rule, log: Log, key: int, end_us: int, dt_ms: int, value: float, severity: int) -> Log:
    row = state.row[key]
    hit = value >= limits.on[row]
    state.samples[key] = min(state.samples[key] + 1, limits.n)
    window = (1 << limits.n) - 1
    bits = ((np.int64(state.hits[key]) << 1) | np.int64(hit)) & window
    state.hits[key] = np.uint32(bits)
    hits = np.int64(0)
    while bits:
        hits += bits & 1
        bits >>= 1
    state.off_us[key] = 0 if hit else state.off_us[key] + dt_ms * 1000
    if state.samples[key] - hits > limits.n - limits.k and state.off_us[key] >= limits.grace_us:
        state.phase[key] = CLEAR
        return log
    state.peak[key] = max(state.peak[key], value)
    if hits >= limits.k and state.held_us[key] >= limits.on_us[row]:
        state.phase[key] = ACTIVE
        state.active_us[key] = end_us
        state.severity[key] = _severity(state, limits, key, severity)
        log = _emit(state, limits, log, key, _SHOWN_ACTIVE, end_us, 0)
    return log


@njit(cache=True)
def _severity(state: State, limits: Rule, key: int, given: int) -> int:
    severe = limits.severe_us[state.row[key]]
    if severe == 0:
        return given
    return 2 if state.held_us[key] >= severe else 1


@njit(cache=True)
def _emit(state: State, limits: Rule, log: Log, key: int, shown: int, t_us: int, closed_us: int) -> Log:
    log, at = claim(log)
    whole = log.whole[at]
    whole[0], whole[1], whole[2] = limits.kind, state.camera[key], state.zone[key]
    whole[3] = np.int64(state.anchor[key])
    whole[4], whole[5], whole[6] = state.step[key], shown, state.severity[key]
    whole[7], whole[8], whole[9] = t_us, state.opened_us[key], state.active_us[key]
    whole[10] = closed_us
    whole[11] = np.int64(state.track[key])
    log.peak[at] = state.peak[key]
    log.box[at] = state.box[key]
    state.step[key] += 1
    return log
