"""When a file begins, and where its frames stand, whatever a few bad stamps say."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from connectors.formats import heads

HOUR = 3_600
START = 1_767_571_200
"""2026-01-05T00:00:00Z"""
Y2000 = 946_684_800


def table(rows: list[tuple[str, float]]) -> pl.DataFrame:
    times = [round(t * 1e6) for _, t in rows]
    return pl.DataFrame({"camera": [name for name, _ in rows], "t_us": times}, schema_overrides={"t_us": pl.Int64})


def stream(names: str, count: int, since: float = START) -> list[tuple[str, float]]:
    return [(name, since + n) for n in range(count) for name in names]


BEGINNINGS = [
    pytest.param(stream("a", 100), START, id="in order"),
    pytest.param([("a", START - 7 * HOUR), *stream("a", 100)], START, id="the first is seven hours early"),
    pytest.param([*stream("a", 30), ("a", START - 7 * HOUR), *stream("a", 70)], START, id="one near the head is"),
    pytest.param([("a", START + 7 * HOUR), *stream("a", 100)], START, id="the first is seven hours ahead"),
    pytest.param([*stream("abcdefgh", 8), ("h", START - 60), *stream("abcdefgh", 20)], START, id="one of many cameras"),
    pytest.param([*stream("a", 50, START - 5 * HOUR), *stream("b", 50)], START - 5 * HOUR, id="clocks hours apart"),
    pytest.param([("a", START), ("a", START + HOUR)], START, id="two frames are all there is"),
    pytest.param(stream("a", 90)[::-1], START, id="backwards"),
    pytest.param([*stream("a", 300, Y2000 + 5), *stream("a", 90)], START, id="a clock that is set after five minutes"),
    pytest.param([*stream("a", 40, Y2000 + 5), *stream("b", 40)], START, id="a clock that nobody sets, beside another"),
    pytest.param(stream("a", 90, Y2000 + 5), Y2000 + 5, id="a clock that nobody sets"),
    pytest.param([("a", START + 900 * n) for n in range(80)], START, id="a picture in a quarter of an hour"),
]


@pytest.mark.parametrize("size", [16, 64])
@pytest.mark.parametrize(("rows", "begins"), BEGINNINGS)
def test_a_file_begins_with_its_first_frame_that_is_not_alone(rows, begins: float, size: int) -> None:
    assert heads.first_us(table(rows[a : a + size]) for a in range(0, len(rows), size)) == begins * 1_000_000


def test_no_more_is_read_than_needed() -> None:
    taken = []
    parts = (taken.append(n) or table(stream("a", 64, START + 64 * n)) for n in range(1_000))  # type: ignore[func-returns-value]
    assert heads.first_us(parts) == START * 1_000_000
    assert taken == [0]
    assert heads.first_us(iter([])) is None


def placed(rows: list[tuple[str, float]], latest: float | None = None) -> list[float]:
    known = -(2**63) if latest is None else round(latest * 1e6)
    return (heads.places(table(rows), known) / 1e6 - START).tolist()


def test_frames_stand_at_the_latest_time_that_their_file_has_shown() -> None:
    assert placed([("a", START), ("b", START + 3), ("a", START + 1), ("b", START + 5)]) == [0, 3, 3, 5]


@pytest.mark.parametrize("off", [90, 2 * HOUR, -2 * HOUR])
@pytest.mark.parametrize("at", [0, 30, 59])
def test_a_lone_frame_moves_its_file_by_a_minute_at_most(at: int, off: int) -> None:
    rows = stream("a", 60)
    rows[at] = ("a", rows[at][1] + off)
    found = np.array(placed(rows, START - 1))
    assert np.abs(found - np.arange(60)).max() <= 61
    assert np.abs(found - np.arange(60))[:58].max() <= 3


def test_a_gap_is_no_bad_stamp() -> None:
    assert placed([*stream("a", 9), *stream("a", 9, START + HOUR)])[9:] == [HOUR + n for n in range(9)]
