"""Daily visits whose slope is known, as noisy as those of real streets.

Counts are negative binomial around weekday profile x line x day-to-day noise that the
next day partly keeps. The sizes of that noise are those of Auckland's sensors, and
tests/recordings/test_auckland_trend.py holds them to it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from operators.across import trend

DAYS = trend.DEFAULTS.weeks * 7 + trend.DEFAULTS.confirm_days - 1
"""Just long enough for a confirmed verdict from whole windows."""

PROFILE: Final = np.array([0.90, 0.92, 0.95, 1.0, 1.2, 1.4, 0.7])


class Noise(NamedTuple):
    """How restless a place is."""

    visits: float  # median day
    spread: float  # standard deviation of the log that the next day partly keeps
    memory: float  # autocorrelation from one day to the next
    burst: float  # relative standard deviation of what it does not keep, beside Poisson's


NOISES: Final = {
    "typical": Noise(4000, 0.08, 0.4, 0.0),
    "bursts": Noise(4000, 0.06, 0.5, 0.05),
    "restless": Noise(4000, 0.11, 0.5, 0.0),
    "small": Noise(50, 0.08, 0.4, 0.0),
    "wild": Noise(4000, 0.20, 0.7, 0.0),
}
"""The middle street of Auckland, the quarter and the twentieth that are noisier, and a place with 50 visits a day."""

CLEAR: Final = {"typical": 0.06, "bursts": 0.07, "restless": 0.08, "small": 0.08, "wild": 0.20}
"""Slope from which on at least 95 % of places are told rightly [share of the median per week]."""


def draw(noise: Noise, slope: float, random: np.random.Generator) -> NDArray[np.float64]:
    """Return (DAYS,) visits whose line is `slope` of its middle a week over the last window."""
    day = np.arange(DAYS)
    line = 1 + slope / 7 * (day - (DAYS - 1 - (trend.DEFAULTS.weeks * 7 - 1) / 2))
    kept = random.normal(size=DAYS)
    for i in range(1, DAYS):
        kept[i] = noise.memory * kept[i - 1] + np.sqrt(1 - noise.memory**2) * kept[i]
    mean = noise.visits * PROFILE[day % 7] * np.maximum(line, 0) * np.exp(noise.spread * kept)
    if noise.burst > 0:
        mean = random.gamma(1 / noise.burst**2, mean * noise.burst**2)
    return random.poisson(mean).astype(np.float64)


def shares(noise: Noise, slope: float, places: int, seed: int = 0) -> NDArray[np.float64]:
    """Return the share (4,) of places that end with each verdict."""
    random = np.random.default_rng([seed, round(1e6 * (1 + slope)), round(noise.visits), round(1000 * noise.spread)])
    day, told = np.arange(DAYS), np.zeros(len(trend.VERDICTS))
    for _ in range(places):
        found = trend.verdicts(draw(noise, slope, random), np.zeros(DAYS, np.bool_), day % 7)
        told[found.verdict[-1]] += 1
    return told / places
