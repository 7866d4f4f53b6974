"""Whose tracks a camera has: a decision by its frames in order, whatever the cut."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from operators.tracking import nameless, streams, tracker
from tests.operators.staged import at, camera, city, frames

SECOND = 1_000_000
MODES = ("auto", "iou", "none")
BARE, OWN, EMPTY, GARBAGE, SAME, ALONE = "bare", "own", "empty", "garbage", "same", "alone"
OBJECTS: dict[str, list[Any]] = {
    BARE: [at(0.5, 0.5), at(0.2, 0.5, cls="car")],
    OWN: [at(0.5, 0.5, 7), at(0.2, 0.5)],
    SAME: [at(0.5, 0.5, 9), at(0.2, 0.5, 9, cls="car"), at(0.8, 0.5, 9), at(0.1, 0.9, cls="dog")],
    ALONE: [at(0.5, 0.5, 9)],
    EMPTY: [],
    GARBAGE: [at(0.5, 0.5, cls="garbage"), at(0.5, 0.5, cls="dog")],
}


def told(kinds: list[str], mode: str = "auto", step_s: int = 1) -> list[tuple[bool, bool]]:
    """Whether each frame is tracked here, and whether nobody tracks it."""
    town = city(camera(tracker=mode))
    rows = [(0, i * step_s * SECOND, OBJECTS[kind]) for i, kind in enumerate(kinds)]
    out, _ = streams.step(streams.start(1), streams.modes(town), frames(rows))
    return list(zip(out.made_here.tolist(), out.untracked.tolist(), strict=True))


HERE, LOST, FINE = (True, False), (False, True), (False, False)

TABLE = {
    "nothing yet": ("auto", [EMPTY, GARBAGE], [FINE, FINE]),
    "no ids from the first object on": ("auto", [EMPTY, BARE, EMPTY], [FINE, HERE, HERE]),
    "ids from the first object on": ("auto", [OWN, EMPTY, OWN], [FINE, FINE, FINE]),
    "ids that begin later": ("auto", [BARE, OWN, EMPTY], [HERE, FINE, FINE]),
    "a frame without in a stream that has them": ("auto", [OWN, BARE, OWN], [FINE, LOST, FINE]),
    "only garbage without": ("auto", [OWN, GARBAGE], [FINE, FINE]),
    "always": ("iou", [EMPTY, BARE, OWN, BARE], [HERE] * 4),
    "never, and none": ("none", [EMPTY, BARE, EMPTY, GARBAGE], [FINE, LOST, LOST, LOST]),
    "never, and ids": ("none", [OWN, EMPTY, OWN], [FINE, FINE, FINE]),
}


@pytest.mark.parametrize(("mode", "kinds", "expected"), TABLE.values(), ids=TABLE.keys())
def test_whose_tracks_a_frame_has(mode: str, kinds: list[str], expected: list[tuple[bool, bool]]) -> None:
    assert told(kinds, mode) == expected


def test_a_stream_has_lost_its_ids_after_a_minute_and_twenty_objects_without() -> None:
    """A detector that is started again without its tracker."""
    assert told([OWN] + [BARE] * 61, "auto")[-2:] == [LOST, HERE]
    assert told([OWN] + [BARE] * 61, "none")[-2:] == [LOST, LOST]
    assert told([OWN] + [BARE] * 10, "auto", step_s=60)[-3:] == [LOST, LOST, HERE]


def test_ids_that_come_again_take_the_camera_back() -> None:
    assert told([OWN] + [BARE] * 62 + [OWN, EMPTY])[-2:] == [FINE, FINE]
    assert told([OWN] + [BARE] * 59 + [OWN] + [BARE] * 59)[-1] == LOST


def test_an_id_that_everybody_has_is_none_until_another_comes() -> None:
    """A sender without a tracker that writes 0 for all: 20 objects too many say so, two a frame."""
    assert told([SAME, ALONE] * 9)[-1] == FINE
    assert told([SAME, ALONE] * 9 + [SAME, ALONE, EMPTY])[-3:] == [HERE, HERE, HERE]
    assert told([SAME] * 10 + [ALONE], "none")[-1] == LOST
    assert told([SAME] * 10 + [OWN, ALONE])[-2:] == [FINE, FINE]
    assert told([SAME] * 9 + [OWN, SAME])[-1] == FINE


def test_bodies_of_one_id_are_told_apart_once_it_is_known_as_none() -> None:
    town = city(camera(tracker="auto", fps=10.0))
    ordered = frames([(0, i * SECOND // 10, OBJECTS[SAME]) for i in range(14)])
    whose, ids = streams.step(streams.start(1), streams.modes(town), ordered)
    people = ordered.track != 0
    assert ids[people].tolist() == [9] * 27 + [0] * 15
    assert whose.without_id.tolist() == [2] * 9 + [0] * 5
    _, track = streams.tracked(tracker.start(1), town, ordered._replace(track=ids), whose.made_here, tracker.DEFAULTS)
    found = track[people][27:].reshape(5, 3)
    assert (found == found[0]).all()
    assert len(set(found[0].tolist())) == 3
    assert 0 not in found


def test_objects_are_counted_by_their_ids() -> None:
    town = city(camera(tracker="auto"))
    rows = [(0, i * SECOND, OBJECTS[kind]) for i, kind in enumerate([BARE, OWN, BARE, GARBAGE])]
    out, _ = streams.step(streams.start(1), streams.modes(town), frames(rows))
    assert out.with_id.tolist() == [0, 1, 0, 0]
    assert out.without_id.tolist() == [0, 1, 2, 0]


def test_what_has_the_id_of_another_in_its_frame_is_counted_as_without_one() -> None:
    """A sender that has no tracker and writes 0 for all: nothing crosses, and that is said."""
    town = city(camera(tracker="auto"))
    same = [at(0.2, 0.5, 7), at(0.5, 0.5, 7, cls="car"), at(0.9, 0.5, cls="dog"), at(0.8, 0.5, 7), at(0.9, 0.5, 1)]
    rows = [(0, 0, same), (0, SECOND, same[-2:])]
    modes = streams.modes(town)
    for out in (streams.step(streams.start(1), modes, frames(rows))[0], streams.late(modes, frames(rows))):
        assert out.with_id.tolist() == [2, 2]
        assert out.without_id.tolist() == [2, 0]
        assert not out.untracked.any()


@pytest.mark.parametrize(("fps", "is_followed"), [(0.5, False), (0.99, False), (1.0, True), (10.0, True)])
def test_tracks_made_here_of_less_than_a_frame_a_second_are_no_watching(fps: float, is_followed: bool) -> None:
    for mode, kinds in (("auto", [BARE, EMPTY]), ("iou", [OWN, EMPTY])):
        town = city(camera(tracker=mode, fps=fps))
        seen = frames([(0, i * 2 * SECOND, OBJECTS[kind]) for i, kind in enumerate(kinds)])
        told = streams.step(streams.start(1), streams.modes(town), seen)[0], streams.late(streams.modes(town), seen)
        for whose in told:
            assert whose.made_here.all()
            assert whose.untracked.tolist() == [not is_followed] * 2


def test_a_stream_with_ids_may_be_as_slow_as_it_likes() -> None:
    town = city(camera(tracker="auto", fps=0.2))
    seen = frames([(0, i * 5 * SECOND, OBJECTS[kind]) for i, kind in enumerate([OWN, EMPTY, OWN])])
    assert not streams.step(streams.start(1), streams.modes(town), seen)[0].untracked.any()


def test_late_frames_decide_nothing() -> None:
    rows = [(0, 0, OBJECTS[BARE]), (0, SECOND, OBJECTS[OWN]), (0, 2 * SECOND, OBJECTS[EMPTY])]
    for mode, here, lost in zip(MODES, ([1, 0, 1], [1, 1, 1], [0, 0, 0]), ([0] * 3, [0] * 3, [1, 0, 0]), strict=True):
        out = streams.late(streams.modes(city(camera(tracker=mode))), frames(rows))
        assert (out.made_here.tolist(), out.untracked.tolist()) == (here, lost)


DRAWN = [*[BARE] * 3, OWN, EMPTY, *[SAME] * 8, ALONE]


@settings(max_examples=60, deadline=None)
@example(kinds=[(c, kind) for kind in [SAME] * 12 + [OWN] for c in range(3)], cuts={7, 31})
@given(
    kinds=st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from([BARE, BARE, BARE, OWN, EMPTY, *[SAME] * 5, ALONE])), max_size=40
    ),
    cuts=st.sets(st.integers(0, 60), max_size=4),
)
def test_no_cut_of_the_input_changes_a_decision_or_a_track(kinds: list[tuple[int, str]], cuts: set[int]) -> None:
    town = city(*(camera(f"c{i}", tracker=mode) for i, mode in enumerate(MODES)))
    rows = [(c, i * 7 * SECOND, OBJECTS[kind]) for i, (c, kind) in enumerate(kinds)]
    assert play(town, rows, []) == play(town, rows, sorted(cuts))


def play(town: Any, rows: list[Any], cuts: list[int]) -> list[tuple[Any, ...]]:
    """Each frame's decision and tracks, of input cut here, the state stored between."""
    state, tracks, out = streams.start(3), tracker.start(3), []
    edges = [0, *cuts, len(rows)]
    for begin, end in itertools.pairwise(edges):
        part = sorted(rows[begin:end], key=lambda row: row[:2])
        ordered = frames(part)
        state = copy.deepcopy(state)
        whose, given_ids = streams.step(state, streams.modes(town), ordered)
        known = ordered._replace(track=given_ids)
        tracks, track = streams.tracked(tracks, town, known, whose.made_here, tracker.DEFAULTS)
        assert (track[known.track != 0] == known.track[known.track != 0]).all()
        for i, row in enumerate(part):
            ids = track[ordered.first[i] : ordered.first[i + 1]].tolist()
            out.append((*row[:2], *(column[i].item() for column in whose), ids))
    return sorted(out)


def test_the_tracker_sees_the_frames_without_ids_alone() -> None:
    """A stream's own tracks are no births here, and what it leaves out is nobody's."""
    town = city(camera(tracker="auto"))
    rows = [(0, i * SECOND // 10, OBJECTS[kind]) for i, kind in enumerate([BARE] * 3 + [OWN] * 2)]
    ordered = frames(rows)
    whose, _ = streams.step(streams.start(1), streams.modes(town), ordered)
    _, track = streams.tracked(tracker.start(1), town, ordered, whose.made_here, tracker.DEFAULTS)
    assert (track[:6] != 0).all()
    assert track[6:].tolist() == [7, 0, 7, 0]


def test_what_a_stream_has_shown_goes_along_with_its_camera() -> None:
    source, into = streams.start(2), streams.start(3)
    for column in (*source[:3], *source.ids):
        column[:] = np.array([1, 2]).reshape(2, *[1] * (column.ndim - 1))
    streams.carry(into, source, np.array([2, -1], np.int32))
    assert [column.tolist() for column in (*into[:3], *into.ids)][:5] == [[0, 0, 1]] * 5
    assert into.ids.kept.tolist() == [[0] * nameless.KEPT] * 2 + [[1] * nameless.KEPT]
