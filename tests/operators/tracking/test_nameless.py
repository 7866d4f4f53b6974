"""Ids that name nobody: one for all, or one for every box; decided frame by frame, whatever the cut."""

from __future__ import annotations

import copy
import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.arrays import Ordered
from operators.tracking import nameless
from operators.tracking.streams import _FOLLOWED
from tests.operators.staged import at, frames

SECOND = 1_000_000
Ids = list[int]


def shown(ids: list[Ids], step_us: int = SECOND // 2) -> Ordered:
    """Frames of one camera, persons with these ids in each."""
    return frames([(0, i * step_us, [at(0.1 * n, 0.5, one) for n, one in enumerate(row)]) for i, row in enumerate(ids)])


def nobodys(ids: list[Ids], step_us: int = SECOND // 2) -> list[bool]:
    """Tell of which frames the ids name nobody."""
    seen = shown(ids, step_us)
    track, out = nameless.step(nameless.start(1), _FOLLOWED, seen)
    of_frame = np.repeat(out, np.diff(seen.first))
    assert np.array_equal(track, np.where(of_frame, 0, seen.track))
    return out.tolist()


def every_box(count: int, first: int = 1) -> list[Ids]:
    return [[first + 2 * i, first + 2 * i + 1] for i in range(count)]


def test_one_id_for_all_names_nobody_once_twenty_bore_it_beside_another() -> None:
    assert nobodys([[5, 5, 5]] * 9) == [False] * 9
    assert nobodys([[5, 5, 5]] * 10 + [[5], []]) == [False] * 9 + [True] * 3
    assert nobodys([[5, 5, 5]] * 10 + [[5, 6]] + [[5, 5]]) == [False] * 9 + [True, False, False]
    assert nobodys([[5, 0, 5]] * 20)[-1]


def test_a_doubled_box_is_no_word() -> None:
    assert not any(nobodys(([[5, 5]] * 3 + [[5, 6]]) * 30))


def test_an_id_for_every_box_names_nobody_after_a_minute_and_two_hundred() -> None:
    out = nobodys(every_box(130))
    assert out == [False] * 121 + [True] * 9  # two a frame since the second, two frames a second
    out = nobodys([*every_box(130), [1_001, 1_002], [1_002], [1_003]])
    assert out[-3:] == [True, False, False]
    assert not any(nobodys(every_box(90), SECOND))  # 178 of them


def test_frames_that_are_far_apart_say_nothing_of_it() -> None:
    assert not any(nobodys(every_box(300), nameless.NEAR_US + 1))


def test_bodies_that_are_followed_keep_their_ids() -> None:
    assert not any(nobodys([[i // 3 * 2 + 1, 10_000 + i] for i in range(400)]))


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(
        st.tuples(st.sampled_from(["same", "fresh", "followed", "none"]), st.integers(1, 130)), min_size=1, max_size=5
    ),
    cuts=st.sets(st.integers(0, 400), max_size=4),
)
def test_no_cut_changes_what_names_somebody(parts: list[tuple[str, int]], cuts: set[int]) -> None:
    kinds = {"same": [[7, 7]], "followed": [[1, 2]], "none": [[0], []]}
    ids: list[Ids] = []
    for kind, count in parts:
        ids += every_box(count, 100 + 2 * len(ids)) if kind == "fresh" else (kinds[kind] * count)[:count]
    rows = [(0, i * SECOND // 2, [at(0.1 * n, 0.5, one) for n, one in enumerate(row)]) for i, row in enumerate(ids)]
    state, found = nameless.start(1), []
    for begin, end in itertools.pairwise([0, *sorted(cut for cut in cuts if cut < len(rows)), len(rows)]):
        state = copy.deepcopy(state)
        found += nameless.step(state, _FOLLOWED, frames(rows[begin:end]))[1].tolist()
    assert found == nobodys(ids)
