"""Is a place visited more, less or as much as before: *naik*, *turun*, *landai*, or too few days to tell.

The daily totals of eight weeks are divided by their weekday profile, and a Theil-Sen
line is laid through them: the verdict is *naik* or *turun* only where the line's whole
interval lies beyond the dead zone. Days that follow one another resemble one another,
which would make the textbook interval too narrow, so it is widened by the resemblance
that is measured in the same days (metrics.md, Visits; docs/decisions/trend.md).
"""

from __future__ import annotations

from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

VERSION = 1
VERDICTS: Final = ("data tidak cukup", "turun", "landai", "naik")
"""What may be said of a place; `Verdicts.verdict` and `Verdicts.said` are indices."""

TOO_FEW, DOWN, FLAT, UP = range(len(VERDICTS))
_WEEK = 7
_MEMORY_MAX = 0.9
"""Highest day-to-day autocorrelation believed: the interval is then 4.4 times as wide, and any more is all of it."""


class Params(NamedTuple):
    """How a trend is judged: defaults of metrics.md, Visits; `min_*` are reasoned in docs/decisions/trend.md."""

    weeks: int = 8  # length of the window
    dead_zone: float = 0.03  # share of the median per week
    level: float = 0.90  # of the slope's two-sided interval
    missing: float = 0.30  # highest share of the days that are not excluded which may be unpublished
    min_days: int = 28  # fewest days used
    min_weekday: int = 3  # fewest days of a weekday that make its level
    confirm_days: int = 2  # a new verdict holds once so many days in a row say it


DEFAULTS: Final = Params()


class Verdicts(NamedTuple):
    """One entry a day, about the window that ends with that day."""

    verdict: NDArray[np.uint8]  # (n,) index into VERDICTS: what holds
    said: NDArray[np.uint8]  # (n,) index into VERDICTS: what the window alone says
    slope: NDArray[np.float64]  # (n,) share of the median per week; NaN where `said` is TOO_FEW
    low: NDArray[np.float64]  # (n,) lower end of the slope's interval
    high: NDArray[np.float64]  # (n,) upper end
    days_used: NDArray[np.int32]  # (n,) days behind the slope; 0 where too many are not published


class _Line(NamedTuple):
    slope: float
    low: float
    high: float


class _Levelled(NamedTuple):
    ratio: NDArray[np.float64]  # (m,) day / level of its weekday
    t: NDArray[np.float64]  # (m,) day, ascending
    weekdays: int  # levels that were estimated


def verdicts(
    total: NDArray[np.float64],
    excluded: NDArray[np.bool_],
    weekday: NDArray[np.int64],
    params: Params = DEFAULTS,
) -> Verdicts:
    """Judge every day of one place from the days up to and including it.

    Days before the first are not published. A verdict that holds depends on all days
    before it, so compute from the place's first day, or `confirm` the stored `said`.

    Parameters
    ----------
    total
        (n,) visits of consecutive local days [visit/day]; NaN where the day is not published.
    excluded
        (n,) days that are not like others (holidays, Ramadan): neither used nor missing.
    weekday
        (n,) 0..6, going round.
    params
        Window, dead zone and confidence.

    Raises
    ------
    ValueError
        Where days or params are not so.
    """
    total = np.asarray(total, np.float64)
    excluded = np.asarray(excluded, np.bool_)
    weekday = np.asarray(weekday, np.int64)
    _check_params(params)
    _check_days(total, excluded, weekday)
    z = NormalDist().inv_cdf(0.5 + params.level / 2)
    said, line, used = _windows(np.where(excluded, np.nan, total), excluded, weekday, params, z)
    return Verdicts(confirm(said, params.confirm_days), said, line[0], line[1], line[2], used)


@njit(cache=True)
def confirm(said: NDArray[np.uint8], confirm_days: int) -> NDArray[np.uint8]:
    """Return the verdicts that hold (n,): a new one once `confirm_days` in a row say it, TOO_FEW at once.

    A claim whose days are gone is not carried on, so only claims have to be confirmed.
    """
    held = np.empty_like(said)
    now, run = np.uint8(TOO_FEW), 0
    for i in range(len(said)):
        run = run + 1 if i > 0 and said[i] == said[i - 1] else 1
        if said[i] == TOO_FEW or run >= confirm_days:
            now = said[i]
        held[i] = now
    return held


@njit(cache=True)
def _windows(
    value: NDArray[np.float64], excluded: NDArray[np.bool_], weekday: NDArray[np.int64], params: Params, z: float
) -> tuple[NDArray[np.uint8], NDArray[np.float64], NDArray[np.int32]]:
    n, length = len(value), params.weeks * _WEEK
    said, used = np.full(n, TOO_FEW, np.uint8), np.zeros(n, np.int32)
    line = np.full((3, n), np.nan)
    for i in range(n):
        first = max(0, i + 1 - length)
        asked = length - excluded[first : i + 1].sum()
        days = np.flatnonzero(~np.isnan(value[first : i + 1])) + first
        if asked - len(days) > params.missing * asked:
            continue
        level = _levelled(value[days], (days - i).astype(np.float64), weekday[days], params.min_weekday)
        used[i] = len(level.t)
        if used[i] < params.min_days:
            continue
        found = _line(level, z)
        line[0, i], line[1, i], line[2, i] = found.slope, found.low, found.high
        said[i] = UP if found.low > params.dead_zone else DOWN if found.high < -params.dead_zone else FLAT
    return said, line, used


@njit(cache=True)
def _levelled(y: NDArray[np.float64], t: NDArray[np.float64], weekday: NDArray[np.int64], least: int) -> _Levelled:
    """Divide days by their weekday's level in the middle of the window.

    The level is a median over days from which the drift was taken: a weekday whose
    days were left out at one end would otherwise carry the trend in its level. A
    weekday with fewer than `least` days, or empty on most of them, has no level.
    """
    rough = np.zeros(_WEEK)
    for d in range(_WEEK):
        of = y[weekday == d]
        if len(of) >= least:
            rough[d] = np.median(of)
    keep = rough[weekday] > 0.0
    y, t, weekday = y[keep], t[keep], weekday[keep]
    if len(y) == 0:
        return _Levelled(y, t, 0)
    still = y - _drift(y, t, weekday, rough) * rough[weekday] * (t - np.median(t))
    level, weekdays = np.zeros(_WEEK), 0
    for d in range(_WEEK):
        of = still[weekday == d]
        if len(of) > 0:
            level[d] = np.median(of)
            weekdays += level[d] > 0.0
    keep = level[weekday] > 0.0
    return _Levelled(y[keep] / level[weekday[keep]], t[keep], weekdays)


@njit(cache=True)
def _drift(
    y: NDArray[np.float64], t: NDArray[np.float64], weekday: NDArray[np.int64], level: NDArray[np.float64]
) -> float:
    """Return the median slope between days of the same weekday, share of its level per day.

    It needs no profile (Hirsch, Slack & Smith 1982, doi:10.1029/WR018i001p00107).
    """
    pair, k = np.empty(len(y) * (len(y) - 1) // 2), 0
    for i in range(len(y)):
        for j in range(i):
            if weekday[i] == weekday[j]:
                pair[k] = (y[i] - y[j]) / (t[i] - t[j]) / level[weekday[i]]
                k += 1
    return float(np.median(pair[:k]))


@njit(cache=True)
def _line(days: _Levelled, z: float) -> _Line:
    """Return the Theil-Sen slope and its interval, share of the median per week.

    Sen 1968 (doi:10.1080/01621459.1968.10480934), with Kendall's variance widened for
    days that resemble one another (the idea of Hamed & Rao 1998,
    doi:10.1016/S0022-1694(97)00125-X) and for the levels taken from the same days.
    """
    ratio, t, n = days.ratio, days.t, len(days.t)
    pair, k = np.empty(n * (n - 1) // 2), 0
    for i in range(n):
        for j in range(i):
            pair[k] = (ratio[i] - ratio[j]) / (t[i] - t[j])
            k += 1
    middle = np.median(pair)
    rank, ties = _ranks(ratio - middle * t)
    memory = _memory(rank, t)
    variance = (n * (n - 1) * (2 * n + 5) - ties) / 18 * (1 + memory) / (1 - memory) * n / (n - days.weekdays)
    reach = z * np.sqrt(variance)
    low = max(int(np.floor((k - reach) / 2)) - 1, 0)
    high = min(int(np.ceil((k + reach) / 2)), k - 1)
    week = _WEEK / np.median(ratio)
    return _Line(middle * week, np.partition(pair, low)[low] * week, np.partition(pair, high)[high] * week)


@njit(cache=True)
def _ranks(x: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return centred mid-ranks (n,) and the sum over ties of size s of s(s-1)(2s+5)."""
    n, order = len(x), np.argsort(x, kind="mergesort")
    rank, ties, first = np.empty(n), 0.0, 0
    while first < n:
        last = first
        while last + 1 < n and x[order[last + 1]] == x[order[first]]:
            last += 1
        rank[order[first : last + 1]] = (first + last - n + 1) / 2
        size = last - first + 1
        ties += size * (size - 1) * (2 * size + 5)
        first = last + 1
    return rank, ties


@njit(cache=True)
def _memory(rank: NDArray[np.float64], t: NDArray[np.float64]) -> float:
    """Return how much of a day's deviation the next day keeps, 0.._MEMORY_MAX.

    Read from neighbours and, as its square, from days two apart: counting noise dilutes
    both readings, the second less once its root is taken, so the larger is believed.
    Each is freed of its downward bias (Kendall 1954, doi:10.1093/biomet/41.3-4.403).
    """
    n, power, found = len(t), float(np.mean(rank * rank)), 0.0
    if power == 0.0:
        return 0.0
    for lag in range(1, 3):
        total, pairs = 0.0, 0
        for i in range(1, n):
            for j in range(max(0, i - lag), i):
                if t[i] - t[j] == lag:
                    total += rank[i] * rank[j]
                    pairs += 1
        if pairs > 0:
            kept = max((n * total / pairs / power + 1) / (n - 4), 0.0)
            found = max(found, kept ** (1 / lag))
    return min(found, _MEMORY_MAX)


def _check_params(params: Params) -> None:
    if not (
        params.weeks >= 1 and params.dead_zone >= 0 and 0 < params.level < 1 and 0 <= params.missing <= 1
        and params.min_days >= 5 and params.min_weekday >= 2 and params.confirm_days >= 1
    ):  # fmt: skip
        wanted = "weeks >= 1, dead_zone >= 0, 0 < level < 1, 0 <= missing <= 1, min_days >= 5, min_weekday >= 2"
        raise ValueError(f"trend: expected {wanted} and confirm_days >= 1, got {params}: mend the trend's settings")


def _check_days(total: NDArray[np.float64], excluded: NDArray[np.bool_], weekday: NDArray[np.int64]) -> None:
    if total.ndim != 1 or not total.shape == excluded.shape == weekday.shape:
        shapes = f"{total.shape}, {excluded.shape} and {weekday.shape}"
        raise ValueError(f"trend: expected total, excluded and weekday of one shape (n,), got {shapes}")
    bad = np.flatnonzero((total < 0) | np.isinf(total))
    if len(bad):
        raise ValueError(
            f"trend: expected finite totals >= 0, got {total[bad[0]]} at day {bad[0]}: an unpublished day is NaN"
        )
    jump = np.flatnonzero((weekday < 0) | (weekday >= _WEEK))
    if not len(jump):
        jump = np.flatnonzero(np.diff(weekday) % _WEEK != 1) + 1
    if len(jump):
        raise ValueError(
            f"trend: expected consecutive days with weekday 0..6, got {weekday[jump[0]]} at day {jump[0]}: "
            "give a day that is not published as NaN, never leave it out"
        )
