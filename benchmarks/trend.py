"""`python -m benchmarks.trend`: how often the trend verdict is right, and what it costs.

The figures of docs/decisions/trend.md come from here.
"""

from __future__ import annotations

import time
from datetime import date

import numpy as np
from numpy.typing import NDArray

from benchmarks import auckland, visits
from operators.across import trend

SLOPES = (0.0, 0.015, 0.025, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.10, 0.12, 0.15, 0.20)
PLACES = 500
LOCKDOWNS = (
    (date(2020, 3, 26), date(2020, 5, 13)),
    (date(2020, 5, 14), date(2020, 8, 10)),
    (date(2021, 8, 18), date(2021, 11, 9)),
    (date(2021, 11, 10), date(2022, 3, 1)),
)
"""Auckland with its shops shut, and the months after: covid19.govt.nz, History of the COVID-19 Alert System."""


def _synthetic() -> None:
    print("share of places told rightly (naik/turun beyond 3 % a week) or falsely (at or within), both signs")
    print("noise     " + "".join(f"{100 * slope:8.1f}" for slope in SLOPES))
    for name, noise in visits.NOISES.items():
        row = []
        for slope in SLOPES:
            up, down = visits.shares(noise, slope, PLACES, seed=1), visits.shares(noise, -slope, PLACES, seed=1)
            right, claims = (up[trend.UP] + down[trend.DOWN]) / 2, (up[[1, 3]].sum() + down[[1, 3]].sum()) / 2
            row.append(right if slope > trend.DEFAULTS.dead_zone else claims)
        print(f"{name:10}" + "".join(f"{share:8.3f}" for share in row))


def _streets() -> None:
    total, excluded = auckland.totals(), auckland.official()
    found = [auckland.noise(real, excluded, end) for real in total.values() for end in range(1461, len(real), 28)]
    quantiles = np.percentile([one for one in found if one is not None], [5, 25, 50, 75, 95], axis=0)
    print(f"Auckland 2023-2025, spread and memory at 5, 25, 50, 75, 95 %: {quantiles.T.round(3).tolist()}")
    told = np.concatenate([trend.verdicts(real, excluded, auckland.WEEKDAY).verdict[1461:] for real in total.values()])
    print(
        "its verdicts:", dict(zip(trend.VERDICTS, (np.bincount(told, minlength=4) / len(told)).round(4), strict=True))
    )
    for share in (0.4, 0.6, 0.8, 1.0):
        print(f"a week at -{share:.0%}:", auckland.dip(share, date(2023, 3, 1), date(2025, 10, 1), 23))


def _episodes() -> None:
    calm = np.array([day.year >= 2023 for day in auckland.DAY])
    after = calm & (np.convolve(auckland.christmas(), np.ones(56))[: len(calm)] > 0)
    marked = {"holidays": auckland.official(), "none": np.zeros(len(calm), np.bool_)}
    marked["24 December to 2 January too"] = marked["holidays"] | auckland.christmas()
    for name, excluded in marked.items():
        told = _judged(excluded)
        near, far = (np.isin(told[:, days], (trend.DOWN, trend.UP)).mean() for days in (after, calm & ~after))
        print(f"marked: {name}; claims in windows with a Christmas {near:.4f}, in others {far:.4f}")
    told = _judged(marked["holidays"])
    for first, last in LOCKDOWNS:
        days = told[:, auckland.between(first, last)]
        live, down, up = (days > 0).any(1).sum(), (days == trend.DOWN).any(1).sum(), (days == trend.UP).any(1).sum()
        print(f"{first} to {last}: of {live} live sensors, {down} came to say turun and {up} naik")


def _judged(excluded: NDArray[np.bool_]) -> NDArray[np.uint8]:
    rows = [trend.verdicts(real, excluded, auckland.WEEKDAY).verdict for real in auckland.totals().values()]
    return np.stack(rows)


def _cost(places: int = 100, days: int = 365) -> None:
    random = np.random.default_rng(0)
    total, day = random.poisson(500, (places, days)).astype(np.float64), np.arange(days)
    start = time.perf_counter()
    for one in total:
        trend.verdicts(one, np.zeros(days, np.bool_), day % 7)
    spent = time.perf_counter() - start
    print(f"{places} places x {days} days: {spent:.2f} s, {1e6 * spent / places / days:.0f} us a place and day")


if __name__ == "__main__":
    _synthetic()
    _streets()
    _episodes()
    _cost()
