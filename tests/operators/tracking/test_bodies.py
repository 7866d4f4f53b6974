"""One body an id, in one place at a time, on its foot: tracks within physics."""

from __future__ import annotations

import itertools
import pickle
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.arrays import OTHER, Ordered
from operators.metrics import flow
from operators.tracking import bodies
from operators.tracking.embody import DOUBLE
from tests.operators.staged import Object, at, camera, city, crossed, frames, line

ROAD = city(camera(line=(line("middle", (0.2, 0.5), (0.8, 0.5)),), size=(1280, 720)))
T0 = 1_767_571_200_000_000
STEP_US = 100_000
Row = tuple[int, int, list[Object]]


def told(rows: list[Row], place: Any = ROAD, splits: tuple[int, ...] = ()) -> Ordered:
    """Return what is told of frames given in batches cut at `splits`, the state pickled between them."""
    state, parts = bodies.start(len(place.cameras)), []
    for begin, end in itertools.pairwise([0, *sorted(splits), len(rows)]):
        parts.append(bodies.step(state, place, frames(rows[begin:end]), bodies.Params()).frames)
        state = pickle.loads(pickle.dumps(state))
    whole = frames(rows)
    columns = {name: np.concatenate([getattr(p, name) for p in parts]) for name in ("track", "cls", "box")}
    return whole._replace(**columns)


def car(x: float, foot: float, track: int, height: float = 0.2, top: float | None = None) -> Object:
    return "car", 0.8, (x - 0.05, foot - height if top is None else top, x + 0.05, foot), track


def every(count: int, objects: Any, step_us: int = STEP_US, since: int = 0) -> list[Row]:
    """Return `count` frames with what `objects(i)` says."""
    return [(0, T0 + (since + i) * step_us, objects(i)) for i in range(count)]


def turned(rows: list[Row]) -> tuple[int, int]:
    """Return crossings to the right and to the left."""
    key = crossed(ROAD, told(rows))["key"]
    return int((key == 0).sum()), int((key == 1).sum())


def test_an_id_that_goes_its_way_is_one_body() -> None:
    out = told(every(50, lambda i: [car(0.5, 0.3 + 0.01 * i, 7)]))
    assert set(out.track.tolist()) == {7}


def test_an_id_that_is_elsewhere_in_the_next_frame_is_another_body() -> None:
    out = told(every(6, lambda i: [car(0.5, 0.3 if i < 3 else 0.9, 7)]))
    assert len(set(out.track[:3].tolist())) == len(set(out.track[3:].tolist())) == 1
    assert out.track[0] == 7 != out.track[3]


@pytest.mark.parametrize(
    ("gap_s", "foot", "same"),
    [
        pytest.param(0.1, 0.44, True, id="on its way"),
        pytest.param(1.0, 0.55, True, id="a second later, on its way"),
        pytest.param(5.0, 0.95, True, id="hidden for 5 s, on its way"),
        pytest.param(5.0, 0.40, True, id="hidden for 5 s, having stopped"),
        pytest.param(20.0, 0.10, False, id="20 s later where it came from"),
        pytest.param(0.1, 0.9, False, id="across the picture"),
    ],
)
def test_how_far_an_id_can_have_gone(gap_s: float, foot: float, same: bool) -> None:
    rows = every(12, lambda i: [("motorcycle", 0.8, (0.48, 0.2 + 0.02 * i, 0.52, 0.3 + 0.02 * i), 7)])
    rows += [(0, rows[-1][1] + round(gap_s * 1e6), [("motorcycle", 0.8, (0.48, foot - 0.1, 0.52, foot), 7)])]
    out = told(rows)
    assert (out.track[-1] == out.track[0]) == same


def test_a_tracker_that_begins_anew_makes_no_crossings() -> None:
    """Cars on both sides of the line stand; every 10 s their ids are dealt anew."""
    deal = random.Random(3)
    ids = list(range(1, 13))
    places = [(0.22 + 0.1 * (k % 6), 0.25 if k < 6 else 0.85) for k in range(12)]
    rows: list[Row] = []
    for i in range(600):
        if i % 100 == 0:
            deal.shuffle(ids)
        rows.append((0, T0 + i * STEP_US, [car(x, y, k, 0.08) for (x, y), k in zip(places, ids, strict=True)]))
    assert len(crossed(ROAD, frames(rows))) > 20
    assert turned(rows) == (0, 0)


def test_ids_that_come_after_a_restart_are_new_too() -> None:
    """Two are elsewhere at once: the third, seen before and only now again, is another body as well."""
    rows = every(20, lambda i: [car(0.3, 0.3, 1), car(0.5, 0.3, 2), car(0.7, 0.4, 3)])
    rows += every(20, lambda i: [car(0.3, 0.9, 1), car(0.5, 0.9, 2)], since=20)
    rows += every(20, lambda i: [car(0.3, 0.9, 1), car(0.5, 0.9, 2), car(0.7, 0.4, 3)], since=40)
    out = told(rows)
    assert out.track[2] == 3 != out.track[-1]


def test_another_body_keeps_the_name_of_its_id() -> None:
    state = bodies.start(1)
    rows = every(6, lambda i: [car(0.5, 0.3 if i < 3 else 0.9, 7)])
    out = bodies.step(state, ROAD, frames(rows), bodies.Params())
    assert out.track.tolist() == [7]
    assert out.code.tolist() == out.frames.track[3:4].tolist()


def test_one_id_twice_in_a_frame_is_the_nearer_of_the_two() -> None:
    """Whichever stands first: the other is seen, and nobody's."""

    def two(i: int) -> list[Object]:
        both = [car(0.5, 0.3, 7), car(0.5, 0.8, 7)]
        return both[:1] if i < 3 else both[:: 1 if i % 2 else -1]

    out = told(every(40, two))
    feet = out.box[:, 3]
    assert (out.track[feet < 0.5] == 7).all()
    assert (out.track[feet > 0.5] == 0).all()
    assert turned(every(40, two)) == (0, 0)


def test_a_box_given_twice_is_one_object() -> None:
    out = told(every(3, lambda i: [car(0.5, 0.5, 7), car(0.501, 0.501, 7)]))
    assert (out.cls == DOUBLE).sum() == 3
    assert sorted(out.track.tolist()) == [0, 0, 0, 7, 7, 7]
    assert DOUBLE != OTHER


def halted(hold: int, *, whole: bool, seed: int = 9) -> list[Row]:
    """Cars cross the line, halt just beyond it for 20 s and drive on; a halted one is hidden for `hold` frames.

    A public report: opendatacam issue 501 (also counted in the wrong direction).
    """
    noise, rows = random.Random(seed), {}
    for number in range(10):
        at_frame, y, stood = number * 300, 0.30, 0
        while y < 0.95:
            foot, y = y, y + 0.012
            if foot >= 0.54 and stood < 200:
                y = foot
                stood += 1
            is_hidden = 50 <= stood < 50 + hold and y == foot
            x, jitter = 0.5 + noise.gauss(0, 0.001), noise.gauss(0, 0.001)
            seen = foot - 0.08 if is_hidden else foot
            top = seen - 0.2 if whole else foot - 0.2
            rows.setdefault(at_frame, []).append(car(x, seen + jitter, number + 1, top=top + jitter))
            at_frame += 1
    return [(0, T0 + i * STEP_US, rows.get(i, [])) for i in range(max(rows) + 30)]


@pytest.mark.parametrize("whole", [pytest.param(True, id="the box jumps"), pytest.param(False, id="its lower edge")])
@pytest.mark.parametrize("hold", [10, 30, 80, 150])
def test_a_foot_that_is_hidden_has_not_moved(hold: int, whole: bool) -> None:
    assert turned(halted(hold, whole=whole)) == (10, 0)


def test_a_foot_hidden_while_it_walks_goes_on_below_the_head() -> None:
    def walker(i: int) -> list[Object]:
        foot = 0.3 + 0.004 * i
        return [("person", 0.9, (0.49, foot - 0.2, 0.51, foot - (0.08 if 30 <= i < 60 else 0)), 7)]

    out = told(every(100, walker))
    assert np.abs(out.box[:, 3] - (0.3 + 0.004 * np.arange(100))).max() < 0.001


def test_what_gets_smaller_on_its_way_hides_no_foot() -> None:
    """A car drives away; the detector's next boxes are lower than high for a moment."""
    size = [0.3 * 0.95**i for i in range(80)]

    def shown(i: int) -> list[Object]:
        foot, height = 0.2 + 2.0 * size[i], 0.7 * size[i] if 2 <= i < 4 else size[i]
        return [("car", 0.8, (0.5 - size[i] / 2, foot - size[i], 0.5 + size[i] / 2, foot - size[i] + height), 7)]

    rows = every(80, shown)
    out = told(rows)
    assert out.box[10:, 3] == pytest.approx([0.2 + 2.0 * s for s in size[10:]])
    assert set(out.track.tolist()) == {7}


def test_what_drives_off_is_not_held_back() -> None:
    def starts(i: int) -> list[Object]:
        seconds = max(i - 20, 0) / 10
        return [car(0.5, 0.3 + 0.2 * seconds * seconds, 7)]

    rows = every(38, starts)
    assert np.array_equal(told(rows).box, frames(rows).box)


@pytest.mark.parametrize("step_us", [100_000, 500_000, 2_000_000])
def test_what_moves_within_physics_is_told_as_it_is_seen(step_us: int) -> None:
    """Walkers and drivers of a simulated street, each at its own speed, with stops."""
    draw, rows = random.Random(step_us), []
    ways = [(k, draw.uniform(0.1, 0.9), draw.uniform(-0.03, 0.03), draw.randrange(0, 30)) for k in range(1, 20)]
    for i in range(60):
        objects = []
        for k, x, speed, stop in ways:
            moved = max(0, min(i, stop)) + max(0, i - stop - 15)
            objects.append(at(x, 0.5 + speed * moved * min(step_us, 300_000) / 300_000, k, height=0.1))
        rows.append((0, T0 + i * step_us, [o for o in objects if 0.1 < o[2][3] < 1.0]))
    out = told(rows)
    assert np.array_equal(out.track, frames(rows).track)
    assert np.array_equal(out.box, frames(rows).box)


WORLD = st.lists(
    st.lists(
        st.tuples(
            st.integers(0, 4),
            st.sampled_from([0.2, 0.45, 0.5, 0.55, 0.8]),
            st.sampled_from([0.3, 0.45, 0.5, 0.55, 0.9]),
            st.sampled_from(["person", "motorcycle", "car", "bicycle"]),
        ),
        max_size=5,
    ),
    min_size=1,
    max_size=40,
)


@settings(deadline=None, max_examples=150)
@given(WORLD, st.sampled_from([40_000, 500_000, 20_000_000]), st.data())
def test_any_split_tells_the_same(story: list, step_us: int, data: st.DataObject) -> None:
    rows = [(0, T0 + i * step_us, [at(x, y, k, c) for k, x, y, c in seen]) for i, seen in enumerate(story)]
    splits = tuple(data.draw(st.lists(st.integers(0, len(rows)), max_size=3)))
    whole, cut = told(rows), told(rows, splits=splits)
    for name in ("track", "cls", "box"):
        assert np.array_equal(getattr(whole, name), getattr(cut, name)), name


@settings(deadline=None, max_examples=100)
@given(WORLD, st.sampled_from([40_000, 500_000]))
def test_a_track_stands_once_in_a_frame_and_nothing_is_lost(story: list, step_us: int) -> None:
    rows = [(0, T0 + i * step_us, [at(x, y, k, c) for k, x, y, c in seen]) for i, seen in enumerate(story)]
    out = told(rows)
    for i in range(len(rows)):
        here = out.track[out.first[i] : out.first[i + 1]]
        here = here[here > 0]
        assert len(here) == len(set(here.tolist()))
        assert len(here) == len({k for k, *_ in story[i] if k})
    assert (out.track[frames(rows).track == 0] == 0).all()


def test_bodies_unseen_for_long_leave_the_table() -> None:
    state = bodies.start(1)
    for i in range(100):
        rows = [
            (0, T0 + (i * 10 + j) * 1_000_000, [at(0.01 * k, 0.5, 1 + i * 1000 + k) for k in range(90)])
            for j in range(9)
        ]
        bodies.step(state, ROAD, frames(rows), bodies.Params())
    assert len(state.bodies.row) <= 2048


def test_a_table_that_has_become_smaller_is_not_read_beyond_its_end() -> None:
    """A record says where to look first for the object that followed it: long ago, and in a larger table."""
    state = bodies.start(1)
    bodies.step(state, ROAD, frames(every(1, lambda _: [car(0.5, 0.3, 1)])), bodies.Params())
    state.bodies.row["next"][0] = 2**31 - 1
    rows = every(1, lambda _: [car(0.5, 0.3, 1), car(0.7, 0.6, 2)], since=1)
    told = bodies.step(state, ROAD, frames(rows), bodies.Params())
    assert told.frames.track.tolist() == [1, 2]


def test_unusable_frames_are_passed_over() -> None:
    rows = every(9, lambda i: [car(0.5, 0.3 if i not in (3, 4) else 0.9, 7)])
    out = bodies.step(bodies.start(1), ROAD, frames(rows, usable=[i not in (3, 4) for i in range(9)]), bodies.Params())
    assert set(out.frames.track.tolist()) == {7}
    assert len(flow.follow(flow.start(ROAD), ROAD, out.frames, flow.Rules())) == 0
