"""Outages of cameras and sites, told from health rows that the kernel of health would make."""

import pickle
from datetime import UTC, datetime
from random import Random
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from operators.across import outages
from operators.across.outages import Outage
from operators.across.silences import Rows
from operators.city import City
from operators.stage.health import LONGEST_SILENCE
from schemas.columns import STATES
from tests.operators.staged import camera, city

MINUTE = 60_000_000
OFFLINE, ONLINE = STATES.index("offline"), STATES.index("online")
Spans = dict[int, list[tuple[float, float]]]  # by camera: minutes from, to without a frame


def town(count: int = 5, site: str = "nvr-1", **fields: Any) -> City:
    return city(*(camera(f"c{i}", site=site, fps=1.0, **fields) for i in range(count)))


def health(code: int, silences: list[tuple[float, float]], until: int) -> Rows:
    """Rows of one camera with a frame every second but in its silences; a frame stands for two seconds at most."""
    seconds = np.arange(until * 60)
    for start, end in silences:
        seconds = seconds[(seconds < start * 60) | (seconds >= end * 60)]
    minute = np.arange(until)
    frames = np.bincount(seconds // 60, minlength=until)
    stood = np.minimum(np.diff(seconds, append=until * 60), 2)
    inside = np.minimum(stood, 60 - seconds % 60)
    observed = np.bincount(seconds // 60, inside, until).astype(np.int64) * 1000
    last = np.zeros(until, np.int64)
    np.maximum.at(last, seconds // 60, seconds * 1000)
    before = [int(np.max(seconds[seconds < (m + 1) * 60], initial=0)) for m in minute.tolist()]
    longest = []
    for m in minute.tolist():
        inside = seconds[(seconds >= m * 60) & (seconds < (m + 1) * 60)]
        start = int(np.max(seconds[seconds < m * 60], initial=0))
        edge = int(inside[0]) if len(inside) else (m + 1) * 60
        longest.append(max(edge - start, 0 if len(inside) else (m + 1) * 60 - before[m]))
    state = np.where(np.array(longest) > 300, OFFLINE, ONLINE).astype(np.uint8)
    rows = Rows(np.full(until, code, np.int32), minute, frames, observed, np.full(until, 60_000), last, state)
    return keep(rows, ~silent_too_long(frames))


def silent_too_long(frames: np.ndarray) -> np.ndarray:
    """Minutes after a day of silence have no rows."""
    out, run = np.zeros(len(frames), np.bool_), 0
    for m, n in enumerate(frames.tolist()):
        run = 0 if n else run + 1
        out[m] = run > LONGEST_SILENCE
    return out


def keep(rows: Rows, which: np.ndarray) -> Rows:
    return Rows(*(column[which] for column in rows))


def together(parts: list[Rows]) -> Rows:
    return Rows(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def final(changes: list[Outage]) -> list[tuple[Any, ...]]:
    """The last word on each incident: camera or site, opened, closed [min], members, inhibited."""
    last: dict[tuple[Any, ...], Outage] = {}
    for change in changes:
        name = (change.is_site, change.camera, change.opened_us)
        assert change.step == (last[name].step + 1 if name in last else 0)
        last[name] = change
    told = []
    for each in last.values():
        opened, closed = round(each.opened_us / MINUTE, 2), round(each.closed_us / MINUTE, 2)
        who = "site" if each.is_site else each.camera
        told.append((who, opened, closed, each.members, each.inhibited_us > 0))
    return sorted(told, key=str)


def told_in(place: City, rows: Rows, cuts: list[int]) -> list[Outage]:
    """All changes, the rows taken in spans that end at these minutes; what is remembered between is stored."""
    plan = outages.plan(place)
    state, out, since = outages.start(plan), [], 0
    for until in cuts:
        span = keep(rows, (rows.minute >= since) & (rows.minute < until))
        out += outages.step(state, plan, span, until * MINUTE)
        state, since = pickle.loads(pickle.dumps(state)), until
    return out + outages.end(state, plan)


def run(place: City, spans: Spans, until: int = 60) -> list[Outage]:
    parts = [health(code, spans.get(code, []), until) for code in range(len(place.cameras))]
    return told_in(place, together(parts), [until])


def versions(count: int, minute: int) -> City:
    """Cameras of one site whose registration changes at a minute: codes 2 i and 2 i + 1."""
    since = datetime.fromtimestamp(minute * 60, UTC)
    pairs = ((camera(f"c{i}", site="nvr-1", fps=1.0), {"valid_from": since}) for i in range(count))
    return city(*(each for first, later in pairs for each in (first, msgspec.structs.replace(first, **later))))


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("count", [1, 3])
def test_an_outage_over_a_change_of_the_registry_ends_with_the_version_and_with_the_outage(
    count: int, at_once: bool
) -> None:
    parts = []
    for i in range(count):
        parts.append(health(2 * i, [(10, 40)], 40))
        later = health(2 * i + 1, [(0, 50)], 60)
        parts.append(keep(later, later.minute >= 40))
    told = final(told_in(versions(count, 40), together(parts), [60] if at_once else [*range(1, 61)]))
    first, whole = 10 - 1 / 60, count > 1
    cameras = [(2 * i, round(first, 2), 40.0, 1, whole) for i in range(count)]
    cameras += [(2 * i + 1, 40.0, 50.0, 1, whole) for i in range(count)]
    assert told == sorted(cameras + [("site", round(first, 2), 50.0, count, False)] * whole, key=str)


def test_a_camera_is_down_five_minutes_after_its_last_frame() -> None:
    out = run(town(1), {0: [(10, 30)]})
    assert [(each.opened_us, each.active_us, each.closed_us) for each in out] == [
        (10 * MINUTE - 1_000_000, 15 * MINUTE - 1_000_000, 0),
        (10 * MINUTE - 1_000_000, 15 * MINUTE - 1_000_000, 30 * MINUTE),
    ]


@pytest.mark.parametrize(("minutes", "outages_told"), [(4.9, 0), (5.1, 1)])
def test_shorter_silences_are_no_outages(minutes: float, outages_told: int) -> None:
    assert len(final(run(town(1), {0: [(10, 10 + minutes)]}))) == outages_told


def test_a_camera_that_comes_back_within_a_minute_says_when() -> None:
    assert final(run(town(1), {0: [(10, 30.5)]})) == [(0, 9.98, 30.5, 1, False)]


def test_a_camera_down_at_the_end_stays_open() -> None:
    assert final(run(town(1), {0: [(10, 60)]})) == [(0, 9.98, 0.0, 1, False)]


def test_a_camera_that_never_came_is_down_from_the_start() -> None:
    assert final(run(town(1), {0: [(0, 60)]})) == [(0, 0.0, 0.0, 1, False)]


def test_three_of_five_within_two_minutes_are_a_site() -> None:
    out = run(town(), {0: [(10, 30)], 1: [(11, 30)], 2: [(11.9, 30)]})
    opened = [(0, 9.98, 30.0, 1, True), (1, 10.98, 30.0, 1, True), (2, 11.88, 30.0, 1, True)]
    assert final(out) == sorted([*opened, ("site", 9.98, 30.0, 3, False)], key=str)


@pytest.mark.parametrize(
    ("count", "spans"),
    [
        pytest.param(5, {0: [(10, 30)], 1: [(11, 30)], 2: [(12.5, 30)]}, id="not within two minutes"),
        pytest.param(6, {0: [(10, 30)], 1: [(10, 30)], 2: [(10, 30)]}, id="half of them"),
        pytest.param(2, {0: [(10, 30)], 1: [(10, 30)]}, id="two cameras are no site"),
    ],
)
def test_no_site_is_down_when(count: int, spans: Spans) -> None:
    told = final(run(town(count), spans))
    assert [row[0] for row in told] == sorted(spans)
    assert not any(row[4] for row in told)


def test_a_site_is_back_when_enough_members_are_and_the_rest_is_told_of_again() -> None:
    out = run(town(), {code: [(10, 30 if code else 50)] for code in range(4)})
    told = {row[0]: row[1:] for row in final(out)}
    assert told["site"] == (9.98, 30.0, 4, False)
    assert told[0] == (9.98, 50.0, 1, False)  # alone since 30
    assert told[1] == (9.98, 30.0, 1, True)


def test_a_member_that_follows_a_site_is_inhibited_too() -> None:
    out = run(town(), {**{code: [(10, 40)] for code in range(3)}, 4: [(20, 30)]})
    assert (4, 19.98, 30.0, 1, True) in final(out)


def test_cameras_without_a_recorder_belong_to_their_rt() -> None:
    place = town(3, site="", area="33.74.07.1005.002.003")
    assert [row[0] for row in final(run(place, {code: [(10, 30)] for code in range(3)}))].count("site") == 1
    place = town(3, site="", area="33.74.07.1005")
    assert [row[0] for row in final(run(place, {code: [(10, 30)] for code in range(3)}))].count("site") == 0


def test_a_member_dead_for_days_holds_no_one_up() -> None:
    until = LONGEST_SILENCE + 300
    spans = {0: [(10, until)], **{code: [(until - 200, until - 100)] for code in (1, 2, 3)}}
    plan = outages.plan(town(4))
    rows = together([health(code, spans[code], until) for code in range(4)])
    told = final(outages.step(outages.start(plan), plan, rows, until * MINUTE))
    assert {row[0] for row in told} == {0, 1, 2, 3, "site"}


def test_minutes_stated_again_change_nothing() -> None:
    plan = outages.plan(town(1))
    state = outages.start(plan)
    rows = health(0, [(10, 30)], 60)
    assert len(outages.step(state, plan, rows, 60 * MINUTE)) == 2
    assert outages.step(state, plan, rows, 60 * MINUTE) == []


def test_a_camera_that_goes_again_in_the_minute_of_its_return_came_back_before_it_went() -> None:
    told = final(run(town(3), {2: [(35.4, 40.4), (40.5, 80)]}, 100))
    assert told == [(2, 35.38, 40.4, 1, False), (2, 40.48, 80.0, 1, False)]


def test_a_camera_that_blinks_once_was_there_for_a_moment() -> None:
    told = final(run(town(1), {0: [(10, 30), (30 + 1 / 60, 50)]}))
    assert told == sorted([(0, 9.98, 30.0, 1, False), (0, 30.0, 50.0, 1, False)], key=str)


def test_a_camera_that_comes_back_blind_came_back_before_it_went_again() -> None:
    rows = health(0, [(10, 30), (30.5, 50)], 60)
    blind = rows._replace(observed_ms=np.where(rows.minute == 30, 0, rows.observed_ms))  # a picture that stands still
    last = 30.5 - 1 / 60
    told = sorted([(0, 9.98, round(last, 2), 1, False), (0, round(last, 2), 50.0, 1, False)], key=str)
    assert final(told_in(town(1), blind, [60])) == told


def test_late_frames_that_fill_a_silence_leave_no_outage() -> None:
    rows = health(0, [(10, 30)], 60)
    whole = health(0, [], 60)
    filled = whole._replace(state=rows.state)  # the worst state of a minute stays, whatever comes late
    assert (filled.state == OFFLINE).any()
    assert told_in(town(1), filled, [60]) == []


def test_a_slow_camera_is_down_when_its_health_says_so() -> None:
    place = city(camera("c0", fps=1 / 120))
    rows = health(0, [(10, 17)], 60)
    assert told_in(place, rows._replace(state=np.full(60, ONLINE, np.uint8)), [60]) == []
    out = told_in(place, health(0, [(10, 30)], 60), [60])
    assert [(each.opened_us, each.active_us) for each in out[:1]] == [
        (10 * MINUTE - 1_000_000, 20 * MINUTE - 1_000_000)
    ]


def absent(rows: Rows, *spans: tuple[int, int]) -> Rows:
    """The rows without those of these minutes, from and to."""
    return keep(rows, ~np.any([(rows.minute >= a) & (rows.minute < b) for a, b in spans], axis=0))


def test_minutes_without_rows_end_no_outage_and_begin_none() -> None:
    down = absent(health(0, [(10, 50)], 60), (20, 40))
    assert final(told_in(town(1), down, [60])) == [(0, 9.98, 50.0, 1, False)]
    up = absent(health(0, [(20, 40)], 60), (20, 40))  # two recordings, and nobody says what was between
    assert final(told_in(town(1), up, [60])) == []


def test_a_silence_after_minutes_without_rows_begins_with_the_first_row() -> None:
    rows = absent(health(0, [(20, 50)], 60), (20, 40))
    assert final(told_in(town(1), rows, [60])) == [(0, 40.0, 50.0, 1, False)]


def test_a_version_that_ends_while_no_rows_come_is_down_no_longer() -> None:
    before, after = absent(health(0, [(10, 40)], 40), (20, 40)), absent(health(1, [], 60), (0, 50))
    assert final(told_in(versions(1, 40), before, [60])) == [(0, 9.98, 0.0, 1, False)]  # nobody knows yet
    assert final(told_in(versions(1, 40), together([before, after]), [60])) == [(0, 9.98, 40.0, 1, False)]


spans = st.lists(st.tuples(st.floats(1, 100), st.floats(1, 40)), max_size=3)
SLEEPLESS = [[], [], [(40.5, 39.5), (35.39999999999999, 5.0)]]
"""A camera that goes again in the minute of its return: its return was dated after it went."""


@settings(max_examples=50, deadline=None)
@given(st.lists(spans, min_size=3, max_size=5), st.sets(st.integers(1, 159), max_size=20), st.randoms())
@example(SLEEPLESS, set(), Random(1))
def test_the_order_of_cameras_and_the_cuts_change_nothing(
    drawn: list[list[tuple[float, float]]], cuts: set[int], random: Random
) -> None:
    parts = [health(code, [(a, a + b) for a, b in own], 160) for code, own in enumerate(drawn)]
    rows = together(parts)
    order = list(range(len(rows.camera)))
    random.shuffle(order)
    whole = final(told_in(town(len(drawn)), rows, [160]))
    assert final(told_in(town(len(drawn)), keep(rows, np.array(order)), [*sorted(cuts), 160])) == whole
    assert final(told_in(town(len(drawn)), rows, [*range(1, 161)])) == whole


@settings(max_examples=50, deadline=None)
@given(spans)
def test_an_outages_times_are_those_of_the_frames(drawn: list[tuple[float, float]]) -> None:
    seconds = np.arange(160 * 60)
    for a, b in drawn:
        seconds = seconds[(seconds < a * 60) | (seconds >= (a + b) * 60)]
    edges = np.concatenate([[0], seconds])
    gaps = np.flatnonzero(np.diff(edges) > 300)
    true = [(round(edges[i] / 60, 2), round(edges[i + 1] / 60, 2)) for i in gaps.tolist()]
    told = final(told_in(town(1), health(0, [(a, a + b) for a, b in drawn], 160), [160]))
    assert sorted(row[1:3] for row in told if row[2]) == sorted(t for t in true)
