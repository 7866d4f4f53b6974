"""The same timelines for a real Alertmanager and for ours: who is told of what in which order, and where we differ.

A letter of a timeline is a unit: a second and a quarter there, a minute of the clock that is passed in here. Alerts
begin and end with even units, Alertmanager tells with odd ones, so that a machine may be late by most of a unit.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from operators.alerts.alert import Alert
from operators.alerts.desk import Answer, Desk, Record
from operators.alerts.groups import Notice
from operators.alerts.hidden import Silence
from schemas.local_time import DAY_US, MINUTE_US, OFFSET_US
from schemas.rules import Inhibit, Match, Route, Rules
from tests.brokers.alertmanager import Alertmanager

pytestmark = pytest.mark.slow
UNIT_S = 1.25
UNITS = 14
NOON = DAY_US * 20_000 + 12 * 60 * MINUTE_US - OFFSET_US
PAGE = Path(__file__).parents[3] / "docs" / "decisions" / "alerts.md"
DOWN = {"s": {"kind": "site_down"}, "t": {"kind": "camera_down"}, "u": {"kind": "camera_down", "site": "other"}}


class Case(NamedTuple):
    """Timelines, and what both tell of them.

    Attributes
    ----------
    ours
        A line a group: receiver, then of each notification which alerts last and which have ceased.
    theirs
        Where Alertmanager tells otherwise; a difference that is ours by choice.
    silences
        Of an alert, between two units.
    answered
        When somebody answers the first message here.
    """

    name: str
    alerts: Mapping[str, str]
    ours: tuple[str, ...]
    theirs: tuple[str, ...] | None = None
    labels: Mapping[str, Mapping[str, str]] = {}
    to: tuple[str, ...] = ("x",)
    goes_on: bool = False
    wait: float = 1
    interval: float = 2
    repeat: float = 1_000
    silences: tuple[tuple[str, int, int], ...] = ()
    answered: int | None = None


LONG = "##########."
CASES = [
    Case("one alert", {"a": "##."}, ("x: a- -a",)),
    Case("the first message waits for others", {"a": "####.", "b": "..##."}, ("x: ab- -ab",), wait=3),
    Case("over before it was told", {"a": "##."}, (), wait=3),
    Case("an alert joins", {"a": "########.", "b": "..######."}, ("x: a- ab- -ab",)),
    Case("one of two ends", {"a": "####.", "b": "########."}, ("x: ab- b-a -b",)),
    Case("over, and again", {"a": "##....##."}, ("x: a- -a a- -a",)),
    Case("two groups", {"a": "##.", "b": "##."}, ("x: a- -a", "x: b- -b"), labels={"b": {"place": "q"}}),
    Case("the first route takes it", {"a": "##."}, ("x: a- -a",), to=("x", "y")),
    Case("a route goes on", {"a": "##."}, ("x: a- -a", "y: a- -a"), to=("x", "y"), goes_on=True),
    Case("nobody answers", {"a": LONG}, ("x: a- a- a- -a",), repeat=3),
    Case(
        "explained from the beginning on, not to the end",
        {"s": "####.", "t": "########.", "u": "####."}, ("x: s- -s", "x: t- -t", "x: u- -u"),
        labels={"s": DOWN["s"], "t": DOWN["t"], "u": DOWN["u"] | {"place": "q"}},
    ),
    Case("silenced from the beginning on, not to the end", {"a": "########."}, ("x: a- -a",), silences=(("a", -1, 4),)),
    Case("somebody has answered", {"a": LONG}, ("x: a- -a",), ("x: a- a- a- -a",), repeat=3, answered=2),
    Case(
        "changed shortly before it is repeated", {"a": "######.", "b": "....##."},
        ("x: a- ab- ab- -ab",), ("x: a- ab- -ab",), repeat=3,
    ),
    Case("came and went between edits", {"a": "######.", "c": "..##."}, ("x: a- -a",), ("x: a- a-c -a",), interval=4),
    Case("ended and is back between edits", {"a": "##..####."}, ("x: a- a-a -a",), ("x: a- -a",), interval=4),
    Case(
        "explained once it was told", {"s": "..####.", "t": LONG}, ("x: s- -s", "x: t- -t t- -t"),
        ("x: s- -s", "x: t- -t"), labels=DOWN,
    ),
    Case(
        "ends while it is explained", {"s": "..######.", "t": "####."}, ("x: s- -s", "x: t- -t"), ("x: s- -s", "x: t-"),
        labels=DOWN,
    ),
    Case("silenced once it was told", {"a": LONG}, ("x: a- -a a- -a",), ("x: a- -a",), silences=(("a", 2, 6),)),
    Case("ends while it is silenced", {"a": "####."}, ("x: a- -a",), ("x: a-",), silences=(("a", 2, 8),)),
]  # fmt: skip


def labels(case: Case, letter: str) -> dict[str, str]:
    """Return what an alert is known by."""
    return {"kind": "flood", "place": "p", "camera": letter, "site": "nvr"} | dict(case.labels.get(letter, {}))


def spans(case: Case) -> Iterator[tuple[str, int, int]]:
    """Yield when each alert lasts, in units; one that comes back does so for itself."""
    for letter, drawn in case.alerts.items():
        for found in re.finditer("#+", drawn):
            yield letter, found.start(), found.end()


def told(by_group: Mapping[tuple[str, ...], list[str]]) -> tuple[str, ...]:
    """Return a line a group."""
    return tuple(sorted(f"{group[0]}: {' '.join(said)}" for group, said in by_group.items()))


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, ...]]:
    """What a real one tells of all cases, which are played at once, each in groups of its own."""
    inhibit = {
        "source_matchers": ["kind=site_down"],
        "target_matchers": ["kind=camera_down"],
        "equal": ["case", "site"],
    }
    server = Alertmanager(
        tmp_path_factory.mktemp("alertmanager"), [each for case in CASES for each in routes(case)], [inhibit]
    )
    server.start()
    try:
        play(server)
    finally:
        server.stop()
    found: dict[str, dict[tuple[str, ...], list[str]]] = {case.name: defaultdict(list) for case in CASES}
    for receiver, content in server.told:
        by = {
            state: [each["labels"] for each in content["alerts"] if each["status"] == state]
            for state in ("firing", "resolved")
        }
        said = "-".join("".join(sorted(each["camera"] for each in some)) for some in by.values())
        group = content["groupLabels"]
        found[group["case"]][receiver, group["place"], group["kind"]].append(said)
    return {name: told(groups) for name, groups in found.items()}


def routes(case: Case) -> Iterator[dict[str, Any]]:
    """Yield a case's routes as Alertmanager has them."""
    for at, receiver in enumerate(case.to):
        yield {
            "receiver": receiver,
            "matchers": [f'case="{case.name}"'],
            "group_by": ["case", "place", "kind"],
            "continue": case.goes_on and at + 1 < len(case.to),
            **{
                name: f"{round(units * UNIT_S * 1000)}ms"
                for name, units in (
                    ("group_wait", case.wait),
                    ("group_interval", case.interval),
                    ("repeat_interval", case.repeat),
                )
            },
        }


def play(server: Alertmanager) -> None:
    """Post what begins and ends, unit by unit."""
    began, zero = time.monotonic() + UNIT_S, datetime.now(UTC) + timedelta(seconds=UNIT_S)

    def at(unit: int) -> str:
        return (zero + timedelta(seconds=unit * UNIT_S)).isoformat()

    for unit in range(-1, UNITS):
        time.sleep(max(0.0, began + unit * UNIT_S - time.monotonic()))
        for case in CASES:
            for letter, since, until in case.silences:
                if since == unit:
                    named = {"case": case.name, "camera": letter}
                    matchers = [{"name": name, "value": value, "isRegex": False} for name, value in named.items()]
                    about = {"createdBy": "tests", "comment": case.name}
                    server.post("silences", {"matchers": matchers, "startsAt": at(unit), "endsAt": at(until), **about})
        posted = [
            {"labels": {"case": case.name, "alertname": letter} | labels(case, letter), "startsAt": at(since)}
            | ({"endsAt": at(until)} if until == unit else {})
            for case in CASES
            for letter, since, until in spans(case)
            if unit in (since, until)
        ]
        if posted:
            server.post("alerts", posted)


def ours(case: Case) -> tuple[str, ...]:
    """Return what a desk tells that looks twice a unit."""
    desk, found, answers = Desk(rules(case)), defaultdict[tuple[str, ...], list[str]](list), list[Answer]()
    alerts = [alert(case, *each) for each in spans(case)]
    silences = [Silence(Match(camera=(letter,)), us(since), us(until)) for letter, since, until in case.silences]
    for half in range(2 * UNITS):
        now_us = us(half / 2)
        known = [as_of(each, now_us) for each in alerts if each.fired_us <= now_us]
        record = Record(
            [each for each in answers if each.at_us <= now_us], [each for each in silences if each.since_us <= now_us]
        )
        for notice in desk.see(known, record, now_us):
            found[notice.receiver, *(value for _, value in notice.group)].append(said(notice))
            if case.answered is not None and not answers:
                answers.append(Answer(notice.message, us(case.answered)))
    return told(found)


def said(notice: Notice) -> str:
    """Return which alerts last, and which have ceased since the notification before."""
    return "-".join("".join(sorted(each.labels["camera"] for each in some)) for some in (notice.firing, notice.ceased))


def us(unit: float) -> int:
    return NOON + round(unit * MINUTE_US)


def alert(case: Case, letter: str, since: int, until: int) -> Alert:
    given = labels(case, letter) | {"severity": "medium", "rule": "r"}
    return Alert(f"{letter}{since}", given, us(since), us(since), us(until), us(until), us(until), "cleared")


def as_of(alert: Alert, now_us: int) -> Alert:
    if alert.ended(now_us):
        return alert
    return Alert(alert.key, alert.labels, alert.since_us, alert.fired_us)


def rules(case: Case) -> Rules:
    """Return a case's routes and inhibitions as rules have them."""
    times = {
        name: f"{round(60 * units)}s"
        for name, units in (("group_wait", case.wait), ("group_interval", case.interval), ("repeat", case.repeat))
    }
    inhibit = Inhibit(Match(kind=("site_down",)), Match(kind=("camera_down",)), ("site",))
    return Rules(route=tuple(Route(to, goes_on=case.goes_on, **times) for to in case.to), inhibit=(inhibit,))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_both_tell_the_same_but_where_we_chose_otherwise(case: Case, alertmanager: dict[str, tuple[str, ...]]) -> None:
    assert ours(case) == case.ours
    assert alertmanager[case.name] == (case.ours if case.theirs is None else case.theirs)


def test_every_difference_stands_on_the_page_with_what_both_tell() -> None:
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    page = {name: (a, b) for name, a, b, *_ in (row for row in rows if len(row) == 4)}
    differing = {case.name: (_cell(case.theirs), _cell(case.ours)) for case in CASES if case.theirs is not None}
    assert {name: page.get(name) for name in differing} == differing


def _cell(lines: tuple[str, ...]) -> str:
    return "`" + ", ".join(line.removeprefix("x: ") for line in lines) + "`"
