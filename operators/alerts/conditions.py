"""When a rule's condition has held for so long that it is told, and when it has ended, window by window.

``for`` and ``keep_firing_for`` as Prometheus has them (alerting rules), but for two things. A window stands for its
whole length, so a condition has held for five minutes once five windows of a minute have shown it. And a window that
nobody watched is neither yes nor no: clocks stand still until the camera sees again; Prometheus takes a series that
is away for one that is well. What nobody has seen for `unseen_us` is given up, as incidents are.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

VERSION: Final = 1
NO: Final = 0
YES: Final = 1
UNKNOWN: Final = -1

ENDED: Final = 0
"""It does not hold any more."""
UNSEEN: Final = 1
"""Nobody has seen for long whether it does."""


class Params(NamedTuple):
    """How long [us]."""

    for_us: int = 0
    keep_us: int = 0
    unseen_us: int = 6 * 3_600_000_000  # as incidents that nobody sees (metrics.md, Persistence)


class Rows(NamedTuple):
    """`n` windows, by subject and then by time."""

    subject: NDArray[np.int32]  # (n,) dense code
    end_us: NDArray[np.int64]  # (n,)
    length_us: NDArray[np.int64]  # (n,)
    verdict: NDArray[np.int8]  # (n,) YES, NO or UNKNOWN
    value: NDArray[np.float64]  # (n,) what was measured, NaN where nobody did
    may_begin: NDArray[np.bool_]  # (n,) within the rule's hours: an alert may begin


class State(NamedTuple):
    """What is remembered of `s` subjects."""

    last_us: NDArray[np.int64]  # (s,) end of the last window, 0 before the first
    held_us: NDArray[np.int64]  # (s,) how long it has held, watched time alone
    off_us: NDArray[np.int64]  # (s,) how long it has not held, while it is told
    blind_us: NDArray[np.int64]  # (s,) how long nobody has seen
    since_us: NDArray[np.int64]  # (s,) when it began to hold
    ended_us: NDArray[np.int64]  # (s,) when it ceased to
    fired_us: NDArray[np.int64]  # (s,) since when it is told, 0 where it is not
    peak: NDArray[np.float64]  # (s,) of what was measured since: the largest, of what is low the smallest


class Changes(NamedTuple):
    """`k` alerts that begin or end, in the order of their windows by subject."""

    subject: NDArray[np.int32]  # (k,)
    t_us: NDArray[np.int64]  # (k,) end of the window that told
    is_on: NDArray[np.bool_]  # (k,)
    since_us: NDArray[np.int64]  # (k,) when it began to hold
    ended_us: NDArray[np.int64]  # (k,) when it ceased to, 0 where it begins
    why: NDArray[np.int8]  # (k,) of an end: ENDED or UNSEEN
    peak: NDArray[np.float64]  # (k,) so far


def start(subjects: int) -> State:
    """Return the state of so many subjects before any window."""
    last_us, held_us, off_us, blind_us, since_us, ended_us, fired_us = np.zeros((7, subjects), np.int64)
    return State(last_us, held_us, off_us, blind_us, since_us, ended_us, fired_us, np.full(subjects, np.nan))


def copied(state: State) -> State:
    """Return a state that goes on by itself."""
    return State._make(each.copy() for each in state)


def grown(state: State, subjects: int) -> State:
    """Return the state with subjects behind those that it has, so many in all."""
    more = start(subjects - len(state.last_us))
    return State._make(np.concatenate([old, new]) for old, new in zip(state, more, strict=True))


def step(state: State, params: Params, rows: Rows, *, is_low: bool = False) -> Changes:
    """Take windows, each once and in their order; the state goes on.

    Parameters
    ----------
    is_low
        What is low is told: the peak is the smallest value.
    """
    n = len(rows.subject)
    whole, peak = np.empty((2 * n, 6), np.int64), np.empty(2 * n)
    k = _walk(state, params, rows, -1.0 if is_low else 1.0, whole, peak)
    subject, t_us, is_on, since_us, ended_us, why = np.ascontiguousarray(whole[:k].T)
    return Changes(
        subject.astype(np.int32), t_us, is_on.astype(np.bool_), since_us, ended_us, why.astype(np.int8), peak[:k].copy()
    )


@njit(cache=True)
def _walk(
    state: State, params: Params, rows: Rows, sign: float, whole: NDArray[np.int64], peak: NDArray[np.float64]
) -> int:
    """Write the changes; return how many."""
    k = 0
    for i in range(len(rows.subject)):
        s, begin_us = rows.subject[i], rows.end_us[i] - rows.length_us[i]
        if state.last_us[s] > 0 and begin_us > state.last_us[s]:  # windows without a row: nobody saw
            state.blind_us[s] += begin_us - state.last_us[s]
            k = _give_up(state, params, s, begin_us, whole, peak, k)
        state.last_us[s] = rows.end_us[i]
        if rows.verdict[i] == UNKNOWN:
            state.blind_us[s] += rows.length_us[i]
            k = _give_up(state, params, s, rows.end_us[i], whole, peak, k)
            continue
        state.blind_us[s] = 0
        if rows.verdict[i] == YES:
            k = _holds(state, params, rows, i, sign, whole, peak, k)
        else:
            k = _holds_not(state, params, rows, i, whole, peak, k)
    return k


@njit(cache=True)
def _holds(
    state: State,
    params: Params,
    rows: Rows,
    i: int,
    sign: float,
    whole: NDArray[np.int64],
    peak: NDArray[np.float64],
    k: int,
) -> int:
    s = rows.subject[i]
    if state.held_us[s] == 0 and state.fired_us[s] == 0:
        state.since_us[s], state.peak[s] = rows.end_us[i] - rows.length_us[i], np.nan
    state.held_us[s] += rows.length_us[i]
    state.off_us[s] = 0
    if np.isnan(state.peak[s]) or sign * rows.value[i] > sign * state.peak[s]:
        state.peak[s] = rows.value[i]
    if state.fired_us[s] == 0 and state.held_us[s] >= params.for_us and rows.may_begin[i]:
        state.fired_us[s] = rows.end_us[i]
        return _tell(state, s, rows.end_us[i], 1, 0, ENDED, whole, peak, k)
    return k


@njit(cache=True)
def _holds_not(
    state: State, params: Params, rows: Rows, i: int, whole: NDArray[np.int64], peak: NDArray[np.float64], k: int
) -> int:
    s = rows.subject[i]
    state.held_us[s] = 0
    if state.fired_us[s] == 0:
        return k
    if state.off_us[s] == 0:
        state.ended_us[s] = rows.end_us[i] - rows.length_us[i]
    state.off_us[s] += rows.length_us[i]
    if state.off_us[s] >= params.keep_us:
        return _end(state, s, rows.end_us[i], state.ended_us[s], ENDED, whole, peak, k)
    return k


@njit(cache=True)
def _give_up(
    state: State, params: Params, s: int, t_us: int, whole: NDArray[np.int64], peak: NDArray[np.float64], k: int
) -> int:
    """Forget what nobody has seen for long."""
    if state.blind_us[s] < params.unseen_us:
        return k
    state.held_us[s] = 0
    if state.fired_us[s] == 0:
        return k
    return _end(state, s, t_us, t_us - state.blind_us[s], UNSEEN, whole, peak, k)


@njit(cache=True)
def _end(
    state: State,
    s: int,
    t_us: int,
    ended_us: int,
    why: int,
    whole: NDArray[np.int64],
    peak: NDArray[np.float64],
    k: int,
) -> int:
    k = _tell(state, s, t_us, 0, ended_us, why, whole, peak, k)
    state.fired_us[s], state.off_us[s], state.held_us[s], state.peak[s] = 0, 0, 0, np.nan
    return k


@njit(cache=True)
def _tell(
    state: State,
    s: int,
    t_us: int,
    is_on: int,
    ended_us: int,
    why: int,
    whole: NDArray[np.int64],
    peak: NDArray[np.float64],
    k: int,
) -> int:
    whole[k, 0], whole[k, 1], whole[k, 2] = s, t_us, is_on
    whole[k, 3], whole[k, 4], whole[k, 5] = state.since_us[s], ended_us, why
    peak[k] = state.peak[s]
    return k + 1
