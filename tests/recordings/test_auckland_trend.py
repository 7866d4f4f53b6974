"""Verdicts on seven years of real pedestrians: 21 sensors in Auckland, 2019 to 2025 (CC BY 4.0).

Nobody knows these streets' true trends, so what is tested is what must hold whatever
they are: nothing later changes a verdict, a slope put in comes out, one week's dip or
Christmas makes no trend, and the return of people after two lockdowns is seen.
"""

from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import auckland, visits
from benchmarks.auckland import DAY, WEEKDAY
from operators.across import trend
from operators.across.trend import DOWN, TOO_FEW, UP, Verdicts

pytestmark = pytest.mark.slow

TOTAL = auckland.totals()
OFFICIAL = auckland.official()
CALM = np.array([day >= date(2023, 1, 1) for day in DAY])
"""After the lockdowns."""


def judged(excluded: NDArray[np.bool_], factor: float | NDArray[np.float64] = 1.0) -> dict[str, Verdicts]:
    return {name: trend.verdicts(total * factor, excluded, WEEKDAY) for name, total in TOTAL.items()}


@pytest.fixture(scope="module")
def told() -> dict[str, Verdicts]:
    return judged(OFFICIAL)


def claims(told: dict[str, Verdicts], days: NDArray[np.bool_]) -> float:
    """Share of sensor days told naik or turun."""
    return float(np.mean([np.isin(one.verdict[days], (DOWN, UP)) for one in told.values()]))


def test_the_recording_is_the_one_described() -> None:
    assert len(TOTAL) == 21
    published = {name: int((~np.isnan(total)).sum()) for name, total in TOTAL.items()}
    assert sum(published.values()) == 50_849
    assert OFFICIAL[DAY.index(date(2024, 1, 29))], "Auckland's own anniversary"
    assert OFFICIAL.sum() == 94


def test_rerun_verdicts_are_the_same_bits(told: dict[str, Verdicts]) -> None:
    for name, again in judged(OFFICIAL).items():
        assert [column.tobytes() for column in again] == [column.tobytes() for column in told[name]]


def invented(told: dict[str, Verdicts], without: dict[str, Verdicts], days: NDArray[np.bool_]) -> float:
    """Share of sensor days told naik or turun that are not so without."""
    pairs = [(told[name].verdict[days], without[name].verdict[days]) for name in told]
    return float(np.mean([np.isin(one, (DOWN, UP)) & ~np.isin(other, (DOWN, UP)) for one, other in pairs]))


@pytest.mark.parametrize("until", [date(2019, 6, 1), date(2020, 4, 2), date(2022, 7, 30), date(2025, 1, 1)])
def test_days_after_a_day_never_change_its_verdict(told: dict[str, Verdicts], until: date) -> None:
    end = DAY.index(until) + 1
    for name, total in TOTAL.items():
        part = trend.verdicts(total[:end], OFFICIAL[:end], WEEKDAY[:end])
        assert [column.tobytes() for column in part] == [column[:end].tobytes() for column in told[name]]


def test_calm_years_are_mostly_landai_and_a_dead_sensor_is_nothing(told: dict[str, Verdicts]) -> None:
    assert 0.01 < claims(told, CALM) < 0.06
    assert all((one.verdict[CALM] != TOO_FEW).all() for one in told.values())
    dead = np.array([date(2020, 6, 1) <= day <= date(2022, 6, 1) for day in DAY])
    zeros = TOTAL["107 Quay Street"][dead] == 0
    assert zeros.mean() > 0.6, "the sensor gave noughts, not gaps"
    quiet = np.convolve(zeros, np.ones(56), "valid") == 56
    assert quiet.any()
    assert (told["107 Quay Street"].verdict[dead][55:][quiet] == TOO_FEW).all()


@pytest.mark.parametrize("slope", [0.06, -0.06])
def test_a_slope_that_is_put_in_comes_out(told: dict[str, Verdicts], slope: float) -> None:
    """Every 56th day its window is tilted: the slope found moves by the slope put in, the median over windows."""
    moved = []
    for name, total in TOTAL.items():
        for end in range(DAY.index(date(2023, 3, 1)), len(DAY), 56):
            window = slice(end - 56, end)
            tilted = total[window] * (1 + slope / 7 * (np.arange(56) - 27.5))
            found = trend.verdicts(tilted, OFFICIAL[window], WEEKDAY[window])
            moved.append(found.slope[-1] - told[name].slope[end - 1])
    assert np.median(moved) == pytest.approx(slope, abs=0.003)
    assert np.mean(np.abs(np.array(moved) - slope) < 0.015) > 0.9


@pytest.mark.parametrize("share", [0.6, 1.0])
def test_one_week_of_holiday_makes_no_trend(share: float) -> None:
    """Marked excluded a dip changes nothing at all; unmarked it makes a claim on at most 2 % of the days it is seen."""
    found = auckland.dip(share, date(2023, 3, 1), date(2025, 10, 1), 71)
    assert found.dips > 150
    assert found.marked == 0
    assert found.invented <= 0.02 * found.days
    assert found.heard <= 0.15 * found.dips


def test_christmas_makes_no_trend(told: dict[str, Verdicts]) -> None:
    """Windows that hold a Christmas claim no more than others; marking more or fewer of its days hardly matters."""
    after = CALM & (np.convolve(auckland.christmas(), np.ones(56))[: len(DAY)] > 0)
    assert claims(told, after) <= claims(told, CALM & ~after)
    for name, other in (("all marked", OFFICIAL | auckland.christmas()), ("none marked", np.zeros(len(DAY), np.bool_))):
        without = judged(other)
        assert claims(told, after) == pytest.approx(claims(without, after), abs=0.015), name
        assert invented(told, without, after) <= 0.01, name
        assert invented(without, told, after) <= 0.015, name


@pytest.mark.parametrize(
    ("first", "last"), [(date(2020, 5, 14), date(2020, 8, 10)), (date(2021, 11, 10), date(2022, 3, 1))]
)
def test_people_who_come_back_after_a_lockdown_are_seen_at_every_live_sensor(
    told: dict[str, Verdicts], first: date, last: date
) -> None:
    days = auckland.between(first, last)
    live = [one for name, one in told.items() if np.nanmedian(np.append(TOTAL[name][days], 0)) > 0]
    assert len(live) >= 18
    assert all((one.verdict[days] == UP).any() for one in live)


def test_the_synthetic_places_are_as_restless_as_the_streets() -> None:
    windows = [auckland.noise(total, OFFICIAL, end) for total in TOTAL.values() for end in range(1461, len(DAY), 28)]
    found = np.array([one for one in windows if one is not None])
    assert len(found) > 700
    quantiles = dict(zip(("typical", "restless", "wild"), np.percentile(found, [50, 75, 95], axis=0), strict=True))
    for name, (spread, memory) in quantiles.items():
        assert visits.NOISES[name].spread == pytest.approx(spread, rel=0.1)
        assert visits.NOISES[name].memory == pytest.approx(memory, abs=0.06)
