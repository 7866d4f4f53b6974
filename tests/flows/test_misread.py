"""Frames all of whose boxes are refused: a camera that sends them is not silent, and nobody knows what they showed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.formats.boxes import said_whole
from schemas.columns import REASONS, STATES
from schemas.frames import FrameBatch
from schemas.registry import Registry
from tests.flows.city import SECOND, START, camera, chunks, plan, play, same, shuffled, stream

NAMES = ("a", "b", "c", "d")
REGISTRY = Registry(camera=tuple(camera(name, site="nvr-1") for name in NAMES))
MISREAD, REASON = STATES.index("misread"), REASONS.index("misread")
MINUTES = 12


def misread(batch: FrameBatch, rows: np.ndarray) -> FrameBatch:
    """The batch as a reader hands it over that has left these frames out whole."""
    objects = batch.objects.filter(~pl.Series(np.isin(batch.objects["frame"].to_numpy(), rows)))
    return replace(batch, objects=objects, signals=said_whole(rows, batch.signals))


def rows_of(batch: FrameBatch, names: tuple[str, ...], begin: int, end: int) -> np.ndarray:
    """Rows of frames of some cameras, from one minute to another."""
    minute = (batch.frames["t_us"].to_numpy() - START) // (60 * SECOND)
    return np.flatnonzero(batch.frames["camera"].is_in(names).to_numpy() & (minute >= begin) & (minute < end))


BATCH = stream(list(NAMES), 60 * MINUTES)
BLIND = misread(BATCH, rows_of(BATCH, ("a", "b", "c"), 2, 10))
"""Three of a site's four cameras send nothing but pixels for eight minutes."""


@pytest.fixture(scope="module")
def blind() -> dict[str, pl.DataFrame]:
    return play(chunks(BLIND), plan(REGISTRY))


def of(found: dict[str, pl.DataFrame], name: str, begin: int, end: int, table: str = "health") -> pl.DataFrame:
    minute = (pl.col("ts").dt.epoch("us") - START) // (60 * SECOND)
    return found[f"{table}_minute_log"].filter((pl.col("camera_id") == name) & minute.is_between(begin, end - 1))


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_a_camera_that_is_misread_is_told_so_and_nothing_is_known_of_its_minutes(blind, name: str) -> None:
    health = of(blind, name, 2, 10)
    assert health["state"].to_list() == [MISREAD] * 8
    assert health["misread"].to_list() == [120] * 8
    assert health["frames"].sum() == health["observed_ms"].sum() == health["objects"].sum() == 0
    assert health["misread_ms"].to_list() == [60_000] * 8
    assert health["refused_hist"].list.sum().sum() == 0  # each is a dead letter, and counted there
    for table in ("health", "crowd", "flow", "flood"):
        rows = of(blind, name, 2, 10, table)
        assert rows.height
        assert set(rows["reason"]) == {REASON}
        assert rows["observed_ms"].sum() == 0


def test_a_camera_that_sends_is_not_down_and_neither_is_its_site(blind) -> None:
    kinds = set(blind["incidents_log"]["kind"])
    assert not kinds & {"camera_down", "site_down"}
    gone = np.setdiff1d(np.arange(len(BATCH)), rows_of(BATCH, ("a", "b", "c"), 2, 10))
    silent = play(chunks(BATCH.pick(gone)), plan(REGISTRY))
    assert {"camera_down", "site_down"} <= set(silent["incidents_log"]["kind"])


def test_a_camera_that_was_misread_and_fell_silent_is_down_since_its_last_frame() -> None:
    rows = np.setdiff1d(np.arange(len(BATCH)), rows_of(BATCH, ("a",), 5, 12))
    found = play(chunks(misread(BATCH, rows_of(BATCH, ("a",), 2, 5)).pick(rows)), plan(REGISTRY))
    down = found["incidents_log"].filter(pl.col("kind") == "camera_down")
    assert down["camera_id"].to_list() == ["a"]
    assert down["opened_at"].dt.epoch("us").to_list() == [START + (5 * 60 - 0.5) * SECOND]
    states = [STATES[code] for code in of(found, "a", 0, 12)["state"]]
    assert states == ["online"] * 2 + ["misread"] * 3 + ["stale"] * 4 + ["offline"] * 3


def test_what_is_misread_costs_its_own_minutes_alone(blind) -> None:
    plain = play(chunks(BATCH), plan(REGISTRY))
    for table in ("health", "crowd", "flood"):
        assert of(blind, "d", 0, 12, table).equals(of(plain, "d", 0, 12, table))
        for begin, end in ((0, 2), (10, 12)):
            assert of(blind, "a", begin, end, table).drop("rev").equals(of(plain, "a", begin, end, table).drop("rev"))


def test_some_misread_frames_of_many_are_no_state_of_the_camera() -> None:
    some = rows_of(BATCH, ("a",), 2, 4)[::10]
    found = of(play(chunks(misread(BATCH, some)), plan(REGISTRY)), "a", 2, 4)
    assert [STATES[code] for code in found["state"]] == ["online"] * 2
    assert found["misread"].to_list() == [12, 12]
    assert found["observed_ms"].to_list() == [54_000] * 2
    assert found["reason"].to_list() == [0, 0]


def test_a_minute_of_which_half_was_misread_says_why_it_is_not_known() -> None:
    found = of(play(chunks(misread(BATCH, rows_of(BATCH, ("a",), 2, 4)[::2])), plan(REGISTRY)), "a", 2, 4)
    assert found["frames"].to_list() == found["misread"].to_list() == [60, 60]
    assert set(found["reason"]) == {REASON}
    assert set(found["state"]) == {MISREAD}


def counted(batch: FrameBatch, **given: Any) -> tuple[int, int, int, dict[str, int]]:
    """Frames, duplicates, misread frames, and dead letters that the flow itself made."""
    run = plan(REGISTRY, **given)
    found = play(chunks(batch, [2000]), run)
    dead = dict(found["dead"]["reason"].value_counts().iter_rows())
    return run.totals.frames, run.totals.duplicates, found["health_minute_log"]["misread"].sum(), dead


def test_a_misread_frame_is_no_frame_no_copy_and_no_second_letter() -> None:
    rows = rows_of(BATCH, ("a",), 2, 4)
    frames = len(BATCH) - len(rows)
    assert counted(misread(BATCH, rows)) == (frames, 0, len(rows), {})
    again = np.sort(np.concatenate([np.arange(len(BATCH)), rows[:5]]))
    assert counted(shuffled(misread(BATCH, rows), again)) == (frames, 0, len(rows), {})
    late = np.concatenate([np.setdiff1d(np.arange(len(BATCH)), rows[:5]), rows[:5]])
    assert counted(shuffled(misread(BATCH, rows), late)) == (frames, 0, len(rows), {})
    assert counted(shuffled(misread(BATCH, rows), late), lateness_us=60 * SECOND) == (frames, 0, len(rows) - 5, {})
    strange = BATCH.frames.with_columns(camera=pl.col("camera").replace({"b": "nobody"}))
    theirs = len(rows_of(BATCH, ("b",), 0, 12))
    unknown = misread(replace(BATCH, frames=strange), rows_of(BATCH, ("b",), 2, 4))
    assert counted(unknown) == (len(BATCH) - theirs, 0, 0, {"unknown_camera": theirs - 240})
    is_lone = pl.int_range(pl.len()) == rows[9]
    lone = BATCH.frames.with_columns(pl.col("t_us") + pl.when(is_lone).then(9 * 3_600 * SECOND).otherwise(0))
    assert counted(misread(replace(BATCH, frames=lone), rows)) == (frames, 0, len(rows) - 1, {})


def test_of_one_time_the_frame_that_was_read_has_it() -> None:
    """Whatever order they come in; numbers or none."""
    rows = rows_of(BATCH, ("a",), 2, 4)
    twice = np.sort(np.concatenate([np.arange(len(BATCH)), rows]))
    for number in (pl.lit(None, pl.Int64), pl.col("t_us") // 1000):
        numbered = replace(BATCH, frames=BATCH.frames.with_columns(seq=number))
        both = shuffled(numbered, twice)
        ours = np.flatnonzero(np.isin(twice, rows))
        for of_two in (0, 1):
            found = of(play(chunks(misread(both, ours[of_two::2])), plan(REGISTRY)), "a", 2, 4)
            assert found["observed_ms"].to_list() == [60_000] * 2
            assert found["misread"].to_list() == found["frames"].to_list() == [120, 120]


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_any_cut_any_order_and_worker_count_gives_the_same_rows(seed: int) -> None:
    """Whichever frames are misread, and wherever batches end; frames come at most `reorder_s` out of order."""
    random = np.random.default_rng(seed)
    short = BATCH.pick(np.arange(2 * len(NAMES) * 60 * 4))
    which = random.random(len(short)) < random.choice([0.05, 0.5, 0.95])
    which |= np.isin(np.arange(len(short)), rows_of(short, ("b",), *sorted(random.integers(0, 5, 2).tolist())))
    batch = misread(short, np.flatnonzero(which))
    once = play(chunks(batch), plan(REGISTRY))
    order = np.argsort(batch.frames["t_us"].to_numpy() + random.integers(0, 2 * SECOND, len(batch)), kind="stable")
    cuts = np.sort(random.choice(len(batch), 5, replace=False)).tolist()
    workers = int(random.integers(1, 3))
    assert same(play(chunks(shuffled(batch, order), cuts), plan(REGISTRY, workers), workers), once)
