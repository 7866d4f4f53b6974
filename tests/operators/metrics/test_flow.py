"""Tracks that cross lines: sides drawn as letters, A left hand and B right hand of the line.

The line stands upright in the middle of a 1920x1080 picture, first point below:
its right hand is the right half.
"""

import itertools
import math
import pickle
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.arrays import Parts
from operators.city import City
from operators.metrics import flow
from operators.stage import emit
from schemas.columns import FLOW, VEHICLES
from schemas.registry import Calibration
from tests.operators.oracle.crossings import Sighting, crossings
from tests.operators.staged import FULL, Object, at, camera, city, frames, line

MIDDLE = line("middle", (0.5, 1.0), (0.5, 0.0))
ROAD = city(camera(line=(MIDDLE,)))
WHERE = {"A": 0.40, "a": 0.495, "b": 0.505, "B": 0.60}
T0 = 1_767_571_200_000_000
STEP_US = 100_000
Row = tuple[int, int, list[Object]]


def drive(sides: str, track: int = 7, step_us: int = STEP_US, **look: float | str) -> list[Row]:
    """Return a car's frames; "." is a frame without it, lower case is inside the band."""
    return [
        (0, T0 + i * step_us, [at(WHERE[s], 0.5, track, **{"cls": "car", **look})] if s != "." else [])
        for i, s in enumerate(sides)
    ]


def counted(rows: list[Row], place: City = ROAD, splits: tuple[int, ...] = ()) -> Parts:
    """Return the crossings of frames given in batches cut at `splits`, the state pickled between them."""
    state, parts, edges = flow.start(place), [], [0, *sorted(splits), len(rows)]
    for begin, end in itertools.pairwise(edges):
        parts.append(flow.counts(flow.follow(state, place, frames(rows[begin:end]), flow.Rules())))
        state = pickle.loads(pickle.dumps(state))
    parts.append(flow.counts(flow.settle(state, np.arange(len(place.cameras)), flow.Rules())))
    return Parts(*(np.concatenate([p[i] for p in parts]) for i in range(3)))


def directions(parts: Parts) -> str:
    return " ".join("><"[key % 2] for key in parts.key.tolist())


def classes(parts: Parts) -> list[str]:
    at = FLOW.offset("person_n")
    return [VEHICLES[i] for i in parts.values[:, at : at + len(VEHICLES)].argmax(1)]


@pytest.mark.parametrize(
    ("sides", "crossings"),
    [
        pytest.param("AAABAAA", "", id="one frame on the other side"),
        pytest.param("AAABBB", ">", id="to the right"),
        pytest.param("BBBAAA", "<", id="to the left"),
        pytest.param("AABB", ">", id="two frames suffice"),
        pytest.param("AAB", "", id="not yet confirmed"),
        pytest.param("ABB", "", id="where it came from is not known"),
        pytest.param("abBBB", "", id="born on the line"),
        pytest.param("AAaabbBB", ">", id="slowly"),
        pytest.param("AAaababaB.bbB", ">", id="frames inside the band or missing do not count against it"),
        pytest.param("AABABABAA", "", id="frames on the other side start afresh"),
        pytest.param("AAabaabAA", "", id="up to the line and back"),
        pytest.param("AABBAABBAABB", ">", id="flipping over the line five times in 1.1 s"),
        pytest.param("AA" + "B" * 30 + "AA", "> <", id="and back after 3 s"),
        pytest.param("AA" + "B" * 19 + "AA", "", id="and back within 2 s"),
        pytest.param("AA" + "B" * 21 + "AA", "> <", id="and back after it"),
        pytest.param("AA" + "B" * 17 + "aaaaAA", "", id="and back within 2 s, which shows only later"),
        pytest.param("AA" + "B" * 17 + "aaaaBB", ">", id="almost back"),
        pytest.param(
            "AA" + "B" * 30 + "A" * 30 + "BB", ">", id="the same way again after 6 s: the way back is taken back"
        ),
        pytest.param("AA" + "B" * 60 + "A" * 60 + "BB", "> < >", id="the same way again after 12 s"),
        pytest.param("AA" + "." * 299 + "BB", ">", id="seen again after 30 s"),
        pytest.param("AA" + "." * 300 + "BB", "", id="forgotten after 30.1 s"),
    ],
)
def test_a_track_crosses_when_it_comes_to_belong_to_the_other_side(sides: str, crossings: str) -> None:
    assert directions(counted(drive(sides))) == crossings


def test_a_car_standing_on_the_line_for_four_minutes_counts_once() -> None:
    """Jitter of 5 px, and 15 switches of identity, each missing 3 frames."""
    shake = random.Random(4)
    rows, track = drive("AAA"), 7
    for i in range(2400):
        track += i % 150 == 0 and i > 0
        x, y = 0.5 + shake.uniform(-5, 5) / 1920, 0.5 + shake.uniform(-5, 5) / 1080
        rows.append((0, T0 + (3 + i) * STEP_US, [] if i % 150 > 146 else [at(x, y, track, "car")]))
    rows += [(0, t + 2403 * STEP_US, o) for _, t, o in drive("BBB", track)]
    assert track == 7 + 15
    assert directions(counted(rows)) == ">"


def test_untracked_detections_on_the_line_never_cross() -> None:
    rows = [(0, T0 + i * STEP_US, [at(0.5 + 0.1 * (-1) ** (i // 2), 0.5, 0, "car")]) for i in range(100)]
    assert len(counted(rows).key) == 0


def test_garbage_never_crosses() -> None:
    assert len(counted(drive("AAABBB", cls="garbage")).key) == 0


@pytest.mark.parametrize(
    ("path", "crossings"),
    [
        pytest.param([(0.4, 0.6), (0.6, 0.6)], ">", id="over the line"),
        pytest.param([(0.4, 0.2), (0.6, 0.2)], "", id="over its extension"),
        pytest.param([(0.4, 0.2), (0.6, 0.2), (0.6, 0.6), (0.4, 0.6)], "<", id="around its end and back over it"),
    ],
)
def test_only_the_line_itself_is_crossed_not_its_extension(path: list, crossings: str) -> None:
    short = city(camera(line=(line("short", (0.5, 0.9), (0.5, 0.4)),)))
    places = [place for place in path for _ in range(3)]
    rows = [(0, T0 + i * STEP_US, [at(x, y, 7, "car")]) for i, (x, y) in enumerate(places)]
    assert directions(counted(rows, short)) == crossings


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        pytest.param([(0.5, 0.0), (0.5, 1.0)], "<", id="drawn downwards, going right is to the left hand"),
        pytest.param([(0.5, 1.0), (0.5, 0.0)], ">", id="drawn upwards, going right is to the right hand"),
        pytest.param([(0.5, 1.0), (0.48, 0.6), (0.52, 0.4), (0.5, 0.0)], ">", id="bent"),
    ],
)
def test_the_hand_is_that_of_who_walks_along_the_line(points: list, expected: str) -> None:
    assert directions(counted(drive("AAABBB"), city(camera(line=(line("l", *points),))))) == expected


def test_the_dead_band_is_a_hundredth_of_the_diagonal_on_either_side() -> None:
    """1 % of 2203 px is 22 px: a car that comes 21 px over the line has not left the band."""
    near, far = ([(0, T0 + i * STEP_US, [at(0.5 + px / 1920, 0.5, 7)]) for i in range(6)] for px in (21.9, 22.2))
    came = [(0, T0 - i * STEP_US, [at(0.4, 0.5, 7)]) for i in (2, 1)]
    assert [directions(counted(came + rows)) for rows in (near, far)] == ["", ">"]


def test_a_crossing_belongs_to_the_minute_when_the_line_was_crossed() -> None:
    rows = [(0, t - T0 + T0 // 60_000_000 * 60_000_000 + 59_740_000, o) for _, t, o in drive("AAABBB")]
    assert counted(rows).minute.tolist() == [T0 // 60_000_000]  # crossed at 59.990 s, confirmed a frame later
    assert rows[4][1] // 60_000_000 == T0 // 60_000_000 + 1


@pytest.mark.parametrize(("seconds", "minute"), [pytest.param(57, 0, id="within"), pytest.param(62, 1, id="after")])
def test_a_crossing_confirmed_after_more_than_a_minute_is_booked_then(seconds: int, minute: int) -> None:
    """It stops just behind the line and drives off later: the minute of the line may be closed by then."""
    parts = counted(drive("AA" + "b" * seconds + "BB", step_us=1_000_000))
    assert (parts.minute - T0 // 60_000_000).tolist() == [minute]


def test_the_class_is_what_the_track_was_called_with_most_confidence() -> None:
    rows = drive("AAA", cls="truck", confidence=0.3) + [(0, t + 300_000, o) for _, t, o in drive("BB", cls="bus")]
    assert classes(counted(rows)) == ["bus"]


@pytest.mark.parametrize(
    ("name", "counts_as"), [("becak", "other"), ("person", "person"), ("motorcycle", "motorcycle")]
)
def test_classes_without_a_column_count_as_other(name: str, counts_as: str) -> None:
    assert classes(counted(drive("AABB", cls=name))) == [counts_as]


def test_a_missing_confidence_weighs_as_certainty() -> None:
    assert classes(counted(drive("AABB", confidence=math.nan))) == ["car"]


def speeds(parts: Parts) -> list[tuple[int, int]]:
    n, total = FLOW.offset("car_speed_n"), FLOW.offset("car_speed_sum")
    return [(int(v[n]), int(v[total])) for v in parts.values]


def test_speed_is_over_ground_between_the_frames_around_the_line() -> None:
    """The picture shows 30 m x 20 m: 0.2 of its width in 0.1 s is 60 m/s."""
    ground = ((0.0, 20.0), (30.0, 20.0), (30.0, 0.0), (0.0, 0.0))
    place = city(camera(line=(MIDDLE,), calibration=Calibration(image=FULL, ground_m=ground)))
    ((n, mmps),) = speeds(counted(drive("AABB"), place))
    assert n == 1
    assert mmps == pytest.approx(60_000, abs=1)


def test_without_a_calibration_there_is_no_speed() -> None:
    assert speeds(counted(drive("AABB"))) == [(0, 0)]


@pytest.mark.parametrize(
    ("heir", "crossings"),
    [
        pytest.param({"dx": 0.0}, ">", id="at the same place"),
        pytest.param({"dy": 0.049}, ">", id="half a height away"),
        pytest.param({"dy": 0.051}, "", id="farther"),
        pytest.param({"dt_us": 2_000_000}, ">", id="2 s later"),
        pytest.param({"dt_us": 2_000_001}, "", id="later"),
        pytest.param({"dt_us": 0, "place": 0}, "", id="beside it, in the same frame, before it"),
        pytest.param({"dt_us": 0, "place": 1}, "", id="beside it, in the same frame, after it"),
    ],
)
def test_a_track_lost_on_the_line_lives_on_in_one_born_beside_it(heir: dict, crossings: str) -> None:
    rows = drive("AAAa")
    t_us = rows[-1][1] + heir.get("dt_us", STEP_US)
    born = at(WHERE["a"] + heir.get("dx", 0.0), 0.5 + heir.get("dy", 0.0), 8, "car")
    if heir.get("dt_us") == 0:
        rows[-1][2].insert(heir["place"], born)
    else:
        rows.append((0, t_us, [born]))
    rows += [(0, t + t_us - T0 + STEP_US, o) for _, t, o in drive("BBB", 8)]
    assert directions(counted(rows)) == crossings


def test_a_track_lost_beyond_the_band_has_no_heir() -> None:
    assert directions(counted(drive("AAA") + [(0, t + 300_000, o) for _, t, o in drive("ABBB", 8)])) == ""


def test_a_track_lost_just_beside_the_band_has_an_heir() -> None:
    """0.04 of the picture's width is 0.07 of its height: within the band and half a box of 0.1."""
    rows = [(0, T0 + i * STEP_US, [at(0.465, 0.5, 7, "car")]) for i in range(3)]
    rows += [(0, T0 + (3 + i) * STEP_US, [at(x, 0.5, 8, "car")]) for i, x in enumerate((0.49, 0.513, 0.6, 0.6))]
    assert directions(counted(rows)) == ">"


def test_an_heir_may_be_born_beyond_the_line() -> None:
    rows = [(0, T0 + i * STEP_US, [at(0.4875, 0.5, 7, "car")]) for i in range(3)]
    rows += [(0, T0 + (3 + i) * STEP_US, [at(0.5125, 0.5, 8, "car")]) for i in range(3)]
    assert directions(counted(rows)) == ">"


def test_an_heir_may_take_back_what_the_lost_one_crossed() -> None:
    rows = drive("AAA") + [(0, T0 + (3 + i) * STEP_US, [at(0.5125, 0.5, 7, "car")]) for i in range(3)]
    rows += [(0, T0 + (6 + i) * STEP_US, [at(0.4875, 0.5, 8, "car")]) for i in range(3)]
    assert directions(counted(rows)) == ""


def test_a_crossing_is_told_when_nothing_takes_it_back_any_more() -> None:
    state, rows = flow.start(ROAD), drive("AA" + "B" * 21)
    told = [len(flow.follow(state, ROAD, frames([row]), flow.Rules())) for row in rows]
    assert told == [0] * 22 + [1]  # crossed at 0.15 s


def test_a_crossing_is_told_though_its_track_is_gone() -> None:
    state, rows = flow.start(ROAD), drive("AABB" + "." * 30)
    assert len(flow.follow(state, ROAD, frames(rows), flow.Rules())) == 1


def test_a_track_whose_state_went_on_starts_anew_when_it_comes_back() -> None:
    rows = drive("AAAa") + [(0, t + 400_000, o) for _, t, o in drive("aa", 8)]
    both = zip(drive("BBB", 7), drive("BBB", 8), strict=True)
    rows += [(0, t + 600_000, old + new) for (_, t, old), (_, _, new) in both]
    assert directions(counted(rows)) == ">"


def test_an_heir_has_the_votes_of_the_lost() -> None:
    rows = drive("AAAa", cls="truck") + [(0, t + 400_000, o) for _, t, o in drive("aBB", 8, cls="bus")]
    assert classes(counted(rows)) == ["truck"]


def test_a_lost_track_has_one_heir() -> None:
    rows = [*drive("AAAa"), (0, T0 + 400_000, [at(WHERE["a"], 0.5, k, "car") for k in (8, 9)])]
    rows += [(0, T0 + (5 + i) * STEP_US, [at(WHERE["B"], 0.5, k, "car") for k in (8, 9)]) for i in range(3)]
    assert directions(counted(rows)) == ">"


def test_identities_that_alternate_on_the_line_count_once() -> None:
    rows = drive("AAa")
    rows += [(0, T0 + (3 + i) * STEP_US, [at(WHERE["ab"[i % 2]], 0.5, 7 + i % 3, "car")]) for i in range(20)]
    rows += [(0, t + 23 * STEP_US, o) for _, t, o in drive("BBB", 7 + 19 % 3)]
    assert directions(counted(rows)) == ">"


def test_unusable_frames_are_passed_over() -> None:
    ordered = frames(drive("AABBB"), usable=[True] * 3 + [False] * 2)
    assert len(flow.follow(flow.start(ROAD), ROAD, ordered, flow.Rules())) == 0


def test_cameras_that_turn_or_are_not_asked_have_no_lines() -> None:
    place = city(
        camera("a", line=(MIDDLE,), optics="ptz"), camera("b", line=(MIDDLE,), metrics=()), camera("c", line=(MIDDLE,))
    )
    rows = [(c, t, o) for c in range(3) for _, t, o in drive("AABB")]
    assert emit.keys(place)["flow"].key.tolist() == [4, 5]
    assert counted(rows, place).key.tolist() == [4]


def test_tracks_unseen_for_long_leave_the_table() -> None:
    state = flow.start(ROAD)
    for i in range(200):
        rows = [
            (0, T0 + (i * 10 + j) * 1_000_000, [at(0.1, 0.5, 1 + i * 1000 + k) for k in range(100)]) for j in range(9)
        ]
        flow.follow(state, ROAD, frames(rows), flow.Rules())
    assert len(state.tracks.row) <= 1024


PATHS = st.lists(st.tuples(st.sampled_from("AABBab."), st.integers(1, 60)), min_size=1, max_size=12)


@settings(deadline=None, max_examples=300)
@given(PATHS, st.sampled_from([100_000, 700_000, 2_500_000]))
def test_the_crossings_of_a_track_are_its_change_of_side(path: list, step_us: int) -> None:
    """Whatever it does at a line that it cannot pass round, and however long its tracker loses it."""
    sides = "".join(side * length for side, length in path)[: 29_000_000 // step_us]
    told = directions(counted(drive(sides, step_us=step_us))).split()
    beyond = [side for side in sides if side in "AB"]
    belongs = [b for a, b in itertools.pairwise(beyond) if a == b]
    change = 0 if not belongs else "AB".index(belongs[-1]) - "AB".index(belongs[0])
    assert told.count(">") - told.count("<") == change
    assert all(a != b for a, b in itertools.pairwise(told))


STORIES = st.lists(
    st.lists(
        st.tuples(
            st.integers(0, 4),  # track
            st.sampled_from([0.40, 0.47, 0.494, 0.4995, 0.5, 0.503, 0.507, 0.53, 0.60]),
            st.sampled_from([0.30, 0.395, 0.41, 0.5, 0.53]),
            st.sampled_from(["car", "bus", "person", "garbage"]),
        ),
        max_size=4,
    ),
    min_size=4,
    max_size=40,
)


@settings(deadline=None, max_examples=300)
@given(STORIES, st.sampled_from([50_000, 500_000, 1_900_000, 9_000_000]), st.data())
def test_any_split_gives_what_a_plain_reading_of_the_definition_gives(
    story: list, step_us: int, data: st.DataObject
) -> None:
    as_a_plain_reading_says(story, step_us, tuple(data.draw(st.lists(st.integers(0, len(story)), max_size=3))))


def test_a_crossing_is_told_when_its_time_is_over_although_its_track_is_out_of_sight() -> None:
    """An empty frame ends the wait; that the track had begun to come back shows only in the next."""
    here, there = (0.4, 0.3), (0.53, 0.5)
    seen = [(1, *here), (1, *here), (1, *there), None, None, (3, *there), None, (3, *here), (3, *here)]
    told = as_a_plain_reading_says([[] if s is None else [(*s, "car")] for s in seen], 500_000, ())
    assert told == ["to_right", "to_left"]


def as_a_plain_reading_says(story: list, step_us: int, splits: tuple[int, ...]) -> list[str]:
    """Check a story of (track, x, y, class) at a short line against the plain reading; return the directions told."""
    short = city(camera(line=(line("short", (0.5, 0.9), (0.52, 0.4)),)))
    rows = [(0, T0 + i * step_us, [at(x, y, k, c) for k, x, y, c in seen]) for i, seen in enumerate(story)]
    boxes = [np.array([o[2] for o in seen], np.float32).astype(float).reshape(-1, 4) for _, _, seen in rows]
    sightings = [
        (
            t,
            [
                Sighting(t, o[3], o[0], float(np.float32(o[1])), (b[0] + b[2]) / 2, b[3], b[3] - b[1])
                for o, b in zip(seen, box, strict=True)
            ],
        )
        for (_, t, seen), box in zip(rows, boxes, strict=True)
    ]
    expected = crossings(sightings, ((0.5, 0.9), (0.52, 0.4)), 1920 / 1080)
    got = counted(rows, short, splits)
    told = [(["to_right", "to_left"][k % 2], m, c) for k, m, c in zip(got.key, got.minute, classes(got), strict=True)]
    assert told == [(c.direction, c.t_us // 60_000_000, c.cls) for c in expected]
    return [direction for direction, _, _ in told]


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32), st.lists(st.integers(0, 60), max_size=4))
def test_a_small_table_and_many_batches_give_the_same_crossings(seed: int, splits: list[int]) -> None:
    """Hundreds of short tracks: the table grows and forgets between frames."""
    draw = random.Random(seed)
    rows = []
    for i in range(60):
        objects = [
            at(draw.choice([0.4, 0.499, 0.6]), draw.random(), 1 + draw.randrange(40) + 20 * (i // 4)) for _ in range(40)
        ]
        rows.append((0, T0 + i * 2_000_000, objects))
    whole, cut = counted(rows), counted(rows, splits=tuple(splits))
    assert len(whole.key) > 0
    for one, other in zip(whole, cut, strict=True):
        assert np.array_equal(one, other)
