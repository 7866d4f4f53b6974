"""When cameras go and come back, told from minute rows of camera health.

A camera has gone once it has sent nothing for so long, and it went with its last
frame. Rows that follow each other minute by minute tell one story; after minutes
without rows, or of which all that came was missed, nobody says what was: a silence begins
anew with the first row after, and a camera that had gone is still away. What a camera remembers is its
last frame, so rows may come in any spans.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.minutes import MINUTE_US
from operators.stage.health import MISSED, OFFLINE

BACK, GONE, OVER = 0, 1, 2
"""Kinds of turns, in the order in which those of one moment happen."""

NO_ROW: Final = -1


class Rows(NamedTuple):
    """`n` minute rows of health, in any order."""

    camera: NDArray[np.int32]  # (n,) dense code
    minute: NDArray[np.int64]  # (n,) minutes since 1970 UTC
    frames: NDArray[np.int64]  # (n,) that came, whatever was in them
    observed_ms: NDArray[np.int64]  # (n,)
    expected_ms: NDArray[np.int64]  # (n,)
    last_ms: NDArray[np.int64]  # (n,) time of the last frame [ms since 1970], 0 when none
    state: NDArray[np.uint8]  # (n,) index into STATES


class Limits(NamedTuple):
    """What `c` cameras go by [us]."""

    after_us: NDArray[np.int64]  # (c,) a longer silence is an outage
    stands_us: NDArray[np.int64]  # (c,) time that the last frame before a silence stands for
    end_us: NDArray[np.int64]  # (c,) the version's end
    group: NDArray[np.int64]  # (c,) cameras that are told of together: rows of one say how far time has come for all


class Seen(NamedTuple):
    """What is remembered of `c` cameras; changed in place."""

    next_minute: NDArray[np.int64]  # (c,) the minute after the last row, NO_ROW before any
    since_us: NDArray[np.int64]  # (c,) last frame, or when watching began
    is_gone: NDArray[np.bool_]  # (c,)


class Turns(NamedTuple):
    """`k` times at which a camera went, came back or its version ended, in order of time."""

    t_us: NDArray[np.int64]
    kind: NDArray[np.int64]  # BACK, GONE or OVER
    camera: NDArray[np.int64]


def start(cameras: int) -> Seen:
    """Return what is remembered before any row."""
    return Seen(np.full(cameras, NO_ROW, np.int64), np.zeros(cameras, np.int64), np.zeros(cameras, np.bool_))


def step(seen: Seen, limits: Limits, rows: Rows) -> Turns:
    """Take all rows of a span of minutes; those that were taken before are passed over.

    A camera whose version has ended is away no longer.
    """
    order = np.lexsort((rows.minute, rows.camera))
    ordered = Rows(*(column[order] for column in rows))  # type: ignore[arg-type]
    room = np.empty((2 * len(order), 3), np.int64)
    found = room[: _walk(ordered, limits, seen, room)]
    reached = np.full(len(seen.is_gone), NO_ROW, np.int64)
    np.maximum.at(reached, limits.group, seen.next_minute)
    over = np.flatnonzero(seen.is_gone & (limits.end_us <= reached[limits.group] * MINUTE_US))
    seen.is_gone[over] = False
    ended = np.stack([limits.end_us[over], np.full(len(over), OVER), over], axis=1)
    every = np.concatenate([found, ended])
    return Turns(*every[np.lexsort(every.T[::-1])].T)


@njit(cache=True)
def _walk(rows: Rows, limits: Limits, seen: Seen, out: NDArray[np.int64]) -> int:
    """Write (time, kind, camera) of each turn, in the order of rows; return how many."""
    n = 0
    for i in range(len(rows.camera)):
        c, minute = rows.camera[i], rows.minute[i]
        if minute < seen.next_minute[c] or (rows.frames[i] == 0 and rows.state[i] == MISSED):
            continue
        start_us, end_us = minute * MINUTE_US, (minute + 1) * MINUTE_US
        if minute == seen.next_minute[c]:
            end_us = start_us + rows.expected_ms[i] * 1000  # a minute is cut at its end, but for the first
        elif not seen.is_gone[c]:
            seen.since_us[c] = end_us - rows.expected_ms[i] * 1000
        seen.next_minute[c] = minute + 1
        last_us = rows.last_ms[i] * 1000 if rows.frames[i] > 0 else end_us
        is_long = last_us - seen.since_us[c] > limits.after_us[c]
        if not seen.is_gone[c] and is_long and (rows.frames[i] == 0 or rows.state[i] == OFFLINE):
            out[n, 0], out[n, 1], out[n, 2] = seen.since_us[c], GONE, c
            seen.is_gone[c] = True
            n += 1
        if rows.frames[i] > 0:
            if seen.is_gone[c]:
                watched_us = min(rows.observed_ms[i], rows.expected_ms[i]) * 1000
                back_us = min(end_us, last_us + limits.stands_us[c]) - watched_us
                out[n, 0], out[n, 1], out[n, 2] = min(max(back_us, start_us), last_us), BACK, c
                seen.is_gone[c] = False
                n += 1
            seen.since_us[c] = last_us
    return n
