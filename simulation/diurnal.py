"""The shape of a day in Semarang, what weekends and public holidays make of it, and arrivals drawn from all three."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from connectors import calendar

HOUR_US: Final = 3_600_000_000
WIB_US: Final = 7 * HOUR_US
"""Asia/Jakarta is UTC+7 all year."""

SHAPES: Final = {
    # share of the peak at each local hour 0..23; ours: two rush hours, a lunch bump, a quiet night
    "road": (6, 4, 3, 3, 6, 25, 75, 100, 80, 60, 55, 60, 65, 60, 58, 65, 90, 100, 80, 55, 42, 30, 18, 10),
    "market": (10, 15, 30, 60, 90, 100, 95, 85, 75, 65, 55, 45, 35, 30, 30, 35, 40, 35, 25, 20, 12, 8, 6, 6),
    "square": (8, 4, 2, 2, 5, 25, 45, 35, 25, 22, 25, 32, 38, 32, 30, 40, 60, 75, 90, 100, 95, 70, 40, 18),
    "alley": (4, 2, 2, 3, 12, 40, 80, 70, 45, 35, 32, 38, 42, 36, 32, 45, 75, 100, 85, 70, 55, 35, 18, 8),
}
"""Hourly weights by kind of place [% of the peak hour]."""

HOLIDAY: Final = {"road": 0.6, "market": 0.8, "square": 1.6, "alley": 0.8}
"""Arrivals on a public holiday as a share of a working day's, whatever day of the week it is; ours."""

WEEKEND: Final = {"road": (0.85, 0.65), "market": (1.1, 1.2), "square": (1.3, 1.6), "alley": (0.95, 0.85)}
"""Arrivals on a Saturday and on a Sunday as a share of a working day's; ours."""

SATURDAY: Final = 2
"""The first Saturday, in days since 1970, which began on a Thursday."""

BIN_US: Final = 300_000_000


def share(shape: str, t_us: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of the peak (0..1) at each time, between the hours' middles linearly."""
    hour = ((t_us + WIB_US) % (24 * HOUR_US)) / HOUR_US
    middles = np.arange(24) + 0.5
    weights = np.array(SHAPES[shape], np.float64) / 100
    out: NDArray[np.float64] = np.interp(hour, middles, weights, period=24)
    return out


def kind(shape: str, t_us: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what the kind of day makes of the rate at each time: 1 on a working day."""
    day = (t_us + WIB_US) // (24 * HOUR_US)
    if not len(day):
        return np.ones(0)
    years = calendar.local_year(int(t_us.min())), calendar.local_year(int(t_us.max()))
    of_week = np.array([*WEEKEND[shape], *(1.0,) * 5])[(day - SATURDAY) % 7]
    return np.where(np.isin(day, _holidays(*years)), HOLIDAY[shape], of_week)


@cache
def _holidays(first_year: int, last_year: int) -> NDArray[np.int64]:
    """Return the public holidays of these years, as far as the city's calendar goes [local days since 1970]."""
    first, last = max(first_year, calendar.FIRST_YEAR), min(last_year, calendar.LAST_YEAR)
    if first > last:
        return np.empty(0, np.int64)
    days = calendar.build(calendar.load(), first, last).filter(day_type="holiday")
    return days["date"].to_physical().cast(pl.Int64).to_numpy()


def arrivals(rng: np.random.Generator, shape: str, peak_per_h: float, start_us: int, end_us: int) -> NDArray[np.int64]:
    """Draw Poisson arrivals [us, ascending] whose rate follows the day and its kind.

    Parameters
    ----------
    peak_per_h
        Rate in the peak hour [1/h].
    """
    edges = np.append(np.arange(start_us, end_us, BIN_US), end_us)
    length = np.diff(edges)
    middle = edges[:-1] + length // 2
    counts = rng.poisson(peak_per_h * share(shape, middle) * kind(shape, middle) * length / HOUR_US)
    start, size = np.repeat(edges[:-1], counts), np.repeat(length, counts)
    return np.sort(start + (rng.random(len(start)) * size).astype(np.int64))
