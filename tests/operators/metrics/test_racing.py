"""Fast vehicles at night: cameras at one frame a second are the clock, crossings are given or followed."""

import copy
import itertools
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from operators.arrays import Changes
from operators.city import City
from operators.metrics import flow, racing
from operators.tracking.crossed import CROSSING
from schemas.columns import VEHICLES
from schemas.incidents import INCIDENT_KINDS, INCIDENT_STATES
from schemas.registry import Calibration
from tests.operators.staged import FULL, at, camera, city, crossed, frames, line

SECOND = 1_000_000
NIGHT = 1_767_571_200 + 16 * 3600  # s, 2026-01-05 23:00 in Semarang
GROUND = Calibration(image=FULL, ground_m=((0.0, 20.0), (100.0, 20.0), (100.0, 0.0), (0.0, 0.0)))  # 100 m wide
FAST, SLOW = 25.0, 20.0  # m/s; the limit is 22.2
Pass = tuple[Any, ...]  # second, track and, where they matter: speed [m/s], class, line, x
Story = list[tuple[str, int]]


def town(lines: int = 1, cameras: int = 1, **fields: Any) -> City:
    """Return cameras whose upright lines stand at 0.2, 0.6, ... of the 100 m."""
    flows = tuple(line(f"l{k}", (0.2 + 0.4 * k, 1.0), (0.2 + 0.4 * k, 0.0)) for k in range(lines))
    fields = {"metrics": ("flow", "racing"), "fps": 1.0, "calibration": GROUND, "line": flows, **fields}
    return city(*(camera(f"c{i}", **fields) for i in range(cameras)))


def crossings(passes: list[Pass], since: int = NIGHT) -> NDArray[Any]:
    out = np.zeros(len(passes), CROSSING)
    for row, given_ in zip(out, passes, strict=True):
        second, track, speed, cls, code, x = (*given_, *(FAST, "car", 0, 0.5)[len(given_) - 2 :])
        row["t_us"], row["track"], row["key"] = round((since + second) * 1e6), track, 2 * code
        row["speed_mmps"], row["cls"], row["x"], row["y"] = speed * 1000, VEHICLES.index(cls), x, 0.5
    return out


def clock(seconds: Any, since: int = NIGHT, **fields: Any) -> Any:
    return frames([(0, (since + t) * SECOND, []) for t in seconds], 1000, **fields)


def run(passes: list[Pass], place: City | None = None, seconds: Any = range(200), since: int = NIGHT) -> Changes:
    plan = racing.plan(town() if place is None else place)
    told = racing.step(racing.start(plan), plan, clock(seconds, since), crossings(passes, since))
    assert told.parts is None
    assert told.changes is not None
    return told.changes


def story(changes: Changes | None) -> Story:
    assert changes is not None
    states, times = changes.state.tolist(), changes.t_us.tolist()
    return [(INCIDENT_STATES[s], t // SECOND - NIGHT) for s, t in zip(states, times, strict=True)]


THREE: list[Pass] = [(10, 1), (40, 2, 31.5), (70, 3)]


def test_three_fast_vehicles_within_a_minute_are_racing() -> None:
    out = run(THREE)
    assert story(out) == [("active", 70)]
    assert (INCIDENT_KINDS[out.kind[0]], out.camera[0], out.zone[0]) == ("racing", 0, -1)
    assert (out.opened_us[0], out.active_us[0]) == ((NIGHT + 10) * SECOND, (NIGHT + 70) * SECOND)
    assert (out.peak[0], out.track[0]) == (31.5, 3)


@pytest.mark.parametrize(
    "passes",
    [
        pytest.param([(10, 1), (40, 2), (71, 3)], id="within 61 s"),
        pytest.param([(10, 1), (40, 2)], id="two"),
        pytest.param([(10, 1), (25, 1), (40, 1)], id="one vehicle thrice"),
        pytest.param([(10, 1), (25, 2), (40, 1)], id="two vehicles, one of them twice"),
        pytest.param([(10, 1), (40, 2), (70, 3, SLOW)], id="one not above the limit"),
        pytest.param([(10, 1), (40, 2), (70, 3, 80 / 3.6 - 0.001)], id="one just below the limit"),
        pytest.param([(10, 1), (40, 2), (70, 3, FAST, "person")], id="one a person"),
        pytest.param([(10, 1), (40, 2), (70, 3, FAST, "bicycle")], id="one a bicycle"),
        pytest.param([(10, 1), (40, 2), (70, 3, -0.001)], id="one of unknown speed"),
    ],
)
def test_no_racing(passes: list[Pass]) -> None:
    assert story(run(passes)) == []


@pytest.mark.parametrize("name", ["motorcycle", "car", "bus", "truck"])
def test_motor_vehicles_race(name: str) -> None:
    assert len(story(run([(*p[:2], FAST, name) for p in THREE]))) == 1


@pytest.mark.parametrize(
    ("hour", "second", "races"),
    [
        pytest.param(22, 0, True, id="from 22:00"),
        pytest.param(22, -11, False, id="the first at 21:59:59"),
        pytest.param(5, -71, True, id="until 05:00"),
        pytest.param(5, -70, False, id="the last at 05:00:00"),
        pytest.param(3, 0, True, id="after midnight"),
        pytest.param(12, 0, False, id="at noon"),
    ],
)
def test_racing_is_told_at_night_in_local_time(hour: int, second: int, races: bool) -> None:
    since = NIGHT + (hour - 23) * 3600 + second
    assert (len(run(THREE, since=since).kind) > 0) == races


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(town(calibration=None), id="not calibrated"),
        pytest.param(town(metrics=("flow",)), id="not asked"),
        pytest.param(town(optics="ptz"), id="a camera that turns"),
        pytest.param(
            town(line=(line("gate", (0.5, 1.0), (0.5, 0.0), role="gate", entry="to_left"),)),
            id="a gate is no flow line",
        ),
    ],
)
def test_cameras_that_cannot_tell(place: City) -> None:
    assert story(run(THREE, place)) == []


def test_a_gate_beside_a_flow_line_tells_no_speeds() -> None:
    lines = (line("l0", (0.2, 1.0), (0.2, 0.0)), line("gate", (0.6, 1.0), (0.6, 0.0), role="gate", entry="to_left"))
    assert story(run([(*p[:2], FAST, "car", 1) for p in THREE], town(line=lines))) == []
    assert story(run(THREE, town(line=lines))) == [("active", 70)]  # and makes no pair


def test_a_line_has_its_own_limit() -> None:
    slow = line("l0", (0.2, 1.0), (0.2, 0.0), speed_limit_kmh=50.0)
    assert story(run([(*p[:2], SLOW) for p in THREE], town(line=(slow,)))) == [("active", 70)]
    assert story(run([(*p[:2], 50 / 3.6 - 0.001) for p in THREE], town(line=(slow,)))) == []


# ---------------------------------------------------------------- a pair of lines


def pair(second: float, track: int, took_s: float, x: tuple[float, float] = (0.2, 0.6), own: float = 1.0) -> list[Pass]:
    return [(second - took_s, track, own, "car", 0, x[0]), (second, track, own, "car", 1, x[1])]


def races(*pairs: list[Pass], place: City | None = None) -> bool:
    passes = sorted(itertools.chain(*pairs), key=lambda p: p[0])
    return len(story(run(passes, town(2) if place is None else place))) > 0


def three(**how: Any) -> list[list[Pass]]:
    return [pair(second, track, **how) for second, track in ((10, 1), (40, 2), (70, 3))]


def test_between_two_lines_speed_is_the_ground_over_the_time() -> None:
    """40 m in 1.79 s are 80.4 km/h, in 1.81 s 79.6."""
    assert races(*three(took_s=1.79))
    assert not races(*three(took_s=1.81))
    out = run(sorted(itertools.chain(*three(took_s=1.6)), key=lambda p: p[0]), town(2))
    assert out.peak[0] == pytest.approx(25.0)


def test_the_speed_at_a_line_does_not_count_where_there_are_two() -> None:
    assert not races(*three(took_s=4.0, own=90.0))
    assert story(run(THREE, town(2))) == []


def test_a_pair_is_of_one_vehicle_over_two_lines() -> None:
    first, second = ([p for p in itertools.chain(*three(took_s=1.5)) if p[4] == code] for code in (0, 1))
    assert not races([(t, k + 10, *rest) for t, k, *rest in first], second)
    assert not races([(*p[:4], 1, p[5]) for p in first], second)
    assert not races(*three(took_s=0.0))


def test_lines_crossed_less_than_five_metres_apart_give_no_speed() -> None:
    assert races(*three(took_s=0.1, x=(0.2, 0.2501)))
    assert not races(*three(took_s=0.1, x=(0.2, 0.2499)))


def test_the_limit_is_that_of_the_line_crossed_last() -> None:
    lines = tuple(
        line(f"l{k}", (0.2 + 0.4 * k, 1.0), (0.2 + 0.4 * k, 0.0), speed_limit_kmh=v)
        for k, v in enumerate((200.0, 50.0))
    )
    assert races(*three(took_s=2.5), place=town(line=lines))
    back = [(p[0], *p[1:4], 1 - p[4], p[5]) for p in itertools.chain(*three(took_s=2.5))]
    assert not races(back, place=town(line=lines))


def test_a_crossing_is_remembered_among_so_many_of_its_camera() -> None:
    between = [(8.5 + 0.001 * k, 100 + k, 1.0, "car", 0, 0.2) for k in range(64)]
    assert races(*three(took_s=1.6), between[:40])
    assert not races(*three(took_s=1.6), between)


def test_tracks_followed_over_two_lines_race() -> None:
    """Three cars at 25 m/s, ten frames a second."""
    place = town(2, fps=10.0)
    plan = racing.plan(place)
    rows = []
    for i in range(700):
        xs = [(k, 0.25 * (i / 10 - 20 * k)) for k in (1, 2, 3)]
        rows.append((0, NIGHT * SECOND + i * 100_000, [at(x, 0.5, k, "motorcycle") for k, x in xs if 0 <= x <= 1]))
    ordered = frames(rows, place=place)
    found = crossed(place, ordered)
    assert len(found) == 6
    out = racing.step(racing.start(plan), plan, ordered, found).changes
    assert out is not None
    assert story(out) == [("active", 62)]
    assert out.peak[0] == pytest.approx(25.0, rel=0.001)


# ---------------------------------------------------------------- its end


def test_it_closes_after_five_minutes_without_a_fast_vehicle() -> None:
    """By slots of 10 s: the fast one at 105 s is the last."""
    out = run([*THREE, (100, 4, 40.0), (105, 5), (130, 6, SLOW)], seconds=range(500))
    assert story(out) == [("active", 70), ("closed", 410)]
    assert out.closed_us[-1] == (NIGHT + 110) * SECOND
    assert out.peak.tolist() == [31.5, 40.0]


def test_the_next_race_is_another_incident() -> None:
    later = [(s + 600, k + 10, *rest) for s, k, *rest in THREE]
    out = run([*THREE, *later], seconds=range(1100))
    assert story(out) == [("active", 70), ("closed", 380), ("active", 670), ("closed", 980)]
    assert out.opened_us[2] == (NIGHT + 610) * SECOND
    assert out.peak[2] == 31.5


def test_a_fast_vehicle_after_the_five_minutes_begins_anew_though_the_end_was_not_told() -> None:
    """An end is told once no crossing can come any more that would put it off."""
    later: list[Pass] = [(385, 4), (390, 5), (395, 6)]
    out = run([*THREE, *later], seconds=range(400))
    assert story(out) == [("active", 70), ("closed", 380), ("active", 395)]
    assert story(run([*THREE, (375, 4)], seconds=range(400))) == [("active", 70)]


def test_a_crossing_told_after_a_later_one_does_not_bring_the_end_forward() -> None:
    out = run([*THREE, (105, 4), (85, 5, 50.0)], seconds=range(500))
    assert story(out) == [("active", 70), ("closed", 410)]
    assert out.peak[-1] == 50.0


def test_crossings_told_later_than_frames_change_nothing() -> None:
    """Each is told 40 s after it happened, with the frames of then."""
    plan = racing.plan(town())
    passes: list[Pass] = [*THREE, (360, 4), (670, 5), (690, 6), (691, 7)]
    state, out = racing.start(plan), []
    for second in range(1100):
        found = crossings([p for p in passes if p[0] + 40 == second])
        out += story(racing.step(state, plan, clock([second]), found).changes)
    assert out == story(run(passes, seconds=range(1100)))
    assert out == [("active", 70), ("closed", 670), ("active", 691), ("closed", 1000)]


def test_time_that_was_not_watched_does_not_end_it() -> None:
    seconds = [*range(100), *range(300, 700)]
    assert story(run(THREE, seconds=seconds)) == [("active", 70), ("closed", 580)]


def tick(state: racing.State, plan: racing.Plan, second: int, **how: Any) -> Story:
    cameras = np.arange(len(plan.row), dtype=np.int32)
    return story(racing.tick(state, plan, cameras, np.full(len(cameras), (NIGHT + second) * SECOND), **how).changes)


def test_a_camera_that_dies_leaves_it_unknown_and_then_expired() -> None:
    plan = racing.plan(town())
    state = racing.start(plan)
    out = story(racing.step(state, plan, clock(range(100)), crossings(THREE)).changes)
    for second in range(200, 30_000, 500):
        out += tick(state, plan, second)
    assert out == [("active", 70), ("unknown", 99 + 300), ("expired_unobserved", 99 + 21_600)]


def test_frames_that_are_not_usable_are_silence() -> None:
    plan = racing.plan(town())
    state = racing.start(plan)
    ordered = clock(range(800), usable=[t < 100 or t >= 500 for t in range(800)])
    out = racing.step(state, plan, ordered, crossings(THREE)).changes
    assert story(out) == [("active", 70), ("unknown", 399), ("active", 500)]


def test_at_the_ending_no_crossing_is_waited_for() -> None:
    plan = racing.plan(town())
    for how, expected in (({}, []), ({"ending": True}, [("closed", 380)])):
        state = racing.start(plan)
        racing.step(state, plan, clock(range(390)), crossings(THREE))
        assert tick(state, plan, 390, **how) == expected
        assert tick(state, plan, 390, **how) == []


# ---------------------------------------------------------------- laws


def busy(seed: int, cameras: int) -> list[tuple[int, int, list[Any]]]:
    """Riders at 2 frames/s who pass two lines in packs, linger on them, change direction; with silences."""
    random, rows = np.random.default_rng(seed), []
    for code in range(cameras):
        t, riders, newest = 0, {}, 0
        for _ in range(1500):
            t += 1 if random.random() < 0.997 else int(random.choice([60, 700]))
            if random.random() < (0.15 if t % 1600 < 300 else 0.003):
                newest += 1
                riders[newest] = [0.0, random.choice([0.1, 0.13, 0.15])]
            for rider in riders.values():
                rider[0] += (
                    rider[1]
                    * (random.random() < 0.97)
                    * (0.02 if abs(rider[0] - 0.61) < 0.05 and random.random() < 0.5 else 1)
                )
            riders = {k: r for k, r in riders.items() if r[0] < 1.2}
            seen = [at(r[0], 0.5, k, "motorcycle") for k, r in riders.items() if random.random() < 0.95]
            rows.append((code, NIGHT * SECOND + t * 500_000, seen))
    return rows


def told(rows: Any, place: City, cuts: list[int], ticks: bool = False) -> list[Any]:
    plan, followed = racing.plan(place), flow.start(place)
    state, out = racing.start(plan), []
    for begin, stop in itertools.pairwise([0, *sorted(cuts), len(rows)]):
        ordered = frames(rows[begin:stop], 500, place=place)
        found = flow.follow(followed, place, ordered, flow.Rules())
        out.append(racing.step(state, plan, ordered, found).changes)
        if ticks and stop < len(rows):
            out.append(racing.tick(state, plan, np.array([rows[stop][0]], np.int32), np.array([rows[stop][1]])).changes)
        state = copy.deepcopy(pickle.loads(pickle.dumps(state)))
    cameras = np.arange(len(place.cameras), dtype=np.int32)
    out.append(racing.tick(state, plan, cameras, np.full(len(cameras), (NIGHT + 100_000) * SECOND)).changes)
    names = ("camera", "opened_us", "step", "state", "t_us", "active_us", "closed_us", "peak", "track")
    return sorted(row for c in out if c for row in zip(*(getattr(c, n).tolist() for n in names), strict=True))


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**20), st.lists(st.integers(0, 3000), max_size=30), st.booleans())
def test_splits_ticks_and_pickles_change_nothing(seed: int, cuts: list[int], ticks: bool) -> None:
    place, rows = town(2, cameras=2), busy(seed, 2)
    whole = told(rows, place, [])
    assert told(rows, place, cuts, ticks) == whole


def test_the_law_above_is_about_something() -> None:
    states = [INCIDENT_STATES[row[3]] for seed in range(6) for row in told(busy(seed, 2), town(2, cameras=2), [])]
    assert {"active", "closed", "unknown"} <= set(states)


def test_a_frame_at_a_time_gives_the_same() -> None:
    rows, place = busy(1, 1), town(2)
    assert told(rows, place, list(range(1, len(rows)))) == told(rows, place, [])


def test_cameras_do_not_know_of_each_other() -> None:
    rows = busy(2, 3)
    together = told(rows, town(2, cameras=3), [])
    for code in range(3):
        alone = told([(0, t, o) for c, t, o in rows if c == code], town(2), [])
        assert [row[1:] for row in together if row[0] == code] == [row[1:] for row in alone]


def test_nothing_is_survived() -> None:
    plan = racing.plan(town())
    assert story(racing.step(racing.start(plan), plan, clock([]), crossings([])).changes) == []
    none = racing.plan(city(camera("c", metrics=("crowd",))))
    assert story(racing.step(racing.start(none), none, clock(range(3)), crossings([])).changes) == []
    assert story(racing.tick(racing.start(none), none, np.zeros(1, np.int32), np.array([NIGHT * SECOND])).changes) == []
