"""What frames add to their camera's health: parts of `HEALTH`, a row a camera and minute of a run of frames.

Frames are folded where they stand in order, so that a minute's pool is touched
once for many of them. Everything is a sum or a maximum of integers: any cut of
the input gives the same bits.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import Parts, Whose
from operators.minutes import MINUTE_US, Segments, groups, segments
from operators.stage import health
from operators.stage.ordered import Copies, Released
from schemas.columns import DELAY_EDGES_MS, HEALTH


class _At(NamedTuple):
    """Where each part stands in a row."""

    frames: int
    observed_ms: int
    late_frames: int
    misread: int
    objects: int
    dark_ms: int
    blurred_ms: int
    frozen_ms: int
    misread_ms: int
    skew_ms: int
    with_id: int
    without_id: int
    made_here: int
    untracked_ms: int
    few_samples_ms: int
    signals: int
    refused_hist: int
    delay_hist: int
    state: int
    last_ms: int


_AT: Final = _At(*(HEALTH.offset(name) for name in _At._fields))
_CAUSES: Final = np.full(256, -1, np.int64)
_CAUSES[[health.DARK, health.BLURRED, health.FROZEN, health.MISREAD, health.SKEW]] = (
    _AT.dark_ms,
    _AT.blurred_ms,
    _AT.frozen_ms,
    _AT.misread_ms,
    _AT.skew_ms,
)
_EDGES: Final = np.array(DELAY_EDGES_MS[1:], np.int64)


def measure(released: Released, codes: NDArray[np.uint8], whose: Whose, *, is_late: bool) -> Parts:
    """Return parts of `HEALTH`.

    Parameters
    ----------
    released
        Frames sorted by (camera, time).
    codes
        (n,) a state code a frame, from `health.step` or `health.late`.
    whose
        Whose tracks they have.
    """
    ordered = released.ordered
    cut = segments(ordered.t_us, ordered.dt_ms, ordered.lag_ms)
    row, rows = groups(cut, ordered.camera, np.ones(len(ordered.camera), np.int64))
    key, minute = np.empty(rows, np.int32), np.empty(rows, np.int64)
    values = np.zeros((rows, HEALTH.width), np.int64)
    key[row], minute[row] = ordered.camera[cut.frame], cut.minute
    watched = health.usable(codes)
    _watch(cut, row, codes, watched, whose.untracked, released.sampled, _AT, _CAUSES, values)
    times = ordered.t_us, released.arrival_us, released.unseen
    _count(cut, row, ordered.first, *times, whose, is_late, _AT, _EDGES, values)
    _refuse(*released.refused, cut, row, _AT.refused_hist, values)
    np.add.at(values[:, _AT.signals], row[cut.is_first][ordered.signal_frame], 1)
    return Parts(key, minute, values)


@njit(cache=True)
def _refuse(
    frame: NDArray[np.int64], reason: NDArray[np.int64], count: NDArray[np.int64], cut: Segments,
    row: NDArray[np.int64], at: int, values: NDArray[np.int64],
) -> None:  # fmt: skip
    """Add what was refused of each frame, ascending, to the minute that holds the frame's own time."""
    s = 0
    for k in range(len(frame)):
        while cut.frame[s] < frame[k]:
            s += 1
        values[row[s], at + reason[k]] += count[k]


@njit(cache=True)
def _watch(
    cut: Segments, row: NDArray[np.int64], codes: NDArray[np.uint8], watched: NDArray[np.bool_],
    untracked: NDArray[np.bool_], sampled: NDArray[np.bool_], at: _At, causes: NDArray[np.int64],
    values: NDArray[np.int64],
) -> None:  # fmt: skip
    """Add the time that each piece of a frame stands for, by what could be made of it."""
    for s in range(len(row)):
        i, ms, out = cut.frame[s], cut.ms[s], values[row[s]]
        if codes[i] != health.MISREAD:  # a few such frames are no state of a camera: `emit.judged`
            out[at.state] = max(out[at.state], np.int64(codes[i]))
        if watched[i]:
            out[at.observed_ms] += ms
            out[at.untracked_ms] += ms * untracked[i]
            out[at.few_samples_ms] += ms * sampled[i]
        if causes[codes[i]] >= 0:
            out[causes[codes[i]]] += ms


@njit(cache=True)
def _count(
    cut: Segments, row: NDArray[np.int64], first: NDArray[np.int64], t_us: NDArray[np.int64],
    arrival_us: NDArray[np.int64], unseen: NDArray[np.bool_], whose: Whose, is_late: bool, at: _At,
    edges: NDArray[np.int64], values: NDArray[np.int64],
) -> None:  # fmt: skip
    """Count each frame and what it carries, in the minute that holds its own time."""
    for s in range(len(row)):
        if not cut.is_first[s]:
            continue
        i, out = cut.frame[s], values[row[s]]
        out[at.last_ms] = max(out[at.last_ms], t_us[i] // 1000)
        if unseen[i]:
            out[at.misread] += 1
            continue
        out[at.frames] += 1
        out[at.late_frames] += is_late
        out[at.objects] += first[i + 1] - first[i]
        out[at.with_id] += whose.with_id[i]
        out[at.without_id] += whose.without_id[i]
        out[at.made_here] += whose.made_here[i] and not is_late  # no track is made of a late one
        if arrival_us[i] >= 0:
            delay = (arrival_us[i] - t_us[i]) // 1000
            out[at.delay_hist + np.searchsorted(edges, delay, side="right")] += 1


def copies(found: Copies) -> Parts:
    """Return parts that count frames which came again, in their own minute."""
    values = np.zeros((len(found.camera), HEALTH.width), np.int64)
    values[:, HEALTH.offset("duplicate_frames")] = 1
    return Parts(found.camera, found.t_us // MINUTE_US, values)
