"""Small counts of persons, and what would give them away, are left out of open data."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from operators.suppression import hidden

LEAST = 10


def summed(leaves: dict[str, int]) -> dict[str, float]:
    """Return counts of kelurahan with those of their kecamatan and of the city."""
    counts: dict[str, float] = {}
    for code, count in leaves.items():
        for parts in (2, 3, 4):
            around = ".".join(code.split(".")[:parts])
            counts[around] = counts.get(around, 0) + count
    return counts


def test_a_small_count_takes_another_of_its_sum_with_it() -> None:
    counts = summed({"33.74.01.1": 4, "33.74.01.2": 30, "33.74.01.3": 50, "33.74.03.1": 200, "33.74.03.2": 300})
    assert hidden(counts, LEAST) == {"33.74.01.1", "33.74.01.2"}


def test_an_area_that_is_alone_in_its_kecamatan_takes_this_and_a_second_kecamatan_with_it() -> None:
    counts = summed({"33.74.02.1": 7, "33.74.01.1": 60, "33.74.01.2": 80, "33.74.03.1": 500})
    assert hidden(counts, LEAST) == {"33.74.02.1", "33.74.02", "33.74.01", "33.74.01.1"}


def test_nobody_is_no_secret() -> None:
    assert hidden(summed({"33.74.01.1": 0, "33.74.01.2": 50}), LEAST) == set()


leaves = st.dictionaries(
    st.tuples(st.integers(1, 4), st.integers(1, 4)).map(lambda at: f"33.74.0{at[0]}.{at[1]}"),
    st.sampled_from([0, 0, 1, 3, 9, 10, 12, 40, 700]),
    min_size=1,
)


@given(leaves)
def test_no_small_count_can_be_worked_out_from_the_sums(counted: dict[str, int]) -> None:
    """What is left out solves its sums in more than one way, each small count among them."""
    counts = summed(counted)
    out = sorted(hidden(counts, LEAST))
    small = {code for code, count in counts.items() if 0 < count < LEAST}
    assert small <= set(out)
    sums = [
        [(code == around) - (code.rpartition(".")[0] == around) for code in out]
        for around in counts
        if any(code.rpartition(".")[0] == around for code in counts)
    ]
    if not out or not sums:
        return
    _, values, directions = np.linalg.svd(np.array(sums, float))
    free = directions[np.sum(values > 1e-9) :]
    for at, code in enumerate(out):
        if code in small:
            assert np.abs(free[:, at]).max(initial=0) > 1e-9, code
