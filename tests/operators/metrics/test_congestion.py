"""Lanes that jam: the whole picture is the lane, cars are 0.04 wide, one frame a second unless said."""

import copy
import itertools
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.arrays import Changes, Ordered, Parts, Told
from operators.city import City, build
from operators.metrics import congestion
from schemas.columns import CONGESTION
from schemas.incidents import INCIDENT_STATES
from schemas.registry import Calibration, Limits, Registry, Road
from tests.operators.staged import FULL, Object, camera, frames, line, zone

SECOND = 1_000_000
T0 = 1_767_571_200  # s, a whole minute
GROUND = ((0.0, 20.0), (100.0, 20.0), (100.0, 0.0), (0.0, 0.0))  # the picture is 100 m wide
Row = tuple[int, int, list[Object]]
Story = list[tuple[str, int]]
Scene = Callable[[int], list[Object]]


def town(*, limits: Limits | None = None, cameras: int = 1, ground: bool = True, **fields: Any) -> City:
    """Return cameras whose whole picture is a lane, of a road with a free flow of 10 m/s."""
    lane = zone("lajur", FULL, kind="lane", limits=limits or Limits())
    calibration = Calibration(image=FULL, ground_m=GROUND) if ground else None
    fields = {"zone": (lane,), "metrics": ("congestion",), "calibration": calibration, "fps": 1.0, **fields}
    names = [f"c{i}" for i in range(cameras)]
    across = line("across", (0.5, 1.0), (0.5, 0.0))
    road = Road(
        id="jalan", kind="ruas", free_flow_kmh=36.0, occupancy=fields.pop("occupancy", None),
        lines=tuple(f"{name}/across" for name in names),
    )  # fmt: skip
    return build(Registry(camera=tuple(camera(name, line=(across,), **fields) for name in names), road=(road,)))


def car(x: float, track: int, y: float = 0.5, cls: str = "car") -> Object:
    return cls, 0.9, (x - 0.02, y - 0.1, x + 0.02, y), track


def parked(count: int, first: int = 1) -> list[Object]:
    return [car(0.1 + 0.1 * k, first + k) for k in range(count)]


def watch(seconds: Any, scene: Scene, code: int = 0) -> list[Row]:
    return [(code, (T0 + t) * SECOND, scene(t)) for t in seconds]


def stage(rows: list[Row], place: City, dt_ms: int = 1000, **fields: Any) -> Ordered:
    return frames(rows, dt_ms=dt_ms, place=place, **fields)


def run(rows: list[Row], place: City | None = None, dt_ms: int = 1000) -> Told:
    place = town() if place is None else place
    plan = congestion.plan(place)
    return congestion.step(congestion.start(plan), plan, stage(rows, place, dt_ms))


def story(changes: Changes | None) -> Story:
    assert changes is not None
    return [
        (INCIDENT_STATES[s], t // SECOND - T0)
        for s, t in zip(changes.state.tolist(), changes.t_us.tolist(), strict=True)
    ]


def total(parts: Parts | None, column: str) -> int:
    assert parts is not None
    return int(parts.values[:, CONGESTION.offset(column)].sum())


# ---------------------------------------------------------------- what opens an incident


def red_light(red: int, green: int, gap: float) -> Scene:
    """Eight cars a cycle come `gap` seconds apart, queue, and drive off one after the other."""

    def scene(t: int) -> list[Object]:
        out: list[Object] = []
        for cycle in (t // (red + green) - 1, t // (red + green)):
            for k in range(8):
                came, left = t - cycle * (red + green) - gap * k, t - cycle * (red + green) - red - 1.5 * k
                stop = 0.9 - 0.08 * k
                x = min(0.1 * came, stop) + 0.1 * max(left, 0.0)
                if came >= 0 and x < 1.0:
                    out.append(car(x, 1 + k + 8 * cycle))
        return out

    return scene


@pytest.mark.parametrize(("red", "green"), [(60, 30), (90, 30)])
@pytest.mark.parametrize(
    "gap", [pytest.param(0.0, id="all come at once"), pytest.param(6.0, id="they come one by one")]
)
def test_a_red_light_that_fills_and_empties_opens_no_congestion(red: int, green: int, gap: float) -> None:
    rows = watch(range(150, 2400), red_light(red, green, gap))
    out = run(rows, town(ground=False))
    assert story(out.changes) == []
    assert total(out.parts, "standing_ms") > 0.2 * total(out.parts, "tracked_ms")  # they do stand


@pytest.mark.parametrize(("count", "opens"), [pytest.param(6, True, id="six"), pytest.param(4, False, id="four")])
def test_vehicles_that_stand_for_six_minutes_are_congestion_from_five_on(count: int, opens: bool) -> None:
    out = run(watch(range(361), lambda t: parked(count))).changes
    assert out is not None
    assert story(out) == ([("active", 290)] if opens else [])
    assert out.opened_us.tolist() == ([T0 * SECOND] if opens else [])


def test_the_mean_over_five_minutes_first_reaches_the_threshold() -> None:
    """Free until 400 s: 210 s of the 300 s up to 620 s they have stood for 10 s."""
    out = run(watch(range(800), lambda t: parked(8) if t >= 400 else [])).changes
    assert out is not None
    assert story(out) == [("active", 670)]
    assert out.opened_us[0] == (T0 + 320) * SECOND
    assert out.peak[0] == pytest.approx(260 / 300)


def test_a_share_of_seven_in_ten_standing_is_enough_and_six_is_not() -> None:
    def scene(standing: int) -> Scene:
        return lambda t: [car(0.05 + 0.09 * k + (0.0 if k < standing else 0.02 * (t % 2)), 1 + k) for k in range(10)]

    assert story(run(watch(range(400), scene(7))).changes) == [("active", 360)]  # 310 s, and on_s
    assert story(run(watch(range(400), scene(6))).changes) == []


def test_it_closes_ten_minutes_after_it_flows() -> None:
    """The mean needs 150 s to fall below a half."""
    out = run(watch(range(1500), lambda t: parked(8) if t < 400 else flowing(10.0, 8)(t))).changes
    assert story(out) == [("active", 290), ("closed", 1150)]
    assert out is not None
    assert out.closed_us[-1] == (T0 + 550) * SECOND


def test_a_zone_has_its_own_limits() -> None:
    place = town(limits=Limits(on=0.3, off=0.2, on_s=10, off_s=60))
    out = run(watch(range(900), lambda t: parked(8) if 300 <= t < 420 else []), place).changes
    assert story(out) == [("active", 400), ("closed", 720)]


@pytest.mark.parametrize(
    "scene",
    [
        pytest.param(lambda t: [car(0.1 + 0.1 * k, 0) for k in range(8)], id="untracked"),
        pytest.param(lambda t: [car(0.1 + 0.1 * k, 1 + k, cls="person") for k in range(8)], id="persons"),
        pytest.param(lambda t: [car(0.1 + 0.1 * k, 1 + k, cls="becak") for k in range(8)], id="of another class"),
        pytest.param(lambda t: [car(0.1, 1)] * 8, id="one id eight times"),
        pytest.param(lambda t: [car(0.1 + 0.1 * k + 0.01 * (t % 2), 1 + k) for k in range(8)], id="that rock"),
    ],
)
def test_no_congestion_of_vehicles(scene: Scene) -> None:
    assert story(run(watch(range(600), scene), town(ground=False)).changes) == []


def test_persons_of_a_gathering_are_no_vehicles_of_the_lane() -> None:
    place = town(metrics=("congestion", "gathering"))
    out = run(watch(range(600), lambda t: [car(0.1 + 0.1 * k, 1 + k, cls="person") for k in range(8)]), place)
    assert (story(out.changes), total(out.parts, "tracked_ms")) == ([], 0)


# ---------------------------------------------------------------- crawling


def flowing(mps: float, vehicles: int) -> Scene:
    """Vehicles that follow each other at one speed over the 100 m of the picture, for ever."""
    apart = 100.0 / vehicles

    def scene(t: int) -> list[Object]:
        newest = int(mps * t // apart)
        return [car((mps * t - apart * k) / 100, 1000 + k) for k in range(newest - vehicles + 1, newest + 1)]

    return scene


def test_slow_traffic_that_never_stands_is_congestion_after_fifteen_minutes() -> None:
    out = run(watch(range(1000), flowing(1.0, 8)))
    assert story(out.changes) == [("active", 840)]  # 80 % of the first of three times 300 s
    assert total(out.parts, "standing_ms") == 0
    late = run(watch(range(3000), lambda t: flowing(10.0, 8)(t) if t < 1000 else flowing(1.0, 8)(t))).changes
    assert late is not None
    assert [s for s, _ in story(late)] == ["active"]
    assert 1000 + 600 < story(late)[0][1] < 1000 + 900  # each third is slow, the first since its mean is
    assert late.opened_us[0] == late.active_us[0] - 900 * SECOND


def test_a_crawl_that_dissolves_closes_though_its_quarter_hour_was_slow() -> None:
    """At 10 m/s the last five minutes are as fast as 4 m/s after 100 s."""
    out = run(watch(range(3000), lambda t: flowing(1.0, 8)(t) if t < 2000 else flowing(10.0, 8)(t))).changes
    assert story(out) == [("active", 840), ("closed", 2000 + 100 + 600)]


@pytest.mark.parametrize(
    ("scene", "place"),
    [
        pytest.param(flowing(10.0, 8), town(), id="free flow"),
        pytest.param(flowing(4.1, 8), town(), id="above 40 % of free flow"),
        pytest.param(flowing(1.0, 8), town(ground=False), id="not calibrated"),
        pytest.param(flowing(1.0, 8), town(optics="ptz"), id="a camera that turns"),
        pytest.param(lambda t: [car(0.0005 * (t % 1900), 7 + t // 1900)], town(), id="one slow cart"),
    ],
)
def test_no_congestion_by_speed(scene: Scene, place: City) -> None:
    assert story(run(watch(range(2000), scene), place).changes) == []


def test_a_road_says_how_occupied_a_slow_lane_must_be() -> None:
    def scene(t: int) -> list[Object]:
        return flowing(1.0, 8)(t) if t % 10 < 6 else []

    assert [s for s, _ in story(run(watch(range(2000), scene), town(occupancy=0.5)).changes)] == ["active"]
    assert story(run(watch(range(2000), scene), town(occupancy=0.7)).changes) == []


def test_way_and_time_give_the_speed_whatever_frames_miss_a_vehicle() -> None:
    for misses in (1, 2):
        out = run(watch(range(600), lambda t, n=misses: flowing(3.0, 6)(t) if t % n == 0 else []))
        speed = total(out.parts, "way_mm") / total(out.parts, "timed_ms")
        assert speed == pytest.approx(3.0, rel=0.02)


def test_over_uncalibrated_ground_there_is_neither_way_nor_time() -> None:
    out = run(watch(range(100), flowing(3.0, 6)), town(ground=False))
    assert (total(out.parts, "way_mm"), total(out.parts, "timed_ms")) == (0, 0)
    assert total(out.parts, "tracked_ms") > 0


# ---------------------------------------------------------------- standing


def standing_ms(rows: list[Row], dt_ms: int = 1000) -> int:
    return total(run(rows, town(ground=False), dt_ms).parts, "standing_ms")


def test_a_vehicle_stands_once_it_did_not_move_for_ten_seconds() -> None:
    assert standing_ms(watch(range(10), lambda t: parked(1))) == 0
    assert standing_ms(watch(range(15), lambda t: parked(1))) == 5000


@pytest.mark.parametrize(
    ("dx", "dy", "stands"),
    [
        pytest.param(0.0079, 0.0, True, id="less than a fifth of its width"),
        pytest.param(0.0081, 0.0, False, id="a fifth"),
        pytest.param(0.0, 0.0141, True, id="downwards, in picture heights, less"),
        pytest.param(0.0, 0.0143, False, id="downwards, more: 0.2 x 0.04 x 16 / 9"),
    ],
)
def test_it_moved_when_its_foot_is_a_fifth_of_its_width_away(dx: float, dy: float, stands: bool) -> None:
    rows = watch(range(16), lambda t: [car(0.5 + (dx if t >= 8 else 0.0), 7, 0.5 + (dy if t >= 8 else 0.0))])
    assert (standing_ms(rows) > 0) == stands


def test_a_shift_of_two_pixels_is_noise_however_small_the_vehicle() -> None:
    def far(t: int, px: float) -> list[Object]:
        x = 0.5 + (t % 2) * px / 1920
        return [("car", 0.9, (x - 2 / 1920, 0.3, x + 2 / 1920, 0.31), 7)]

    assert standing_ms(watch(range(20), lambda t: far(t, 1.9))) == 10_000
    assert standing_ms(watch(range(20), lambda t: far(t, 2.1))) == 0


def test_time_that_was_not_watched_does_not_make_it_stand() -> None:
    rows = watch([*range(5), 6, *range(7, 15)], lambda t: parked(1))
    ordered = stage(rows, town(), usable=[True] * 5 + [False] * 5 + [True] * 4)
    plan = congestion.plan(town())
    assert total(congestion.step(congestion.start(plan), plan, ordered).parts, "standing_ms") == 0


def test_untracked_vehicles_are_seen_but_never_followed() -> None:
    out = run(watch(range(30), lambda t: [car(0.1, 0), car(0.5, 7)]))
    assert (total(out.parts, "tracked_ms"), total(out.parts, "standing_ms")) == (30_000, 20_000)


def test_two_frames_of_one_time_see_the_same_vehicles() -> None:
    """The first of them stands for no time."""
    place = town()
    plan = congestion.plan(place)
    ordered = frames([(0, T0 * SECOND, parked(2))] * 2, [0, 1000], place=place)
    assert total(congestion.step(congestion.start(plan), plan, ordered).parts, "tracked_ms") == 2000


def test_fifteen_switches_of_identity_while_standing_move_nobody() -> None:
    """Each missing a frame; the boxes shake by half of what moves a foot."""
    shake = np.random.default_rng(5).uniform(-0.002, 0.002, (400, 6))

    def scene(t: int) -> list[Object]:
        return [] if t % 20 == 19 else [car(0.1 + 0.1 * k + shake[t, k], 1 + k + 100 * (t // 20)) for k in range(6)]

    out = run(watch(range(320), scene), town(ground=False))
    assert len({o[3] for t in range(320) for o in scene(t)}) == 6 * (15 + 1)
    assert total(out.parts, "standing_ms") == 6 * (320 - 16 - 10) * 1000
    assert story(out.changes) == [("active", 290)]


@pytest.mark.parametrize(
    ("gap", "dx", "way_mm"),
    [
        pytest.param(1, 0.0199, 1990, id="half a width away"),
        pytest.param(1, 0.0201, 0, id="farther"),
        pytest.param(2, 0.0199, 1990, id="2 s later"),
        pytest.param(3, 0.0199, 0, id="3 s later"),
        pytest.param(0, 0.0199, 0, id="beside it in the same frame"),
    ],
)
def test_a_track_born_beside_one_just_lost_keeps_its_anchor(gap: int, dx: float, way_mm: int) -> None:
    """Its way from that anchor is booked; a new track begins where it is."""
    rows = watch(range(15), lambda t: [car(0.5, 7)])
    born = watch([14 + gap, 15 + gap], lambda t: [car(0.5 + dx, 8)])
    if gap == 0:
        rows[-1][2].append(car(0.5 + dx, 8))
    assert total(run(rows + born[gap == 0 :]).parts, "way_mm") == way_mm


def test_an_heir_stands_from_its_first_frame() -> None:
    rows = watch(range(16), lambda t: [car(0.5, 7 if t < 15 else 8)])
    assert standing_ms(rows) == 6000


def test_a_lost_track_has_one_heir_and_comes_back_as_a_new_one() -> None:
    rows = watch(range(15), lambda t: [car(0.5, 7)])
    two = watch(range(15, 18), lambda t: [car(0.5, 8), car(0.5, 9)])
    assert standing_ms(rows + two) == standing_ms(rows) + 3000
    back = watch(range(15, 18), lambda t: [car(0.5, 8), car(0.5, 7)] if t > 15 else [car(0.5, 8)])
    assert standing_ms(rows + back) == standing_ms(rows) + 3000


# ---------------------------------------------------------------- silence


def tick(state: congestion.State, plan: congestion.Plan, second: int, **how: Any) -> Story:
    cameras = np.arange(len(plan.look.lanes), dtype=np.int32)
    return story(congestion.tick(state, plan, cameras, np.full(len(cameras), (T0 + second) * SECOND), **how).changes)


def test_a_camera_that_dies_in_a_jam_leaves_it_unknown_and_then_expired() -> None:
    place = town()
    plan = congestion.plan(place)
    state = congestion.start(plan)
    out = story(congestion.step(state, plan, stage(watch(range(361), lambda t: parked(6)), place)).changes)
    for second in range(400, 30_000, 500):
        out += tick(state, plan, second)
    assert out == [("active", 290), ("unknown", 360 + 300), ("expired_unobserved", 360 + 21_600)]


def test_frames_that_are_not_usable_are_silence() -> None:
    place = town()
    plan = congestion.plan(place)
    state = congestion.start(plan)
    dark = stage(watch(range(1000), lambda t: parked(6)), place, usable=[t < 361 for t in range(1000)])
    out = congestion.step(state, plan, dark)
    assert total(out.parts, "tracked_ms") == 361 * 6000
    assert story(out.changes) + tick(state, plan, 1000) == [("active", 290), ("unknown", 660)]


@pytest.mark.parametrize(
    ("gap", "between"),
    [
        pytest.param(200, [], id="short: nothing is told"),
        pytest.param(1000, [("unknown", 699), ("active", 1630)], id="long: unknown until a window is watched again"),
    ],
)
def test_a_jam_goes_on_after_a_gap(gap: int, between: Story) -> None:
    rows = watch([*range(400), *range(400 + gap, 1800 + gap)], lambda t: parked(6) if t < 900 + gap else [])
    assert story(run(rows, town(ground=False)).changes) == [
        ("active", 290),
        *between,
        ("closed", 900 + 150 + 600 + gap),
    ]


def test_a_window_watched_for_less_than_four_fifths_is_no_sample() -> None:
    rows = watch([t for t in range(3000) if t % 100 < 75], lambda t: parked(6))
    assert story(run(rows).changes) == []
    assert story(run(watch([t for t in range(3000) if t % 100 < 85], lambda t: parked(6))).changes) != []


def test_the_last_slot_is_judged_when_its_time_has_come_or_at_the_ending() -> None:
    place = town()
    plan = congestion.plan(place)
    for how, expected in (
        ((289, {}), []),
        ((290, {}), [("active", 290)]),
        ((289, {"ending": True}), [("active", 290)]),
    ):
        state = congestion.start(plan)
        assert story(congestion.step(state, plan, stage(watch(range(290), lambda t: parked(6)), place)).changes) == []
        assert tick(state, plan, how[0], **how[1]) == expected
        assert tick(state, plan, how[0], **how[1]) == []  # once


# ---------------------------------------------------------------- measure


def test_occupancy_and_vehicles_are_measured_in_any_order_and_late() -> None:
    place = town()
    plan = congestion.plan(place)
    scene: Scene = lambda t: [car(0.1, 0), car(0.2, 7), car(0.3, 0, cls="person")] if t % 4 == 0 else []  # noqa: E731
    rows = watch(range(120), scene)
    out = congestion.measure(plan, stage(rows, place))
    assert (total(out, "occupied_ms"), total(out, "vehicle_ms")) == (30_000, 60_000)
    assert total(out, "frames") == total(out, "observed_ms") == total(out, "tracked_ms") == 0
    assert np.unique(out.minute - T0 // 60).tolist() == [0, 1]
    shuffled = [rows[i] for i in np.random.default_rng(1).permutation(120)]
    assert total(congestion.measure(plan, stage(shuffled, place)), "vehicle_ms") == 60_000


def test_a_frame_over_a_minute_edge_is_cut_there() -> None:
    place = town()
    plan = congestion.plan(place)
    ordered = stage([(0, (T0 + 59) * SECOND + 600_000, [car(0.1, 7)])], place)
    for parts, column in (
        (congestion.measure(plan, ordered), "vehicle_ms"),
        (congestion.step(congestion.start(plan), plan, ordered).parts, "tracked_ms"),
    ):
        assert parts is not None
        assert parts.values[:, CONGESTION.offset(column)].tolist() == [400, 600]


def test_only_lanes_of_cameras_with_the_metric_are_measured() -> None:
    lane, kerb = zone("lajur", FULL, kind="lane"), zone("kerb", FULL, kind="no_parking")
    asked = camera("a", metrics=("congestion", "parking"), zone=(kerb, lane))
    place = build(Registry(camera=(asked, camera("b", metrics=("flow",), zone=(lane,)))))
    plan = congestion.plan(place)
    assert plan.zone.tolist() == [1]
    rows = [(c, T0 * SECOND, parked(6)) for c in (0, 1)]
    assert congestion.measure(plan, frames(rows, place=place)).key.tolist() == [1]


# ---------------------------------------------------------------- laws


def busy(seed: int, cameras: int, steps: int = 700) -> list[Row]:
    """Jams that form and dissolve, with ids that change, silences, and frames of one time."""
    random = np.random.default_rng(seed)
    rows: list[Row] = []
    for code in range(cameras):
        t, spot, ids = 0, random.uniform(0.05, 0.95, 9), np.arange(9) + 1
        for i in range(steps):
            t += int(random.choice([0, 3, 4, 5], p=[0.02, 0.5, 0.28, 0.2])) + (400 if random.random() < 0.004 else 0)
            moves = random.random(9) < (0.03 if i % 300 < 200 else 0.6)
            spot = np.where(moves, random.uniform(0.05, 0.95, 9), spot)
            ids = np.where(random.random(9) < 0.03, ids + 100, ids)
            here = random.random(9) < 0.95
            rows.append((code, (T0 + t) * SECOND, [car(spot[k], int(ids[k]) * (k < 8)) for k in range(9) if here[k]]))
    return rows


def facts(told: list[Told]) -> tuple[list[Any], list[Any]]:
    """Return merged parts and sorted changes."""
    merged: dict[tuple[int, int], Any] = {}
    for one in told:
        if one.parts is not None:
            for key, minute, values in zip(
                one.parts.key.tolist(), one.parts.minute.tolist(), one.parts.values, strict=True
            ):
                if values.any():
                    merged[key, minute] = merged.get((key, minute), 0) + values
    names = ("zone", "opened_us", "step", "state", "t_us", "active_us", "closed_us", "peak", "track")
    rows = sorted(
        row
        for one in told
        if one.changes
        for row in zip(*(getattr(one.changes, n).tolist() for n in names), strict=True)
    )
    return sorted((k, v.tolist()) for k, v in merged.items()), rows


QUICK = congestion.Params(jams=congestion.jams.Rules(on=0.4, off=0.3, on_s=0.0, off_s=60.0))


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**20), st.lists(st.integers(0, 1400), max_size=6), st.booleans())
def test_splits_ticks_and_pickles_change_nothing(seed: int, cuts: list[int], ticks: bool) -> None:
    place = town(cameras=2, fps=0.25)
    plan, rows = congestion.plan(place, QUICK), busy(seed, 2)
    ends = np.full(2, (T0 + 100_000) * SECOND), np.arange(2, dtype=np.int32)
    state = congestion.start(plan)
    whole = [congestion.step(state, plan, stage(rows, place, 4000)), congestion.tick(state, plan, ends[1], ends[0])]
    state, split = congestion.start(plan), []
    for begin, end in itertools.pairwise([0, *sorted(cuts), len(rows)]):
        split.append(congestion.step(state, plan, stage(rows[begin:end], place, 4000)))
        if ticks and end < len(rows):
            now = np.array([rows[end][0]], np.int32), np.array([rows[end][1]])
            split.append(congestion.tick(state, plan, *now))
        state = copy.deepcopy(pickle.loads(pickle.dumps(state)))
    split.append(congestion.tick(state, plan, ends[1], ends[0]))
    assert len(facts(whole)[1]) > 3
    assert facts(split) == facts(whole)


def test_cameras_do_not_know_of_each_other() -> None:
    """The same ids on three cameras, in batches that go from one to the next."""
    rows = busy(3, 3)
    place, alone = town(cameras=3, fps=0.25), town(fps=0.25)
    together = facts([run(rows, place, 4000)])
    for code in range(3):
        own = facts([run([(0, t, o) for c, t, o in rows if c == code], alone, 4000)])
        assert [(m, v) for (k, m), v in together[0] if k == code] == [(m, v) for (_, m), v in own[0]]
        assert [row[1:] for row in together[1] if row[0] == code] == [row[1:] for row in own[1]]


def test_tracks_unseen_for_long_leave_the_table() -> None:
    place = town()
    plan = congestion.plan(place)
    state = congestion.start(plan)
    for i in range(100):
        rows = watch(range(5 * i, 5 * i + 5), lambda t, i=i: [car(0.01 * k, 1 + k + 100 * i) for k in range(100)])
        congestion.step(state, plan, stage(rows, place))
    assert len(state.tracks.row) <= 1024


@pytest.mark.parametrize("width", [0, 1920])
def test_garbage_is_survived(width: int) -> None:
    place = town()
    plan = congestion.plan(place)
    odd: list[Object] = [
        ("car", float("nan"), (0.5, 0.5, 0.5, 0.5), 7),
        ("becak", 0.9, (0.1, 0.1, 0.2, 0.2), 8),
        ("car", 0.9, (0.9, 0.9, 0.1, 0.1), 9),
        ("car", 0.9, (-3.0, -3.0, 4.0, 4.0), 2**64 - 2),
        ("car", 0.9, (float("nan"),) * 4, 11),
    ]
    ordered = stage(watch(range(400), lambda t: odd), place)
    ordered = ordered._replace(width=np.full(400, width, np.int32), height=np.full(400, width, np.int32))
    out = congestion.step(congestion.start(plan), plan, ordered)
    assert out.parts is not None
    assert (out.parts.values >= 0).all()
    assert total(out.parts, "standing_ms") <= total(out.parts, "tracked_ms") <= 400 * 5000
    assert len(congestion.measure(plan, stage([], place)).key) == 0
    assert story(congestion.step(congestion.start(plan), plan, stage([], place)).changes) == []
