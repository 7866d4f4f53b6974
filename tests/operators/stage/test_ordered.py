"""The ordered stage: any split and any displacement up to reorder_s release the same frames."""

from __future__ import annotations

import itertools
from unittest import mock

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators import city
from operators.minutes import segments
from operators.stage import intake, ordered, seen
from operators.stage.arrived import Arrived
from schemas.frames import DISPOSITIONS, FRAMES, OBJECTS, FrameBatch
from schemas.registry import Camera, Registry
from tests.operators.oracle.ordering import Frame, dispositions, times

SECOND = 1_000_000
START = 1_767_571_200 * SECOND
CITY = city.build(Registry(camera=tuple(Camera(id=name, area="00", fps=2.0) for name in ("a", "b", "c"))))
INDEX = intake.lookup(CITY)
LIMITS = {"reorder_us": 2 * SECOND, "lateness_us": 600 * SECOND}


def frames(rows: list[tuple[str, int]], seq: list[int] | None = None, first_row: int = 0) -> Arrived:
    """One frame a (camera, ms); its only object's track is the time, so that slices can be followed."""
    times = [START + ms * 1000 for _, ms in rows]
    table = pl.DataFrame({"camera": [c for c, _ in rows], "t_us": times, "seq": seq or [None] * len(rows)})
    objects = pl.DataFrame({"frame": range(len(rows)), "class": ["car"] * len(rows), "track": [str(t) for t in times]})
    blank = [pl.lit(None, kind).alias(name) for name, kind in FRAMES.items() if name not in table.columns]
    table = table.with_columns(blank).select(pl.col(name).cast(kind) for name, kind in FRAMES.items())
    blank = [
        pl.lit(0.5 if kind == pl.Float32 else None, kind).alias(name)
        for name, kind in OBJECTS.items()
        if name not in objects.columns
    ]
    objects = objects.with_columns(blank).select(pl.col(name).cast(kind) for name, kind in OBJECTS.items())
    return intake.arrays(FrameBatch(table, objects), CITY, INDEX, first_row)


def play(batches: list[Arrived]) -> list[ordered.Pushed]:
    state = ordered.start(3)
    pushed = [ordered.push(state, CITY, batch, **LIMITS) for batch in batches]
    return [*pushed, ordered.push(state, CITY, frames([]), ending=True, **LIMITS)]


def told(pushed: list[ordered.Pushed], what: str) -> list[tuple[int, int, int, int]]:
    """(camera, ms, dt_ms, track) of every frame released."""
    out = []
    for one in pushed:
        if (part := getattr(one, what)) is not None:
            assert (np.diff(part.ordered.first) == 1).all()
            ms = (part.ordered.t_us - START) // 1000
            out += zip(
                part.ordered.camera.tolist(),
                ms.tolist(),
                part.ordered.dt_ms.tolist(),
                part.ordered.track.tolist(),
                strict=True,
            )
    return sorted(out)


@st.composite
def displaced(draw: st.DrawFn) -> tuple[list[tuple[str, int]], list[tuple[str, int]], list[int]]:
    """A stream in order, the same with displacements below reorder_s, and where to cut it."""
    rows = draw(
        st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 60_000)), min_size=1, max_size=60, unique=True)
    )
    rows.sort(key=lambda row: row[1])
    moved = [(row, row[1] + draw(st.integers(0, 1_999))) for row in rows]
    arrival = [row for row, _ in sorted(moved, key=lambda pair: pair[1])]
    cuts = sorted(draw(st.sets(st.integers(0, len(rows)), max_size=4)))
    return rows, arrival, cuts


@settings(max_examples=60, deadline=None)
@given(displaced())
def test_any_split_and_any_displacement_up_to_reorder_s_release_the_same(case) -> None:
    rows, arrival, cuts = case
    pieces = [arrival[a:b] for a, b in zip([0, *cuts], [*cuts, len(arrival)], strict=True)]
    least, ordered.LEAST_BATCH = ordered.LEAST_BATCH, 1
    try:
        found = play([frames(piece) for piece in pieces])
    finally:
        ordered.LEAST_BATCH = least
    assert told(found, "late") == []
    assert told(found, "on_time") == told(play([frames(rows)]), "on_time")


PACE = {"reorder_us": SECOND, "lateness_us": 6 * SECOND}


@st.composite
def messy(draw: st.DrawFn) -> tuple[list[Frame], list[int], list[bool]]:
    """Frames in any order, some again and some of one time, where to cut them and where to flush."""
    one = st.builds(Frame, st.sampled_from("abc"), st.integers(0, 40).map(lambda n: n * 250), st.integers(1, 3))
    rows = draw(st.lists(one, min_size=1, max_size=60))
    cuts = sorted(draw(st.sets(st.integers(0, len(rows)), max_size=4)))
    return rows, cuts, draw(st.lists(st.booleans(), min_size=5, max_size=5))


def leaves(rows: list[Frame], cuts: list[int], flushes: list[bool]) -> list[tuple[int, int, int]]:
    """(disposition, dt_ms, lag_ms) of every row; that each leaves once is asserted here."""
    state, out = ordered.start(3), {}
    for (a, b), flush in zip(itertools.pairwise([0, *cuts, len(rows)]), flushes, strict=False):
        piece = frames([row[:2] for row in rows[a:b]], [row.seq for row in rows[a:b]], first_row=a)
        pushed = [ordered.push(state, CITY, piece, flush=flush, **PACE)]
        if b == len(rows):
            pushed.append(ordered.push(state, CITY, frames([]), ending=True, **PACE))
        for row, *said in (row for one in pushed for row in zip(*(c.tolist() for c in one.left), strict=True)):
            assert row not in out
            out[row] = tuple(said)
    return [out[row] for row in range(len(rows))]


@pytest.mark.parametrize("fresh", [1, 7, seen.FRESH])
@settings(max_examples=60, deadline=None)
@given(messy())
def test_every_frame_leaves_once_as_the_plain_loop_says_however_the_stream_is_cut(fresh: int, case) -> None:
    rows, cuts, flushes = case
    said = dispositions(rows, 1_000, 6_000)
    plain = [(DISPOSITIONS.index(how), *dt) for how, dt in zip(said, times(rows, said, 500, 1_000), strict=True)]
    with mock.patch.object(seen, "FRESH", fresh):
        assert leaves(rows, cuts, flushes) == plain


def test_a_flush_releases_what_is_final_however_little_has_gathered() -> None:
    state = ordered.start(3)
    batch = frames([("a", 0), ("a", 500), ("a", 3_000)])
    assert ordered.push(state, CITY, batch, **LIMITS).on_time is None
    flushed = ordered.push(state, CITY, frames([]), flush=True, **LIMITS)
    assert told([flushed], "on_time") == [(0, 0, 500, START + 1)]


def test_the_time_between_frames_is_capped_at_two_periods_and_the_last_lasts_one() -> None:
    found = told(play([frames([("a", 0), ("a", 500), ("a", 5_000)])]), "on_time")
    assert [dt for _, _, dt, _ in found] == [500, 1_000, 500]


def test_objects_stay_with_their_frame_through_sorting() -> None:
    found = told(play([frames([("a", 1_000), ("b", 0), ("a", 0)])]), "on_time")
    assert [(c, ms) for c, ms, _, _ in found] == [(0, 0), (0, 1_000), (1, 0)]
    assert [track - 1 for _, _, _, track in found] == [START, START + SECOND, START]


def test_a_frame_that_comes_again_counts_once_in_time_or_late() -> None:
    again = play([frames([("a", 0), ("a", 0), ("a", 500)]), frames([("a", 90_000)]), frames([("a", 500)])])
    assert [ms for _, ms, _, _ in told(again, "on_time")] == [0, 500, 90_000]
    assert told(again, "late") == []
    assert sum(len(one.copies.camera) for one in again) == 2


def test_frames_of_one_time_with_other_numbers_are_other_frames() -> None:
    found = told(play([frames([("a", 0), ("a", 0)], seq=[1, 2])]), "on_time")
    assert [dt for _, _, dt, _ in found] == [0, 500]


@pytest.mark.parametrize(
    ("behind_ms", "disposition"),
    [
        pytest.param(2_000, ordered.ON_TIME, id="just in order"),
        pytest.param(2_001, ordered.LATE, id="late"),
        pytest.param(600_000, ordered.LATE, id="just late"),
        pytest.param(600_001, ordered.TOO_LATE, id="too late"),
    ],
)
def test_lateness_is_judged_by_the_cameras_own_newest_frame(behind_ms: int, disposition: int) -> None:
    pushed = play([frames([("b", 10_000_000), ("a", 700_000), ("a", 700_000 - behind_ms)])])
    assert pushed[0].disposition.tolist() == [ordered.ON_TIME, ordered.ON_TIME, disposition]


LATE_ONES = [
    pytest.param([0, 60_000], [30_000], [(30_000, 0, 1_000)], id="amid a silence: as long as a frame may last"),
    pytest.param([0, 500, 10_000], [300], [(300, 0, 0)], id="between two that leave nothing"),
    pytest.param([0, 10_000], [700], [(700, 300, 700)], id="what the one before covers is its own"),
    pytest.param([0, 9_900, 12_000], [9_400], [(9_400, 0, 500)], id="up to the next"),
    pytest.param([0, 1_500, 10_000], [900], [(900, 100, 500)], id="between both"),
    pytest.param([0, 10_000], [4_000, 4_400], [(4_000, 0, 1_000), (4_400, 600, 400)], id="the second adds"),
    pytest.param([0, 10_000], [4_400, 4_000], [(4_000, 0, 400), (4_400, 0, 1_000)], id="whichever comes first"),
    pytest.param([0, 90_000], [59_800], [(59_800, 0, 1_000)], id="over a minute's edge"),
    pytest.param([5_000, 90_000], [4_500], [(4_500, 0, 500)], id="before all"),
]  # fmt: skip


@pytest.mark.parametrize("cut", [1, 2, 3])
@pytest.mark.parametrize(("in_order", "late", "covers"), LATE_ONES)
def test_a_late_frame_stands_for_what_it_alone_covers(in_order, late, covers, cut: int) -> None:
    rows = [("a", ms) for ms in [*in_order, *late]]
    pieces = [
        frames(rows[a:b], first_row=a) for a, b in itertools.pairwise([0, *range(cut, len(rows), cut), len(rows)])
    ]
    found = [part for part in (one.late for one in play(pieces)) if part is not None]
    said = [
        row
        for part in found
        for row in zip((part.ordered.t_us - START) // 1000, part.ordered.lag_ms, part.ordered.dt_ms, strict=True)
    ]
    assert sorted(said) == covers


def test_a_late_frame_waits_until_frames_in_order_cannot_fall_into_its_time() -> None:
    """It is 1.1 s behind and lasts up to one second; one that comes after it is half a second behind, in order."""
    state = ordered.start(3)
    stages = [[("a", 0), ("a", 10_000), ("a", 8_900)], [("a", 9_500)], [("a", 12_000)]]
    pushed = [ordered.push(state, CITY, frames(rows, first_row=9 * i), **PACE) for i, rows in enumerate(stages)]
    assert pushed[0].late is None
    assert [(ms, dt) for _, ms, dt, _ in told(pushed, "late")] == [(8_900, 600)]


@st.composite
def disordered(draw: st.DrawFn) -> tuple[list[int], list[int], list[int]]:
    """Times of a camera with gaps, the same in any order within the lateness, and where to cut them."""
    steps = draw(st.lists(st.sampled_from([200, 500, 500, 700, 1_300, 4_000, 30_000]), min_size=2, max_size=60))
    ms = list(itertools.accumulate(steps, initial=58_000))
    arrival = [
        at for at, _ in sorted(((at, at + draw(st.integers(0, 250_000))) for at in ms), key=lambda pair: pair[1])
    ]
    return ms, arrival, sorted(draw(st.sets(st.integers(0, len(ms)), max_size=4)))


def watched(batches: list[Arrived]) -> dict[int, int]:
    """Time watched by minute [ms]."""
    out: dict[int, int] = {}
    for one in play(batches):
        for part in (one.on_time, one.late):
            if part is not None:
                cut = segments(part.ordered.t_us, part.ordered.dt_ms, part.ordered.lag_ms)
                for minute, ms in zip(cut.minute.tolist(), cut.ms.tolist(), strict=True):
                    out[minute] = out.get(minute, 0) + ms
    return {minute: ms for minute, ms in out.items() if ms}


@settings(max_examples=150, deadline=None)
@given(disordered())
def test_any_order_within_the_lateness_watches_the_same_time(case) -> None:
    ms, arrival, cuts = case
    pieces = [
        frames([("a", at) for at in arrival[a:b]], first_row=a) for a, b in itertools.pairwise([0, *cuts, len(arrival)])
    ]
    with mock.patch.object(ordered, "LEAST_BATCH", 1):
        found = watched(pieces)
    assert found == watched([frames([("a", at) for at in ms])])
    assert max(found.values()) <= 60_000


def test_times_seen_are_kept_for_the_lateness_and_no_longer() -> None:
    state = ordered.start(3)
    for start in range(0, 4_000_000, 20_000):
        batch = frames([("a", start + step * 10) for step in range(2_000)])
        ordered.push(state, CITY, batch, **LIMITS)
    assert seen.size(state.seen) < 2 * (60_000 + seen.FRESH)


@pytest.mark.parametrize("name", [None, "", "-1", "18446744073709551615"])
def test_names_that_mean_untracked_have_code_zero(name: str | None) -> None:
    assert intake.tracks(pl.Series([name], dtype=pl.String)).tolist() == [0]


def test_numbers_are_read_back_from_their_code_and_others_differ() -> None:
    codes = intake.tracks(pl.Series(["0", "42", "007", "7", "a7"])).tolist()
    assert len(set(codes)) == 5
    assert [intake.track_name(code, {}) for code in codes[:2]] == ["0", "42"]


def test_one_cameras_flood_and_clock_cost_the_others_nothing() -> None:
    others = [row for n in range(200) for row in [Frame("b", 500 * n, n)] * (2 if n % 3 else 1)]
    clock = [Frame("a", ms, 0) for ms in (10**12, *range(90_000, 0, -70))]  # a clock in 2057, then its true time
    backlog = [Frame("c", ms, 0) for ms in (99_000, *range(98_000, 93_000, -3), *range(93_000, 98_000, 6))]
    stream = [row for rows in itertools.zip_longest(others, clock, backlog) for row in rows if row is not None]
    said = leaves(stream, [40, 3_000], [False, True, False])
    assert [how for row, how in zip(stream, said, strict=True) if row.camera == "b"] == leaves(others, [], [False])
    assert {how for row, (how, *_) in zip(stream, said, strict=True) if row.camera == "a"} == {0, ordered.TOO_LATE}
    assert [how for how, *_ in said].count(ordered.LATE) > 1_000


def test_what_waits_does_not_grow_with_one_cameras_clock() -> None:
    state = ordered.start(3)
    ordered.push(state, CITY, frames([("a", 10**12)]), **LIMITS)
    for second in range(0, 4_000, 50):
        rows = [(name, 1_000 * second + 500 * n) for n in range(100) for name in "ab"]
        ordered.push(state, CITY, frames(rows), flush=True, **LIMITS)
    assert state.waiting is not None
    assert len(state.waiting.camera) < 20
    assert seen.size(state.seen) < 2 * (1_200 + seen.FRESH)


def test_a_late_copy_is_told_though_its_push_ends_far_ahead() -> None:
    rows = [Frame("a", 0, 1), Frame("a", 5_000, 2), Frame("a", 0, 1), Frame("a", 100_000, 3)]
    with mock.patch.object(seen, "FRESH", 1):
        said = [how for how, *_ in leaves(rows, [2], [False, False])]
    assert said == [ordered.ON_TIME, ordered.ON_TIME, ordered.DUPLICATE, ordered.ON_TIME]
