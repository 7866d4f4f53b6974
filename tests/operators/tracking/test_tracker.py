"""Ids from boxes alone: laws of order and state, then what keeps and what loses an id."""

from __future__ import annotations

import pickle
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.arrays import Ordered
from operators.city import City
from operators.tracking import tracker
from tests.operators import staged as stage

S = 1_000_000
T0 = 1_700_000_000 * S
Box = tuple[float, float, float, float]
ALL = np.ones(3, np.bool_)


def _city(fps: float = 10.0) -> City:
    return stage.city(*(stage.camera(name, fps=fps) for name in ("a", "b", "c")))


def _box(x: float, y: float = 0.5, w: float = 0.06, h: float = 0.12) -> Box:
    return x - w / 2, y - h / 2, x + w / 2, y + h / 2


def _seen(x: float, y: float = 0.5, cls: str = "car", confidence: float = 0.9, track: int = 0) -> stage.Object:
    return cls, confidence, _box(x, y), track


def _film(frames: Sequence[tuple[float, Sequence[stage.Object]]], camera: int = 0) -> Ordered:
    """Return one camera's frames from (second, objects)."""
    return stage.frames([(camera, T0 + round(second * S), objects) for second, objects in frames])


def _ids(ordered: Ordered, fps: float = 10.0, params: tracker.TrackerParams = tracker.DEFAULTS) -> list[list[int]]:
    """Return the ids of each frame's objects."""
    _, track = tracker.step(tracker.start(3, params), _city(fps), ordered, ALL, params)
    return [track[a:b].tolist() for a, b in zip(ordered.first[:-1], ordered.first[1:], strict=True)]


def _street(seed: int, camera: int, frames: int = 60) -> list[tuple[int, int, list[stage.Object]]]:
    """Return a crowded street: noise, misses, unsure boxes, doubles, classes that waver, a silence."""
    random = np.random.default_rng([seed, camera])
    place, speed = random.random((9, 2)), random.normal(0, 0.05, (9, 2))
    kinds = [("car", "truck"), ("person", "person"), ("motorcycle", "bicycle")]
    rows = []
    for i in range(frames):
        second = i / 10 + (5 if i > 40 else 0)
        objects = []
        for k in range(9):
            for _ in range(int(random.choice(3, p=[0.15, 0.8, 0.05]))):
                x, y = place[k] + speed[k] * second + random.normal(0, 0.003, 2)
                objects.append(_seen(x, y, str(random.choice(kinds[k % 3])), float(random.random() ** 0.5)))
        rows.append((camera, T0 + round(second * S), objects))
    return rows


def _by_camera(rows: list[tuple[int, int, list[stage.Object]]]) -> Ordered:
    return stage.frames(sorted(rows, key=lambda row: row[:2]))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.lists(st.integers(0, 59), max_size=6).map(sorted), st.booleans())
def test_any_split_of_the_input_gives_the_same_ids(seed: int, cuts: list[int], is_pickled: bool) -> None:
    films = [_street(seed, camera) for camera in range(3)]
    _, whole = tracker.step(tracker.start(3), _city(), _by_camera([row for film in films for row in film]), ALL)
    state, parts = tracker.start(3), [[], [], []]
    for begin, end in zip([0, *cuts], [*cuts, 60], strict=True):
        batch = _by_camera([row for film in films for row in film[begin:end]])
        if is_pickled:
            state = pickle.loads(pickle.dumps(state))
        state, track = tracker.step(state, _city(), batch, ALL)
        camera = np.repeat(batch.camera, np.diff(batch.first))
        for c in range(3):
            parts[c].append(track[camera == c])
    assert len(np.unique(whole)) > 9
    assert np.concatenate([part for camera in parts for part in camera]).tolist() == whole.tolist()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_other_cameras_change_nothing(seed: int) -> None:
    alone = _by_camera(_street(seed, 1))
    together = _by_camera(_street(seed, 0) + _street(seed, 1) + _street(seed, 2))
    _, one = tracker.step(tracker.start(3), _city(), alone, ALL)
    _, three = tracker.step(tracker.start(3), _city(), together, ALL)
    assert three[np.repeat(together.camera, np.diff(together.first)) == 1].tolist() == one.tolist()


def test_an_id_is_never_given_to_two_boxes_of_a_frame() -> None:
    for ids in _ids(_by_camera(_street(5, 0))):
        known = [i for i in ids if i]
        assert len(set(known)) == len(known)


def test_ids_do_not_change_when_a_camera_is_registered_before() -> None:
    film = _street(1, 0, 5)
    _, before = tracker.step(tracker.start(3, names=("b", "c", "d")), _city(), _by_camera(film), ALL)
    moved = _by_camera([(1, t_us, objects) for _, t_us, objects in film])
    _, after = tracker.step(tracker.start(3, names=("a", "b", "c")), _city(), moved, ALL)
    assert after.tolist() == before.tolist()


def test_cameras_that_are_not_tracked_keep_what_they_have() -> None:
    film = _film([(0, [_seen(0.2, track=7), _seen(0.6)])], camera=1)
    _, track = tracker.step(tracker.start(3), _city(), film, np.array([True, False, True]))
    assert track.tolist() == [7, 0]


def test_given_ids_stay_and_are_nobody_elses() -> None:
    first, second = _ids(_film([(0, [_seen(0.2, track=7)]), (0.1, [_seen(0.2)])]))
    assert first == [7]
    assert second[0] not in (0, 7)


def test_the_input_is_left_as_it_was() -> None:
    film = _film([(0, [_seen(0.2)])])
    _ids(film)
    assert film.track.tolist() == [0]


@pytest.mark.parametrize("frames", [[], [(0.0, [])], [(0.0, []), (0.1, [])]], ids=["no frame", "empty", "two empty"])
def test_nothing_gives_nothing(frames: list[tuple[float, list[stage.Object]]]) -> None:
    assert _ids(_film(frames)) == [[] for _ in frames]


@pytest.mark.parametrize(("confidence", "is_tracked"), [(np.nan, True), (0.4, True), (0.39, False), (0.05, False)])
def test_what_starts_a_track(confidence: float, is_tracked: bool) -> None:
    ids = _ids(_film([(0, [_seen(0.2, confidence=confidence)])]))
    assert (ids[0][0] != 0) == is_tracked


def test_boxes_without_confidence_are_sure() -> None:
    ids = _ids(_film([(i / 10, [_seen(0.2 + 0.02 * i, confidence=np.nan)]) for i in range(9)]))
    assert len({i for (i,) in ids}) == 1


def test_an_unsure_box_goes_on_with_a_track_but_noise_does_not() -> None:
    film = _film(
        [
            (0, [_seen(0.2)]),
            (0.1, [_seen(0.2)]),
            (0.2, [_seen(0.2, confidence=0.15)]),
            (0.3, [_seen(0.2, confidence=0.05)]),
        ]
    )
    (a,), (b,), (c,), (d,) = _ids(film)
    assert a == b == c != 0
    assert d == 0


def test_an_object_that_is_car_and_truck_at_once_is_tracked_once() -> None:
    both = [_seen(0.5, confidence=0.6), _seen(0.503, cls="truck", confidence=0.8)]
    for ids in _ids(_film([(i / 10, both) for i in range(5)])):
        assert ids[0] == 0
        assert ids[1] != 0


def test_a_class_that_wavers_keeps_its_id() -> None:
    ids = _ids(_film([(i / 10, [_seen(0.5, cls=("car", "truck", "bus")[i % 3])]) for i in range(9)]))
    assert len({i for (i,) in ids}) == 1


def test_a_person_in_the_place_of_a_car_is_not_the_car() -> None:
    film = [(i / 10, [_seen(0.5)]) for i in range(5)]
    ids = _ids(_film([*film, (0.5, [_seen(0.5, cls="person")])]))
    assert ids[-1] != ids[0]


def test_a_rider_and_the_motorcycle_are_two() -> None:
    ids = _ids(_film([(i / 10, [_seen(0.5, cls="person"), _seen(0.5, cls="motorcycle")]) for i in range(5)]))
    assert len({i for frame in ids for i in frame}) == 2


@pytest.mark.parametrize("fps", [0.5, 2.0, 10.0, 30.0])
def test_crossing_paths_keep_their_ids(fps: float) -> None:
    step = 0.012  # a fifth of a box a frame
    film = [(i / fps, [_seen(0.2 + i * step, 0.5), _seen(0.8 - i * step, 0.54)]) for i in range(50)]
    ids = _ids(_film(film), fps)
    assert ids[0] == ids[-1]
    assert len({i for frame in ids for i in frame}) == 2


@pytest.mark.parametrize(
    ("fps", "gap_s", "is_kept"), [(10.0, 5.9, True), (10.0, 6.2, False), (0.25, 11.9, True), (0.25, 12.1, False)]
)
def test_what_moves_is_searched_for_six_seconds_or_three_periods(fps: float, gap_s: float, is_kept: bool) -> None:
    speed = 0.004  # 1/s, so slow that only time loses it; it has not stood for long enough yet
    film = [(i / fps, [_seen(0.2 + speed * i / fps)]) for i in range(2)]
    film.append((1 / fps + gap_s, [_seen(0.2 + speed * (1 / fps + gap_s))]))
    params = tracker.DEFAULTS._replace(still_s=10.0)
    ids = _ids(_film(film), fps, params)
    assert (ids[2] == ids[0]) == is_kept


@pytest.mark.parametrize(("gap_s", "is_kept"), [(29.0, True), (31.0, False)])
@pytest.mark.parametrize("is_watched", [True, False], ids=["hidden", "camera silent"])
def test_what_stands_is_found_again_within_30_s(gap_s: float, is_kept: bool, is_watched: bool) -> None:
    film = [(i / 10, [_seen(0.4)]) for i in range(31)]
    if is_watched:
        film += [(3 + i / 10, []) for i in range(1, int(gap_s * 10))]
    ids = _ids(_film([*film, (3 + gap_s, [_seen(0.4)])]))
    assert (ids[-1] == ids[0]) == is_kept


def test_what_moves_is_found_again_where_its_speed_takes_it() -> None:
    film = [(i / 10, [] if 20 <= i < 28 else [_seen(0.05 + 0.02 * i)]) for i in range(32)]
    ids = _ids(_film(film))
    assert ids[31] == ids[0]


@pytest.mark.parametrize("fps", [2.0, 10.0])
def test_who_comes_in_where_another_left_the_picture_is_another(fps: float) -> None:
    """One walks out to the right; a second later somebody comes in there."""
    walk = [0.95 + 0.03 * i / fps for i in range(round(1.9 * fps))]
    gone = [(len(walk) + i) / fps for i in range(round(1.5 * fps))]
    film = [(i / fps, [_seen(x, cls="person")]) for i, x in enumerate(walk)]
    film += [(second, []) for second in gone]
    film += [(gone[-1] + (1 + i) / fps, [_seen(0.985 - 0.03 * i / fps, cls="person")]) for i in range(round(2 * fps))]
    ids = _ids(_film(film), fps)
    assert ids[0] == ids[len(walk) - 1]
    assert ids[-1] != ids[0]


def test_of_two_boxes_as_near_the_one_on_the_course_is_the_tracks() -> None:
    """Unseen for a moment, it is expected at 0.344: nobody is there, but before it, and behind where it was."""
    film = [(i / 10, [_seen(0.2 + 0.012 * i)]) for i in range(10)]
    ids = _ids(_film([*film, (1.2, [_seen(0.344 - 0.048), _seen(0.344 + 0.05)])]))
    assert ids[-1][1] == ids[0][0]


def test_who_walks_behind_a_bus_for_3_s_keeps_the_id() -> None:
    film = [(i / 10, [] if 20 <= i < 50 else [_seen(0.05 + 0.01 * i, cls="person")]) for i in range(80)]
    ids = _ids(_film(film))
    assert ids[79] == ids[0]


def test_an_unsure_box_beside_a_track_is_not_its_object() -> None:
    film = [(i / 10, [_seen(0.4)]) for i in range(9)]
    ids = _ids(_film([*film, (0.9, [_seen(0.43, confidence=0.2)])]))
    assert ids[-1] == [0]


def test_a_parked_car_keeps_its_id_behind_a_passing_bus() -> None:
    film = []
    for i in range(150):
        bus = ("bus", 0.9, _box(-0.2 + 0.01 * i, w=0.3, h=0.2), 0)
        hidden = 45 <= i <= 75
        car = [] if hidden else [("car", 0.9, (0.37, 0.44, 0.39 if 40 <= i < 45 else 0.43, 0.56), 0)]
        film.append((i / 10, [bus, *car]))
    ids = _ids(_film(film))
    assert ids[0][1] == ids[-1][1]
    assert ids[0][1] not in {frame[0] for frame in ids}


def test_another_object_elsewhere_does_not_inherit_the_id_of_what_stood() -> None:
    film = [(i / 10, [_seen(0.4)]) for i in range(31)]
    ids = _ids(_film([*film, (10.0, [_seen(0.45)])]))
    assert ids[-1] != ids[0]


def test_two_hundred_objects_keep_their_ids() -> None:
    grid = [(0.05 + 0.045 * (k % 20), 0.05 + 0.09 * (k // 20)) for k in range(200)]
    film = [
        (i / 10, [(*_seen(x + i * 0.002, y)[:2], _box(x + i * 0.002, y, 0.04, 0.08), 0) for x, y in grid])
        for i in range(20)
    ]
    ids = _ids(_film(film))
    assert len(set(ids[0])) == 200
    assert all(frame == ids[0] for frame in ids)


def test_state_is_bounded_by_tracks_a_camera() -> None:
    random = np.random.default_rng(3)
    params = tracker.DEFAULTS._replace(most=20)
    rows = [
        (camera, T0 + i * S // 10, [_seen(*random.random(2)) for _ in range(50)])
        for camera in range(3)
        for i in range(200)
    ]
    state, _ = tracker.step(tracker.start(3, params), _city(), stage.frames(rows), ALL, params)
    assert state.held.max() == 20
    assert len(state.slot) <= 2 * (3 + 1) * 20
    assert state.held.sum() + state.free[1] == len(state.slot)


def test_tracks_that_are_gone_leave_their_slots() -> None:
    film = _film([(0, [_seen(0.1 * k) for k in range(1, 9)]), (0.1, [_seen(0.1 * k) for k in range(1, 9)]), (40.0, [])])
    state, _ = tracker.step(tracker.start(3), _city(), film, ALL)
    assert state.held.tolist() == [0, 0, 0]
    assert state.free[1] == len(state.slot)


def test_thresholds_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="unsure <= sure <= birth"):
        tracker.start(1, tracker.DEFAULTS._replace(birth=0.2))


def test_an_id_reads_as_hex() -> None:
    assert tracker.label(255) == "t-ff"


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([1.0, 2.0]),
    st.floats(0.5, 3.0),
    st.integers(0, 12),
    st.integers(0, 5),
    st.integers(1, 12),
    st.sampled_from([-1, 1]),
)
def test_whoever_walks_farther_than_boxes_overlap_keeps_the_id(
    fps: float, pace: float, walks: int, stands: int, goes_on: int, way: int
) -> None:
    """A walker of up to 3 widths a second goes, stops and goes on, alone, in few frames that still give figures."""
    steps = np.array([1] * walks + [0] * stands + [1] * goes_on)
    x = 0.5 + way * 0.02 * pace / fps * (np.cumsum(steps) - steps.sum() / 2)
    x = x[(x > 0.02) & (x < 0.98)]
    frames = [(i / fps, [("person", 0.9, _box(at, w=0.02, h=0.06), 0)]) for i, at in enumerate(x)]
    assert len({track for ids in _ids(_film(frames), fps) for track in ids}) <= 1


def test_vehicles_are_not_looked_for_beyond_their_boxes() -> None:
    """The next in the lane stands where the first would be."""
    frames = [(i, [_seen(0.3 + 0.15 * i)]) for i in range(4)]
    assert len({track for ids in _ids(_film(frames), 1.0) for track in ids}) == 4


def test_nobody_is_found_beyond_the_pace_of_who_walks() -> None:
    near, far = (0.2, 0.2 + 0.06 * 3), (0.2, 0.2 + 0.06 * 9)
    for way, count in ((near, 1), (far, 2)):
        frames = [(i, [_seen(x, cls="person")]) for i, x in enumerate(way)]
        assert len({track for ids in _ids(_film(frames), 1.0) for track in ids}) == count
