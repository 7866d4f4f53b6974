"""Whose place it is: drive-offs and replacements, shadows over places, rows of neighbours at a slant."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pytest

from operators.arrays import Changes
from operators.city import City
from operators.metrics import parking
from operators.tracking import tracker
from schemas.incidents import INCIDENT_STATES
from tests.operators.staged import FULL, Object, camera, city, frames, zone

SECOND = 1_000_000
Scene = Callable[[float], Sequence[Object]]


class Stay(NamedTuple):
    """One incident."""

    track: int
    opened_s: int
    severity: int
    closed_s: int  # 0 while open


def street(fps: float, outline: Sequence[tuple[float, float]] = FULL) -> City:
    kerb = zone("kerb", outline, kind="no_parking")
    return city(camera("c0", fps=fps, metrics=("parking",), tracker="iou", zone=(kerb,)))


def car(x: float, track: int = 0, y: float = 0.5, size: float = 0.1, cls: str = "car") -> Object:
    """Return a car whose lower left corner is at (x, y)."""
    return cls, 0.9, (x, y - size, x + size, y), track


def watch(
    scene: Scene, seconds: float, fps: float, *, tracked: bool = False, outline: Sequence[tuple[float, float]] = FULL
) -> Changes:
    """Return what parking says of a scene; with `tracked` the ids are made here."""
    place = street(fps, outline)
    rows = [(0, round(k / fps * SECOND), scene(k / fps)) for k in range(round(seconds * fps))]
    ordered = frames(rows, dt_ms=round(1000 / fps), place=place)
    if tracked:
        _, ids = tracker.step(tracker.start(1), place, ordered, np.ones(1, np.bool_))
        ordered = ordered._replace(track=ids)
    plan = parking.plan(place)
    return parking.step(parking.start(plan), plan, ordered).changes


def stays(changes: Changes) -> list[Stay]:
    """Return the incidents as they stand in the end, in order of their opening."""
    last: dict[tuple[int, int], Stay] = {}
    columns = (changes.anchor, changes.opened_us, changes.severity, changes.closed_us, changes.state)
    for anchor, opened, severity, closed, state in zip(*(column.tolist() for column in columns), strict=True):
        over = INCIDENT_STATES[state] == "closed"
        last[anchor, opened] = Stay(anchor, round(opened / SECOND), severity, round(closed / SECOND) if over else 0)
    return sorted(last.values(), key=lambda stay: (stay.opened_s, stay.track))


def drives(track: int, arrives: float, leaves: float, place: float = 0.3, speed: float = 0.15) -> Scene:
    """Return a car that comes from the left, stands, and drives off to the right [picture widths / s]."""

    def scene(t: float) -> list[Object]:
        x = place + speed * (min(t - arrives, 0.0) + max(t - leaves, 0.0))
        return [car(x, track)] if 0.0 <= x <= 0.9 else []

    return scene


def both(*scenes: Scene) -> Scene:
    return lambda t: [o for scene in scenes for o in scene(t)]


@pytest.mark.parametrize("fps", [0.5, 1.0, 5.0, 10.0])
@pytest.mark.parametrize("tracked", [False, True], ids=["ids given", "ids made here"])
@pytest.mark.parametrize("gap_s", [6, 12, 25])
def test_who_comes_after_one_that_drove_off_has_an_incident_of_its_own(fps: float, tracked: bool, gap_s: int) -> None:
    scene = both(drives(7, 10, 110), drives(8, 110 + gap_s, 210 + gap_s))
    told = stays(watch(scene, 300, fps, tracked=tracked))
    assert [(stay.severity, round(stay.closed_s - stay.opened_s, -1)) for stay in told] == [(1, 100), (1, 100)]
    assert len({stay.track for stay in told}) == 2


def test_two_short_stops_one_after_the_other_are_no_incident() -> None:
    assert stays(watch(both(drives(7, 10, 60), drives(8, 66, 116)), 200, 5.0)) == []


@pytest.mark.parametrize("fps", [1.0, 5.0])
@pytest.mark.parametrize("gap_s", [0, 10, 25])
def test_who_stands_where_another_vanished_is_the_same(fps: float, gap_s: float) -> None:
    def scene(t: float) -> list[Object]:
        return [] if 100 <= t < 100 + gap_s else [car(0.3, 7 if t < 100 else 8)]

    assert stays(watch(scene, 200, fps)) == [Stay(7, 0, 2, 0)]


def test_who_leaves_under_the_id_of_one_that_stands_takes_nothing_along() -> None:
    """A bus passes before the car and takes its id; behind it the car is seen again, under another id."""

    def scene(t: float) -> list[Object]:
        bus = car(-0.3 + 0.06 * (t - 90), 7 if 97 <= t < 110 else 5, y=0.52, size=0.25, cls="bus")
        hidden = 95 <= t < 102
        return [*([bus] if 90 <= t < 110 else []), *([] if hidden else [car(0.3, 7 if t < 95 else 8)])]

    assert stays(watch(scene, 200, 5.0)) == [Stay(7, 0, 2, 0)]


def test_a_car_back_at_its_own_place_goes_on() -> None:
    def scene(t: float) -> list[Object]:
        return [car(0.5 if 100 <= t < 115 else 0.3, 7)]

    assert [(s.opened_s, s.closed_s) for s in stays(watch(scene, 200, 5.0))] == [(0, 0)]


SHADOWS = {
    "hidden": lambda x: [],
    "longer": lambda x: [("car", 0.9, (x, 0.4, x + 0.1, 0.54), 7)],
    "wider": lambda x: [("car", 0.9, (x - 0.03, 0.4, x + 0.11, 0.5), 7)],
    "twice as large": lambda x: [("car", 0.9, (x - 0.05, 0.35, x + 0.15, 0.55), 7)],
    "half": lambda x: [("car", 0.9, (x, 0.4, x + 0.045, 0.5), 7)],
    "under another id": lambda x: [car(x, 9)],
    "longer, under another id": lambda x: [("car", 0.9, (x, 0.4, x + 0.1, 0.54), 9)],
}


@pytest.mark.parametrize("shadow", SHADOWS)
@pytest.mark.parametrize("fps", [1.0, 2.0, 10.0])
@pytest.mark.parametrize("first_s", [8, 40])
def test_a_shadow_of_4_s_a_minute_keeps_nobody_from_parking(shadow: str, fps: float, first_s: int) -> None:
    def scene(t: float) -> list[Object]:
        return SHADOWS[shadow](0.3) if t >= first_s and (t - first_s) % 60 < 4 else [car(0.3, 7)]

    changes = watch(scene, 400, fps)
    (told,) = stays(changes)
    assert told.opened_s <= 1
    assert told.severity == 2
    assert changes.t_us[0] <= 70 * SECOND


@pytest.mark.parametrize("tracked", [False, True], ids=["ids given", "ids made here"])
@pytest.mark.parametrize(("fps", "seen"), [(1.0, 0.5), (10.0, 0.3)])
def test_a_far_car_seen_now_and_then_stands_all_the_time(fps: float, seen: float, tracked: bool) -> None:
    random = np.random.default_rng(7)

    def scene(t: float) -> list[Object]:
        return [car(0.3, 0 if tracked else 7)] if t < 3 or random.random() < seen else []

    changes = watch(scene, 100, fps, tracked=tracked)
    (told,) = stays(changes)
    assert told.opened_s == 0
    assert changes.t_us[0] <= 75 * SECOND


def test_a_car_hidden_for_6_s_a_minute_does_not_stand_meanwhile() -> None:
    changes = watch(lambda t: [] if 20 <= t % 60 < 26 else [car(0.3, 7)], 100, 1.0)
    assert changes.t_us[0] == 66 * SECOND


def test_a_shadow_for_longer_than_30_s_is_another_place() -> None:
    def scene(t: float) -> list[Object]:
        return SHADOWS["wider"](0.3) if 20 <= t < 100 else [car(0.3, 7)]

    told = stays(watch(scene, 95, 2.0))
    assert [stay.opened_s for stay in told] == [20]


@pytest.mark.parametrize("step", [0.02, 0.05, 0.1])
def test_a_car_that_creeps_on_is_never_told(step: float) -> None:
    """It stands 12 s, moves on by a step of less than half its width, stands again."""
    assert stays(watch(lambda t: [car(0.05 + step * (t // 12), 7)], 200, 2.0)) == []


@pytest.mark.parametrize("tracked", [False, True], ids=["ids given", "ids made here"])
@pytest.mark.parametrize("fps", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("apart", [6, 8, 11])
def test_cars_that_roll_by_one_after_the_other_have_not_stood_between(fps: float, apart: int, tracked: bool) -> None:
    """Far ones, a fifth of their width a frame and `apart` frames after each other: their boxes have a median, too."""

    def scene(t: float) -> list[Object]:
        since = [t * fps - apart * k for k in range(200)]
        return [car(0.3 + 0.004 * n, 0 if tracked else k + 1, size=0.02) for k, n in enumerate(since) if 0 <= n < 20]

    assert stays(watch(scene, 200, fps, tracked=tracked)) == []


def test_a_vehicle_that_rolls_out_stands_from_where_it_is_at_its_anchor() -> None:
    """It still rolls in the first two of five boxes."""
    told = stays(watch(lambda t: [car(0.3 - 0.04 * max(2.0 - t, 0.0), 7)], 100, 1.0))
    assert [stay.opened_s for stay in told] == [2]


def seen(confidence: Callable[[float], float]) -> list[Stay]:
    """Return what is told of a box that stays where it is."""
    return stays(watch(lambda t: [("car", confidence(t), (0.3, 0.4, 0.4, 0.5), 7)], 200, 2.0))


def test_what_the_detector_takes_for_a_vehicle_now_and_then_is_not_confirmed() -> None:
    """A sign by a motorway: 185 boxes in half a minute, one in seven of a confidence that starts a track."""
    assert seen(lambda t: 0.5 if t % 10 < 1.5 else 0.2) == []


@pytest.mark.parametrize("confidence", [0.4, 0.9, np.nan], ids=["fair", "sure", "none is given"])
def test_a_far_vehicle_of_which_the_detector_is_mostly_unsure_is_told(confidence: float) -> None:
    assert [stay.severity for stay in seen(lambda t: confidence if t % 10 < 4 else 0.25)] == [2]


@pytest.mark.parametrize("tracked", [False, True], ids=["ids given", "ids made here"])
@pytest.mark.parametrize("x_px", [300, 641, 1257])
def test_a_small_box_that_shifts_by_2_px_stays_at_its_spot(x_px: int, tracked: bool) -> None:
    """10 px wide, it overlaps its anchor by less than a half then; edges are whole pixels, kept as float32."""

    def scene(t: float) -> list[Object]:
        x, y = (x_px, 800) if t < 3 else (x_px + 2, 802)
        return [("car", 0.8, (x / 1920, y / 1080, (x + 10) / 1920, (y + 10) / 1080), 0 if tracked else 7)]

    told = stays(watch(scene, 200, 5.0, tracked=tracked))
    assert [(stay.opened_s, stay.severity) for stay in told] == [(0, 2)]


@pytest.mark.parametrize("fps", [0.5, 1.0, 2.0, 5.0, 10.0])
@pytest.mark.parametrize("tracked", [False, True], ids=["ids given", "ids made here"])
def test_who_rolls_through_a_zone_and_stops_beyond_it_is_not_told(fps: float, tracked: bool) -> None:
    west = [(0.0, 0.0), (0.4, 0.0), (0.4, 1.0), (0.0, 1.0)]
    told = watch(lambda t: [car(min(0.05 + 0.05 * t, 0.8), 7)], 300, fps, tracked=tracked, outline=west)
    assert stays(told) == []


def test_a_detector_that_becomes_sure_is_believed_within_minutes_however_long_it_was_unsure() -> None:
    told = stays(watch(lambda t: [("car", 0.3 if t < 3600 else 0.9, (0.3, 0.4, 0.4, 0.5), 7)], 4200, 2.0))
    assert [stay.severity for stay in told] == [2]


def row(dx: float, dy: float, count: int = 8, noise: float = 0.0, missed: float = 0.0, seed: int = 1) -> Scene:
    random = np.random.default_rng(seed)

    def scene(t: float) -> list[Object]:
        out = []
        for k in range(count):
            shake = random.normal(0, noise, 4)
            x, y = 0.2 + dx * k, 0.4 + dy * k
            if random.random() >= missed:
                box = (x + shake[0], y - 0.1 + shake[1], x + 0.1 + shake[2], y + shake[3])
                out.append(("car" if random.random() > 0.05 else "truck", 0.8, box, 0))
        return out

    return scene


def through(t: float) -> list[Object]:
    """Return a car that passes before the row again and again."""
    return [car(0.05 * (t % 16), y=0.62)]


@pytest.mark.parametrize(("dx", "dy"), [(0.06, 0.03), (0.03, 0.02), (0.02, 0.012), (0.02, 0.005), (0.0, 0.03)])
@pytest.mark.parametrize("fps", [0.5, 1.0, 5.0, 10.0])
@pytest.mark.parametrize("noise", [0.0, 0.002])
def test_of_eight_in_a_row_at_a_slant_eight_are_told_and_none_that_moved(
    dx: float, dy: float, fps: float, noise: float
) -> None:
    scene = both(row(dx, dy, noise=noise, missed=0.1 if noise else 0.0), through)
    told = stays(watch(scene, 240, fps, tracked=True))
    assert [stay.severity for stay in told] == [2] * 8
    assert all(stay.opened_s <= 10 for stay in told)
