"""Masks by track: faces drawn as letters, one a frame.

M masked and U unmasked, both sure; m and u half as sure; . no face; - the person
is not there; s a masked face that is too small.
"""

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
from operators.metrics import mask
from operators.stage import emit, windows
from operators.stage.faces import MASKED, PX_BITS, UNMASKED
from schemas.columns import MASK
from tests.operators.staged import FULL, Object, camera, city, frames, zone

SECOND = 1_000_000
T0 = 1_767_571_200_000_000  # a full minute
LEFT = [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)]
Row = tuple[int, int, list[Object]]


def face(vote: int, confidence: float = 1.0, px: int = 30) -> int:
    return round(confidence * 1e6) << (PX_BITS + 2) | px << 2 | vote


FACES = {
    "M": face(MASKED),
    "U": face(UNMASKED),
    "m": face(MASKED, 0.5),
    "u": face(UNMASKED, 0.5),
    "s": face(MASKED, px=19),
    "L": face(MASKED, px=20),
    "0": face(MASKED, 0.0),
    ".": 0,
}


def person(letter: str, track: int = 7, x: float = 0.5, cls: str = "person", confidence: float = 0.9) -> Object:
    return cls, confidence, (x - 0.01, 0.4, x + 0.01, 0.5), track, FACES[letter]


def town(*zones: Any, cameras: int = 1, **fields: Any) -> City:
    fields = {"fps": 1.0, "metrics": ("mask",), "zone": zones or (zone("plaza", FULL),), **fields}
    return city(*(camera(f"c{i}", **fields) for i in range(cameras)))


def walk(letters: str, track: int = 7, start_s: int = 0, code: int = 0, **look: Any) -> list[Row]:
    """Return a frame a second."""
    return [
        (code, T0 + (start_s + i) * SECOND, [] if letter == "-" else [person(letter, track, **look)])
        for i, letter in enumerate(letters)
    ]


def judged(
    rows: list[Row], place: City | None = None, splits: tuple[int, ...] = (), usable: tuple[bool, ...] = ()
) -> Parts:
    """Return the parts of frames given in batches cut at `splits`, the state pickled between, and of the end."""
    place = town() if place is None else place
    plan = mask.plan(place)
    state, told, edges = mask.start(plan), [], [0, *sorted(splits), len(rows)]
    for begin, end in itertools.pairwise(edges):
        ordered = frames(rows[begin:end], 1000, usable[begin:end], place)
        told += [mask.step(state, plan, ordered), Told(mask.measure(plan, ordered), None)]
        state = pickle.loads(pickle.dumps(state))
    told.append(mask.tick(state, plan, *clocks(place, 1_000_000), ending=True))
    return joined(told)


def clocks(place: City, second: float) -> tuple[Any, Any]:
    count = len(place.cameras)
    return np.arange(count, dtype=np.int32), np.full(count, T0 + round(second * 1e6), np.int64)


def joined(told: list[Told]) -> Parts:
    parts = [each.parts for each in told if each.parts is not None]
    return Parts(*(np.concatenate([p[i] for p in parts]) for i in range(3)))


def rows_of(parts: Parts) -> list[tuple[int, int, dict[str, int]]]:
    """Return merged (zone, minute, figures that are not 0)."""
    pool = windows.start(MASK)
    windows.merge(pool, parts)
    out = []
    for packed, values in zip(pool.packed[: pool.used].tolist(), pool.values[: pool.used].tolist(), strict=True):
        figures = {n: v for n, v in zip(MASK.parts, values, strict=True) if v}
        out.append((packed >> 32, (packed & 0xFFFFFFFF) - T0 // 60_000_000, figures))
    return sorted(out, key=str)


def figures(parts: Parts) -> dict[str, int]:
    total = parts.values.sum(axis=0).tolist()
    return {n: v for n, v in zip(MASK.parts, total, strict=True) if v}


@pytest.mark.parametrize(
    ("letters", "verdict"),
    [
        pytest.param("MMMMM", "masked_n", id="five frames"),
        pytest.param("MMMM", "unknown_n", id="four frames"),
        pytest.param("UUUUU", "unmasked_n", id="five frames without"),
        pytest.param(".....", "unknown_n", id="no face"),
        pytest.param("sssssss", "unknown_n", id="faces of 19 px"),
        pytest.param("MMMMs", "unknown_n", id="a face of 19 px is none of the five"),
        pytest.param("LLLLL", "masked_n", id="faces of 20 px"),
        pytest.param("M.M--M.M.M", "masked_n", id="five frames among others"),
        pytest.param("MMMMMMUUUU", "masked_n", id="6 to 4 is a margin of 0.2"),
        pytest.param("UUUUUUMMMM", "unmasked_n", id="4 to 6 as well"),
        pytest.param("MMMMMUUUUU", "unknown_n", id="5 to 5"),
        pytest.param("M" * 59 + "U" * 41, "unknown_n", id="59 to 41 is a margin of 0.18"),
        pytest.param("uuuuuuuMMMMMM", "masked_n", id="six sure outvote seven half as sure"),
        pytest.param("UUUUmmmmmm", "unknown_n", id="six half as sure do not outvote four"),
        pytest.param("UUUUmmmmm", "unmasked_n", id="and four outvote five half as sure"),
        pytest.param("00000", "unknown_n", id="judgements without any confidence"),
    ],
)
def test_a_person_is_decided_by_faces_and_margin(letters: str, verdict: str) -> None:
    assert figures(judged(walk(letters))) == {verdict: 1}


def test_a_mask_worn_wrongly_is_none_worn() -> None:
    import polars as pl

    from operators.stage import faces

    packed = faces.pack(faces.words(pl.Series(["incorrect"] * 5)), pl.Series([0.9] * 5), pl.Series([31.0] * 5))
    rows = [(0, T0 + i * SECOND, [(*person(".")[:4], int(f))]) for i, f in enumerate(packed)]
    assert figures(judged(rows)) == {"unmasked_n": 1}


def test_the_same_person_under_two_ids_is_two() -> None:
    assert figures(judged(walk("MMMMM", 7) + walk("MMMMM", 8, 5))) == {"masked_n": 2}


def test_votes_of_the_whole_life_count_whatever_the_minute() -> None:
    assert rows_of(judged(walk("MMM", start_s=57) + walk("MM", start_s=60))) == [(0, 1, {"masked_n": 1})]


@pytest.mark.parametrize(
    ("gap_s", "expected"),
    [
        pytest.param(10, {"masked_n": 1}, id="unseen for 10 s"),
        pytest.param(11, {"unknown_n": 2}, id="unseen for 11 s: another person"),
    ],
)
def test_an_id_that_comes_back_after_10_s_is_a_new_track(gap_s: int, expected: dict[str, int]) -> None:
    rows = walk("MMM") + walk("MMM", start_s=2 + gap_s)
    assert figures(judged(rows)) == expected


def test_a_slow_camera_may_miss_two_periods() -> None:
    rows = [(0, T0 + i * 20 * SECOND, [person("M")]) for i in range(5)]
    assert figures(judged(rows, town(fps=0.1))) == {"masked_n": 1}


def test_a_person_is_told_when_gone_and_only_once() -> None:
    place = town()
    plan = mask.plan(place)
    state = mask.start(plan)
    told = mask.step(state, plan, frames(walk("MMMMM----------"), 1000, place=place))
    assert figures(told.parts) == {}
    told = mask.step(state, plan, frames(walk("-", start_s=15), 1000, place=place))
    assert rows_of(told.parts) == [(0, 0, {"masked_n": 1})]
    assert figures(mask.tick(state, plan, *clocks(place, 1000)).parts) == {}
    assert figures(mask.tick(state, plan, *clocks(place, 1000), ending=True).parts) == {}


def test_a_camera_that_dies_has_its_tracks_decided_by_its_clock() -> None:
    place = town(cameras=2)
    plan = mask.plan(place)
    state = mask.start(plan)
    mask.step(state, plan, frames(walk("MMMMM") + walk("UUUUU", code=1), 1000, place=place))
    assert figures(mask.tick(state, plan, *clocks(place, 14)).parts) == {}
    only = np.zeros(1, np.int32), np.array([T0 + 15 * SECOND])
    assert rows_of(mask.tick(state, plan, *only).parts) == [(0, 0, {"masked_n": 1})]
    assert rows_of(mask.tick(state, plan, *clocks(place, 15)).parts) == [(1, 0, {"unmasked_n": 1})]


def test_at_the_end_everybody_is_decided() -> None:
    place = town(cameras=2)
    plan = mask.plan(place)
    state = mask.start(plan)
    mask.step(state, plan, frames(walk("MMMMM") + walk("UUUUU", code=1), 1000, place=place))
    nobody = np.empty(0, np.int32), np.empty(0, np.int64)
    assert figures(mask.tick(state, plan, *nobody, ending=True).parts) == {"masked_n": 1, "unmasked_n": 1}


def test_a_person_counts_where_last_seen() -> None:
    place = town(zone("left", LEFT), zone("right", [(1 - x, y) for x, y in LEFT]))
    rows = walk("MMM", x=0.3) + walk("MM", start_s=3, x=0.7)
    assert rows_of(judged(rows, place)) == [(1, 0, {"masked_n": 1})]


def test_overlapping_zones_count_a_person_once_in_the_first() -> None:
    place = town(zone("a", LEFT, kind="night"), zone("b", FULL), zone("c", FULL))
    assert rows_of(judged(walk("MMMMM") + walk("M", 0), place)) == [(1, 0, {"masked_n": 1, "frame_masked_n": 1})]


def test_outside_the_zones_nobody_is_judged() -> None:
    place = town(zone("left", LEFT))
    assert figures(judged(walk("MMMMM", x=0.7) + walk("MMMM", x=0.3, start_s=5), place)) == {"unknown_n": 1}
    assert figures(judged(walk("MMMMM", 0, x=0.7), place)) == {}


@pytest.mark.parametrize("cls", ["car", "becak", "garbage"])
def test_only_persons_wear_masks(cls: str) -> None:
    place = town(zone("all", FULL, classes=("car", "garbage", "person")))
    assert figures(judged(walk("MMMMM", cls=cls) + walk("MMMMM", 0, 5, cls=cls), place)) == {}


def test_unusable_frames_give_no_votes_but_their_time_passes() -> None:
    assert figures(judged(walk("MMMMM"), usable=(True,) * 4 + (False,))) == {"unknown_n": 1}
    rows = walk("MMM" + "-" * 10 + "MMM")
    assert figures(judged(rows, usable=(True,) * 3 + (False,) * 10 + (True,) * 3)) == {"unknown_n": 2}
    assert figures(judged(walk("MMM", 0), usable=(True, True, False))) == {"frame_masked_n": 2}


def test_untracked_faces_count_frame_by_frame_in_their_minute() -> None:
    rows = [(0, T0 + t * SECOND, [person(letter, 0) for letter in "MMUs."]) for t in (59, 60, 61)]
    one = {"frame_masked_n": 2, "frame_unmasked_n": 1, "frame_unknown_n": 2}
    assert rows_of(judged(rows)) == [(0, 0, one), (0, 1, {n: 2 * v for n, v in one.items()})]


def test_whom_our_own_tracker_leaves_out_is_not_counted() -> None:
    assert figures(judged(walk("MMMMM", 0) + walk("MMMMM", 7), town(tracker="iou"))) == {"masked_n": 1}


def test_a_track_twice_in_a_frame_votes_once() -> None:
    rows = [(c, t, o * 2) for c, t, o in walk("MMMM")]
    assert figures(judged(rows)) == {"unknown_n": 1}


def test_cameras_that_are_not_asked_judge_nobody() -> None:
    place = town(metrics=("crowd", "visits"))
    assert len(emit.keys(place)["mask"].key) == 0
    assert figures(judged(walk("MMMMM") + walk("M", 0), place)) == {}


def test_garbage_is_survived() -> None:
    broken, point = (math.nan, math.nan, 2.0, math.inf), (0.0, 0.0, 0.0, 0.0)
    junk = [("car", math.nan, broken, 9, FACES["M"]), ("?", math.nan, point, 9, 5), ("person", -1.0, point, 8, 3)]
    rows = [(c, t, [*o, *junk]) for c, t, o in walk("MMMMM", confidence=math.nan)]
    assert figures(judged(rows)) == {"masked_n": 1, "unknown_n": 1}
    assert figures(judged([])) == {}


def test_more_people_than_the_table_has_room_for_are_all_decided() -> None:
    rows = []
    for batch in range(6):
        for t in range(5):
            people = [person("MU"[k % 2], 1 + batch * 5000 + k) for k in range(1500)]
            rows.append((0, T0 + (batch * 20 + t) * SECOND, people))
    expected = {"masked_n": 4500, "unmasked_n": 4500}
    assert figures(judged(rows)) == expected
    assert figures(judged(rows, splits=(3, 9, 22))) == expected


def test_more_tracks_coming_back_at_once_than_are_told_at_once() -> None:
    rows = [(0, T0 + t * SECOND, [person("M", 1 + k) for k in range(5000)]) for t in (0, 20)]
    assert figures(judged(rows)) == {"unknown_n": 10_000}


def test_the_table_is_bounded_by_the_people_of_the_last_seconds() -> None:
    place = town()
    plan = mask.plan(place)
    state = mask.start(plan)
    for i in range(100):
        rows = [(0, T0 + (i * 20 + t) * SECOND, [person("M", 1 + i * 1000 + k) for k in range(100)]) for t in range(20)]
        mask.step(state, plan, frames(rows, 1000, place=place))
    assert len(state.tracks.row) <= 1024


def oracle(rows: list[Row], cameras: int) -> list[tuple[int, int, dict[str, int]]]:
    """Read the definition plainly: every sighting of each (camera, track), cut where it is gone."""
    sights: dict[tuple[int, int], list[tuple[int, int]]] = {}
    out: dict[tuple[int, int], dict[str, int]] = {}

    def add(code: int, t_us: int, name: str) -> None:
        minute = out.setdefault((code, t_us // 60_000_000 - T0 // 60_000_000), {})
        minute[name] = minute.get(name, 0) + 1

    def verdict(votes: list[int]) -> str:
        valid = [f for f in votes if f & 3 and f >> 2 & 255 >= 20]
        more = sum((f >> 10) * (1 if f & 3 == MASKED else -1) for f in valid)
        total = sum(f >> 10 for f in valid)
        if len(valid) < 5 or total == 0 or abs(more) * 5 < total:
            return "unknown"
        return "masked" if more > 0 else "unmasked"

    for code, t_us, objects in rows:
        for o in objects:
            if o[3]:
                sights.setdefault((code, o[3]), []).append((t_us, o[4]))
            else:
                valid = o[4] & 3 if o[4] >> 2 & 255 >= 20 else 0
                add(code, t_us, ("frame_unknown_n", "frame_masked_n", "frame_unmasked_n")[valid])
    for (code, _), all_seen in sights.items():
        seen = [s for i, s in enumerate(all_seen) if i == 0 or s[0] != all_seen[i - 1][0]]
        cuts = [0, *(i for i in range(1, len(seen)) if seen[i][0] - seen[i - 1][0] > 10 * SECOND), len(seen)]
        for a, b in itertools.pairwise(cuts):
            add(code, seen[b - 1][0], f"{verdict([f for _, f in seen[a:b]])}_n")
    return sorted(((z, m, dict(sorted(v.items()))) for (z, m), v in out.items()), key=str)


STORIES = st.lists(
    st.tuples(
        st.integers(0, 1),  # camera
        st.sampled_from([1, 1, 1, 2, 9, 10, 11, 40]),  # seconds since the frame before
        st.lists(st.tuples(st.sampled_from("MUmus.L0"), st.sampled_from([0, 1, 2, 3])), max_size=4),
    ),
    max_size=40,
)


@settings(deadline=None, max_examples=150)
@given(STORIES, st.data())
def test_any_split_gives_what_a_plain_reading_of_the_definition_gives(story: list, data: st.DataObject) -> None:
    place, t_us, rows = town(cameras=2), T0, []
    for code, gap, seen in story:
        t_us += gap * SECOND
        rows.append((code, t_us, [person(letter, track) for letter, track in seen]))
    expected = oracle(rows, 2)
    plan = mask.plan(place)
    state, told, begin = mask.start(plan), [], 0
    splits = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=4)))
    for end in [*splits, len(rows)]:
        batch = sorted(rows[begin:end], key=lambda row: row[:2])
        ordered = frames(batch, 1000, place=place)
        told += [mask.step(state, plan, ordered), Told(mask.measure(plan, ordered), None)]
        if batch and data.draw(st.booleans()):
            now = data.draw(st.sampled_from([row[1] for row in (rows[end - 1], *rows[end : end + 1])]))
            told.append(mask.tick(state, plan, np.array([1, 0], np.int32), np.array([now, now])))
        state = pickle.loads(pickle.dumps(copy.deepcopy(state)))
        begin = end
    told.append(mask.tick(state, plan, *clocks(place, 0), ending=True))
    assert [(z, m, dict(sorted(v.items()))) for z, m, v in rows_of(joined(told))] == expected
