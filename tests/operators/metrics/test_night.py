"""Night watch: who stays in the zone between 23:00 and 04:00; times are local, a frame a second."""

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.arrays import Changes, Told
from operators.city import City
from operators.metrics import night
from operators.metrics.night.hours import hours, span
from schemas.incidents import INCIDENT_KINDS, INCIDENT_STATES
from schemas.local_time import OFFSET_US
from schemas.registry import Limits
from tests.operators.staged import FULL, Object, camera, city, frames, zone

SECOND = 1_000_000
MIDNIGHT_S = 20_458 * 86_400  # a local midnight, in local seconds since 1970
LEFT = [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)]
Row = tuple[int, int, list[Object]]
Story = list[tuple[str, str]]


def clock(text: str) -> int:
    """Return hh:mm or hh:mm:ss as seconds from midnight; hours from 12 on are before it."""
    parts = [int(part) for part in text.split(":")]
    seconds = sum(value * unit for value, unit in zip(parts, (3600, 60, 1), strict=False))
    return seconds - 86_400 if parts[0] >= 12 else seconds


def us(seconds: float) -> int:
    """Return seconds from midnight as us UTC."""
    return round((MIDNIGHT_S + seconds) * SECOND) - OFFSET_US


def text(t_us: int) -> str:
    seconds = (t_us + OFFSET_US) // SECOND % 86_400
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def town(*zones: Any, cameras: int = 1, **fields: Any) -> City:
    fields = {"fps": 1.0, "metrics": ("night",), "zone": zones or (zone("yard", FULL, kind="night"),), **fields}
    return city(*(camera(f"c{i}", **fields) for i in range(cameras)))


def person(track: int = 7, x: float = 0.3, cls: str = "person") -> Object:
    return cls, 0.9, (x - 0.05, 0.3, x + 0.05, 0.5), track


Who = Callable[[int], list[Object]]


def watch(start: str, end: str, who: list[Object] | Who, code: int = 0) -> list[Row]:
    """One frame a second from start until before end; `who` are the objects, or a function of the second from start."""
    first = clock(start)
    return [(code, us(s), who(s - first) if callable(who) else who) for s in range(first, clock(end))]


def run(
    rows: list[Row], place: City | None = None, dt_ms: int | list[int] = 1000, usable: tuple[bool, ...] = ()
) -> Changes:
    place = town() if place is None else place
    plan = night.plan(place)
    told = night.step(night.start(plan), plan, frames(rows, dt_ms, usable, place))
    assert told.parts is None
    assert told.changes is not None
    return told.changes


def story(changes: Changes) -> Story:
    return [(INCIDENT_STATES[s], text(t)) for s, t in zip(changes.state.tolist(), changes.t_us.tolist(), strict=True)]


def opened(changes: Changes) -> list[str]:
    """Return when each incident opened."""
    return [text(t) for t in dict.fromkeys(changes.opened_us.tolist())]


NOBODY: list[Object] = []
ONE = [person()]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(watch("23:10", "23:10:59", ONE), [], id="59 s"),
        pytest.param(watch("23:10", "23:11:00", ONE), ["23:10:00"], id="60 s"),
        pytest.param(watch("23:10", "23:11:01", ONE), ["23:10:00"], id="61 s"),
        pytest.param(watch("22:58", "23:00:30", ONE), [], id="most of it before 23:00"),
        pytest.param(watch("22:59", "23:01:10", ONE), ["23:00:00"], id="60 s of it after 23:00"),
        pytest.param(watch("23:59:30", "00:00:30", ONE), ["23:59:30"], id="over midnight"),
        pytest.param(watch("03:58:55", "04:00:30", ONE), ["03:58:55"], id="until 04:00"),
        pytest.param(watch("03:59:05", "04:10", ONE), [], id="most of it after 04:00"),
        pytest.param(watch("12:00", "13:00", ONE), [], id="in daylight"),
        pytest.param(watch("23:10", "23:11", lambda t: [person(7 + t // 30)]), [], id="two people, 30 s each"),
        pytest.param(
            watch("23:10", "23:20", lambda t: [person(7 + t // 30), person(99 + (t + 15) // 30)]), [], id="passers-by"
        ),
        pytest.param(watch("23:10", "23:11", [person(0)]), ["23:10:00"], id="somebody untracked"),
        pytest.param(watch("23:10", "23:10:59", [person(0)]), [], id="somebody untracked for 59 s"),
        pytest.param(
            watch("23:10", "23:11", lambda t: [person(0, 0.1 + t / 100)] * 2), ["23:10:00"], id="several untracked"
        ),
        pytest.param(watch("23:10", "23:20", [person(cls="car")]), [], id="a car"),
        pytest.param(watch("23:10", "23:20", NOBODY), [], id="nobody"),
        pytest.param([], [], id="no frame at all"),
    ],
)
def test_an_incident_is_a_person_who_stays_a_minute_at_night(rows: list[Row], expected: list[str]) -> None:
    assert opened(run(rows)) == expected


def test_twenty_people_walking_by_are_none() -> None:
    def passing(t: int) -> list[Object]:
        return [person(1 + k, (t - 20 * k) / 40) for k in range(20) if 0 <= t - 20 * k < 40]

    assert story(run(watch("23:10", "23:18", passing))) == []


def test_what_is_told_of_an_incident() -> None:
    both = [person(5, 0.1), person(7)]
    out = run(watch("23:10", "23:15", lambda t: ONE if t < 40 else both if t < 120 else NOBODY))
    assert story(out) == [("active", "23:11:00"), ("closed", "23:13:00")]
    assert {INCIDENT_KINDS[kind] for kind in out.kind} == {"night"}
    assert (out.zone.tolist(), out.anchor.tolist(), out.step.tolist()) == ([0, 0], [0, 0], [0, 1])
    assert (opened(out), text(out.active_us[1]), text(out.closed_us[1])) == (["23:10:00"], "23:11:00", "23:12:00")
    assert (out.peak.tolist(), out.track.tolist()) == ([60.0, 120.0], [7, 7])
    assert out.box[0] == pytest.approx([0.25, 0.3, 0.35, 0.5])


@pytest.mark.parametrize(("gap", "times"), [(4, ["23:10:00"]), (5, ["23:10:35"])])
@pytest.mark.parametrize("track", [7, 0])
def test_a_miss_of_5_s_is_bridged(gap: int, times: list[str], track: int) -> None:
    rows = watch("23:10", "23:12", lambda t: NOBODY if 30 <= t < 30 + gap else [person(track)])
    assert opened(run(rows)) == times


def test_a_blind_gap_of_more_than_5_s_breaks_a_stay() -> None:
    for dark, expected in ((4, ["23:10:00"]), (5, ["23:10:35"])):
        rows = watch("23:10", "23:12", ONE)
        assert opened(run(rows, usable=tuple(not 30 <= t < 30 + dark for t in range(120)))) == expected
        assert opened(run(rows[:30] + rows[30 + dark :])) == expected


def test_whoever_is_there_keeps_it_open() -> None:
    def others(t: int) -> list[Object]:
        return ONE if t < 70 else [person(100 + t)] if t % 50 == 0 else NOBODY

    out = run(watch("23:10", "23:20", lambda t: others(t) if t < 330 else NOBODY))
    assert story(out) == [("active", "23:11:00"), ("closed", "23:16:01")]
    assert text(out.closed_us[-1]) == "23:15:01"


def test_only_observed_time_shows_that_nobody_is_there() -> None:
    rows = watch("23:10", "23:20", lambda t: ONE if t < 70 else NOBODY)
    out = run(rows, usable=tuple(not 100 <= t < 150 for t in range(600)))
    assert story(out) == [("active", "23:11:00"), ("closed", "23:13:00")]


def test_the_hours_end_it_whoever_is_there() -> None:
    out = run(watch("03:50", "04:10", ONE))
    assert story(out) == [("active", "03:51:00"), ("closed", "04:00:00")]
    assert text(out.closed_us[-1]) == "04:00:00"
    assert out.peak[-1] == 600.0


def test_who_left_just_before_the_hours_ended_left_then() -> None:
    out = run(watch("03:50", "04:10", lambda t: ONE if t < 570 else NOBODY))
    assert story(out)[-1] == ("closed", "04:00:00")
    assert text(out.closed_us[-1]) == "03:59:30"


def test_a_person_over_midnight_is_one_incident() -> None:
    out = run(watch("23:30", "02:00", lambda t: ONE if t < 7200 else NOBODY))
    assert story(out) == [("active", "23:31:00"), ("closed", "01:31:00")]
    assert len(opened(out)) == 1


def test_the_next_night_is_another_incident() -> None:
    rows = watch("03:50", "04:01", ONE)
    rows += [(c, t + 19 * 3600 * SECOND, o) for c, t, o in watch("03:50", "04:10", ONE)]
    assert opened(run(rows)) == ["03:50:00", "23:00:00"]


def test_a_zone_has_its_own_hours_and_limits() -> None:
    own = zone("yard", FULL, kind="night", hours=("21:00-22:00", "05:00-05:30"), limits=Limits(on_s=30, off_s=10))
    rows = watch("20:59:50", "22:00:05", lambda t: ONE if t < 60 or t > 3600 else NOBODY)
    rows += watch("23:30", "23:40", ONE) + watch("05:00", "05:10", lambda t: ONE if t < 40 else NOBODY)
    out = run(rows, town(own))
    assert opened(out) == ["21:00:00", "05:00:00"]
    assert story(out) == [
        ("active", "21:00:30"),
        ("closed", "21:01:00"),
        ("active", "05:00:30"),
        ("closed", "05:00:50"),
    ]


def test_hours_may_be_the_whole_day() -> None:
    out = run(watch("12:30", "12:40", ONE), town(zone("yard", FULL, kind="night", hours=("00:00-24:00",))))
    assert opened(out) == ["12:30:00"]


def test_a_zone_names_the_classes_it_watches() -> None:
    place = town(zone("yard", FULL, kind="night", classes=("motorcycle",)))
    assert opened(run(watch("23:10", "23:20", ONE), place)) == []
    assert opened(run(watch("23:10", "23:20", [person(cls="motorcycle")]), place)) == ["23:10:00"]


def test_each_zone_is_watched_by_itself() -> None:
    place = town(zone("walk", FULL), zone("left", LEFT, kind="night"), zone("all", FULL, kind="night"))
    out = run(watch("23:10", "23:13", lambda t: [person(x=0.3 if 40 <= t < 110 else 0.7)]), place)
    each = {(zone, text(t)) for zone, t in zip(out.zone.tolist(), out.opened_us.tolist(), strict=True)}
    assert each == {(1, "23:10:40"), (2, "23:10:00")}


def test_cameras_that_are_not_asked_watch_nothing() -> None:
    assert opened(run(watch("23:10", "23:20", ONE), town(metrics=("crowd",)))) == []


def test_whom_our_own_tracker_leaves_out_is_not_looked_at() -> None:
    place = town(tracker="iou")
    assert opened(run(watch("23:10", "23:20", [person(0)]), place)) == []
    assert opened(run(watch("23:10", "23:20", [person(0), person(7)]), place)) == ["23:10:00"]


def test_a_slow_camera_may_miss_two_periods() -> None:
    rows = [(0, us(clock("23:10") + 20 * i), ONE) for i in range(8)]
    assert opened(run(rows, town(fps=0.1), dt_ms=10_000)) == ["23:10:00"]


def test_a_gap_that_counts_as_empty_is_nobodys_stay() -> None:
    """The stream sends nothing while nobody is there: a sight stands for two periods, the rest is observed absence."""
    place = town(sends_empty=False)
    once = [(0, us(clock("23:10") + 60 * i), ONE) for i in range(10)]
    assert opened(run(once, place, dt_ms=60_000)) == []
    rows = [*watch("23:10", "23:11:30", ONE), (0, us(clock("23:12:29")), []), (0, us(clock("23:12:30")), [])]
    out = run(rows, place, dt_ms=[1000] * 89 + [60_000, 1000, 1000])
    assert story(out) == [("active", "23:11:00"), ("closed", "23:12:31")]
    assert text(out.closed_us[-1]) == "23:11:31"


def test_a_stay_lies_within_one_span_of_the_hours() -> None:
    """The camera is so slow that it bridges the minute between two spans."""
    own = zone("yard", FULL, kind="night", hours=("23:00-23:30", "23:31-04:00"))
    rows = [(0, us(clock(text)), ONE) for text in ("23:29:30", "23:30:30", "23:31:30")]
    assert opened(run(rows, town(own, fps=1 / 60), dt_ms=60_000)) == ["23:31:30"]


def ticks(place: City, seconds: float) -> tuple[Any, Any]:
    count = len(place.cameras)
    return np.arange(count, dtype=np.int32), np.full(count, us(seconds), np.int64)


def test_a_camera_that_dies_leaves_it_unknown_and_then_expired() -> None:
    place = town()
    plan = night.plan(place)
    state = night.start(plan)
    out = night.step(state, plan, frames(watch("01:00", "01:10", ONE), 1000, place=place)).changes
    told = story(out)
    for minute in range(70, 24 * 60):
        out = night.tick(state, plan, *ticks(place, minute * 60), ending=minute == 1439).changes
        told += story(out)
    assert told == [("active", "01:01:00"), ("unknown", "01:14:59"), ("expired_unobserved", "07:09:59")]


def test_a_camera_that_comes_back_after_the_hours_closes_it_with_them() -> None:
    out = run(watch("03:50", "03:58", ONE) + watch("04:20", "04:21", ONE))
    assert story(out) == [("active", "03:51:00"), ("unknown", "04:02:59"), ("closed", "04:20:00")]
    assert text(out.closed_us[-1]) == "04:00:00"


def test_a_camera_that_comes_back_in_the_hours_goes_on() -> None:
    """What is said of the silence names who was there before it, not who is there after."""
    out = run(watch("01:00", "01:10", ONE) + watch("01:30", "01:35", lambda t: [person(9)] if t < 60 else NOBODY))
    assert story(out) == [
        ("active", "01:01:00"),
        ("unknown", "01:14:59"),
        ("active", "01:30:00"),
        ("closed", "01:32:00"),
    ]
    assert out.track.tolist() == [7, 7, 9, 9]
    assert len(opened(out)) == 1


def test_what_is_open_when_the_input_ends_stays_open() -> None:
    place = town()
    plan = night.plan(place)
    state = night.start(plan)
    night.step(state, plan, frames(watch("01:00", "01:10", ONE), 1000, place=place))
    assert story(night.tick(state, plan, *ticks(place, 4201), ending=True).changes) == []


def test_garbage_is_survived() -> None:
    broken, point = (math.nan, math.inf, -math.inf, math.nan), (0.0, 0.0, 0.0, 0.0)
    junk = [("car", math.nan, broken, 9), ("?", math.nan, point, 9), ("garbage", -1.0, point, 7)]
    out = run([(c, t, [*junk, *o, *o]) for c, t, o in watch("23:10", "23:12", ONE)], dt_ms=[0, 1000] * 60)
    assert opened(out) == ["23:10:00"]


def test_a_crowd_larger_than_the_table_is_watched_and_forgotten() -> None:
    place = town()
    plan = night.plan(place)
    state = night.start(plan)
    rows = watch("23:10", "23:12", lambda t: [person(7)] + [person(100 + t // 10 * 1000 + k) for k in range(700)])
    out = night.step(state, plan, frames(rows, 1000, place=place)).changes
    assert opened(out) == ["23:10:00"]
    assert len(state.stays.tracks.row) <= 4096


def plainly(spans: list[tuple[int, int]], minute: int) -> bool:
    return any(a <= minute < b if a < b else minute >= a or minute < b for a, b in spans)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.tuples(st.integers(0, 1439), st.integers(0, 1439)).filter(lambda s: s[0] != s[1]), min_size=1, max_size=3
    ),
    st.integers(-1440, 3 * 1440),
    st.integers(0, 59),
)
def test_spans_are_open_or_closed_throughout_and_end_where_that_changes(
    spans: list[tuple[int, int]], minute: int, second: int
) -> None:
    told = tuple(f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in spans)
    place = town(zone("yard", FULL, kind="night", hours=told))
    now, since_us, until_us = span(hours(place, np.array([0], np.int32), (0, 1)), 0, us(60 * minute + second))
    at = range(minute - 1440, minute + 1441)
    assert now == plainly(spans, minute % 1440)
    if len({plainly(spans, m % 1440) for m in range(1440)}) == 1:
        assert until_us - since_us > 10**18
        return
    assert since_us <= us(60 * minute + second) < until_us
    inside = [m for m in at if since_us <= us(60 * m) < until_us]
    assert {plainly(spans, m % 1440) for m in inside} == {now}
    assert {plainly(spans, m % 1440) for m in (min(inside) - 1, max(inside) + 1)} == {not now}


STEPS = st.lists(
    st.tuples(
        st.integers(0, 1),  # camera
        st.sampled_from([1, 1, 2, 3, 5, 6, 20, 61, 301, 1900, 22_000]),  # seconds since the frame before
        st.lists(st.tuples(st.sampled_from([0, 1, 1, 2]), st.sampled_from([0.3, 0.7])), max_size=3),
        st.sampled_from([True, True, True, False]),
        st.integers(1, 30),  # so often in a row, a second apart
    ),
    max_size=25,
)


@settings(deadline=None, max_examples=150)
@given(STEPS, st.data())
def test_splits_ticks_and_pickles_change_nothing(steps: list, data: st.DataObject) -> None:
    limits = Limits(on_s=10, off_s=8)
    place = town(
        zone("left", LEFT, kind="night", limits=limits), zone("all", FULL, kind="night", limits=limits), cameras=2
    )
    second, rows, usable = clock("22:59:50"), [], []
    for code, gap, seen, is_usable, times in steps:
        second += gap - 1
        for _ in range(times):
            second += 1
            rows.append((code, us(second), [person(track, x) for track, x in seen]))
            usable.append(is_usable)
    plan = night.plan(place)

    def told(each: Told) -> list[tuple[Any, ...]]:
        assert each.changes is not None
        return list(zip(*(column.tolist() for column in each.changes), strict=True))

    def feed(state: night.State, begin: int, end: int) -> list[tuple[Any, ...]]:
        order = sorted(range(begin, end), key=lambda i: rows[i][:2])
        batch = frames([rows[i] for i in order], 1000, [usable[i] for i in order], place)
        return told(night.step(state, plan, batch))

    end = ticks(place, second + 100_000)
    state = night.start(plan)
    whole = feed(state, 0, len(rows)) + told(night.tick(state, plan, *end, ending=True))
    state, split, begin = night.start(plan), [], 0
    for cut in [*sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=4))), len(rows)]:
        split += feed(state, begin, cut)
        if cut and data.draw(st.booleans()):
            now = data.draw(st.sampled_from([row[1] for row in (rows[cut - 1], *rows[cut : cut + 1])]))
            split += told(night.tick(state, plan, np.array([1, 0], np.int32), np.array([now, now])))
        state = pickle.loads(pickle.dumps(copy.deepcopy(state)))
        begin = cut
    split += told(night.tick(state, plan, *end, ending=True))
    assert sorted(split, key=str) == sorted(whole, key=str)


def oracle(seen: list[list[int]], start_s: int, on_s: int, off_s: int) -> list[tuple[str, int]]:
    """Read the definition plainly, second by second, of one zone that is watched without a break."""
    sights: dict[int, list[int]] = {}
    told, is_open, empty = [], False, 0
    for s, tracks in enumerate(seen, start_s):
        if not clock("23:00") <= s < clock("04:00"):
            if is_open:
                told.append(("closed", s))
            is_open, empty, sights = False, 0, {}
            continue
        for track in tracks:
            before = sights.get(track, [])
            sights[track] = [*before, s] if before and s - before[-1] <= 5 else [s]
        longest = max((s - sights[track][0] + 1 for track in tracks), default=0)
        empty = 0 if tracks else empty + 1
        if not is_open and longest >= on_s:
            is_open = True
            told.append(("active", s + 1))
        elif is_open and empty >= off_s:
            is_open = False
            told.append(("closed", s + 1))
    return told


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(["22:59:30", "23:30", "23:59:30", "03:58"]),
    st.lists(st.tuples(st.integers(1, 40), st.lists(st.sampled_from([0, 1, 2, 3]), max_size=2)), max_size=15),
    st.lists(st.integers(0, 600), max_size=3),
)
def test_incidents_are_what_a_plain_reading_of_the_definition_gives(start: str, runs: list, splits: list[int]) -> None:
    seen = [tracks for times, tracks in runs for _ in range(times)]
    place = town(zone("yard", FULL, kind="night", limits=Limits(on_s=20, off_s=15)))
    plan = night.plan(place)
    rows = [(0, us(clock(start) + i), [person(k) for k in tracks]) for i, tracks in enumerate(seen)]
    state, told, begin = night.start(plan), [], 0
    for end in [*sorted(splits), len(rows)]:
        told += story(night.step(state, plan, frames(rows[begin:end], 1000, place=place)).changes)
        begin = min(end, len(rows))
    expected = oracle(seen, clock(start), 20, 15)
    assert told == [(state, text(us(second))) for state, second in expected]
