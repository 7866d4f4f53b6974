"""Messages as timelines: a letter a minute, a line an alert; `#` while its condition holds and it is told."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.alerts.alert import Alert
from operators.alerts.desk import Answer, Desk, Kept, Record, notices
from operators.alerts.groups import Notice
from operators.alerts.hidden import Dismissal, Silence, shown
from schemas.local_time import DAY_US, OFFSET_US
from schemas.rules import Inhibit, Match, Route, Rule, Rules

MINUTE = 60_000_000
NOON = DAY_US * 20_000 + 12 * 60 * MINUTE - OFFSET_US
RULE = Rule("r", "R", "medium", incident=("flood",))


def alert(name: str, drawn: str, **labels: str) -> Alert:
    """Return the one alert of a timeline."""
    begin = drawn.index("#")
    end = drawn.rindex("#") + 1
    over_us = NOON + end * MINUTE if end < len(drawn) else None
    given = {"severity": "medium", "kind": "flood", "place": "p", "camera": name, "rule": "r"} | labels
    fired_us = NOON + begin * MINUTE
    return Alert(name, given, fired_us, fired_us, over_us, over_us, over_us, "cleared" if over_us else "")


def played(alerts: Mapping[str, Alert | str], rules: Rules, record: Record = Record(), until: int = 100) -> list[str]:  # noqa: B008  frozen
    """Return notices as ``minute what receiver firing-over``."""
    given = [alert(name, each) if isinstance(each, str) else each for name, each in alerts.items()]
    return [said(each) for each in notices(given, rules, record, NOON + until * MINUTE)]


def said(notice: Notice) -> str:
    firing, over = ("".join(each.key for each in some) for some in (notice.firing, notice.over))
    minute = (notice.at_us - NOON) / MINUTE
    why = f" {notice.why}" if notice.why else ""
    return f"{minute:g} {notice.what} {notice.receiver} {firing}-{over}{why}"


def routed(**given: object) -> Rules:
    """Return rules with one route: nothing is waited for, nothing is repeated."""
    base = {"to": "x", "group_wait": "0s", "group_interval": "1m", "repeat": "0s"}
    return Rules(rule=(RULE,), route=(Route(**{**base, **given}),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("alerts", "rules", "expected"),
    [
        # one alert is one message, which is closed
        ({"a": "..###..."}, routed(), ["2 new x a-", "5 over x -a cleared"]),
        # the first message waits for others; what is over by then was never told
        (
            {"a": "..###...", "b": "...###.."},
            routed(group_wait="2m"),
            ["4 new x ab-", "5 changed x b-a", "6 over x -ab cleared"],
        ),
        ({"a": "..#....."}, routed(group_wait="2m"), []),
        # a group that changes is edited once an interval; what came and went meanwhile is not told
        (
            {"a": "########", "b": ".#......", "c": "..###..."},
            routed(group_interval="3m"),
            ["0 new x a-", "3 changed x ac-", "6 changed x a-c"],
        ),
        # over, and again: another message
        (
            {"a": "##......", "b": ".....##."},
            routed(),
            ["0 new x a-", "2 over x -a cleared", "5 new x b-", "7 over x -b cleared"],
        ),
        # before the interval is over it is back: it never closed
        (
            {"a": "##......", "b": "...####."},
            routed(group_interval="4m"),
            ["0 new x a-", "4 changed x b-a", "8 over x -ab cleared"],
        ),
        # nobody answers: again, and to somebody else
        ({"a": "########"}, routed(repeat="3m"), ["0 new x a-", "3 again x a-", "6 again x a-"]),
        (
            {"a": "######.."},
            routed(escalate_after="4m", escalate_to="y"),
            ["0 new x a-", "4 escalated y a-", "6 over x -a cleared", "6 over y -a cleared"],
        ),
        # what has changed since is told to the first, too, when it is due
        (
            {"a": "########", "b": "...#####"},
            routed(escalate_after="4m", escalate_to="y", group_interval="6m"),
            ["0 new x a-", "4 escalated y ab-", "6 changed x ab-", "6 changed y ab-"],
        ),
    ],
)
def test_a_timeline(alerts: dict[str, str], rules: Rules, expected: list[str]) -> None:
    assert played(alerts, rules, until=8) == expected


def test_groups_are_told_apart_by_their_labels_and_routes_by_their_matches() -> None:
    alerts = {
        "a": alert("a", "##"),
        "b": alert("b", "##", place="q"),
        "c": alert("c", "##", kind="parking", owner="dishub"),
    }
    rules = Rules(
        route=(
            Route("roads", Match(owner=("dishub",)), group_wait="0s", goes_on=True),
            Route("all", Match(severity=("medium", "high")), group_wait="0s", group_by=("kind",)),
        )
    )
    assert sorted(played(alerts, rules, until=1)) == ["0 new all ab-", "0 new all c-", "0 new roads c-"]


def test_what_another_alert_explains_is_not_told_until_it_is_over() -> None:
    rules = msgspec.structs.replace(
        routed(),
        inhibit=(Inhibit(Match(kind=("site_down",)), Match(kind=("camera_down",)), ("site",)),),
    )
    site = alert("s", "..####....", kind="site_down", site="nvr")
    here = alert("h", "#########.", kind="camera_down", site="nvr")
    other = alert("o", "..#######.", kind="camera_down", site="nvr-2", place="q")
    assert sorted(played({"s": site, "h": here, "o": other}, rules)) == [
        "0 new x h-",
        "2 new x o-",
        "2 new x s-",
        "2 over x -h inhibited",
        "6 new x h-",
        "6 over x -s cleared",
        "9 over x -h cleared",
        "9 over x -o cleared",
    ]


def test_what_no_camera_saw_is_a_message_of_its_own() -> None:
    drawn = alert("b", "..#####")
    some = {"a": "####...", "b": msgspec.structs.replace(drawn, simulated=True)}
    assert played(some, routed()) == ["0 new x a-", "2 new x b-", "4 over x -a cleared"]


def test_a_silence_ends() -> None:
    silence = Silence(Match(camera=("a",)), NOON - MINUTE, NOON + 5 * MINUTE)
    record = Record(silences=[silence])
    assert played({"a": "########.."}, routed(), record, 9) == ["5 new x a-", "8 over x -a cleared"]
    assert played({"a": "####......"}, routed(), record, 9) == []


def test_what_is_dismissed_is_closed_and_another_alert_there_is_another_message() -> None:
    record = Record(dismissals=[Dismissal(frozenset("a"), NOON + 2 * MINUTE)])
    assert played({"a": "########", "b": "....####"}, routed(), record, 7) == [
        "0 new x a-",
        "2 over x -a dismissed",
        "4 new x b-",
    ]


def test_a_desk_whose_routes_were_put_in_another_order_goes_on() -> None:
    floods, others = Route("x", Match(kind=("flood",)), group_wait="0s"), Route("y", group_wait="0s")
    first, second = Rules(route=(floods, others)), Rules(route=(others, floods))
    desk = Desk(first)
    desk.see([alert("a", "###.")], Record(), NOON)
    told = Desk(second, desk.kept()).see([alert("a", "###.")], Record(), NOON + 4 * MINUTE)
    assert [said(each) for each in told] == ["3 over x -a cleared"]


def test_what_was_told_by_a_route_that_is_gone_is_closed_and_told_by_the_routes_that_there_are() -> None:
    desk, drawn = Desk(routed(escalate_after="1m", escalate_to="z")), [alert("a", "########")]
    assert len(desk.see(drawn, Record(), NOON + MINUTE)) == 2
    now = Desk(routed(to="y"), desk.kept())
    told = now.see(drawn, Record(), NOON + 3 * MINUTE)
    assert [said(each) for each in told[:2]] == ["3 over x -a unruled", "3 over z -a unruled"]
    assert [said(each) for each in told[2:]] == ["1 new y a-"]
    assert [[each.key for each in notice.ceased] for notice in told[:2]] == [["a"], ["a"]]
    assert now.see(drawn, Record(), NOON + 4 * MINUTE) == []


def test_what_was_told_by_a_rule_that_is_gone_is_closed() -> None:
    desk = Desk(routed())
    desk.see([alert("a", "###")], Record(), NOON)
    others = msgspec.structs.replace(routed(), rule=())
    assert [said(each) for each in Desk(others, desk.kept()).see([], Record(), NOON + MINUTE)] == [
        "1 over x -a unruled"
    ]


def test_a_clock_that_goes_back_takes_nothing_back_and_holds_nothing_up() -> None:
    rules, later, hour = routed(), alert("b", "####", place="q"), 60 * MINUTE
    desk = Desk(rules)
    desk.see([alert("a", "####"), later], Record(), NOON + hour)
    now = Desk(rules, desk.kept())
    assert now.see([], Record(), NOON - MINUTE) == [], "what began by the other clock did begin"
    third = msgspec.structs.replace(later, key="c", since_us=NOON, fired_us=NOON)
    told = now.see([alert("a", "####"), later, third], Record(), NOON + 2 * MINUTE)
    assert [said(each) for each in told] == ["0 changed x bc-"]
    (over,) = now.see([alert("a", "####."), later, third], Record(), NOON + 5 * MINUTE)
    assert said(over) == "4 over x -a cleared"


def test_a_silence_that_ends_before_it_begins_hides_nothing() -> None:
    for until in (2, 1):
        record = Record(silences=[Silence(Match(), NOON + 2 * MINUTE, NOON + until * MINUTE)])
        assert played({"a": "####."}, routed(), record) == ["0 new x a-", "4 over x -a cleared"]


def test_who_has_answered_is_not_asked_again() -> None:
    rules = routed(repeat="3m", escalate_after="4m", escalate_to="y")
    drawn = {"a": alert("a", "#" * 12)}
    (first, *_) = notices(list(drawn.values()), rules, Record(), NOON)
    assert played(drawn, rules, Record([Answer(first.message, NOON + 2 * MINUTE)]), 12) == ["0 new x a-"]
    late = Record([Answer(first.message, NOON + 5 * MINUTE)])
    assert played(drawn, rules, late, 12) == ["0 new x a-", "3 again x a-", "4 escalated y a-"]


@pytest.mark.parametrize(
    ("severity", "drawn", "expected"),
    [
        ("medium", "#" * 90 + ".", ["60 new x a-", "90 over x -a cleared"]),
        ("medium", "#" * 50 + ".", []),
        ("critical", "#" * 50 + ".", ["0 new x a-", "50 over x -a cleared"]),
    ],
)
def test_quiet_hours_keep_what_is_not_loud_until_they_end(severity: str, drawn: str, expected: list[str]) -> None:
    rules = routed(quiet=("22:00-13:00",))
    assert played({"a": alert("a", drawn, severity=severity)}, rules, until=100) == expected


LINES = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 20), st.sampled_from("pq"), st.sampled_from(["low", "critical"])),
    min_size=1,
    max_size=8,
)


@given(LINES, st.lists(st.integers(0, 45), max_size=5), st.integers(0, 4), st.integers(0, 4), st.integers(0, 6))
def test_a_desk_that_is_played_on_in_any_steps_says_what_one_says_that_is_not(
    lines: list[tuple[int, int, str, str]], cuts: list[int], wait: int, interval: int, repeat: int
) -> None:
    rules = routed(
        group_wait=f"{wait}m", group_interval=f"{interval}m", repeat=f"{repeat}m", quiet=("12:10-12:15",),
        escalate_after="5m", escalate_to="y",
    )  # fmt: skip
    alerts = [
        alert(f"a{at}", "." * begin + "#" * length + ".", place=place, severity=severity)
        for at, (begin, length, place, severity) in enumerate(lines)
    ]
    whole = notices(alerts, rules, Record(), NOON + 50 * MINUTE)
    desk, told = Desk(rules), list[Notice]()
    for each in alerts:
        desk.take(each, shown(alerts, rules.inhibit)[each.key])
    for cut in [*sorted(cuts), 50]:
        told += desk.until(NOON + cut * MINUTE, Record())
    assert told == whole
    ended = {notice.message for notice in whole if notice.what == "over"}
    assert {notice.message for notice in whole if notice.what == "new"} == ended, "all of it ends"
    assert not desk.groups


SAID = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20), st.sampled_from("pq")), max_size=3)


@given(LINES, SAID, SAID, st.lists(st.integers(0, 45), max_size=8), st.integers(0, 3), st.integers(0, 3))
def test_who_sees_all_as_it_comes_and_is_killed_in_between_says_what_one_says_who_knows_it_from_the_start(
    lines: list[tuple[int, int, str, str]],
    silenced: list[tuple[int, int, str]],
    dismissed: list[tuple[int, int, str]],
    cuts: list[int],
    wait: int,
    interval: int,
) -> None:
    silences = [
        Silence(Match(place=(place,)), NOON + at * MINUTE, NOON + (at + length) * MINUTE)
        for at, length, place in silenced
    ]
    dismissals = [Dismissal(frozenset({f"a{one % len(lines)}"}), NOON + at * MINUTE) for at, one, _ in dismissed]

    def record(t_us: int) -> Record:
        return Record(
            silences=[each for each in silences if each.since_us <= t_us],
            dismissals=[each for each in dismissals if each.at_us <= t_us],
        )

    rules = routed(group_wait=f"{wait}m", group_interval=f"{interval}m", repeat="7m")
    alerts = [
        alert(f"a{at}", "." * begin + "#" * length + ".", place=place, severity=severity)
        for at, (begin, length, place, severity) in enumerate(lines)
    ]
    whole = notices(alerts, rules, record(NOON + 50 * MINUTE), NOON + 50 * MINUTE)
    kept, told, known = msgspec.msgpack.encode(Kept()), list[str](), set[tuple[str, str, str]]()
    for cut in [*sorted(cuts), 50]:
        now_us = NOON + cut * MINUTE
        desk = Desk(rules, msgspec.msgpack.decode(kept, type=Kept))
        for each in desk.see([as_of(each, now_us) for each in alerts], record(now_us), now_us):
            told.append(said(each))
            known |= {(each.receiver, each.message, one.key) for one in each.began}
            known -= {(each.receiver, each.message, one.key) for one in each.ceased}
            here = {key for receiver, message, key in known if (receiver, message) == (each.receiver, each.message)}
            assert here == {one.key for one in each.firing}
        kept = msgspec.msgpack.encode(desk.kept())
    assert told == [said(each) for each in whole]


def as_of(alert: Alert, t_us: int) -> Alert:
    """Return an alert as it was known at a time."""
    if alert.until_us <= t_us:
        return alert
    return msgspec.structs.replace(alert, ended_us=None, known_us=None, over_us=None, why="")


def test_an_alert_that_is_known_late_or_never_was_is_said_then() -> None:
    rules, desk = routed(), Desk(routed())
    early, late = alert("a", "####...."), alert("b", "#####...", place="q")
    assert [said(each) for each in desk.see([as_of(early, NOON)], Record(), NOON)] == ["0 new x a-"]
    assert [said(each) for each in desk.see([as_of(early, NOON), as_of(late, NOON)], Record(), NOON + 2 * MINUTE)] == [
        "0 new x b-"
    ]
    told = desk.see([late], Record(), NOON + 6 * MINUTE)
    assert sorted(map(said, told)) == ["2 over x -a withdrawn", "5 over x -b cleared"]
    assert rules.route[0].to == "x"


def test_a_time_that_is_cut_off_begins_like_the_whole() -> None:
    alerts = {"a": "..####....", "b": "....###..."}
    rules = routed(group_wait="1m", repeat="2m", escalate_after="3m", escalate_to="y")
    whole = played(alerts, rules)
    for until in range(12):
        cut = played(alerts, rules, until=until)
        assert cut == whole[: len(cut)]
    assert len(whole) > 4
