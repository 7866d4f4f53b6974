"""`for`, `keep_firing_for` and what nobody sees, drawn as timelines: a letter a minute."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.alerts import conditions
from operators.alerts.conditions import ENDED, NO, UNKNOWN, YES, Params, Rows

MINUTE = 60_000_000
VERDICTS = {"#": YES, ".": NO, "?": UNKNOWN, "o": YES}  # "o": it holds out of hours


def rows(drawn: str, subject: int = 0, first: int = 0) -> Rows:
    """Return a timeline's windows; ``-`` has no row."""
    at = [i for i, letter in enumerate(drawn) if letter != "-"]
    return Rows(
        np.full(len(at), subject, np.int32),
        np.array([(first + i + 1) * MINUTE for i in at], np.int64),
        np.full(len(at), MINUTE, np.int64),
        np.array([VERDICTS[drawn[i]] for i in at], np.int8),
        np.array([float(i) if drawn[i] in "#o" else np.nan for i in at]),
        np.array([drawn[i] != "o" for i in at], np.bool_),
    )


def told(changes: conditions.Changes) -> str:
    """Return changes as ``+minute``, ``-minute`` (which it ended at) and ``!minute`` (nobody saw)."""
    out = []
    for i in range(len(changes.subject)):
        sign = "+" if changes.is_on[i] else "-" if changes.why[i] == ENDED else "!"
        out.append(
            f"{sign}{changes.t_us[i] // MINUTE}" + ("" if changes.is_on[i] else f"({changes.ended_us[i] // MINUTE})")
        )
    return " ".join(out)


def minutes(for_m: int = 0, keep_m: int = 0, unseen_m: int = 360) -> Params:
    return Params(for_m * MINUTE, keep_m * MINUTE, unseen_m * MINUTE)


@pytest.mark.parametrize(
    ("drawn", "params", "expected"),
    [
        ("..##..", minutes(), "+3 -5(4)"),
        ("..##..", minutes(2), "+4 -5(4)"),
        ("..##..", minutes(3), ""),
        ("#.#.#.", minutes(2), ""),
        ("#.#.#..", minutes(0, 2), "+1 -7(5)"),  # it flaps: one alert
        ("#.#.#..", minutes(), "+1 -2(1) +3 -4(3) +5 -6(5)"),
        ("##??##.", minutes(4), "+6 -7(6)"),  # clocks stand still while nobody sees
        ("##--##.", minutes(4), "+6 -7(6)"),  # no row is not seen either
        ("##??..", minutes(2), "+2 -5(4)"),  # what is told stays while nobody sees
        ("##.??..", minutes(2, 3), "+2 -7(2)"),
        ("##???###", minutes(2, 0, 3), "+2 !5(2) +7"),
        ("##---###", minutes(2, 0, 3), "+2 !5(2) +7"),
        ("#????#", minutes(2, 0, 3), ""),  # given up before it was told
        ("ooo##.", minutes(2), "+4 -6(5)"),  # held out of hours: told once they begin
        ("ooo...", minutes(2), ""),
        ("##oo..", minutes(2), "+2 -5(4)"),  # what was told goes on
    ],
)
def test_a_timeline(drawn: str, params: Params, expected: str) -> None:
    assert told(conditions.step(conditions.start(1), params, rows(drawn))) == expected


@given(
    st.lists(st.sampled_from("#.?-o"), min_size=1, max_size=40),
    st.integers(0, 4),
    st.integers(0, 4),
    st.integers(1, 6),
    st.lists(st.integers(1, 39), max_size=3),
)
def test_any_cut_tells_the_same(letters: list[str], for_m: int, keep_m: int, unseen_m: int, cuts: list[int]) -> None:
    drawn, params = "".join(letters), minutes(for_m, keep_m, unseen_m)
    whole = told(conditions.step(conditions.start(1), params, rows(drawn)))
    state, parts = conditions.start(1), []
    edges = sorted({0, *(cut for cut in cuts if cut < len(drawn)), len(drawn)})
    for a, b in itertools.pairwise(edges):
        parts.append(told(conditions.step(state, params, rows(drawn[a:b], first=a))))
    assert " ".join(part for part in parts if part) == whole


def test_subjects_know_nothing_of_each_other_and_the_peak_is_the_worst() -> None:
    one, other = rows("###.", 0), rows(".##.", 1)
    both = Rows(*(np.concatenate([a, b]) for a, b in zip(one, other, strict=True)))
    changes = conditions.step(conditions.start(2), minutes(2), both)
    assert changes.subject.tolist() == [0, 0, 1, 1]
    assert changes.peak.tolist() == [1.0, 2.0, 2.0, 2.0]
    low = conditions.step(conditions.start(1), minutes(2), rows("###."), is_low=True)
    assert low.peak.tolist() == [0.0, 0.0]
    assert low.why.tolist() == [ENDED, ENDED]
