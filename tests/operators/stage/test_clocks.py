"""A camera's clock jumps when several frames agree; a lone frame moves nothing."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators import city
from operators.stage import beliefs, clocks
from schemas.registry import Camera, Registry

SECOND, MINUTE, HOUR, DAY = 1, 60, 3_600, 86_400
START = 1_767_571_200
"""2026-01-05T00:00:00Z"""
TOWN = city.build(
    Registry(camera=(Camera("a", "00", fps=1.0), Camera("slow", "00", fps=0.2), Camera("wrong", "00", fps=10.0)))
)
BY = clocks.rules(TOWN, 2_000_000, 600_000_000)
CODES = {"a": 0, "slow": 1, "wrong": 2}


def judged(times: list[float], camera: str = "a", cuts: tuple[int, ...] = ()) -> tuple[list[float], list[float]]:
    """Seconds that are believed, in the order in which they are, and those that never are."""
    state, said, never = clocks.start(3), [], []
    t_us = np.array([round((START + t) * 1e6) for t in times], np.int64)
    rows, codes = np.arange(len(times), dtype=np.int64), np.full(len(times), CODES[camera], np.int32)
    for a, b in itertools.pairwise([0, *cuts, len(times)]):
        frames = clocks.nothing()._replace(
            row=rows[a:b], camera=codes[a:b], t_us=t_us[a:b], first=np.zeros(b - a + 1, np.int64),
            signal_first=np.zeros(b - a + 1, np.int64),
            **{name: np.zeros(b - a, getattr(clocks.nothing(), name).dtype)
               for name in ("seq", "arrival_us", "width", "height", "luma", "sharpness", "image")},
        )  # fmt: skip
        one = clocks.admit(state, BY, frames)
        said += one.frames.row.tolist()
        never += one.jumped.tolist()
    last = clocks.finish(state, BY)
    said, never = [*said, *last.frames.row.tolist()], [*never, *last.jumped.tolist()]
    assert sorted([*said, *never]) == rows.tolist()
    return [times[row] for row in said], [times[row] for row in never]


STREAM = [float(t) for t in range(60)]
FAR = [
    pytest.param(2 * HOUR, id="two hours ahead"),
    pytest.param(-7 * HOUR, id="seven hours early"),
    pytest.param(-26 * 365 * DAY, id="a dead battery: 2000"),
    pytest.param(365 * DAY, id="a year ahead"),
]


@pytest.mark.parametrize("at", [0, 1, 2, 3, 30, 57, 58, 59])
@pytest.mark.parametrize("off", FAR)
def test_a_lone_frame_far_off_is_never_believed_and_all_others_are(at: int, off: int) -> None:
    times = [t + off if t == at else t for t in STREAM]
    said, never = judged(times)
    assert never == [at + off]
    assert said == [t for t in STREAM if t != at]


@pytest.mark.parametrize("count", [1, 2])
def test_a_frame_sent_twice_is_still_alone(count: int) -> None:
    bad = [30 + 2 * HOUR] * count
    assert judged([*STREAM[:30], *bad, *STREAM[30:]]) == (STREAM, bad)


@pytest.mark.parametrize(
    "gap",
    [
        pytest.param(30 * SECOND, id="a stall"),
        pytest.param(5 * MINUTE, id="minutes"),
        pytest.param(HOUR, id="an hour: offline, or set to summer time"),
        pytest.param(30 * DAY, id="a month"),
    ],
)
def test_a_gap_counts_once_three_frames_agree_and_loses_none(gap: int) -> None:
    times = [*STREAM, *(t + gap for t in range(60, 63))]
    assert judged(times) == (times, [])
    assert judged(times[:-1]) == (STREAM, times[-3:-1])


def test_a_bad_stamp_amid_frames_after_a_gap_costs_itself_alone() -> None:
    after = [t + HOUR for t in range(60, 70)]
    bad = 3 * HOUR
    times = [*STREAM, after[0], bad, *after[1:]]
    assert judged(times) == ([*STREAM, *after], [bad])


def test_what_is_a_little_ahead_is_believed_when_the_clock_comes_there() -> None:
    times = [*STREAM[:10], 40.0, *STREAM[10:]]
    said, never = judged(times)
    assert never == []
    assert said.index(40.0) == said.index(38.0) + 1  # within reorder_s of the clock: it makes no other late
    assert [t for t in said if t != 40.0] == [t for t in STREAM if t != 40.0]


@pytest.mark.parametrize(
    ("camera", "step"),
    [
        pytest.param("slow", 5, id="0.2 frames a second"),
        pytest.param("wrong", 60, id="one a minute, where the registry says ten a second"),
        pytest.param("wrong", 0, id="ten a second, told in whole seconds"),
    ],
)
def test_a_slow_camera_is_believed_to_its_last_frame(camera: str, step: int) -> None:
    times = [float(step * n) if step else float(n // 10) for n in range(40)]
    assert judged(times, camera) == (times, [])


def test_a_first_frame_that_is_minutes_early_stands_before_no_gap() -> None:
    """It is believed behind the others: the stream did not begin with it."""
    assert judged([-81.0, *STREAM[1:]]) == ([*STREAM[1:3], -81.0, *STREAM[3:]], [])


def test_a_backlog_is_no_jump_and_the_stream_goes_on() -> None:
    """A recorder sends an hour that it kept: one by one with live frames, then in a run."""
    old = [t - 2 * HOUR for t in range(40)]
    live = [float(t) for t in range(100)]
    mixed = [t for pair in zip(live[:20], old[:20], strict=True) for t in pair]
    said, never = judged([*mixed, *old[20:], *live[20:]])
    assert [t for t in said if t >= 0] == live
    assert len(never) <= beliefs.AGREE - 1


def test_live_frames_after_an_outage_are_believed_amid_a_backlog() -> None:
    live, kept = [t + HOUR for t in range(60, 120)], [float(t) for t in range(60, 120)]
    times = [*STREAM, *(t for pair in zip(live, kept, strict=True) for t in pair)]
    said, never = judged(times)
    assert [t for t in said if t >= HOUR] == live
    assert never == []


@pytest.mark.parametrize("back", [3, 300, 1_800])
def test_a_clock_that_is_set_back_is_left_to_the_order(back: int) -> None:
    times = [*STREAM, *(60 - back + t for t in range(60))]
    assert judged(times) == (times, [])


def test_frames_of_a_camera_that_sends_a_few_are_all_there_is() -> None:
    assert judged([0.0, 3_000.0]) == ([0.0, 3_000.0], [])


def test_no_camera_holds_more_than_its_room() -> None:
    """Every frame a day after the one before: nothing ever agrees."""
    state, row = clocks.believing(3), np.arange(100, dtype=np.int64)
    clocks.judge(state, BY, row, np.zeros(100, np.int32), row * DAY * 1_000_000)
    assert state.filled.tolist() == [beliefs.ROOM - 1, 0, 0]
    assert len(state.held_us) == beliefs.ROOM - 1


def test_versions_of_a_camera_share_its_clock() -> None:
    """A frame stamped before the camera was turned is no first frame of the version before."""
    turned = datetime.fromtimestamp(START, UTC)
    both = city.build(Registry(camera=(Camera("a", "00", fps=1.0), Camera("a", "00", fps=1.0, valid_from=turned))))
    assert clocks.homes(both).tolist() == [0, 0]


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[float], tuple[int, ...]]:
    """A stream with gaps, in some order, with some bad stamps, and where to cut it."""
    steps = draw(
        st.lists(st.sampled_from([0.5, 1.0, 1.0, 1.0, 3.0, 40.0, 2_000.0, -5.0, -700.0, -9_000.0]), max_size=60)
    )
    times = list(itertools.accumulate(steps, initial=0.0))
    bad = draw(st.dictionaries(st.integers(0, len(times) - 1), st.integers(-DAY, DAY), max_size=3))
    times = [t + bad.get(i, 0) for i, t in enumerate(times)]
    return times, tuple(sorted(draw(st.sets(st.integers(0, len(times)), max_size=5))))


@settings(max_examples=200, deadline=None)
@given(streams())
def test_what_is_believed_does_not_depend_on_how_the_stream_is_cut(case) -> None:
    times, cuts = case
    assert judged(times, cuts=cuts) == judged(times)
