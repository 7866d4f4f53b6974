"""One machine for all that must last: CLEAR -> PENDING -> ACTIVE -> CLEARING -> CLEAR.

A key is a zone or a spot; its samples drive the machine, and only observed time
moves its timers. UNKNOWN lies over the states: after five minutes of silence an
incident is `unknown`, after `expire_us` it ends as `expired_unobserved`; both
times are computed from the last sight of the key, so that it does not matter
whether a tick or the next sample reveals the silence (metrics.md, Persistence).
"""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from operators.arrays import Changes
from operators.incidents.log import Log, changes, claim, new_log
from operators.minutes import MINUTE_US
from schemas.incidents import INCIDENT_KINDS, INCIDENT_STATES

UNKNOWN_AFTER_US = 5 * MINUTE_US
CLEAR, PENDING, ACTIVE, CLEARING = range(4)
"""Phases of a key."""

_SHOWN_ACTIVE = INCIDENT_STATES.index("active")
_SHOWN_CLOSED = INCIDENT_STATES.index("closed")
_SHOWN_UNKNOWN = INCIDENT_STATES.index("unknown")
_SHOWN_EXPIRED = INCIDENT_STATES.index("expired_unobserved")


class Rule(NamedTuple):
    """Thresholds of one kind of incident; one row for each `row` of a cell."""

    kind: int  # index into INCIDENT_KINDS
    k: int  # at least k of the last n samples are hits ...
    n: int  # ... at most 32
    unknown_after_us: int
    expire_us: int
    grace_us: int  # misses while PENDING are borne for so long, whatever k and n say
    row: NDArray[np.void]  # (r,) of LIMITS


LIMITS: Final = np.dtype(
    [
        ("on", np.float64),  # a hit is value >= on
        ("off", np.float64),  # clearing is value < off
        ("on_us", np.int64),  # T_on, observed
        ("off_us", np.int64),  # T_off, observed
        ("severe_us", np.int64),  # severity 2 after so much observed time since opening; 0: never
    ]
)


CELL: Final = np.dtype(
    [
        ("camera", np.int32),
        ("zone", np.int32),  # dense zone code or -1
        ("row", np.int32),  # row of the rule
        ("anchor", np.uint64),  # part of the incident's identity
        ("track", np.uint64),  # newest track
        ("box", np.float32, (4,)),
        ("phase", np.uint8),
        ("unknown", np.bool_),  # `unknown` was emitted and nothing seen since
        ("hits", np.uint32),  # one bit a sample while PENDING, newest lowest
        ("samples", np.uint8),  # samples behind `hits`, at most n
        ("severity", np.uint8),
        ("step", np.int32),  # number of the next change
        ("opened_us", np.int64),
        ("active_us", np.int64),
        ("below_us", np.int64),  # first sample below off
        ("seen_us", np.int64),  # last sight
        ("held_us", np.int64),  # observed time since opening
        ("off_us", np.int64),  # observed time below off, or of misses while PENDING
        ("peak", np.float64),
    ],
    align=True,
)

Cells: TypeAlias = NDArray[np.void]
"""Keys: records of `CELL`."""


class State(NamedTuple):
    """`k` keys; as many as the zones or spots they stand for, and no more."""

    cell: Cells  # (k,)


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
    row = np.empty(rows, LIMITS)
    for name, value in (("on", on), ("off", off), ("on_us", on_us), ("off_us", off_us), ("severe_us", severe_us)):
        row[name] = value
    return Rule(INCIDENT_KINDS.index(kind), k, n, unknown_after_us, expire_us, grace_us, row)


def start(camera: NDArray[np.int32], zone: NDArray[np.int32], row: NDArray[np.int32]) -> State:
    """Return CLEAR keys of these cameras, zones and rule rows, each of shape (k,)."""
    cell = np.zeros(len(camera), CELL)
    cell["camera"], cell["zone"], cell["row"] = camera, zone, row
    cell["box"] = np.nan
    return State(cell)


def advance(state: State, limits: Rule, samples: Samples) -> Changes:
    """Feed samples; the state's arrays are updated in place."""
    return changes(_advance(state.cell, limits, samples, new_log()))


def tick(state: State, limits: Rule, cameras: NDArray[np.int32], t_us: NDArray[np.int64]) -> Changes:
    """Move the clocks of silent cameras to `t_us` (c,); nothing earlier comes from them any more."""
    order = np.argsort(cameras, kind="stable")
    log = tick_log(state.cell, limits, np.asarray(cameras)[order], np.asarray(t_us)[order], new_log())
    return changes(log)


def close(
    cell: Cells,
    kind: str,
    cameras: NDArray[np.int32],
    t_us: NDArray[np.int64],
    *,
    leaves_unknown: bool = False,
) -> Changes:
    """Close what is open on cameras that see no more from `t_us` (c,) on; cameras ascending.

    Nobody saw it end: it ends because nobody can see it any more.

    Parameters
    ----------
    leaves_unknown
        What nobody has seen for long stays `unknown`: it may have ended before.
    """
    limits = rule(kind, 0, on=0, off=0, on_us=0, off_us=0, expire_us=0)
    return changes(_close(cell, limits, cameras, t_us, leaves_unknown, new_log()))


@njit(cache=True)
def _close(
    cell: Cells,
    limits: Rule,
    cameras: NDArray[np.int32],
    t_us: NDArray[np.int64],
    leaves_unknown: bool,
    log: Log,
) -> Log:
    for key in range(len(cell)):
        at = np.searchsorted(cameras, cell[key].camera)
        if cell[key].phase == CLEAR or at == len(cameras) or cameras[at] != cell[key].camera:
            continue
        if leaves_unknown and cell[key].unknown:
            continue
        if cell[key].phase != PENDING:
            log = _emit(cell, limits, log, key, _SHOWN_CLOSED, t_us[at], t_us[at])
        cell[key].phase = CLEAR
        cell[key].unknown = False
    return log


@njit(cache=True)
def _advance(cell: Cells, limits: Rule, samples: Samples, log: Log) -> Log:
    for i in range(len(samples.key)):
        if not np.isnan(samples.value[i]):
            log = observe(
                cell, limits, log, samples.key[i], samples.t_us[i], samples.dt_ms[i],
                samples.first_us[i], samples.seen_us[i], samples.value[i], samples.severity[i],
            )  # fmt: skip
    return log


@njit(cache=True)
def tick_log(cell: Cells, limits: Rule, cameras: NDArray[np.int32], t_us: NDArray[np.int64], log: Log) -> Log:
    """Like `tick`, with cameras ascending and a log to write to."""
    for key in range(len(cell)):
        if cell[key].phase != CLEAR:
            at = np.searchsorted(cameras, cell[key].camera)
            if at < len(cameras) and cameras[at] == cell[key].camera:
                log = silence(cell, limits, log, key, t_us[at])
    return log


@njit(cache=True)
def silence(cell: Cells, limits: Rule, log: Log, key: int, now_us: int) -> Log:
    """Say what the silence from the last sight of a key until `now_us` means."""
    if cell[key].phase == CLEAR:
        return log
    gap = now_us - cell[key].seen_us
    shown = cell[key].phase != PENDING
    if shown and not cell[key].unknown and gap >= limits.unknown_after_us:
        cell[key].unknown = True
        log = _emit(cell, limits, log, key, _SHOWN_UNKNOWN, cell[key].seen_us + limits.unknown_after_us, 0)
    if gap >= limits.expire_us:
        if shown:
            log = _emit(cell, limits, log, key, _SHOWN_EXPIRED, cell[key].seen_us + limits.expire_us, 0)
        cell[key].phase = CLEAR
        cell[key].unknown = False
    return log


@njit(cache=True)
def open_pending(cell: Cells, key: int, t_us: int, held_us: int) -> None:
    """Begin PENDING at `t_us`, with time observed before."""
    cell[key].phase = PENDING
    cell[key].unknown = False
    cell[key].hits = 0
    cell[key].samples = 0
    cell[key].severity = 0
    cell[key].step = 0
    cell[key].opened_us = t_us
    cell[key].active_us = 0
    cell[key].below_us = 0
    cell[key].held_us = held_us
    cell[key].off_us = 0
    cell[key].peak = -np.inf


@njit(cache=True, inline="always")
def observe(
    cell: Cells, limits: Rule, log: Log, key: int, t_us: int, dt_ms: int,
    first_us: int, seen_us: int, value: float, severity: int,
) -> Log:  # fmt: skip
    """Feed one sample to one key: silence first, then the sample."""
    if first_us - cell[key].seen_us >= limits.unknown_after_us:
        log = silence(cell, limits, log, key, first_us)
    row = cell[key].row
    if cell[key].phase == CLEAR:
        if value < limits.row[row].on:
            return log
        open_pending(cell, key, t_us, 0)
    cell[key].seen_us = seen_us
    cell[key].held_us += dt_ms * 1000
    end_us = t_us + dt_ms * 1000
    if cell[key].phase == PENDING:
        return _pend(cell, limits, log, key, end_us, dt_ms, value, severity)
    if cell[key].unknown:
        cell[key].unknown = False
        log = _emit(cell, limits, log, key, _SHOWN_ACTIVE, first_us, 0)
    if value < limits.row[row].off:
        if cell[key].phase == ACTIVE:
            cell[key].phase = CLEARING
            cell[key].below_us = t_us
            cell[key].off_us = 0
        cell[key].off_us += dt_ms * 1000
        if cell[key].off_us >= limits.row[row].off_us:
            cell[key].phase = CLEAR
            log = _emit(cell, limits, log, key, _SHOWN_CLOSED, end_us, cell[key].below_us)
        return log
    cell[key].phase = ACTIVE
    cell[key].peak = max(cell[key].peak, value)
    level = _severity(cell, limits, key, severity)
    if level != cell[key].severity:
        cell[key].severity = level
        log = _emit(cell, limits, log, key, _SHOWN_ACTIVE, end_us, 0)
    return log


@njit(cache=True, inline="always")
def _pend(cell: Cells, limits: Rule, log: Log, key: int, end_us: int, dt_ms: int, value: float, severity: int) -> Log:
    row = cell[key].row
    hit = value >= limits.row[row].on
    cell[key].samples = min(cell[key].samples + 1, limits.n)
    window = (1 << limits.n) - 1
    bits = ((np.int64(cell[key].hits) << 1) | np.int64(hit)) & window
    cell[key].hits = np.uint32(bits)
    hits = np.int64(0)
    while bits:
        hits += bits & 1
        bits >>= 1
    cell[key].off_us = 0 if hit else cell[key].off_us + dt_ms * 1000
    if cell[key].samples - hits > limits.n - limits.k and cell[key].off_us >= limits.grace_us:
        cell[key].phase = CLEAR
        return log
    cell[key].peak = max(cell[key].peak, value)
    if hit and hits >= limits.k and cell[key].held_us >= limits.row[row].on_us:  # what is over does not begin
        cell[key].phase = ACTIVE
        cell[key].active_us = end_us
        cell[key].severity = _severity(cell, limits, key, severity)
        log = _emit(cell, limits, log, key, _SHOWN_ACTIVE, end_us, 0)
    return log


@njit(cache=True, inline="always")
def _severity(cell: Cells, limits: Rule, key: int, given: int) -> int:
    severe = limits.row[cell[key].row].severe_us
    if severe == 0:
        return given
    return 2 if cell[key].held_us >= severe else 1


@njit(cache=True)
def _emit(cell: Cells, limits: Rule, log: Log, key: int, shown: int, t_us: int, closed_us: int) -> Log:
    log, at = claim(log)
    whole, of = log.whole[at], cell[key]
    whole[0], whole[1], whole[2], whole[3] = limits.kind, of.camera, of.zone, np.int64(of.anchor)
    whole[4], whole[5], whole[6], whole[7] = of.step, shown, of.severity, t_us
    whole[8], whole[9], whole[10], whole[11] = of.opened_us, of.active_us, closed_us, np.int64(of.track)
    log.peak[at] = of.peak
    for i in range(4):
        log.box[at, i] = of.box[i]
    of.step += 1
    return log
