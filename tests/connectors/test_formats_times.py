"""Times that are sure are read; others are refused with what they may mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.formats import read
from connectors.formats.times import ahead, meant, refused, time_us
from tests.connectors.frames import NOW_US, START_US, dead, options

SURE = {
    "Z": "2026-01-05T00:00:00Z",
    "an offset": "2026-01-05T07:00:00+07:00",
    "hours alone": "2026-01-05T07:00:00+07",
    "a blank": "2026-01-05 00:00:00Z",
    "lower case": "2026-01-05t00:00:00z",
    "no signs": "20260105T000000Z",
    "the word UTC": "2026-01-05 00:00:00 UTC",
    "the word GMT": "2026-01-05T00:00:00GMT",
    "a zone's name behind the offset": "2026-01-05T07:00:00+07:00[Asia/Jakarta]",
    "midnight at the end of a day": "2026-01-04T24:00:00Z",
    "midnight with a fraction": "2026-01-04T24:00:00.000+00:00",
    "a comma and nanoseconds": "2026-01-05T00:00:00,000000000Z",
}


@pytest.mark.parametrize("text", SURE.values(), ids=SURE.keys())
def test_a_time_that_means_one_moment_is_read(text: str) -> None:
    assert time_us(text) == START_US


UNSURE = {
    "no offset": ("2026-01-05T08:00:00", "add Z or +07:00"),
    "a leap second": ("2016-12-31T23:59:60Z", "leap second"),
    "a number in quotes": (str(START_US), "without quotes"),
    "milliseconds in quotes": (str(START_US // 1000), "in milliseconds this would be 2026-01-05T00:00:00Z"),
    "seconds with a fraction": (START_US / 1e6 + 0.25, "in seconds this would be 2026-01-05T00:00:00Z"),
    "25 o'clock": ("2026-01-04T25:00:00Z", "expected ISO 8601"),
    "24:30": ("2026-01-04T24:30:00Z", "expected ISO 8601"),
}


@pytest.mark.parametrize(("value", "said"), UNSURE.values(), ids=UNSURE.keys())
def test_a_time_that_is_not_sure_is_refused_with_what_it_may_mean(value: object, said: str) -> None:
    assert not isinstance(value, str) or time_us(value) is None
    assert said in refused(value, NOW_US)


@pytest.mark.parametrize(
    ("factor", "reason", "said"),
    [
        (1e-6, "before_2000", "in seconds this would be 2026-01-05T00:00:00Z"),
        (1e-3, "before_2000", "in milliseconds this would be 2026-01-05T00:00:00Z"),
        (1e3, "future", "in nanoseconds this would be 2026-01-05T00:00:00Z"),
        (0, "before_2000", "since 1970"),
    ],
)
def test_a_number_in_another_unit_is_refused_with_the_time_it_would_be(
    tmp_path: Path, factor: float, reason: str, said: str
) -> None:
    (tmp_path / "a.jsonl").write_text(f'{{"camera":"a","ts":{round(START_US * factor)},"objects":[]}}')
    [chunk] = read(tmp_path / "a.jsonl", "native", options())
    assert dead([chunk]) == [(1, reason)]
    assert chunk.dead["detail"][0].split(": send")[0].endswith(said)


EARLY = {
    "a text": ('"1999-12-31T23:59:59.5Z"', "expected a time from 2000 on, came 1999-12-31T23:59:59.500000Z"),
    "a text of 1970, whose microseconds are seconds of our time": (
        '"1970-01-01T00:29:27.571200Z"', "expected a time from 2000 on, came 1970-01-01T00:29:27.571200Z",
    ),
    "a number": (
        "-1",
        "expected a time from 2000 on, came 1969-12-31T23:59:59.999999Z: a number is read as microseconds since 1970",
    ),
    "a number of before the year 1": (
        "-99999999999999999",
        "expected a time from 2000 on, came an earlier one: a number is read as microseconds since 1970",
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", ["native", "arrow"])
@pytest.mark.parametrize(("written", "said"), EARLY.values(), ids=EARLY.keys())
def test_a_time_before_2000_is_said_as_it_was_written(tmp_path: Path, form: str, written: str, said: str) -> None:
    """Only of a number it is said that it is read as microseconds."""
    path = tmp_path / "a"
    path.write_text(f'{{"camera":"a","ts":{written},"objects":[]}}')
    if form == "arrow":
        row = json.loads(path.read_text())
        pq.write_table(pa.table({"camera": ["a"], "ts": [row["ts"]], "objects": pa.array([[]])}), path)
    [chunk] = read(path, form, options())
    assert chunk.dead.select("reason", "detail").rows() == [("before_2000", said)]


@given(st.integers(0, 26 * 365 * 86_400 - 1))
def test_a_unit_is_named_only_where_the_time_would_be_ours(second: int) -> None:
    when = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    since = int(when.timestamp())
    for unit, number in (("seconds", since), ("milliseconds", since * 1000), ("nanoseconds", since * 10**9)):
        assert f"in {unit} this would be {when:%Y-%m-%dT%H:%M:%SZ}" in meant(number, NOW_US)


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (6, "6 min ahead of now"),
        (54, "54 min ahead of now"),
        (6 * 60 + 58, "6 h 58 min ahead of now: a local time marked Z?"),
        (7 * 60, "7 h 0 min ahead of now: a local time marked Z?"),
        (14 * 60 + 1, "14 h 1 min ahead of now"),
        (3 * 1440, "3 days ahead of now"),
    ],
)
def test_a_time_ahead_is_said_in_hours_and_what_it_may_be(minutes, said):
    now_us = 1767571200_000000
    assert ahead(now_us + minutes * 60_000_000 + 30_000_000, now_us) == said
