"""Detectors that have gone mute: a camera that watches and finds nothing where it always finds something.

A silence is a run of hours that were watched and hold no object at all. It is
told where the camera's own same hours make it next to impossible: minutes with an
object are taken for Poisson events, at the lower quartile of their rate in the
like hours of the weeks before the silence began. A street that is empty on one
night in four has a rate of 0 there, and so has a camera that was always empty.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

VERSION: Final = 1
HOUR_MS: Final = 3_600_000
WEEK_H: Final = 168


class Params(NamedTuple):
    """When a silence is told."""

    chance: float = 1e-6  # of no event at all (metrics.md)
    weeks: int = 4  # that say what is usual; so long a silence is usual itself (ours)
    few: int = 3  # like hours without which the day itself is asked (ours)
    around: int = 4  # other hours of that day, without which nothing is said (ours)


class Hours(NamedTuple):
    """`n` hours of cameras, by camera and then by time."""

    camera: NDArray[np.int32]  # (n,) dense code
    hour: NDArray[np.int64]  # (n,) hours since 1970 UTC
    objects: NDArray[np.int64]  # (n,) detected, of any class
    busy: NDArray[np.int64]  # (n,) minutes with an object
    observed_ms: NDArray[np.int64]  # (n,)
    expected_ms: NDArray[np.int64]  # (n,)
    day: NDArray[np.int64]  # (n,) number of the local day
    like: NDArray[np.int64]  # (n,) hours of one number are alike: the same local hour of days of one kind
    is_special: NDArray[np.bool_]  # (n,) the calendar has something then: only like hours tell what is usual


class Mutes(NamedTuple):
    """`k` silences that are next to impossible, each by rows of `Hours`."""

    first: NDArray[np.int64]  # (k,) its first whole hour
    last: NDArray[np.int64]  # (k,) its last
    sure: NDArray[np.int64]  # (k,) the hour with which it was next to impossible
    after: NDArray[np.int64]  # (k,) the hour with an object that ended it, -1 where none did
    expected: NDArray[np.float64]  # (k,) minutes with an object that should have been


def find(hours: Hours, params: Params = Params()) -> Mutes:  # noqa: B008  frozen
    """Return the silences that are next to impossible, in order of camera and time."""
    rows = np.empty((len(hours.hour), 4), np.int64)
    expected = np.empty(len(hours.hour), np.float64)
    n = _walk(hours, params, -np.log(params.chance), rows, expected)
    first, last, sure, after = rows[:n].T.copy()
    return Mutes(first, last, sure, after, expected[:n].copy())


@njit(cache=True)
def _walk(hours: Hours, params: Params, bound: float, rows: NDArray[np.int64], expected: NDArray[np.float64]) -> int:
    """Write the rows and the expectation of each silence; return how many."""
    n, i, begin = 0, 0, 0
    while i < len(hours.hour):
        if i > 0 and hours.camera[i] != hours.camera[i - 1]:
            begin = i
        if not _is_empty(hours, i):
            i += 1
            continue
        last, after = _end(hours, params, i)
        total, sure = _total(hours, params, begin, i, last, after, bound)
        if sure >= 0:
            is_over = after < len(hours.hour) and hours.camera[after] == hours.camera[i] and hours.objects[after] > 0
            rows[n, 0], rows[n, 1], rows[n, 2], rows[n, 3] = i, last, sure, after if is_over else -1
            expected[n] = total
            n += 1
        i = after
    return n


@njit(cache=True)
def _is_empty(hours: Hours, i: int) -> bool:
    """Tell whether an hour was watched, and nothing was there."""
    is_watched = hours.expected_ms[i] > 0 and 10 * hours.observed_ms[i] >= 8 * hours.expected_ms[i]
    return bool(is_watched and hours.objects[i] == 0)


@njit(cache=True)
def _end(hours: Hours, params: Params, first: int) -> tuple[int, int]:
    """Return the last empty hour of a silence, and the row behind it: hours nobody watched do not end it."""
    last, i = first, first + 1
    while (
        i < len(hours.hour)
        and hours.camera[i] == hours.camera[first]
        and hours.hour[i] < hours.hour[first] + params.weeks * WEEK_H
        and hours.objects[i] == 0
    ):
        if _is_empty(hours, i):
            last = i
        i += 1
    return last, i


@njit(cache=True)
def _total(
    hours: Hours, params: Params, begin: int, first: int, last: int, after: int, bound: float
) -> tuple[float, int]:
    """Return the events that should have been in a silence, and the hour with which they were too many, or -1."""
    same_day = (
        first > begin
        and after < len(hours.hour)
        and hours.camera[after] == hours.camera[first]
        and hours.objects[first - 1] > 0
        and hours.objects[after] > 0
        and hours.hour[first - 1] == hours.hour[first] - 1
        and hours.hour[after] == hours.hour[last] + 1
        and hours.day[first - 1] == hours.day[after]
    )
    total, sure = 0.0, -1
    for i in range(first, last + 1):
        if _is_empty(hours, i):
            rate = _usual(hours, params, begin, first, last, i, same_day)
            total += rate * hours.observed_ms[i] / HOUR_MS
            if total >= bound and sure < 0:
                sure = i
    return total, sure


@njit(cache=True)
def _usual(hours: Hours, params: Params, begin: int, first: int, last: int, i: int, same_day: bool) -> float:
    """Return the events an hour that are usual in hour `i` of a silence [1/h], 0 where nothing is known.

    The lower quartile of the like hours before the silence; with too few of them the lowest of these and of the other
    hours of the day, where the silence lies within it, between hours with objects.
    """
    rates = np.empty(params.weeks * WEEK_H + 24, np.float64)
    n = 0
    k = first - 1
    while k >= begin and hours.hour[k] >= hours.hour[first] - params.weeks * WEEK_H:
        if hours.like[k] == hours.like[i] and 10 * hours.observed_ms[k] >= 8 * HOUR_MS:
            rates[n] = hours.busy[k] * HOUR_MS / hours.observed_ms[k]
            n += 1
        k -= 1
    if n >= params.few:
        return float(np.sort(rates[:n])[(n - 1) // 4])
    if not same_day or hours.is_special[i]:
        return 0.0
    others = n
    for step in (-1, 1):
        k = first - 1 if step < 0 else last + 1
        while begin <= k < len(hours.hour) and hours.camera[k] == hours.camera[i] and hours.day[k] == hours.day[i]:
            if 10 * hours.observed_ms[k] >= 8 * HOUR_MS:
                rates[others] = hours.busy[k] * HOUR_MS / hours.observed_ms[k]
                others += 1
            k += step
    return rates[:others].min() if others - n >= params.around else 0.0
