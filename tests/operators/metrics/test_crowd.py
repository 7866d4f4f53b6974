"""Persons in zones: occupancy, weighed by time, and the level with its hysteresis."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.arrays import Ordered, Parts
from operators.city import City
from operators.metrics import crowd
from schemas.columns import CROWD, PERSON_EDGES
from schemas.registry import Limits
from tests.operators.staged import FULL, at, camera, city, frames, stand, zone

LEFT, RIGHT = ((0, 0), (0.3, 0), (0.7, 1), (0, 1)), ((1, 1), (0.7, 1), (0.3, 0), (1, 0))
TWO = city(camera(zone=(zone("left", LEFT, area_m2=10.0), zone("lane", FULL, kind="lane"), zone("right", RIGHT))))


def column(parts: Parts, key: int, name: str) -> dict[int, list[int]]:
    """Return a column's sum by minute; maxima are merged as maxima."""
    at, width = CROWD.offset(name), CROWD.parts[name].width
    merge = np.max if CROWD.parts[name].combine == "max" else np.sum
    rows = parts.key == key
    minutes = np.unique(parts.minute[rows]).tolist()
    return {m: merge(parts.values[rows & (parts.minute == m), at : at + width], 0).tolist() for m in minutes}


def counted(place: City, ordered: Ordered) -> crowd.Counts:
    return crowd.count(place, stand(place, ordered))


def measured(ordered: Ordered) -> Parts:
    return crowd.measure(TWO, ordered, counted(TWO, ordered))


def test_persons_are_counted_where_their_feet_are() -> None:
    ordered = frames([(0, 0, [at(0.1, 0.5), at(0.2, 0.9), at(0.9, 0.5), at(0.1, 0.5, cls="car")])])
    counts = counted(TWO, ordered)
    assert counts.zone.tolist() == [0, 2]
    assert counts.persons.tolist() == [2, 1]


def test_a_zone_that_names_classes_counts_those() -> None:
    place = city(camera(zone=(zone("z", FULL, classes=("bicycle",)),)))
    assert crowd.count(
        place, stand(place, frames([(0, 0, [at(0.5, 0.5), at(0.5, 0.5, cls="bicycle")])]))
    ).persons.tolist() == [1]


def test_only_cameras_with_the_metric_have_keys() -> None:
    place = city(camera("a", zone=(zone("z", FULL),), metrics=("flow",)), camera("b", zone=(zone("z", FULL),)))
    assert crowd.zones(place).tolist() == [1]
    counts = counted(place, frames([(0, 0, [at(0.5, 0.5)]), (1, 0, [at(0.5, 0.5)])]))
    assert (counts.zone.tolist(), counts.first.tolist()) == ([1], [0, 0, 1])


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1, width=32), st.floats(0, 1, width=32)), max_size=30))
def test_two_zones_that_fill_the_picture_count_everybody_once(feet: list[tuple[float, float]]) -> None:
    counts = counted(TWO, frames([(0, 0, [("person", 0.9, (x, 0, x, y), 0) for x, y in feet])]))
    assert counts.persons.sum() == len(feet)


def test_a_frame_weighs_as_long_as_it_lasts_and_is_cut_at_the_minute() -> None:
    parts = measured(frames([(0, 59_950_000, [at(0.1, 0.5)] * 3)], dt_ms=120))
    assert column(parts, 0, "frames") == {0: [1], 1: [0]}
    assert column(parts, 0, "observed_ms") == {0: [50], 1: [70]}
    assert column(parts, 0, "person_ms") == {0: [150], 1: [210]}
    assert column(parts, 0, "persons_max") == {0: [3], 1: [3]}
    assert column(parts, 0, "area_ms") == {0: [50 * 1000], 1: [70 * 1000]}


def test_an_empty_frame_is_an_observation_of_nobody() -> None:
    parts = measured(frames([(0, 0, [])]))
    assert column(parts, 2, "observed_ms") == {0: [100]}
    assert column(parts, 2, "persons_hist")[0][0] == 100


def test_an_unusable_frame_is_seen_and_nothing_else() -> None:
    parts = measured(frames([(0, 59_950_000, [at(0.1, 0.5)])], usable=[False]))
    assert parts.values[:, 0].tolist() == [1, 1, 0, 0]
    assert not parts.values[:, 1:].any()


def test_a_zone_without_a_scale_has_neither_area_nor_saturation_nor_level() -> None:
    ordered = frames([(0, 0, [at(0.9, 0.5)] * 90)])
    counts = counted(TWO, ordered)
    parts, samples = crowd.levels(crowd.start(TWO), TWO, ordered, counts, crowd.Hysteresis())
    assert column(measured(ordered), 2, "area_ms") == {0: [0]}
    assert column(measured(ordered), 2, "saturated_ms") == {0: [0]}
    assert column(parts, 2, "level_ms") == {0: [0] * 6}
    assert samples.zone.tolist() == [0]


@pytest.mark.parametrize(("limit", "persons", "saturated_ms"), [(None, 25, 0), (None, 26, 100), (1.0, 11, 100)])
def test_time_above_the_saturation_is_kept(limit: float | None, persons: int, saturated_ms: int) -> None:
    place = city(camera(zone=(zone("z", FULL, area_m2=10.0, limits=Limits(saturation=limit)),)))
    ordered = frames([(0, 0, [at(0.5, 0.5)] * persons)])
    parts = crowd.measure(place, ordered, counted(place, ordered))
    assert column(parts, 0, "saturated_ms") == {0: [saturated_ms]}


@pytest.mark.parametrize(("persons", "edge"), [(0, 0), (15, 15), (16, 15), (19, 15), (20, 20), (499, 300), (700, 500)])
def test_the_histogram_holds_the_time_with_so_many_persons(persons: int, edge: int) -> None:
    hist = column(measured(frames([(0, 0, [at(0.1, 0.5)] * persons)])), 0, "persons_hist")[0]
    assert {PERSON_EDGES[i]: ms for i, ms in enumerate(hist) if ms} == {edge: 100}


RECORDS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 200_000), st.integers(0, 6), st.booleans()), max_size=12)


def summed(parts: Parts) -> dict[tuple[int, int], list[int]]:
    out: dict[tuple[int, int], np.ndarray] = {}
    for key, minute, values in zip(parts.key.tolist(), parts.minute.tolist(), parts.values, strict=True):
        old = out.get((key, minute), np.zeros_like(values))
        out[key, minute] = old + values
        out[key, minute][3] = max(old[3], values[3])
    return {k: v.tolist() for k, v in out.items()}


@settings(deadline=None)
@given(RECORDS)
def test_parts_are_the_sum_over_frames_whatever_their_order(records: list[tuple[int, int, int, bool]]) -> None:
    place = city(*(camera(c, zone=(zone("z", FULL, area_m2=2.0), zone("y", LEFT))) for c in "ab"))
    rows = [(c, ms * 1000, [at(0.1, 0.5)] * n) for c, ms, n, _ in records]
    usable = [u for *_, u in records]
    together = frames(rows, 70_000, usable)
    alone = [frames([row], 70_000, [u]) for row, u in zip(rows, usable, strict=True)]
    expected = [crowd.measure(place, one, counted(place, one)) for one in alone]
    merged = Parts(*(np.concatenate([p[i] for p in expected]) for i in range(3))) if expected else None
    got = summed(crowd.measure(place, together, counted(place, together)))
    assert got == ({} if merged is None else summed(merged))


def walk(story: list[tuple[int, int]], split: int = 0, unseen: int = 0) -> list[str]:
    """Return a zone of 10 m2's level each second; the story is (persons, seconds)."""
    place = city(camera(fps=1.0, zone=(zone("z", FULL, area_m2=10.0),)))
    persons = [n for n, seconds in story for _ in range(seconds)]
    rows = [(0, (i + unseen * (i >= 30)) * 1_000_000, [at(0.5, 0.5)] * n) for i, n in enumerate(persons)]
    state, out = crowd.start(place), []
    for part in (rows[:split], rows[split:]) if split else (rows,):
        ordered = frames(part, 1000)
        samples = crowd.levels(state, place, ordered, counted(place, ordered), crowd.Hysteresis())[1]
        out += ["ABCDEF"[level] for level in samples.level]
    return out


def runs(levels: list[str]) -> str:
    """Return levels as "A60 D1": each with how long it lasted."""
    out: list[list] = []
    for level in levels:
        if not out or out[-1][0] != level:
            out.append([level, 0])
        out[-1][1] += 1
    return " ".join(f"{level}{count}" for level, count in out)


@pytest.mark.parametrize(
    ("story", "levels"),
    [
        pytest.param([(9, 60)], "A60", id="a minute above is not yet over"),
        pytest.param([(9, 100)], "A60 D40", id="entered after 60 s, past the levels between"),
        pytest.param([(9, 59), (0, 1), (9, 61)], "A120 D1", id="a break starts the minute again"),
        pytest.param([(9, 70), (0, 120)], "A60 D130", id="two minutes below are not yet over"),
        pytest.param([(9, 70), (0, 121)], "A60 D130 A1", id="left after 120 s, down to where it is"),
        pytest.param([(8, 70), (7, 300)], "A60 D310", id="0.70 is above 0.9 x 0.72: not left"),
        pytest.param([(8, 70), (6, 130)], "A60 D130 C10", id="0.60 is below 0.9 x 0.72 but not 0.9 x 0.43"),
        pytest.param([(4, 30), (9, 70)], "A60 B30 D10", id="each level has its own minute"),
        pytest.param([(30, 70)], "A60 F10", id="crushed"),
    ],
)
def test_levels_are_entered_after_a_minute_and_left_after_two(story: list[tuple[int, int]], levels: str) -> None:
    assert runs(walk(story)) == levels


def test_a_gap_freezes_the_timers() -> None:
    assert runs(walk([(9, 100)], unseen=4000)) == "A60 D40"


def test_unusable_frames_freeze_the_timers_and_have_no_level() -> None:
    place = city(camera(zone=(zone("z", FULL, area_m2=10.0),)))
    rows = [(0, i * 1_000_000, [at(0.5, 0.5)] * 9) for i in range(100)]
    ordered = frames(rows, 1000, [i >= 50 for i in range(100)])
    samples = crowd.levels(crowd.start(place), place, ordered, counted(place, ordered), crowd.Hysteresis())[1]
    assert len(samples.level) == 50
    assert not samples.level.any()


def test_people_who_stand_have_another_table() -> None:
    place = city(camera(zone=(zone("z", FULL, area_m2=10.0, surface="standing"),)))
    ordered = frames([(0, i * 1_000_000, [at(0.5, 0.5)] * 9) for i in range(61)], 1000)
    samples = crowd.levels(crowd.start(place), place, ordered, counted(place, ordered), crowd.Hysteresis())[1]
    assert samples.level[-1] == 1


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 100)), min_size=1, max_size=6), st.data())
def test_any_split_gives_the_same_levels(story: list[tuple[int, int]], data: st.DataObject) -> None:
    split = data.draw(st.integers(1, sum(seconds for _, seconds in story)))
    assert walk(story, split) == walk(story)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=300))
def test_time_at_levels_adds_up_to_time_watched(seconds: list[tuple[int, bool]]) -> None:
    place = city(camera(zone=(zone("z", FULL, area_m2=10.0),)))
    ordered = frames(
        [(0, i * 1_000_000, [at(0.5, 0.5)] * n) for i, (n, _) in enumerate(seconds)], 1000, [u for _, u in seconds]
    )
    counts = counted(place, ordered)
    parts, samples = crowd.levels(crowd.start(place), place, ordered, counts, crowd.Hysteresis())
    watched = column(crowd.measure(place, ordered, counts), 0, "observed_ms")
    assert {m: [sum(ms)] for m, ms in column(parts, 0, "level_ms").items()} == watched
    by_level = Counter(samples.level.tolist())
    assert np.sum(list(column(parts, 0, "level_ms").values()), 0).tolist() == [1000 * by_level[k] for k in range(6)]
