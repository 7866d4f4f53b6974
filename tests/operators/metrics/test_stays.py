"""Stays in view, a frame a second: x is a person seen in the zone, o seen elsewhere, - not seen."""

import copy
import itertools
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.arrays import Parts, Told
from operators.city import City
from operators.metrics import stays
from operators.stage import emit
from schemas.columns import STAY_EDGES_S, STAYS
from tests.operators.staged import FULL, Object, camera, city, frames, zone

SECOND = 1_000_000
T0 = 1_767_571_200_000_000  # a full minute
LEFT = [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)]
RIGHT = [(1 - x, y) for x, y in LEFT]
WHERE = {"x": 0.3, "o": 0.7}
Row = tuple[int, int, list[Object]]
Stay = tuple[int, int, int]  # zone, minute, ms


def town(*zones: Any, cameras: int = 1, **fields: Any) -> City:
    fields = {"fps": 1.0, "metrics": ("visits",), "zone": zones or (zone("left", LEFT),), **fields}
    return city(*(camera(f"c{i}", **fields) for i in range(cameras)))


def person(x: float, track: int = 7, cls: str = "person") -> Object:
    return cls, 0.9, (x - 0.01, 0.4, x + 0.01, 0.5), track


def walk(way: str, track: int = 7, start_s: float = 0, code: int = 0, cls: str = "person") -> list[Row]:
    return [
        (code, T0 + round((start_s + i) * SECOND), [] if w == "-" else [person(WHERE[w], track, cls)])
        for i, w in enumerate(way)
    ]


def clocks(place: City, second: float) -> tuple[Any, Any]:
    count = len(place.cameras)
    return np.arange(count, dtype=np.int32), np.full(count, T0 + round(second * 1e6), np.int64)


def stayed(*told: Told) -> list[Stay]:
    """Return each stay, after seeing that its three columns agree."""
    out = []
    for each in told:
        assert each.parts is not None
        parts: Parts = each.parts
        for key, minute, values in zip(parts.key.tolist(), parts.minute.tolist(), parts.values.tolist(), strict=True):
            n, ms, *bins = values[2:]
            lower = STAY_EDGES_S[bins.index(1)]
            upper = next((edge for edge in STAY_EDGES_S if edge > lower), math.inf)
            assert (n, sum(bins), values[:2]) == (1, 1, [0, 0])
            assert lower <= ms / 1000 < upper
            out.append((key, minute - T0 // 60_000_000, ms))
    return sorted(out)


def run(
    rows: list[Row],
    place: City | None = None,
    end_s: float = 100_000,
    splits: tuple[int, ...] = (),
    dt_ms: int | list[int] = 1000,
    usable: tuple[bool, ...] = (),
) -> list[Stay]:
    place = town() if place is None else place
    plan = stays.plan(place)
    state, told, edges = stays.start(plan), [], [0, *sorted(splits), len(rows)]
    for begin, end in itertools.pairwise(edges):
        share = dt_ms if isinstance(dt_ms, int) else dt_ms[begin:end]
        told.append(stays.step(state, plan, frames(rows[begin:end], share, usable[begin:end], place)))
        state = pickle.loads(pickle.dumps(state))
    return stayed(*told, stays.tick(state, plan, *clocks(place, end_s), ending=True))


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        pytest.param("xxxxx", [5], id="first sight to the end of the last"),
        pytest.param("x", [1], id="one sight"),
        pytest.param("x--x", [4], id="a miss within"),
        pytest.param("x" + "-" * 9 + "x", [11], id="missed until the tenth second"),
        pytest.param("x" + "-" * 10 + "x", [1, 1], id="missed for longer: two stays"),
        pytest.param("xx" + "o" * 9 + "x", [12], id="elsewhere until the tenth second"),
        pytest.param("xx" + "o" * 10 + "x", [1, 2], id="elsewhere for longer: two stays"),
        pytest.param("ooooo", [], id="never there"),
    ],
)
def test_a_stay_is_from_the_first_sight_to_the_last(way: str, expected: list[int]) -> None:
    assert sorted(ms // 1000 for _, _, ms in run(walk(way))) == expected


def test_a_stay_belongs_to_the_minute_of_its_last_sight() -> None:
    assert run(walk("x" * 130)) == [(0, 2, 130_000)]


@pytest.mark.parametrize(
    ("seconds", "lower"), [(4, 0), (5, 5), (29, 20), (30, 30), (3599, 1800), (3600, 3600), (7200, 7200), (9000, 7200)]
)
def test_bins_hold_their_lower_edge_and_the_last_is_open(seconds: int, lower: int) -> None:
    rows = walk("x") + [row for s in range(9, seconds - 1, 9) for row in walk("x", start_s=s)]
    rows += walk("x", start_s=seconds - 1)
    place = town()
    plan = stays.plan(place)
    state = stays.start(plan)
    stays.step(state, plan, frames(rows, 1000, place=place))
    parts = stays.tick(state, plan, *clocks(place, 20_000)).parts
    assert parts is not None
    assert parts.values[0, STAYS.offset("stay_ms")] == seconds * 1000
    assert STAY_EDGES_S[parts.values[0, STAYS.offset("stays_hist") :].argmax()] == lower


def test_stays_that_go_on_when_the_input_ends_are_not_counted() -> None:
    rows = walk("xxx" + "-" * 17, 7) + walk("xxx", 8, 20)
    rows = [(c, t, [o for r in rows if r[1] == t for o in r[2]]) for c, t, _ in rows]
    assert run(rows, end_s=33) == [(0, 0, 3000), (0, 0, 3000)]
    assert run(rows, end_s=32) == [(0, 0, 3000)]


def test_what_was_dropped_at_the_end_is_never_told() -> None:
    place = town()
    plan = stays.plan(place)
    state = stays.start(plan)
    stays.step(state, plan, frames(walk("xxx"), 1000, place=place))
    assert stayed(stays.tick(state, plan, *clocks(place, 5), ending=True)) == []
    assert stayed(stays.tick(state, plan, *clocks(place, 500))) == []


def test_a_stay_is_told_when_it_is_over_and_once() -> None:
    place = town()
    plan = stays.plan(place)
    state = stays.start(plan)
    assert stayed(stays.step(state, plan, frames(walk("xxx" + "o" * 10), 1000, place=place))) == []
    assert stayed(stays.step(state, plan, frames(walk("o", start_s=13), 1000, place=place))) == [(0, 0, 3000)]
    assert stayed(stays.tick(state, plan, *clocks(place, 500))) == []


def test_a_dead_camera_ends_its_stays_by_its_clock() -> None:
    place = town(cameras=2)
    plan = stays.plan(place)
    state = stays.start(plan)
    stays.step(state, plan, frames(walk("xxx") + walk("xx", code=1), 1000, place=place))
    assert stayed(stays.tick(state, plan, np.zeros(1, np.int32), np.array([T0 + 12 * SECOND]))) == []
    assert stayed(stays.tick(state, plan, np.zeros(1, np.int32), np.array([T0 + 13 * SECOND]))) == [(0, 0, 3000)]
    assert stayed(stays.tick(state, plan, *clocks(place, 13))) == [(1, 0, 2000)]


def test_a_blind_camera_loses_its_tracks() -> None:
    rows = walk("x" * 13 + "xx")
    assert run(rows, usable=(True,) + (False,) * 9 + (True,) * 5) == [(0, 0, 15_000)]
    assert run(rows, usable=(True,) + (False,) * 10 + (True,) * 4) == [(0, 0, 1000), (0, 0, 4000)]


def test_a_slow_camera_may_miss_two_periods() -> None:
    rows = [(0, T0 + i * 20 * SECOND, [person(0.3)]) for i in range(4)]
    assert run(rows, town(fps=0.1), dt_ms=10_000) == [(0, 1, 70_000)]


def test_a_gap_that_counts_as_empty_prolongs_no_stay() -> None:
    """The stream sends nothing while nobody is there: the frame stands for 60 s, the sight does not."""
    rows = walk("xxx") + walk("o", start_s=62)
    assert run(rows, town(sends_empty=False), dt_ms=[1000, 1000, 60_000, 1000]) == [(0, 0, 4000)]


def test_each_zone_has_its_own_stays() -> None:
    place = town(zone("left", LEFT), zone("right", RIGHT), zone("all", FULL), zone("lane", FULL, kind="lane"))
    assert run(walk("xxxoo"), place) == [(0, 0, 3000), (1, 0, 2000), (2, 0, 5000)]


def test_the_same_id_at_two_cameras_is_two_persons() -> None:
    assert run(walk("xx") + walk("xxx", code=1), town(cameras=2)) == [(0, 0, 2000), (1, 0, 3000)]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(walk("xxx", track=0), id="untracked"),
        pytest.param(walk("xxx", cls="car"), id="a car, of a class that the zone counts"),
        pytest.param(walk("xxx", cls="becak"), id="a class of the stream's own"),
        pytest.param([], id="no frame at all"),
    ],
)
def test_nobody_stays(rows: list[Row]) -> None:
    assert run(rows, town(zone("left", LEFT, classes=("person", "car")))) == []


def test_cameras_that_are_not_asked_have_no_stays() -> None:
    place = town(metrics=("crowd", "mask"))
    assert len(emit.keys(place)["stays"].key) == 0
    assert run(walk("xxx"), place) == []


def test_garbage_is_survived() -> None:
    broken, point = (math.nan, math.inf, -math.inf, math.nan), (0.0, 0.0, 0.0, 0.0)
    junk = [("car", math.nan, broken, 9), ("?", math.nan, point, 9), ("garbage", -1.0, point, 7)]
    assert run([(c, t, [*junk, *o, *o]) for c, t, o in walk("xxx")]) == [(0, 0, 3000)]


def test_more_tracks_than_there_is_room_for() -> None:
    rows = [(0, T0 + t * SECOND, [person(0.3, 1 + k) for k in range(5000)]) for t in (0, 1, 30)]
    expected = sorted([(0, 0, 2000)] * 5000 + [(0, 0, 1000)] * 5000)
    assert run(rows) == expected
    assert run(rows, splits=(1, 2)) == expected


def test_the_table_is_bounded_by_the_tracks_of_the_last_seconds() -> None:
    place = town()
    plan = stays.plan(place)
    state = stays.start(plan)
    for i in range(100):
        rows = [(0, T0 + (i * 20 + t) * SECOND, [person(0.3, 1 + i * 1000 + k) for k in range(100)]) for t in range(20)]
        stays.step(state, plan, frames(rows, 1000, place=place))
    assert len(state.tracks.row) <= 1024


def oracle(rows: list[Row]) -> list[Stay]:
    """Read the definition plainly: the sights of each (zone, track), cut where it was gone."""
    sights: dict[tuple[int, int], list[int]] = {}
    for code, t_us, objects in rows:
        for o in objects:
            x = (o[2][0] + o[2][2]) / 2
            for z in [z for z in (0, 1) if z == 1 or x < 0.5]:
                if o[3]:
                    sights.setdefault((2 * code + z, o[3]), []).append(t_us)
    out = []
    for (z, _), seen in sights.items():
        cuts = [0, *(i for i in range(1, len(seen)) if seen[i] - seen[i - 1] > 10 * SECOND), len(seen)]
        for a, b in itertools.pairwise(cuts):
            out.append((z, (seen[b - 1] - T0) // 60_000_000, (seen[b - 1] - seen[a]) // 1000 + 1000))
    return sorted(out)


STORIES = st.lists(
    st.tuples(
        st.integers(0, 1),  # camera
        st.sampled_from([1, 1, 1, 2, 9, 10, 11, 40]),  # seconds since the frame before
        st.lists(st.tuples(st.sampled_from("xo"), st.sampled_from([0, 1, 2, 3])), max_size=4),
    ),
    max_size=40,
)


@settings(deadline=None, max_examples=150)
@given(STORIES, st.data())
def test_any_split_gives_what_a_plain_reading_of_the_definition_gives(story: list, data: st.DataObject) -> None:
    place, t_us, rows = town(zone("left", LEFT), zone("all", FULL), cameras=2), T0, []
    for code, gap, seen in story:
        t_us += gap * SECOND
        rows.append((code, t_us, [person(WHERE[w], track) for w, track in seen]))
    plan = stays.plan(place)
    state, told, begin = stays.start(plan), [], 0
    for end in [*sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=4))), len(rows)]:
        batch = sorted(rows[begin:end], key=lambda row: row[:2])
        told.append(stays.step(state, plan, frames(batch, 1000, place=place)))
        if batch and data.draw(st.booleans()):
            now = data.draw(st.sampled_from([row[1] for row in (rows[end - 1], *rows[end : end + 1])]))
            told.append(stays.tick(state, plan, np.array([1, 0], np.int32), np.array([now, now])))
        state = pickle.loads(pickle.dumps(copy.deepcopy(state)))
        begin = end
    told.append(stays.tick(state, plan, *clocks(place, 1_000_000), ending=True))
    assert stayed(*told) == oracle(rows)


@pytest.mark.parametrize(
    ("way", "own", "here"),
    [
        pytest.param("x", [1], [], id="a double that one frame shows"),
        pytest.param("xx", [2], [2], id="somebody who goes through"),
        pytest.param("ox", [1], [], id="in the zone at his last sight alone"),
        pytest.param("xx" + "-" * 10 + "x", [2, 1], [2], id="back for one frame"),
    ],
)
def test_whoever_is_tracked_here_has_stayed_once_two_frames_say_so(way: str, own: list[int], here: list[int]) -> None:
    place = town()
    plan, seen = stays.plan(place), frames(walk(way), 1000, (), place)
    for made_here, expected in ((False, own), (True, here)):
        state = stays.start(plan)
        told = stays.step(state, plan, seen._replace(made_here=np.full(len(way), made_here)))
        found = stayed(told, stays.tick(state, plan, *clocks(place, 100_000), ending=True))
        assert sorted(ms // 1000 for _, _, ms in found) == sorted(expected)
