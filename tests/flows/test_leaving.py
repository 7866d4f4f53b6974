"""Frames leave the flow whole, each once, with what was decided of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.formats import without_names
from flows import leaving
from flows.dataflow import End, ShardLogic
from operators.stage import ordered
from schemas.frames import FRAMES, FrameBatch
from schemas.registry import Registry
from tests.flows.city import SECOND, camera, plan, shuffled, stream

CITY = Registry(camera=(camera("a"), camera("b")))
STREAM = stream(["a", "b"], 15)


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[FrameBatch, list[int]]:
    """The stream in any order, some frames twice, and where to cut it."""
    rows = draw(st.lists(st.integers(0, len(STREAM) - 1), min_size=1, max_size=60))
    return shuffled(STREAM, np.array(rows)), sorted(draw(st.sets(st.integers(1, len(rows)), max_size=4)))


def play(batch: FrameBatch, cuts: list[int]) -> tuple[list[FrameBatch], ShardLogic]:
    """What leaves, batch by batch."""
    run, out = plan(CITY, reorder_us=SECOND, lateness_us=6 * SECOND), []
    run.on_release = out.append
    logic = ShardLogic(run, None)
    for a, b in zip([0, *cuts], [*cuts, len(batch)], strict=True):
        logic.on_batch([(0, batch.pick(np.arange(a, b)))])
    logic.on_batch([(0, End(int(batch.frames["t_us"].max())))])  # type: ignore[arg-type]
    return out, logic


def joined(left: list[FrameBatch]) -> FrameBatch:
    """All that left, in the order of arrival."""
    whole = leaving._joined(left)
    return whole.reordered(np.argsort(whole.frames["row"].to_numpy()))


@settings(max_examples=50, deadline=None)
@given(arrivals())
def test_what_leaves_is_what_came_with_objects_and_signals(case) -> None:
    """But for names of tracks: they are hashed before a shard remembers them."""
    batch, cuts = case
    left, logic = play(batch, cuts)
    found, batch = joined(left), without_names(batch)
    assert found.frames.select(list(FRAMES)).equals(batch.frames)
    assert found.objects.equals(batch.objects)
    assert found.signals.equals(batch.signals)
    assert found.frames["source"].unique().to_list() == ["test"]
    assert logic.memory is not None
    assert logic.memory.waiting.kept == []
    at_once = joined(play(batch, [])[0])
    assert found.frames.equals(at_once.frames)


def test_frames_that_leave_together_do_so_in_the_order_of_their_arrival() -> None:
    batch = shuffled(STREAM, np.array([4, 2, 0, 24, 26, 28, 6]))
    (first, last), _ = play(batch, [])
    assert first.frames.select("row", "disposition", "dt_ms", "lag_ms").rows() == [(6, "late", 500, 500)]
    assert last.frames["row"].to_list() == [0, 1, 2, 3, 4, 5]
    assert last.frames["disposition"].unique().to_list() == ["on time"]
    assert last.objects["frame"].is_sorted()


def test_a_frame_that_is_not_believed_leaves_too() -> None:
    batch = shuffled(STREAM, np.array([0, 2, 4, 28, 6, 8]))
    left, logic = play(batch, [2, 4, 5])
    assert [row for row in joined(left).frames.select("row", "disposition").rows() if row[1] != "on time"] == [
        (3, "clock jump")
    ]
    assert logic.memory is not None
    assert logic.memory.doubted.kept == []


def test_what_waits_is_kept_and_no_more() -> None:
    run = plan(CITY)
    run.on_release = lambda batch: None
    logic = ShardLogic(run, None)
    quiet = stream(["b"], 1)
    long = stream(["a"], 4_000)
    logic.on_batch([(0, quiet)])  # its last frame waits for a next one, for ever
    for at in range(0, len(long), 500):
        logic.on_batch([(0, long.pick(np.arange(at, at + 500)))])
    assert logic.memory is not None
    kept = sum(len(each.rows) for each in logic.memory.waiting.kept)
    waits = sum(int(each.waits.sum()) for each in logic.memory.waiting.kept)
    assert kept <= 2 * waits
    assert waits < 2 * ordered.LEAST_BATCH


@pytest.mark.parametrize("row", [pytest.param(7, id="never came"), pytest.param(0, id="left before")])
def test_a_frame_that_does_not_wait_cannot_leave(row: int) -> None:
    waiting = leaving.Waiting()
    leaving.come(waiting, STREAM.pick(np.arange(2)), 0)
    one = ordered.Left(np.array([0]), np.zeros(1, np.uint8), np.zeros(1, np.int32))
    assert leaving.leave(waiting, one).frames["row"].to_list() == [0]
    with pytest.raises(KeyError, match="found 0 of them"):
        leaving.leave(waiting, one._replace(row=np.array([row])))


@pytest.mark.parametrize("at", [10, 33])
def test_a_shard_that_is_cut_off_goes_on_with_what_waits(at: int) -> None:
    run, out = plan(CITY, reorder_us=SECOND, lateness_us=6 * SECOND), []
    run.on_release = out.append
    logic = ShardLogic(run, None)
    logic.on_batch([(0, STREAM.pick(np.arange(at)))])
    logic = ShardLogic(run, logic.snapshot())
    logic.on_batch([(0, STREAM.pick(np.arange(at, len(STREAM)))), (0, End(int(STREAM.frames["t_us"].max())))])  # type: ignore[arg-type]
    assert joined(out).frames.select(list(FRAMES)).equals(STREAM.frames)


def test_a_shard_that_is_asked_later_tells_of_the_frames_that_came_since() -> None:
    quiet, asked, out = plan(CITY), plan(CITY), []
    asked.on_release = out.append
    logic = ShardLogic(quiet, None)
    logic.on_batch([(0, STREAM.pick(np.arange(20)))])
    logic = ShardLogic(asked, logic.snapshot())
    logic.on_batch([(0, STREAM.pick(np.arange(20, 40)))])
    logic = ShardLogic(quiet, logic.snapshot())
    logic.on_batch([(0, STREAM.pick(np.arange(40, 50)))])
    logic = ShardLogic(asked, logic.snapshot())
    logic.on_batch([(0, STREAM.pick(np.arange(50, 60))), (0, End(int(STREAM.frames["t_us"].max())))])  # type: ignore[arg-type]
    assert [frame for batch in out for frame in sorted(batch.frames["row"])] == list(range(50, 60))


def test_a_camera_that_left_the_registry_keeps_no_frames_waiting() -> None:
    run = plan(CITY)
    run.on_release = lambda batch: None
    logic = ShardLogic(run, None)
    logic.on_batch([(0, STREAM)])
    fewer = plan(Registry(camera=(camera("a"),)))
    fewer.on_release = run.on_release
    logic = ShardLogic(fewer, logic.snapshot())
    assert logic.memory is not None
    (kept,) = logic.memory.waiting.kept
    assert kept.batch.frames["camera"].filter(kept.waits).unique().to_list() == ["a"]


def test_nothing_is_kept_where_nobody_asks() -> None:
    logic = ShardLogic(plan(CITY), None)
    logic.on_batch([(0, STREAM)])
    assert logic.memory is not None
    assert logic.memory.waiting == leaving.Waiting()
