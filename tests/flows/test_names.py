"""An incident names its tracks as the stream did, however many others passed and wherever the stream was cut."""

from __future__ import annotations

from unittest import mock

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.dataflow import ShardLogic
from operators.stage import intake, names, ordered
from schemas import track_names
from schemas.frames import FrameBatch
from schemas.registry import Registry
from tests.flows.city import camera, chunks, plan, stored, stream

CITY = Registry(camera=(camera("a"),))


def _renamed(batch: FrameBatch) -> FrameBatch:
    """The parked car is another after 100 s, and both before and after many people pass."""
    late = pl.when((pl.col("track") == "parked") & (pl.col("frame") >= 200)).then(pl.lit("again"))
    return FrameBatch(batch.frames, batch.objects.with_columns(track=late.otherwise("track")), batch.signals, "test")


STREAM = _renamed(stream(["a"], 1_200))


def play(batch: FrameBatch, cuts: list[int], least: int) -> tuple[pl.DataFrame, names.Names]:
    """Incidents as they end, and the names that are still known."""
    with mock.patch.object(names, "LEAST", least), mock.patch.object(ordered, "LEAST_BATCH", 1):
        logic = ShardLogic(plan(CITY), None)
        out = [row for item in chunks(batch, cuts) for row in logic.on_batch([(0, getattr(item, "batch", item))])[0]]
    assert logic.memory is not None
    told = stored([row for row in out if getattr(row, "table", "") == "incidents_log"])["incidents_log"]
    return told.drop("rev"), logic.memory.state.names


@pytest.fixture(scope="module")
def remembered() -> pl.DataFrame:
    told, known = play(STREAM, [], 1 << 20)
    assert len(known.known) > 3_000
    return told


@settings(max_examples=10, deadline=None)
@given(cuts=st.sets(st.integers(1, len(STREAM) - 1), min_size=20, max_size=40).map(sorted))
def test_tracks_are_named_alike_wherever_the_stream_is_cut(remembered, cuts: list[int]) -> None:
    told, _ = play(STREAM, cuts, 1)
    assert told.equals(remembered)
    assert told.filter(pl.col("kind") == "parking")["track_ids"].to_list() == [
        list(map(track_names.stored, ("parked", "again")))
    ]


def test_names_that_nothing_holds_are_dropped() -> None:
    batch = stream(["a"], 4_000)
    _, known = play(batch, list(range(100, len(batch), 100)), 8)
    passed = batch.objects["track"].n_unique()
    assert passed > 4 * len(known.known)


def test_a_shard_that_saw_nothing_keeps_no_room_for_names() -> None:
    assert names.Names().table.nbytes < 1_000


def test_the_table_grows_with_the_names() -> None:
    known = names.Names()
    for begin in range(0, 3_000, 300):
        text = pl.Series([f"t{i}" for i in range(begin, begin + 300)])
        codes = intake.tracks(text)
        names.learn(known, codes, text)
        names.learn(known, codes, text)
    assert len(known.known) == 3_000
    assert 2 * len(known.known) <= len(known.table) <= 8 * len(known.known)
    assert known.known[int(codes[-1])] == track_names.stored("t2999")


def test_a_state_that_cannot_be_looked_into_is_told() -> None:
    assert [code.tolist() for code in names.held({"a": (np.array([7], np.uint64), [None, 1.5])})] == [[7]]
    with pytest.raises(TypeError, match="found set"):
        list(names.held([{7}]))
