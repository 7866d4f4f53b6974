"""The matching of greatest gain, against scipy's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from operators.tracking.assign import pair, scratch


def _paired(gain: np.ndarray) -> np.ndarray:
    rows, columns = gain.shape
    match = np.full(rows, 99, np.int64)
    pair(gain, rows, columns, match, scratch(max(rows, columns)))
    return match


@settings(deadline=None)  # the first call compiles
@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from([0.2, 0.6, 1.0]), st.integers(0, 2**32 - 1))
def test_the_total_gain_is_the_greatest_there_is(rows: int, columns: int, share: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    gain = np.where(random.random((rows, columns)) < share, random.random((rows, columns)), -0.3)
    match = _paired(gain)
    mine = gain[match >= 0, match[match >= 0]]
    best = np.maximum(gain, 0)
    assert (mine > 0).all()
    assert len(set(match[match >= 0])) == (match >= 0).sum()
    assert mine.sum() == pytest.approx(best[linear_sum_assignment(best, maximize=True)].sum())


def test_taking_the_best_pair_first_would_lose() -> None:
    assert _paired(np.array([[0.9, 0.8], [0.8, 0.0]])).tolist() == [1, 0]


def test_what_cannot_be_matched_stays_alone() -> None:
    assert _paired(np.array([[0.0, -0.1], [0.5, 0.0], [np.nan, 0.0]])).tolist() == [-1, 0, -1]
