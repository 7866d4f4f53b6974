"""Garbage: one spot is one incident, whoever stands by it and whatever the camera misses."""

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.arrays import Changes, Ordered
from operators.city import City
from operators.metrics import garbage
from schemas.columns import GARBAGE
from schemas.incidents import INCIDENT_STATES
from schemas.registry import Limits
from tests.operators.staged import FULL, Object, at, camera, city, frames, zone

SECOND = 1_000_000
PERIOD_S = 10
Row = tuple[int, int, list[Object]]


def town(cameras: int = 1, **zone_fields: Any) -> City:
    spot = zone("tps", FULL, kind="garbage", **zone_fields)
    return city(*(camera(f"c{i}", fps=0.1, metrics=("garbage",), zone=(spot,)) for i in range(cameras)))


def heap(x: float = 0.5, confidence: float = 0.6, y: float = 0.6) -> Object:
    """A heap 0.1 wide and high, its foot at (x, y)."""
    return "garbage", confidence, (x - 0.05, y - 0.1, x + 0.05, y), 0


def watch(minutes: range, objects: Any, code: int = 0) -> list[Row]:
    """A frame every 10 s; `objects` is a list or a function of the minute (with its sixths)."""
    steps = range(minutes.start * 6, minutes.stop * 6)
    return [(code, t * PERIOD_S * SECOND, objects(t / 6) if callable(objects) else objects) for t in steps]


def stage(rows: list[Row], place: City, **given: Any) -> Ordered:
    return frames(rows, dt_ms=PERIOD_S * 1000, place=place, **given)


def run(rows: list[Row], place: City | None = None) -> Changes:
    place = town() if place is None else place
    plan = garbage.plan(place)
    state = garbage.start(plan)
    first = garbage.step(state, plan, stage(rows, place)).changes
    cameras = np.unique([row[0] for row in rows]).astype(np.int32)
    ends = np.array([max(t for code, t, _ in rows if code == c) + PERIOD_S * SECOND for c in cameras])
    last = garbage.tick(state, plan, cameras, ends, ending=True).changes
    assert first is not None
    assert last is not None
    return Changes(*(np.concatenate(pair) for pair in zip(first, last, strict=True)))


def told(changes: Changes) -> list[tuple[str, float]]:
    """States with their event times [min]."""
    return [
        (INCIDENT_STATES[state], t / 60 / SECOND)
        for state, t in zip(changes.state.tolist(), changes.t_us.tolist(), strict=True)
    ]


def test_a_heap_that_lies_for_ten_minutes_is_garbage() -> None:
    out = run(watch(range(10), [heap()]))
    assert told(out) == [("active", 10)]
    assert (out.opened_us[0], out.zone[0], out.peak[0]) == (0, 0, pytest.approx(0.6))
    assert out.box[0].tolist() == pytest.approx([0.45, 0.5, 0.55, 0.6])


def test_nine_minutes_are_not_enough() -> None:
    assert told(run(watch(range(9), [heap()]))) == []


def test_it_is_cleared_half_an_hour_after_it_went_and_says_when_it_went() -> None:
    out = run(watch(range(60), lambda minute: [heap()] if minute < 20 else []))
    assert told(out) == [("active", 10), ("closed", 50)]
    assert out.closed_us[-1] == 20 * 60 * SECOND


def test_a_heap_back_within_the_half_hour_is_the_same() -> None:
    out = run(watch(range(90), lambda minute: [] if 20 <= minute < 45 else [heap()]))
    assert told(out) == [("active", 10)]


@pytest.mark.parametrize(
    ("confidence", "story"),
    [
        pytest.param(0.39, [], id="below on"),
        pytest.param(0.41, [("active", 10)], id="above on"),
        pytest.param(float("nan"), [("active", 10)], id="a detector without confidences"),
    ],
)
def test_it_opens_at_its_confidence(confidence: float, story: list[tuple[str, float]]) -> None:
    assert told(run(watch(range(12), [heap(confidence=confidence)]))) == story


def test_between_the_thresholds_it_stays_open_and_below_it_closes() -> None:
    out = run(watch(range(100), lambda minute: [heap(confidence=0.6 if minute < 12 else 0.35)]))
    assert told(out) == [("active", 10)]
    out = run(watch(range(100), lambda minute: [heap(confidence=0.6 if minute < 12 else 0.29)]))
    assert told(out) == [("active", 10), ("closed", 42)]


def test_a_detector_that_misses_some_frames_misses_no_heap() -> None:
    out = run(watch(range(12), lambda minute: [heap()] if round(minute * 6) % 6 < 4 else []))
    assert told(out) == [("active", 10)]
    assert told(run(watch(range(12), lambda minute: [heap()] if round(minute * 6) % 6 < 2 else []))) == []


def test_ten_of_fifteen_minutes_are_enough_and_nine_are_not() -> None:
    def seen(gaps: set[int]) -> Any:
        return lambda minute: [] if int(minute) in gaps else [heap()]

    assert told(run(watch(range(15), seen({3, 5, 7, 9, 11})))) == [("active", 15)]
    assert told(run(watch(range(20), seen({3, 5, 7, 9, 11, 13})))) == []


def test_what_somebody_stands_by_is_not_judged() -> None:
    near, far = at(0.6, 0.6), at(0.8, 0.6)
    assert told(run(watch(range(40), [heap(), near]))) == []
    assert told(run(watch(range(12), [heap(), far]))) == [("active", 10)]


def test_time_by_somebodys_side_neither_counts_nor_resets() -> None:
    out = run(watch(range(30), lambda minute: [heap(), *([at(0.6, 0.6)] if 5 <= minute < 25 else [])]))
    assert told(out) == [("active", 30)]


def test_two_heaps_are_two_incidents_and_two_boxes_of_one_are_one() -> None:
    out = run(watch(range(12), [heap(0.3), heap(0.7), heap(0.71)]))
    assert told(out) == [("active", 10)] * 2
    assert len(set(out.anchor.tolist())) == 2


def test_a_heap_elsewhere_is_another() -> None:
    out = run(watch(range(60), lambda minute: [heap(0.3)] if minute < 15 else [heap(0.6)]))
    assert told(out) == [("active", 10), ("active", 25), ("closed", 45)]


def test_a_camera_dead_for_a_night_finds_its_heap_again() -> None:
    place = town()
    plan = garbage.plan(place)
    state = garbage.start(plan)
    story = told(garbage.step(state, plan, stage(watch(range(20), [heap()]), place)).changes)
    hour = 60
    for minute in range(3 * hour, 9 * hour, hour):
        dead = np.zeros(1, np.int32), np.array([minute * 60 * SECOND])
        story += told(garbage.tick(state, plan, *dead).changes)
    morning = watch(range(10 * hour, 11 * hour), lambda minute: [heap()] if minute < 10 * hour + 15 else [])
    story += told(garbage.step(state, plan, stage(morning, place)).changes)
    assert [state for state, _ in story] == ["active", "unknown", "active", "closed"]
    assert story[1][1] == pytest.approx(20 - 1 / 6 + 5)
    assert story[3][1] == 10 * hour + 45


def test_a_camera_dead_for_three_days_leaves_it_expired() -> None:
    place = town()
    plan = garbage.plan(place)
    state = garbage.start(plan)
    garbage.step(state, plan, stage(watch(range(20), [heap()]), place))
    dead = np.zeros(1, np.int32), np.array([4 * 86_400 * SECOND])
    assert [s for s, _ in told(garbage.tick(state, plan, *dead).changes)] == ["unknown", "expired_unobserved"]
    again = stage(watch(range(6000, 6012), [heap()]), place)
    assert [s for s, _ in told(garbage.step(state, plan, again).changes)] == ["active"]


def test_dark_frames_are_silence() -> None:
    place = town()
    plan = garbage.plan(place)
    dark = stage(watch(range(30), [heap()]), place, usable=[False] * 180)
    state = garbage.start(plan)
    assert told(garbage.step(state, plan, dark).changes) == []
    assert garbage.measure(plan, dark).values.sum() == 0


def test_a_zone_has_its_own_limits() -> None:
    place = town(limits=Limits(on=0.2, off=0.1, on_s=780))
    assert told(run(watch(range(20), [heap(confidence=0.25)]), place)) == [("active", 13)]


def test_a_landfill_stays_bounded() -> None:
    place = town()
    plan = garbage.plan(place, garbage.Params(most=4))
    state = garbage.start(plan)
    street = [heap(0.06 + 0.11 * k, y=0.2 + 0.15 * r) for k in range(8) for r in range(5)]
    out = garbage.step(state, plan, stage(watch(range(12), street), place)).changes
    assert len(told(out)) == 4


def test_minutes_weigh_what_lies_there() -> None:
    place = town()
    parts = garbage.measure(garbage.plan(place), stage(watch(range(1), [heap(0.3), heap(0.7), heap(0.9, 0.2)]), place))
    column = GARBAGE.offset("garbage_ms")
    assert parts.values[:, column].sum() == 2 * 60_000
    assert parts.values[:, GARBAGE.offset("garbage_max")].max() == 2
    assert (parts.key.tolist(), parts.minute.tolist()) == ([0], [0])


objects = st.lists(
    st.sampled_from([heap(0.3), heap(0.32), heap(0.6), heap(0.6, 0.35), at(0.62, 0.6), at(0.3, 0.9)]), max_size=3
)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 40), objects, st.integers(0, 1)), min_size=1, max_size=80),
    st.data(),
)
def test_splits_ticks_and_pickles_change_nothing(drawn: list[tuple[int, list[Object], int]], data: Any) -> None:
    place = town(2, limits=Limits(on_s=120, off_s=180))
    plan = garbage.plan(place, garbage.Params(k=2, n=3))
    t, rows = 0, []
    for gap, things, code in drawn:
        t += gap * PERIOD_S
        rows.append((code, t * SECOND, things))
    end = np.arange(2, dtype=np.int32), np.full(2, (t + 400_000) * SECOND)

    def story(cuts: list[int], ticks: list[bool]) -> list[tuple[Any, ...]]:
        state, out = garbage.start(plan), []
        edges = [0, *cuts, len(rows)]
        for a, b, is_ticked in zip(edges[:-1], edges[1:], ticks, strict=True):
            part = sorted(rows[a:b], key=lambda row: row[:2])
            out.append(garbage.step(state, plan, stage(part, place)).changes)
            if is_ticked and b < len(rows):
                out.append(garbage.tick(state, plan, end[0], np.full(2, rows[b][1])).changes)
            state = pickle.loads(pickle.dumps(state))
        out.append(garbage.tick(state, plan, *end, ending=True).changes)
        columns = ("camera", "anchor", "opened_us", "step", "state", "t_us", "closed_us", "peak")
        return sorted(
            row for each in out for row in zip(*(getattr(each, name).tolist() for name in columns), strict=True)
        )

    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(rows) - 1)), max_size=6)))
    ticks = data.draw(st.lists(st.booleans(), min_size=len(cuts) + 1, max_size=len(cuts) + 1))
    assert story(cuts, ticks) == story([], [False])
