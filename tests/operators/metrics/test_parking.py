"""Parking: who stands in the zone, for how long, and as one incident a vehicle."""

import pickle
from typing import Any

import numpy as np
import pytest

from operators.arrays import Changes, Ordered
from operators.city import City
from operators.metrics import parking
from schemas.incidents import INCIDENT_STATES
from schemas.registry import Limits
from tests.operators.staged import FULL, Object, camera, city, frames, zone

SECOND = 1_000_000
Row = tuple[int, int, list[Object]]
Told = list[tuple[str, int, int]]


def town(*, zones: Any = None, cameras: int = 1) -> City:
    zones = (zone("kerb", FULL, kind="no_parking"),) if zones is None else zones
    return city(*(camera(f"c{i}", fps=1.0, metrics=("parking",), zone=zones) for i in range(cameras)))


def car(x: float, track: int, y: float = 0.5, cls: str = "car") -> Object:
    """Return a car 0.1 wide whose left edge is at x."""
    return cls, 0.9, (x, y, x + 0.1, y + 0.1), track


def watch(seconds: range, objects: Any, code: int = 0) -> list[Row]:
    """One frame a second; `objects` is a list or a function of the second."""
    return [(code, t * SECOND, objects(t) if callable(objects) else objects) for t in seconds]


def stage(rows: list[Row], place: City | None = None) -> Ordered:
    return frames(rows, dt_ms=1000, place=town() if place is None else place)


def told(changes: Changes) -> Told:
    columns = (changes.state.tolist(), changes.severity.tolist(), changes.t_us.tolist())
    return [(INCIDENT_STATES[state], severity, t // SECOND) for state, severity, t in zip(*columns, strict=True)]


def run(rows: list[Row], place: City | None = None) -> Changes:
    place = town() if place is None else place
    plan = parking.plan(place)
    return parking.step(parking.start(plan), plan, stage(rows, place)).changes


STORY = [("active", 1, 60), ("active", 2, 180)]


def test_a_standing_car_is_stopped_at_60_s_and_parked_at_180_s() -> None:
    out = run(watch(range(200), [car(0.3, 7)]))
    assert told(out) == STORY
    assert (out.opened_us == 0).all()
    assert (out.anchor == 7).all()
    assert out.box[0] == pytest.approx([0.3, 0.5, 0.4, 0.6])


def test_it_ends_when_it_left_for_30_s() -> None:
    out = run(watch(range(300), lambda t: [car(0.3, 7)] if t < 200 else []))
    assert told(out) == [*STORY, ("closed", 2, 230)]
    assert out.closed_us[-1] == 200 * SECOND


def test_a_car_that_drives_on_leaves_its_spot() -> None:
    out = run(watch(range(300), lambda t: [car(0.3 if t < 200 else 0.3 + (t - 200) * 0.007, 7)]))
    assert told(out)[-1][0] == "closed"
    assert 200 * SECOND <= out.closed_us[-1] <= 215 * SECOND


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(watch(range(400), lambda t: [car(0.002 * t, 7)]), id="it creeps on"),
        pytest.param(watch(range(400), [car(0.3, 0)]), id="it is not tracked"),
        pytest.param(watch(range(400), [car(0.3, 7, cls="person")]), id="it is a person"),
        pytest.param(watch(range(59), [car(0.3, 7)]), id="not for long enough"),
        pytest.param(watch(range(400), lambda t: [car(0.3, t + 1)] if t % 40 == 0 else []), id="others pass the spot"),
    ],
)
def test_no_incident_when(rows: list[Row]) -> None:
    assert told(run(rows)) == []


def test_a_car_outside_the_zone_may_stand() -> None:
    place = town(zones=(zone("kerb", [(0.0, 0.0), (0.2, 0.0), (0.2, 1.0), (0.0, 1.0)], kind="no_parking"),))
    assert told(run(watch(range(200), [car(0.3, 7)]), place)) == []
    assert told(run(watch(range(200), [car(0.1, 7)]), place)) == STORY


def test_a_zone_says_which_classes_and_how_long() -> None:
    limits = Limits(stopped_s=20, parked_s=40)
    place = town(zones=(zone("bus", FULL, kind="no_stopping", classes=("bus",), limits=limits),))
    rows = watch(range(100), [car(0.3, 7), car(0.6, 8, cls="bus")])
    out = run(rows, place)
    assert told(out) == [("active", 1, 20), ("active", 2, 40)]
    assert (out.anchor == 8).all()


def test_a_car_that_changes_its_id_while_it_stands_is_one_incident() -> None:
    out = run(watch(range(300), lambda t: [car(0.3, 7 + t // 20)]))
    assert told(out) == STORY
    assert out.track[-1] > out.anchor[-1]


def test_a_car_hidden_for_25_s_is_one_incident_even_under_another_id() -> None:
    out = run(watch(range(300), lambda t: [] if 100 <= t < 125 else [car(0.3, 7 if t < 100 else 9)]))
    assert told(out) == STORY


def test_hidden_time_does_not_count_before_it_is_stopped() -> None:
    def half_seen(t: int) -> list[Object]:
        return [] if 20 <= t < 45 else [car(0.3, 7)]

    assert told(run(watch(range(80), half_seen))) == []
    assert told(run(watch(range(90), half_seen))) == [("active", 1, 85)]


def test_jitter_of_the_box_does_not_end_it() -> None:
    shake = np.random.default_rng(3).uniform(-0.006, 0.006, 300)
    assert told(run(watch(range(300), lambda t: [car(0.3 + shake[t], 7)]))) == STORY


def test_two_boxes_of_one_vehicle_are_one_incident() -> None:
    assert told(run(watch(range(200), [car(0.3, 7), car(0.305, 8, cls="truck")]))) == STORY


def test_a_full_kerb_is_parked_but_a_standing_lane_is_a_queue() -> None:
    rows = watch(range(200), [car(0.1 + 0.2 * k, 7 + k) for k in range(4)])
    kerb = zone("kerb", FULL, kind="no_parking")
    assert len(told(run(rows, town(zones=(kerb,))))) == 8
    assert told(run(rows, town(zones=(kerb, zone("lajur", FULL, kind="lane"))))) == []


def test_one_car_standing_in_a_moving_lane_is_no_queue() -> None:
    zones = (zone("kerb", FULL, kind="no_parking"), zone("lajur", FULL, kind="lane"))
    passing = watch(
        range(200), lambda t: [car(0.3, 7), *(car(0.01 * (t % 60), 100 + k + t // 60 * 5, 0.1 * k) for k in range(3))]
    )
    assert told(run(passing, town(zones=zones))) == STORY


def test_a_camera_that_dies_ends_its_incident_unknown_and_then_expired() -> None:
    plan = parking.plan(town())
    state = parking.start(plan)
    out = parking.step(state, plan, stage(watch(range(100), [car(0.3, 7)]))).changes
    story = told(out)
    for t in range(200, 30_000, 1000):
        story += told(parking.tick(state, plan, np.zeros(1, np.int32), np.array([t * SECOND])).changes)
    assert story == [("active", 1, 60), ("unknown", 1, 99 + 300), ("expired_unobserved", 1, 99 + 21_600)]


def test_frames_that_are_not_usable_are_silence() -> None:
    dark = frames(watch(range(500), [car(0.3, 7)]), dt_ms=1000, usable=[t < 100 for t in range(500)], place=town())
    plan = parking.plan(town())
    state = parking.start(plan)
    out = parking.step(state, plan, dark).changes
    out = parking.tick(state, plan, np.zeros(1, np.int32), np.array([500 * SECOND])).changes
    assert told(out) == [("unknown", 1, 99 + 300)]


def test_a_car_still_there_after_a_silence_goes_on() -> None:
    out = run([*watch(range(100), [car(0.3, 7)]), *watch(range(1000, 1100), [car(0.3, 7)])])
    assert told(out) == [("active", 1, 60), ("unknown", 1, 399), ("active", 1, 1000), ("active", 2, 1080)]


def test_a_crowded_street_stays_bounded() -> None:
    plan = parking.plan(town(), parking.Params(most=8))
    street = [car(0.09 * (k % 10), 1 + k, 0.09 * (k // 10)) for k in range(100)]
    state = parking.start(plan)
    out = parking.step(state, plan, stage(watch(range(200), street))).changes
    assert len(np.unique(out.anchor)) == 8
    assert state.spots.used.tolist() == [8]


def busy(seed: int) -> list[Row]:
    """Two cameras where cars come, stand, swap ids and vanish, with silences."""
    random = np.random.default_rng(seed)
    place = random.uniform(0, 0.9, (2, 6))
    rows: list[Row] = []
    for code in (0, 1):
        t = 0
        for _ in range(500):
            t += int(random.choice([1, 1, 1, 1, 1, 1, 1, 1, 20 if random.random() < 0.1 else 1]))
            t += 400 if random.random() < 0.004 else 0
            place[code] += np.where(random.random(6) < 0.005, random.uniform(-0.3, 0.3, 6), 0)
            shake = random.normal(0, 0.004, 6)
            here = random.random(6) < 0.9
            ids = np.arange(6) + 1 + 10 * (t // 90)
            objects = [car(float(place[code, k] + shake[k]), int(ids[k]), 0.15 * k) for k in range(6) if here[k]]
            rows.append((code, t * SECOND, objects))
    return rows


def ordered_story(changes: list[Changes]) -> list[tuple[Any, ...]]:
    columns = ("camera", "anchor", "opened_us", "step", "state", "severity", "t_us", "closed_us", "track", "peak")
    return sorted(
        row for part in changes for row in zip(*(getattr(part, name).tolist() for name in columns), strict=True)
    )


@pytest.mark.parametrize("seed", range(4))
def test_splits_ticks_and_pickles_change_nothing(seed: int) -> None:
    rows = busy(seed)
    end = 2_000_000 * SECOND
    place = town(cameras=2)
    plan = parking.plan(place)
    both = np.arange(2, dtype=np.int32)
    state = parking.start(plan)
    out = parking.step(state, plan, stage(rows, place)).changes
    whole = ordered_story([out, parking.tick(state, plan, both, np.full(2, end)).changes])
    random = np.random.default_rng(seed)
    state, parts, rest = parking.start(plan), [], rows
    while rest:
        cut = int(random.integers(1, 40))
        now, rest = rest[:cut], rest[cut:]
        out = parking.step(state, plan, stage(now, place)).changes
        parts.append(out)
        if rest and rest[0][0] == now[-1][0]:
            parts.append(parking.tick(state, plan, np.array([rest[0][0]], np.int32), np.array([rest[0][1]])).changes)
        state = pickle.loads(pickle.dumps(state))
    parts.append(parking.tick(state, plan, both, np.full(2, end)).changes)
    assert len(whole) > 20
    assert ordered_story(parts) == whole


def test_a_zone_forbids_parking_within_its_hours_only() -> None:
    hours = ("07:00-07:05",)  # local: 00:00 UTC is 07:00
    place = town(zones=(zone("kerb", FULL, kind="no_parking", hours=hours),))
    before = [(0, t * SECOND, [car(0.3, 7)]) for t in range(-200, 400)]
    rows = [(0, t + 86_400 * SECOND, objects) for _, t, objects in before]
    out = run(rows, place)
    assert [(s, v, t - 86_400) for s, v, t in told(out)] == [("active", 1, 60), ("active", 2, 180), ("closed", 2, 330)]
    assert out.opened_us[0] == 86_400 * SECOND
    assert out.closed_us[-1] == (86_400 + 300) * SECOND
