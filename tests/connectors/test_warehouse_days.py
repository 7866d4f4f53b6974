"""A day is published when the hours that it lacks carry little: random weeks against a plain reckoning."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from math import ceil

import polars as pl
import pytest

from connectors.warehouse import Warehouse
from schemas.calendar import DAYS as DAYS_OF_CALENDAR

from .minutes import rows

FIRST = datetime(2025, 8, 31, 17, 0, tzinfo=UTC)  # local midnight before Monday 1 September
MAULID = date(2025, 9, 5)
DAYS, HOUR_MS = 35, 3_600_000
CAMERAS = ("hari-ramai", "hari-malam", "hari-kosong")
Drawn = dict[tuple[int, int], tuple[int, int]]
"""Entries and observed time [ms] by day and hour; an hour that is missing has no row."""


def hour_of(name: str, at: datetime, **given: object) -> pl.DataFrame:
    """Return a whole hour as one row, in the shape of minutes."""
    return rows("visits", name, at, **({"expected_ms": HOUR_MS, "observed_ms": HOUR_MS} | given))


def holiday(on: date) -> pl.DataFrame:
    """Return a day of the calendar."""
    named = {"holiday": "Libur", "hijri": "1447-03-12", "is_ramadan": False, "school_holiday": "", "events": []}
    return pl.DataFrame([{"date": on, "day_type": "holiday", **named}], schema=DAYS_OF_CALENDAR)


def draw(name: str) -> Drawn:
    """Draw weeks of hours: counts follow the hour, some hours are seen in part, in a small part, or not at all."""
    dice = random.Random(name)
    drawn = {}
    for day in range(DAYS):
        for hour in range(24):
            seen = dice.choices((HOUR_MS, 3_000_000, 1_200_000, 0, None), (90, 5, 2, 2, 1))[0]
            busy = {"hari-ramai": 40 if 6 <= hour < 22 else 1, "hari-malam": 30 if hour in (20, 21) else 2}.get(name, 0)
            if seen is not None:
                drawn[day, hour] = (dice.randrange(busy * 2 + 1) if seen else 0, seen)
    return drawn


@pytest.fixture(scope="module")
def weeks(warehouse: Warehouse) -> dict[str, Drawn]:
    drawn = {name: draw(name) for name in CAMERAS}
    warehouse.store_calendar(holiday(MAULID))
    made = [
        rows(
            "visits", name, FIRST + timedelta(days=day, hours=hour), expected_ms=HOUR_MS, observed_ms=seen, entries_n=n
        )
        for name, hours in drawn.items()
        for (day, hour), (n, seen) in hours.items()
    ]
    order = random.Random(1)
    for part in (order.sample(made, len(made) // 2), made):  # the second half changes what is usual for the first
        warehouse.insert("visits_minute_log", pl.concat(part))
        warehouse.roll()
    return drawn


def kind(day: int) -> str:
    on = (FIRST + timedelta(days=day, hours=7)).date()
    return "holiday" if on == MAULID else {5: "saturday", 6: "sunday"}.get(on.weekday(), "weekday")


def enough(drawn: Drawn, day: int, hour: int) -> bool:
    return (day, hour) in drawn and drawn[day, hour][1] >= 0.8 * HOUR_MS


def usual(drawn: Drawn, day: int, hours: range) -> dict[int, float]:
    """Return what each hour carries; as much as any other where one is not known, or nothing ever came."""
    out = {}
    for hour in hours:
        like = [drawn[d, hour] for d in range(max(0, day - 28), day) if kind(d) == kind(day) and enough(drawn, d, hour)]
        if not like:
            return dict.fromkeys(hours, 1.0)
        out[hour] = HOUR_MS * sum(n for n, _ in like) / sum(seen for _, seen in like)
    return out if sum(out.values()) else dict.fromkeys(hours, 1.0)


def reckoned(drawn: Drawn) -> Iterator[tuple]:
    for day in range(DAYS):
        there = [hour for hour in range(24) if (day, hour) in drawn]
        hours = range(min(there), max(there) + 1)
        lacking = [hour for hour in hours if not enough(drawn, day, hour)]
        blind = [hour for hour in lacking if drawn.get((day, hour), (0, 0))[1] == 0]
        weights = usual(drawn, day, hours)
        whole = sum(weights.values())
        lacks = ceil(1e6 * sum(weights[hour] for hour in lacking) / whole) if lacking else 0
        scaled = sum((n * HOUR_MS + seen // 2) // seen for n, seen in (drawn[day, h] for h in there) if seen)
        carried = sum(weights[hour] for hour in blind)
        filled = scaled if not blind else None if lacks > 50_000 else round(scaled * whole / (whole - carried))
        is_shown = lacks <= 50_000
        reason = "" if is_shown else f"low_coverage (hours: {', '.join(map(str, lacking))})"
        yield sum(drawn[day, h][0] for h in there) if is_shown else None, filled, lacking, reason


@pytest.mark.parametrize("name", CAMERAS)
def test_random_weeks_equal_a_plain_reckoning(warehouse: Warehouse, weeks: dict[str, Drawn], name: str) -> None:
    sql = (
        "SELECT entries, entries_estimated, hours_missing, replaceRegexpOne(reason, '^offline', 'low_coverage') "
        "FROM visits_day WHERE camera_id = {c:String} ORDER BY ts"
    )
    found = [(*row[:2], list(row[2]), row[3]) for row in warehouse.query(sql, {"c": name}).rows]
    expected = list(reckoned(weeks[name]))
    assert found == expected
    assert {row[0] is None for row in expected} == {True, False}
    assert any(row[2] and row[0] is not None for row in expected)


def test_a_day_that_becomes_another_kind_is_judged_anew(warehouse: Warehouse) -> None:
    """Without its evening a weekday is none; as a holiday it has no like days, and one hour of 24 is little."""
    start = FIRST - timedelta(days=60)  # a Thursday
    made = [
        hour_of("hari-lain", start + timedelta(days=day, hours=hour), entries_n=9 if hour == 18 else 1)
        for day in (0, 1, 4)
        for hour in range(24)
        if (day, hour) != (4, 18)
    ]
    warehouse.insert("visits_minute_log", pl.concat(made))
    warehouse.roll()
    ask = "SELECT entries IS NULL FROM visits_day WHERE camera_id = 'hari-lain' ORDER BY ts DESC LIMIT 1"
    assert warehouse.query(ask).rows == [(1,)]
    on = (start + timedelta(days=4, hours=7)).date()
    warehouse.store_calendar(holiday(on))
    warehouse.roll()
    assert warehouse.query(ask).rows == [(0,)]
