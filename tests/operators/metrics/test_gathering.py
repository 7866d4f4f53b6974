"""Persons who gather: one frame a second, the whole picture is the zone."""

import copy
import itertools
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.arrays import Changes
from operators.city import City
from operators.metrics import gathering
from schemas.incidents import INCIDENT_KINDS, INCIDENT_STATES
from schemas.registry import Limits
from tests.operators.staged import FULL, Object, at, camera, city, frames, zone

SECOND = 1_000_000
T0 = 1_767_571_200  # s, a whole minute
Row = tuple[int, int, list[Object]]
Story = list[tuple[str, int]]
Crowd = Callable[[int], int]


def town(kind: str = "crowd", cameras: int = 1, limits: Limits | None = None, **fields: Any) -> City:
    place = zone("alun", FULL, kind=kind, limits=limits or Limits())
    fields = {"metrics": ("gathering",), "fps": 1.0, **fields}
    return city(*(camera(f"c{i}", zone=(place,), **fields) for i in range(cameras)))


def watch(seconds: Any, crowd: Crowd, code: int = 0, cls: str = "person") -> list[Row]:
    return [
        (code, (T0 + t) * SECOND, [at(0.01 + 0.98 * k / 200, 0.5, cls=cls) for k in range(crowd(t))]) for t in seconds
    ]


def run(rows: list[Row], place: City | None = None, **fields: Any) -> Changes:
    place = town() if place is None else place
    plan = gathering.plan(place)
    told = gathering.step(gathering.start(plan), plan, frames(rows, 1000, place=place, **fields))
    assert told.parts is None
    assert told.changes is not None
    return told.changes


def story(changes: Changes | None) -> Story:
    assert changes is not None
    states, times = changes.state.tolist(), changes.t_us.tolist()
    return [(INCIDENT_STATES[s], t // SECOND - T0) for s, t in zip(states, times, strict=True)]


def steps(*levels: tuple[int, int]) -> Crowd:
    """Return a crowd of so many persons from each second on."""

    def crowd(t: int) -> int:
        return max((start, persons) for start, persons in levels if start <= t)[1]

    return crowd


@pytest.mark.parametrize("kind", ["crowd", "lane"])
def test_twenty_persons_where_ten_were_are_a_gathering(kind: str) -> None:
    out = run(watch(range(400), steps((0, 10), (300, 20))), town(kind))
    assert story(out) == [("active", 330)]
    assert (INCIDENT_KINDS[out.kind[0]], out.zone[0], out.opened_us[0]) == ("gathering", 0, (T0 + 300) * SECOND)


@pytest.mark.parametrize(
    ("crowd", "opens"),
    [
        pytest.param(steps((0, 10), (300, 19)), False, id="nineteen"),
        pytest.param(steps((0, 13), (300, 20)), True, id="by half"),
        pytest.param(steps((0, 14), (300, 20)), False, id="by less than half"),
        pytest.param(steps((0, 0), (300, 20)), True, id="from nobody"),
        pytest.param(steps((0, 40)), False, id="a constant crowd, also at the start of input"),
        pytest.param(lambda t: 21 + t // 60, False, id="it grows by less than half in ten minutes"),
        pytest.param(lambda t: 12 + t // 120, False, id="it grows by half in more than ten minutes"),
        pytest.param(lambda t: 6 + t // 40, True, id="it grows by half in ten minutes"),
        pytest.param(steps((0, 13), (300, 40), (315, 0)), True, id="mean of its slot 20"),
        pytest.param(steps((0, 13), (300, 40), (314, 0)), False, id="mean of its slot 18.7"),
    ],
)
def test_a_gathering_is_twenty_persons_and_half_more_than_before(crowd: Crowd, opens: bool) -> None:
    assert (story(run(watch(range(1200), crowd))) != []) == opens


@pytest.mark.parametrize(("minutes", "opens"), [(10, True), (11, False)])
def test_the_lowest_mean_counts_for_ten_minutes(minutes: int, opens: bool) -> None:
    """One slot of 10 persons, then 18, then 20."""
    crowd = steps((0, 18), (600, 10), (630, 18), (600 + 60 * minutes, 20))
    assert (story(run(watch(range(1800), crowd))) != []) == opens


def test_it_closes_after_ten_minutes_below_half_of_the_threshold() -> None:
    crowd = steps((0, 5), (300, 25), (600, 10), (900, 9), (1200, 10), (1230, 9))
    out = run(watch(range(2400), crowd))
    assert story(out) == [("active", 330), ("closed", 1230 + 600)]
    assert out.closed_us[-1] == (T0 + 1230) * SECOND


def test_the_peak_is_the_most_persons_of_a_slot() -> None:
    crowd = steps((0, 5), (300, 25), (310, 31), (311, 25), (400, 43), (401, 25), (600, 0), (1100, 44), (1101, 0))
    out = run(watch(range(2400), crowd))
    assert out.peak.tolist() == [31.0, 43.0]


def test_a_zone_has_its_own_limits_unless_another_metric_reads_them() -> None:
    rows = watch(range(400), steps((0, 2), (300, 6)))
    limits = Limits(on=5.0, off=3.0, off_s=60)
    assert story(run(rows, town(limits=limits))) == [("active", 330)]
    assert story(run(rows, town("lane", limits=limits))) == [("active", 330)]
    assert story(run(rows, town(limits=limits, metrics=("gathering", "crowd")))) == []  # 5 person/m2
    assert story(run(rows, town("lane", limits=limits, metrics=("gathering", "congestion")))) == []
    assert story(run(rows, town("lane", limits=limits, metrics=("gathering", "crowd")))) == [("active", 330)]


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        pytest.param(watch(range(400), steps((0, 5), (300, 30)), cls="car"), town("lane"), id="of cars"),
        pytest.param(watch(range(400), steps((0, 5), (300, 30))), town(metrics=("crowd",)), id="nobody asked for"),
        pytest.param(watch(range(400), steps((0, 5), (300, 30))), town("night"), id="in another kind of zone"),
    ],
)
def test_no_gathering(rows: list[Row], place: City) -> None:
    assert story(run(rows, place)) == []


def test_a_slot_hardly_watched_is_neither_a_gathering_nor_its_beginning() -> None:
    crowd = steps((0, 20), (330, 0), (335, 20))  # five seconds without anybody
    seconds = [t for t in range(600) if not 335 <= t < 360]
    assert story(run(watch(seconds, crowd))) == []
    assert story(run(watch(range(600), crowd))) == []
    few = [t for t in range(600) if not 305 <= t < 330]
    assert story(run(watch(few, steps((0, 5), (300, 30), (330, 5))))) == []


def tick(state: gathering.State, plan: gathering.Plan, second: int, **how: Any) -> Story:
    cameras = np.arange(len(plan.zones), dtype=np.int32)
    return story(gathering.tick(state, plan, cameras, np.full(len(cameras), (T0 + second) * SECOND), **how).changes)


def test_a_camera_that_dies_leaves_it_unknown_and_then_expired() -> None:
    place = town()
    plan = gathering.plan(place)
    state = gathering.start(plan)
    ordered = frames(watch(range(400), steps((0, 5), (300, 30))), 1000, place=place)
    out = story(gathering.step(state, plan, ordered).changes)
    for second in range(500, 30_000, 500):
        out += tick(state, plan, second)
    assert out == [("active", 330), ("unknown", 399 + 300), ("expired_unobserved", 399 + 21_600)]


def test_frames_that_are_not_usable_are_silence() -> None:
    rows = watch(range(2400), steps((0, 5), (300, 30), (400, 0)))
    out = run(rows, usable=[t < 400 or t >= 1600 for t in range(2400)])
    assert story(out) == [("active", 330), ("unknown", 699), ("active", 1620), ("closed", 1620 + 600)]


@pytest.mark.parametrize("gap", [280, 298])
def test_a_gap_below_five_minutes_is_not_told(gap: int) -> None:
    seconds = [t for t in range(1200) if not 405 <= t < 405 + gap]
    assert story(run(watch(seconds, steps((0, 5), (300, 30))))) == [("active", 330)]


def test_the_last_slot_is_judged_when_its_time_has_come_or_at_the_ending() -> None:
    place = town()
    plan = gathering.plan(place)
    rows = watch(range(328), steps((0, 5), (300, 30)))
    for how, expected in (((329, {}), []), ((330, {}), 1), ((329, {"ending": True}), 1)):
        state = gathering.start(plan)
        assert story(gathering.step(state, plan, frames(rows, 1000, place=place)).changes) == []
        assert len(tick(state, plan, how[0], **how[1])) == (expected or 0)
        assert tick(state, plan, how[0], **how[1]) == []  # once


def busy(seed: int, cameras: int) -> list[Row]:
    """Crowds that come and go on several cameras, with gaps, and persons whose ids mean nothing."""
    random, rows = np.random.default_rng(seed), []
    for code in range(cameras):
        t, persons = 0, 5
        for _ in range(300):
            t += int(random.integers(3, 6)) + (500 if random.random() < 0.01 else 0)
            persons = int(random.integers(0, 8)) if random.random() < 0.02 else persons
            rows.append((code, (T0 + t) * SECOND, [at(0.1 + 0.05 * k, 0.5, track=k % 3) for k in range(persons)]))
    return rows


def facts(changes: list[Changes | None]) -> list[Any]:
    names = ("zone", "opened_us", "step", "state", "t_us", "active_us", "closed_us", "peak")
    return sorted(row for c in changes if c for row in zip(*(getattr(c, n).tolist() for n in names), strict=True))


QUICK = gathering.Params(on=4.0, off_s=60.0)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**20), st.lists(st.integers(0, 600), max_size=6), st.booleans())
def test_splits_ticks_and_pickles_change_nothing(seed: int, cuts: list[int], ticks: bool) -> None:
    place = town(cameras=2)
    plan, rows = gathering.plan(place, QUICK), busy(seed, 2)
    end = np.arange(2, dtype=np.int32), np.full(2, (T0 + 100_000) * SECOND)
    state = gathering.start(plan)
    whole = [gathering.step(state, plan, frames(rows, 4000, place=place)).changes]
    whole.append(gathering.tick(state, plan, *end).changes)
    state, split = gathering.start(plan), []
    for begin, stop in itertools.pairwise([0, *sorted(cuts), len(rows)]):
        split.append(gathering.step(state, plan, frames(rows[begin:stop], 4000, place=place)).changes)
        if ticks and stop < len(rows):
            now = np.array([rows[stop][0]], np.int32), np.array([rows[stop][1]])
            split.append(gathering.tick(state, plan, *now).changes)
        state = copy.deepcopy(pickle.loads(pickle.dumps(state)))
    split.append(gathering.tick(state, plan, *end).changes)
    assert facts(split) == facts(whole)


def test_the_law_above_is_about_something() -> None:
    told = [INCIDENT_STATES[row[3]] for seed in range(5) for row in facts([run_quick(busy(seed, 2))])]
    assert {"active", "closed", "unknown"} <= set(told)


def run_quick(rows: list[Row], cameras: int = 2) -> Changes | None:
    place = town(cameras=cameras)
    plan = gathering.plan(place, QUICK)
    return gathering.step(gathering.start(plan), plan, frames(rows, 4000, place=place)).changes


def test_cameras_do_not_know_of_each_other() -> None:
    rows = busy(3, 3)
    together = facts([run_quick(rows, 3)])
    for code in range(3):
        alone = facts([run_quick([(0, t, o) for c, t, o in rows if c == code], 1)])
        assert [row[1:] for row in together if row[0] == code] == [row[1:] for row in alone]


def test_garbage_is_survived() -> None:
    odd: list[Object] = [
        ("person", float("nan"), (0.5, 0.5, 0.5, 0.5), 7),
        ("becak", 0.9, (0.1, 0.1, 0.2, 0.2), 8),
        ("person", 0.9, (0.9, 0.9, 0.1, 0.1), 0),
    ]
    out = run([(0, (T0 + t) * SECOND, odd * (12 if t > 100 else 1)) for t in range(400)])
    assert out.peak.tolist() == [24.0]
    assert story(run([])) == []
