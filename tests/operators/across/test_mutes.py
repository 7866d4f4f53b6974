"""A detector is mute where its own like hours make silence next to impossible, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.across import mutes
from operators.across.mutes import Hours

WEEKS_H = 4 * 168
NOON = 12
Street = Callable[[int, int], int | None]
"""Minutes with an object in an hour, by day and hour of the day; None: nobody watched."""


def hours(street: Street, days: int, first: int = 0, end: int = 24, **given: Any) -> Hours:
    """Return the hours [first, end) of so many days from a Monday on; weekdays, Saturdays and Sundays are alike."""
    at = np.array([24 * day + h for day in range(days) for h in range(24)])
    at = at[(at >= first) & (at < 24 * (days - 1) + end)]
    busy = [street(int(t) // 24, int(t) % 24) for t in at]
    seen = np.array([n is not None for n in busy])
    count = np.array([n or 0 for n in busy])
    day = at // 24
    kind = np.where(day % 7 == 5, 1, np.where(day % 7 == 6, 2, 0))
    columns: dict[str, Any] = {
        "camera": np.zeros(len(at), np.int32),
        "hour": at,
        "objects": 7 * count,
        "busy": count,
        "observed_ms": np.where(seen, 3_600_000, 0),
        "expected_ms": np.full(len(at), 3_600_000),
        "day": day,
        "like": 24 * kind + at % 24,
        "is_special": np.zeros(len(at), np.bool_),
    }
    return Hours(**(columns | given))


def spans(hours: Hours) -> list[tuple[int, int]]:
    """Return the silences that are told, first and last hour."""
    told = mutes.find(hours)
    return [(int(hours.hour[a]), int(hours.hour[b])) for a, b in zip(told.first, told.last, strict=True)]


def dead(street: Street, since: int, until: int) -> Street:
    """Return a street whose detector is dead from an hour on."""
    return lambda day, h: 0 if since <= 24 * day + h < until and street(day, h) is not None else street(day, h)


def busy(day: int, h: int) -> int:
    """A street with 40 busy minutes an hour by day, and an empty night."""
    return 40 if 6 <= h < 22 else 0


LAST = 24 * 9 + NOON
"""Noon of the tenth day, a Wednesday."""

TOLD = {
    "three hours at noon": (dead(busy, LAST, LAST + 3), 12, [(LAST, LAST + 2)]),
    "a single hour": (dead(busy, LAST, LAST + 1), 12, [(LAST, LAST)]),
    "from noon over the night into the next day": (
        dead(busy, LAST, LAST + 24), 12, [(LAST, LAST + 23)],
    ),
    "until the recording ends": (dead(busy, LAST, 24 * 99), 10, [(LAST, LAST + 11)]),
    "with an hour in which nobody watched": (
        lambda day, h: None if 24 * day + h == LAST + 1 else dead(busy, LAST, LAST + 3)(day, h), 12, [(LAST, LAST + 2)],
    ),
    "after another dead afternoon among many": (
        dead(dead(busy, 24 * 3 + NOON, 24 * 3 + 15), LAST, LAST + 3), 12,
        [(24 * 3 + NOON, 24 * 3 + 14), (LAST, LAST + 2)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_silence_that_is_next_to_impossible_is_told(name: str) -> None:
    street, days, expected = TOLD[name]
    assert spans(hours(street, days)) == expected


NOT_TOLD = {
    "a camera that was always empty": (lambda day, h: 0, 30),
    "a street that is empty every night": (busy, 30),
    "a street with five busy minutes an hour, for two hours": (dead(lambda day, h: 5, LAST, LAST + 2), 12),
    "a market that is closed on Sundays": (lambda day, h: 0 if day % 7 == 6 else busy(day, h), 30),
    "nobody watched": (lambda day, h: None if 24 * day + h >= LAST else busy(day, h), 12),
    "a first evening after which the shops are closed": (lambda day, h: 50 if 8 <= h < 17 else 0, 2),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_TOLD)
def test_silence_that_may_well_be_is_not_told(name: str) -> None:
    street, days = NOT_TOLD[name]
    assert spans(hours(street, days)) == []


def test_a_lane_that_is_empty_at_noon_on_one_day_in_three_is_known_to_be_after_a_while() -> None:
    found = spans(hours(lambda day, h: 0 if h == NOON and day % 3 == 0 else 30, 56))
    assert [first for first, _ in found if first >= 24 * 28] == []


def test_five_busy_minutes_an_hour_are_missed_after_three_hours() -> None:
    """exp(-5 x 3) is below a millionth; which hour made it sure is said."""
    street = hours(dead(lambda day, h: 5, LAST, LAST + 4), 12)
    told = mutes.find(street)
    assert (told.sure - told.first).tolist() == [2]
    assert told.expected.tolist() == [20.0]


@pytest.mark.parametrize(
    ("first", "end", "expected"),
    [
        pytest.param(7, 19, [(14, 16)], id="hours with objects on either side"),
        pytest.param(7, 17, [], id="the recording ends within: shops may have closed"),
        pytest.param(14, 24, [], id="it begins within"),
        pytest.param(12, 18, [], id="too few other hours"),
    ],
)
def test_one_day_is_judged_by_itself_between_hours_with_objects(first: int, end: int, expected: list) -> None:
    assert spans(hours(dead(lambda day, h: 45, 14, 17), 1, first, end)) == expected


def test_what_the_calendar_has_in_an_hour_is_judged_by_like_hours_alone() -> None:
    """A road that is closed on the first car-free morning is no dead detector."""
    closed = dead(lambda day, h: 45, 6, 9)
    special = np.arange(24)
    assert spans(hours(closed, 1, is_special=(special >= 6) & (special < 9))) == []
    assert spans(hours(closed, 1)) == [(6, 8)]


def test_a_silence_of_four_weeks_is_what_is_usual() -> None:
    """What is told ends there, so that a street whose camera now looks elsewhere is not mute for ever."""
    street = hours(dead(lambda day, h: 30, 240, 24 * 99), 60)
    assert spans(street) == [(240, 240 + WEEKS_H - 1)]


def test_cameras_do_not_hear_each_other() -> None:
    one, other = hours(dead(busy, LAST, LAST + 3), 12), hours(lambda day, h: 0, 12)
    both = Hours(*(np.concatenate(pair) for pair in zip(one, other, strict=True)))
    both = both._replace(camera=np.repeat(np.array([0, 1], np.int32), len(one.hour)))
    assert spans(both) == spans(one)


@given(st.integers(0, 2**32 - 1))
def test_what_lies_further_than_the_reach_decides_nothing(seed: int) -> None:
    """So a span of stored hours can be computed alone, whatever is stored beside it."""
    generator = np.random.default_rng(seed)
    days = 100
    level = generator.integers(0, 30, 24)
    drawn = generator.poisson(level, (days, 24)) * (generator.random((days, 24)) > 0.02)
    for _ in range(6):
        begin = int(generator.integers(0, 24 * days))
        drawn.reshape(-1)[begin : begin + int(generator.integers(1, 900))] = 0
    whole = hours(lambda day, h: int(drawn[day, h]), days)
    since, until = sorted(int(n) for n in generator.integers(0, 24 * days, 2))
    part = (whole.hour >= since - WEEKS_H - 1) & (whole.hour <= until + WEEKS_H + 1)

    def begun(told: list[tuple[int, int]]) -> list[tuple[int, int]]:
        return [each for each in told if since <= each[0] < until]

    assert begun(spans(Hours(*(column[part] for column in whole)))) == begun(spans(whole))


@given(st.integers(0, 2**32 - 1))
def test_a_silence_holds_no_object_and_begins_and_ends_with_an_empty_hour(seed: int) -> None:
    generator = np.random.default_rng(seed)
    drawn = generator.integers(0, 60, (40, 24)) * (generator.random((40, 24)) > 0.1)
    unseen = generator.random((40, 24)) < 0.1
    street = hours(lambda day, h: None if unseen[day, h] else int(drawn[day, h]), 40)
    told = mutes.find(street)
    for first, last in zip(told.first, told.last, strict=True):
        assert not street.objects[first : last + 1].any()
        assert street.observed_ms[[first, last]].all()
    assert (told.expected >= -np.log(1e-6)).all()
