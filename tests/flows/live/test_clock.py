"""A clock that nobody bears out closes nothing."""

from __future__ import annotations

import pytest

from flows.live.clock import LEAD_US, Clock

HOUR = 3_600_000_000
NOW = 1_767_571_200_000_000
YEARS = 9 * 365 * 24 * HOUR


def clock(wall: list[int], passed: list[int], known_us: int = NOW) -> Clock:
    return Clock(lambda: wall[0], known_us, lambda: passed[0])


def test_a_clock_years_ahead_is_not_believed_and_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    wall, passed = [NOW + YEARS], [7]
    of = clock(wall, passed)
    passed[0] += HOUR
    assert [of.now(), of.now()] == [NOW + HOUR] * 2
    assert capsys.readouterr().err.count("3,285.0 days ahead") == 1
    wall[0] = NOW + HOUR + 5
    assert of.now() == NOW + HOUR + 5


def test_a_clock_that_jumps_while_it_runs_is_known_by_what_has_passed() -> None:
    wall, passed = [NOW], [0]
    of = clock(wall, passed)
    wall[0], passed[0] = NOW + YEARS, 60_000_000
    assert of.now() == NOW + 60_000_000


@pytest.mark.parametrize("lead_us", [-YEARS, -HOUR, 0, LEAD_US])
def test_a_clock_that_is_behind_or_hardly_ahead_is_taken_as_it_is(lead_us: int) -> None:
    assert clock([NOW + lead_us], [0]).now() == NOW + lead_us


def test_what_a_broker_says_bears_a_clock_out() -> None:
    of = clock([NOW + YEARS], [0])
    of.heard(NOW + YEARS - 1_000)
    assert of.now() == NOW + YEARS
    of.heard(NOW)
    assert of.now() == NOW + YEARS
