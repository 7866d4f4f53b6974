"""The shape of a day in Semarang, and arrivals drawn from it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

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

BIN_US: Final = 300_000_000


def share(shape: str, t_us: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of the peak (0..1) at each time, between the hours' middles linearly."""
    hour = ((t_us + WIB_US) % (24 * HOUR_US)) / HOUR_US
    middles = np.arange(24) + 0.5
    weights = np.array(SHAPES[shape], np.float64) / 100
    out: NDArray[np.float64] = np.interp(hour, middles, weights, period=24)
    return out


def arrivals(rng: np.random.Generator, shape: str, peak_per_h: float, start_us: int, end_us: int) -> NDArray[np.int64]:
    """Draw Poisson arrivals [us, ascending] whose rate follows the day.

    Parameters
    ----------
    peak_per_h
        Rate in the peak hour [1/h].
    """
    edges = np.append(np.arange(start_us, end_us, BIN_US), end_us)
    length = np.diff(edges)
    counts = rng.poisson(peak_per_h * share(shape, edges[:-1] + length // 2) * length / HOUR_US)
    start, size = np.repeat(edges[:-1], counts), np.repeat(length, counts)
    return np.sort(start + (rng.random(len(start)) * size).astype(np.int64))
