"""What the second flow beside a stream looks at, and how often it sums up."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from connectors.warehouse import Run, Warehouse, calendar_days, landed
from flows.live import second
from flows.live.second import Second, spans

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def health(minutes: list[int]) -> pl.DataFrame:
    return pl.DataFrame({"ts": [NOON.replace(tzinfo=None) + timedelta(minutes=minute) for minute in minutes]})


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def test_a_flush_of_few_minutes_is_looked_at_by_the_minute_one_that_catches_up_by_the_hour(
    warehouse: Warehouse,
) -> None:
    before = landed.read(warehouse)
    landed.mark(warehouse, health([3, 3, 5]))
    landed.mark(warehouse, health(list(range(70))))
    found = [mark for mark in landed.read(warehouse) if mark not in before]
    assert sorted((mark.since, mark.until) for mark in found) == [
        (at(0), at(60)), (at(3), at(4)), (at(5), at(6)), (at(60), at(120))
    ]  # fmt: skip
    landed.done(warehouse, found)
    assert landed.read(warehouse) == before


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ([], []),
        ([3], [(3, 4)]),
        ([5, 3], [(3, 6)]),
        ([3, 14], [(3, 15)]),
        ([3, 15], [(3, 4), (15, 16)]),
        ([3, 3], [(3, 4)]),
    ],
)
def test_minutes_near_to_each_other_are_looked_at_together(minutes: list[int], expected: list[tuple[int, int]]) -> None:
    marks = [landed.Mark("across-minute", at(minute), 1) for minute in minutes]
    assert spans(marks) == [(at(since), at(until)) for since, until in expected]


def test_an_hour_that_holds_marked_minutes_is_not_cut_short_by_them() -> None:
    marks = [landed.Mark("across", at(0), 1), landed.Mark("across-minute", at(3), 2)]
    assert spans(marks) == [(at(0), at(60))]


class Store:
    """A warehouse in which a clock goes on while it sums up."""

    def __init__(self) -> None:
        self.now_s, self.rolls = 1000.0, 0

    def lease(self, scope: object) -> Any:
        return nullcontext()

    def roll(self) -> None:
        self.rolls += 1
        self.now_s += 20.0


def test_summing_up_that_takes_long_takes_a_quarter_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    store, looks = Store(), 0
    monkeypatch.setattr(second.time, "monotonic", lambda: store.now_s)
    monkeypatch.setattr(landed, "read", lambda _: [landed.Mark("across-minute", at(0), 1)])
    monkeypatch.setattr(landed, "done", lambda *_: None)
    monkeypatch.setattr(calendar_days, "judge_anew", lambda *_: None)
    monkeypatch.setattr(Second, "_outages", lambda *_: None)
    beside = Second(store, None, None)  # type: ignore[arg-type]
    while store.now_s < 1000.0 + 10 * 80.0:
        beside._look(Run(1, 1, 1, 1), with_days=False)
        store.now_s += 5.0
        looks += 1
    assert 9 <= store.rolls <= 10
    assert looks > 100
