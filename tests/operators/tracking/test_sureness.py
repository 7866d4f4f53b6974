"""Confidence on a detector's own scale: as it comes where the detector reaches 0.4, stretched where it never does."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.arrays import Ordered
from operators.tracking import sureness
from tests.operators.staged import at, frames

SECOND = 1_000_000


def said(confidences: list[float], cls: str = "car", camera: int = 0) -> Ordered:
    """A frame a second, a vehicle in each."""
    return frames([(camera, i * SECOND, [at(0.5, 0.5, 7, cls=cls, confidence=c)]) for i, c in enumerate(confidences)])


def like(*cycle: float, count: int = 1_200) -> list[float]:
    return list(itertools.islice(itertools.cycle(cycle), count))


def taken(confidences: list[float], cls: str = "car") -> np.ndarray:
    return sureness.read(sureness.start(1), said(confidences, cls))


AS_THEY_COME = {
    "a detector of 0.9": like(0.9),
    "one that doubts most, and is sure of one in seven": like(0.2, 0.2, 0.3, 0.2, 0.1, 0.3, 0.45),
    "one that says no confidence": like(float("nan")),
    "too few to know": like(0.3, count=sureness.LEAST),
    "sure in the day, and a sign all night": like(0.7, count=30_000) + like(0.2, count=360_000),
}


@pytest.mark.parametrize("confidences", AS_THEY_COME.values(), ids=AS_THEY_COME.keys())
def test_confidences_of_a_detector_that_reaches_the_bar_are_taken_as_they_come(confidences: list[float]) -> None:
    assert np.array_equal(taken(confidences), np.array(confidences, np.float32), equal_nan=True)


@pytest.mark.parametrize(
    "cycle",
    [(0.3,), (0.02,), (0.0,), (0.0, 0.0, 0.0, 0.3), (0.39,), (0.28, 0.32), (0.1, 0.2, 0.25, 0.3), (0.26, 0.22)],
    ids=str,
)
def test_of_a_detector_that_never_reaches_the_bar_three_in_four_do(cycle: tuple[float, ...]) -> None:
    """A camera whose detector is small said no confidence above 0.4, and nobody ever parked there."""
    out = taken(like(*cycle))
    assert np.array_equal(out[: sureness.LEAST], np.array(like(*cycle), np.float32)[: sureness.LEAST])
    after = out[sureness.LEAST :]
    assert (after <= 1).all()
    assert (after >= sureness.SURE).mean() >= 0.75
    order = np.argsort(like(*cycle)[sureness.LEAST :], kind="stable")
    assert (np.diff(after[order]) >= 0).all()


def test_kinds_and_cameras_are_judged_apart_and_others_left_alone() -> None:
    state = sureness.start(2)
    sureness.read(state, said(like(0.8), "person"))
    sureness.read(state, said(like(0.3), "car"))
    sureness.read(state, said(like(0.2), "garbage"))
    sureness.read(state, said(like(0.8), "car", camera=1))
    assert sureness.read(state, said([0.3], "truck"))[0] >= sureness.SURE
    assert sureness.read(state, said([0.3], "person"))[0] == np.float32(0.3)
    assert sureness.read(state, said([0.3], "garbage"))[0] == np.float32(0.3)
    assert sureness.read(state, said([0.3], "car", camera=1))[0] == np.float32(0.3)


def test_a_detector_that_is_changed_for_a_better_one_is_read_as_it_comes() -> None:
    out = taken(like(0.3) + like(0.9, 0.2))
    assert out[1_000] >= sureness.SURE
    assert out[-1] == np.float32(0.2)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 1_000),
    top=st.sampled_from([0.3, 0.39, 0.401, 0.8]),
    cuts=st.sets(st.integers(0, 1_500), max_size=4),
)
def test_no_cut_of_the_input_changes_what_is_read(seed: int, top: float, cuts: set[int]) -> None:
    random = np.random.default_rng(seed)
    confidences = (random.uniform(0, top, 1_500)).tolist()
    whole, state, parts = taken(confidences), sureness.start(1), []
    for begin, end in itertools.pairwise([0, *sorted(cuts), 1_500]):
        state = copy.deepcopy(state)
        parts.append(sureness.read(state, said(confidences[begin:end])))
    assert np.array_equal(np.concatenate(parts), whole)
