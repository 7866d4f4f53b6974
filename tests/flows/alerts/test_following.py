"""Who follows a warehouse, reading what has changed, says what one says who reads all of it anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.warehouse import Warehouse, connect
from flows.alerts import names
from flows.alerts.evaluating import Evaluation
from flows.alerts.following import Following
from flows.alerts.hours import first_us, may_begin
from flows.alerts.reading import Reader
from flows.alerts.watching import Watched
from operators.alerts.alert import Alert
from schemas.local_time import DAY_US, MINUTE_US, OFFSET_US
from schemas.rules import Rule
from schemas.rules.check import parse

NOON = DAY_US * 20_000 + 12 * 60 * MINUTE_US - OFFSET_US
RULES = """
[[rule]]
id = "banjir"
title = "Banjir"
severity = "high"
incident = ["flood"]
[[rule]]
id = "di-sini"
title = "Banjir atau parkir di sini"
severity = "low"
incident = ["flood", "parking"]
camera = ["b"]
for = "3m"
keep_firing_for = "4m"
[[rule]]
id = "diam"
title = "Diam"
severity = "critical"
silent = "5m"
"""
LATENESS = 10 * MINUTE_US
HALF_US = 30 * MINUTE_US
"""Hours begin and end with these."""


class City:
    """What is stored, and two who look at it."""

    def __init__(self, store: Warehouse) -> None:
        self.store = store
        self.evaluation = Evaluation(Reader(store, names.read(store)), parse({"r.toml": RULES}))
        self.following = Following(Evaluation(Reader(store, names.read(store)), parse({"r.toml": RULES})), LATENESS, 0)

    def incident(
        self,
        name: str,
        camera: str,
        kind: str,
        began: int,
        at: int,
        ended: int | None = None,
        rev: int = 1,
        gone: bool = False,
    ) -> None:
        """Store a version of one, by minutes after noon."""
        closed = "NULL" if ended is None else f"fromUnixTimestamp64Micro({NOON + ended * MINUTE_US})"
        began_us, at_us = NOON + began * MINUTE_US, NOON + at * MINUTE_US
        self.store.command(
            "INSERT INTO incidents_log (camera_id, incident_id, kind, opened_at, active_at, updated_at, closed_at, rev,"
            f" deleted) SELECT '{camera}', '{name}', '{kind}', fromUnixTimestamp64Micro({began_us}),"
            f" fromUnixTimestamp64Micro({began_us}), fromUnixTimestamp64Micro({at_us}), {closed}, {rev}, {gone:d}"
        )

    def minutes(self, *some: int) -> None:
        """Store minutes of a camera."""
        for minute in some:
            self.store.command(
                f"INSERT INTO health_minute_log (camera_id, ts) SELECT 'b', {NOON // 1_000_000 + minute * 60}"
            )

    def look(self, minute: int) -> tuple[list[Alert], list[Alert]]:
        """Return what both say of the last half hour."""
        now_us = NOON + minute * MINUTE_US
        span = now_us - 30 * MINUTE_US, now_us
        return self.following.alerts(*span), self.evaluation.alerts(*span)

    def told(self, minute: int) -> list[str]:
        """Return what both say, who say the same: rule, incident, and whether it is over."""
        following, whole = self.look(minute)
        assert following == whole
        return sorted(
            f"{each.labels['rule']} {each.incident}{'' if each.over_us is None else ' over'}" for each in whole
        )


@pytest.fixture
def city(empty_store: Callable[[str], str]) -> Iterator[City]:
    with connect(empty_store("followed")) as store:
        yield City(store)


def test_incidents_are_followed_as_they_begin_end_are_restated_and_taken_back(city: City) -> None:
    city.minutes(*range(40))
    assert city.told(1) == []
    city.incident("x", "a", "flood", 0, 0)
    city.incident("y", "b", "parking", 1, 1)
    assert city.told(2) == ["banjir x"]
    assert city.told(5) == ["banjir x", "di-sini y"], "it has lasted"
    city.incident("z", "b", "flood", 2, 2)
    assert city.told(6) == ["banjir x", "banjir z", "di-sini y", "di-sini z"], "what comes late counts"
    city.incident("x", "a", "flood", 0, 6, 5, rev=2)
    city.incident("y", "b", "parking", 1, 6, 5, rev=2)
    assert city.told(7) == ["banjir x over", "banjir z", "di-sini y over", "di-sini z"]
    city.incident("x", "a", "flood", 0, 7, rev=65_536)
    assert city.told(8) == ["banjir x", "banjir z", "di-sini y over", "di-sini z"], "somebody has seen better"
    city.incident("z", "b", "flood", 2, 2, rev=3, gone=True)
    assert city.told(9) == ["banjir x", "di-sini y over"], "it never was"
    city.incident("x", "a", "flood", 0, 3, 2, rev=9)
    assert city.told(10) == ["banjir x", "di-sini y over"], "an older version changes nothing"
    assert city.told(39) == ["banjir x", "di-sini y over"]
    city.following.evaluation.names.read_again(city.store)
    assert city.told(40) == ["banjir x"], "all are read again"
    assert city.told(46) == ["banjir x", "diam "], "what is over long since is not told of"


def test_what_is_stored_long_after_its_time_is_found_when_names_are_read_again(city: City) -> None:
    city.minutes(*range(40))
    city.incident("x", "a", "flood", 20, 20)
    assert city.told(21) == ["banjir x"]
    city.incident("y", "a", "flood", 5, 5)
    following, whole = city.look(22)
    assert [len(following), len(whole)] == [1, 2]
    city.following.evaluation.names.read_again(city.store)
    assert city.told(23) == ["banjir x", "banjir y"]


def test_a_silence_is_followed_and_ends_once_something_is_stored(city: City) -> None:
    city.minutes(*range(4))
    for minute in (4, 6, 9):
        assert city.told(minute) == []
    assert city.told(10) == ["diam "]
    city.minutes(4, 5)
    assert city.told(11) == [], "it was late"
    assert city.told(12) == ["diam "]
    city.minutes(12)
    assert city.told(14) == ["diam  over"]
    assert city.told(17) == ["diam  over"]
    city.minutes(8)
    assert city.told(18) == [], "it was late, too"


@given(
    st.lists(st.integers(0, 3 * 24 * 60 * 60), max_size=20),
    st.sampled_from([(), ("06:00-08:30",), ("22:00-05:00",), ("06:00-07:00", "07:00-09:00")]),
    st.sampled_from([(), ("weekday",), ("weekday", "sunday")]),
)
def test_an_alert_begins_with_the_first_minute_in_which_it_may(
    seconds: list[int], hours: tuple[str, ...], day_type: tuple[str, ...]
) -> None:
    rule = Rule("r", "R", "low", hours=hours, day_type=day_type)
    day_types = {date(2024, 10, 4): "weekday", date(2024, 10, 5): "saturday", date(2024, 10, 6): "sunday"}
    since_us = np.array([NOON + second * 1_000_000 for second in seconds], np.int64)
    until_us = NOON + 3 * DAY_US

    def may(t_us: int) -> bool:
        return bool(may_begin(rule, np.array([t_us], np.int64), day_types)[0])

    def first(t_us: int) -> int:
        half_hours = range(-(-t_us // HALF_US) * HALF_US, until_us, HALF_US)
        return next((at for at in (t_us, *half_hours) if may(at)), until_us)

    assert first_us(rule, since_us, until_us, day_types).tolist() == [first(t_us) for t_us in since_us.tolist()]


def test_an_alert_of_a_rule_that_looks_at_another_view_now_is_not_gone_on_with() -> None:
    rule = Rule("r", "R", "low", figure="crowd_minute.persons_mean", above=1.0)
    watched = Watched(rule, names.Names())
    told = Alert("a", {"rule": "r"}, NOON, NOON, subject=("33.74.01",))
    watched.resume([told, msgspec.structs.replace(told, key="b", subject=tuple("abcd"[: len(watched.by)]))], NOON)
    assert list(watched.alerts) == ["b"]
