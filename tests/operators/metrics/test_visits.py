"""Persons at a gate: the line stands upright in the middle, its right hand is the right half."""

from typing import Any

import numpy as np
import pytest

from operators.arrays import Parts
from operators.city import City
from operators.metrics import flow, visits
from schemas.columns import VISITS
from tests.operators.staged import Object, at, camera, city, crossed, frames, line

T0 = 1_767_571_200_000_000
WHERE = {"A": 0.40, "b": 0.505, "B": 0.60}


def town(entry: str = "to_right", **fields: Any) -> City:
    """Return a camera with a flow line at 0.9 and a gate in the middle."""
    road = line("road", (0.9, 1.0), (0.9, 0.0))
    gate = line("gate", (0.5, 1.0), (0.5, 0.0), role="gate", entry=entry)
    return city(camera(**{"metrics": ("visits",), "line": (road, gate), **fields}))


def walk(
    sides: str, track: int = 7, cls: str = "person", step_us: int = 100_000
) -> list[tuple[int, int, list[Object]]]:
    """Return frames of somebody; "." is a frame without."""
    return [(0, T0 + i * step_us, [at(WHERE[s], 0.5, track, cls)] if s != "." else []) for i, s in enumerate(sides)]


def counted(rows: list[tuple[int, int, list[Object]]], place: City) -> Parts:
    return visits.counts(place, crossed(place, frames(rows)))


def total(parts: Parts) -> tuple[int, int]:
    names = ("entries_n", "exits_n")
    entries, exits = (int(parts.values[:, VISITS.offset(name)].sum()) for name in names)
    assert entries + exits == len(parts.key) == parts.values.sum()
    return entries, exits


@pytest.mark.parametrize(
    ("entry", "sides", "expected"),
    [
        pytest.param("to_right", "AABB", (1, 0), id="in"),
        pytest.param("to_right", "BBAA", (0, 1), id="out"),
        pytest.param("to_left", "AABB", (0, 1), id="out to the right"),
        pytest.param("to_left", "BBAA", (1, 0), id="in to the left"),
        pytest.param("to_right", "AAB", (0, 0), id="not yet"),
    ],
)
def test_the_registry_says_which_way_is_in(entry: str, sides: str, expected: tuple[int, int]) -> None:
    parts = counted(walk(sides), town(entry))
    assert total(parts) == expected
    assert parts.key.tolist() == [1] * sum(expected)


def test_five_flips_at_a_gate_are_one_visit() -> None:
    """Quick ones are a tracker's; slow ones are those of somebody who cannot decide, 15 s each way."""
    assert total(counted(walk("AA" + "BBAA" * 5 + "BB"), town())) == (1, 0)
    slow = walk("AA" + ("B" * 15 + "A" * 15) * 5 + "BB", step_us=1_000_000)
    place = town()
    assert len(crossed(place, frames(slow))) == 11
    assert total(counted(slow, place)) == (1, 1)


def test_five_flips_in_batches_of_a_frame_are_one_visit() -> None:
    place = town()
    state, parts = flow.start(place), []
    for row in walk("AA" + ("B" * 15 + "A" * 15) * 5 + "BB", step_us=1_000_000):
        parts.append(visits.counts(place, flow.follow(state, place, frames([row]), flow.Rules())))
    parts.append(visits.counts(place, flow.settle(state, np.zeros(1, int), flow.Rules())))
    assert total(Parts(*(np.concatenate(column) for column in zip(*parts, strict=True)))) == (1, 1)


def test_two_persons_are_two_visits() -> None:
    rows = [(0, t, a + b) for (_, t, a), (_, _, b) in zip(walk("AABB", 7), walk("AABB", 8), strict=True)]
    assert total(counted(rows, town())) == (2, 0)


@pytest.mark.parametrize("cls", ["car", "motorcycle", "bicycle", "becak"])
def test_vehicles_are_no_visitors(cls: str) -> None:
    assert total(counted(walk("AABB", cls=cls), town())) == (0, 0)


def test_untracked_persons_are_no_visits() -> None:
    assert total(counted(walk("AABB", 0), town())) == (0, 0)


def test_a_flow_line_is_no_gate() -> None:
    over = [(0, t, [at(0.85 if i < 2 else 0.95, 0.5, 7)]) for i, (_, t, _) in enumerate(walk("AABB"))]
    place = town()
    assert len(crossed(place, frames(over))) == 1
    assert total(counted(over, place)) == (0, 0)


def test_a_camera_that_was_not_asked_counts_nobody() -> None:
    place = town(metrics=("flow",))
    assert len(crossed(place, frames(walk("AABB")))) == 1
    assert total(counted(walk("AABB"), place)) == (0, 0)


def test_a_visit_belongs_to_the_minute_of_its_crossing() -> None:
    rows = [(0, t + 59_740_000, o) for _, t, o in walk("AABBB")]
    assert counted(rows, town()).minute.tolist() == [T0 // 60_000_000]
    later = [(0, t + 60_000_000, o) for _, t, o in walk("AABBB")]
    assert counted(later, town()).minute.tolist() == [T0 // 60_000_000 + 1]


def test_no_crossings_are_no_visits() -> None:
    assert total(counted([], town())) == (0, 0)
    place = city(camera(metrics=("visits",)))
    assert total(counted(walk("AABB"), place)) == (0, 0)
