"""Outages of cameras and sites, told from health rows that the kernel of health would make."""

import pickle
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.across import outages
from operators.across.outages import Outage, Rows
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
    """Rows of one camera with a frame every second but in its silences."""
    seconds = np.arange(until * 60)
    for start, end in silences:
        seconds = seconds[(seconds < start * 60) | (seconds >= end * 60)]
    minute = np.arange(until)
    frames = np.bincount(seconds // 60, minlength=until)
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
    rows = Rows(
        np.full(until, code, np.int32), minute, frames, frames * 1000, np.full(until, 60_000), last, state
    )  # fmt: skip
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


def run(place: City, spans: Spans, until: int = 60) -> list[Outage]:
    plan = outages.plan(place, 0)
    state = outages.start(plan)
    parts = [health(code, spans.get(code, []), until) for code in range(len(place.cameras))]
    return outages.step(state, plan, together(parts)) + outages.end(state, plan)


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
    plan = outages.plan(versions(count, 40), 0)
    state = outages.start(plan)
    parts = []
    for i in range(count):
        parts.append(health(2 * i, [(10, 40)], 40))
        later = health(2 * i + 1, [(0, 50)], 60)
        parts.append(keep(later, later.minute >= 40))
    batches = [together(parts)] if at_once else [keep(p, p.minute % 60 == m) for m in range(60) for p in parts]
    told = final(
        [change for batch in batches for change in outages.step(state, plan, batch)] + outages.end(state, plan)
    )
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
    place = town(4)
    plan = outages.plan(place, 0)
    state = outages.start(plan)
    until = LONGEST_SILENCE + 300
    spans = {0: [(10, until)], **{code: [(until - 200, until - 100)] for code in (1, 2, 3)}}
    told = final(outages.step(state, plan, together([health(code, spans[code], until) for code in range(4)])))
    assert {row[0] for row in told} == {0, 1, 2, 3, "site"}


def test_minutes_stated_again_change_nothing() -> None:
    place = town(1)
    plan = outages.plan(place, 0)
    state = outages.start(plan)
    rows = health(0, [(10, 30)], 60)
    assert len(outages.step(state, plan, rows)) == 2
    assert outages.step(state, plan, rows) == []


spans = st.lists(st.tuples(st.floats(1, 100), st.floats(1, 40)), max_size=3)


@settings(max_examples=25, deadline=None)
@given(st.lists(spans, min_size=3, max_size=5), st.data())
def test_the_order_of_cameras_and_the_cuts_change_nothing(drawn: list[list[tuple[float, float]]], data: Any) -> None:
    place = town(len(drawn))
    plan = outages.plan(place, 0)
    parts = [health(code, [(a, a + b) for a, b in own], 160) for code, own in enumerate(drawn)]
    state = outages.start(plan)
    whole = final(outages.step(state, plan, together(parts)) + outages.end(state, plan))
    state, out, at = outages.start(plan), [], [0] * len(parts)
    while any(a < 160 for a in at):
        code = data.draw(st.sampled_from([c for c, a in enumerate(at) if a < 160]))
        more = data.draw(st.integers(1, 160))
        out += outages.step(state, plan, keep(parts[code], np.arange(at[code], min(160, at[code] + more))))
        at[code] += more
        state = pickle.loads(pickle.dumps(state))
    assert final(out + outages.end(state, plan)) == whole
