"""Bad stamps, clocks that are set, backlogs: what they cost is told, and nothing else changes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from bytewax.testing import run_main
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from connectors.formats import MergedReader, ReadOptions, write_arrow
from flows.dataflow import ChunkSource, Plan, build
from flows.thresholds import Thresholds
from operators import city as cities
from schemas.columns import METRICS
from schemas.frames import FrameBatch
from schemas.registry import Registry
from tests.flows.city import SECOND, START, camera, shuffled, stored, stream, with_outages

DAY = 86_400
NOW = START + 400 * DAY * SECOND
REGISTRY = Registry(camera=(camera("a"), camera("b")))
TABLES = [f"{metric.name}_minute_log" for metric in METRICS]


@cache
def street() -> FrameBatch:
    """Five minutes of two cameras, from 00:00:20 on."""
    batch = stream(["a", "b"], 300)
    return moved(batch, np.full(len(batch), 20 * SECOND))


def moved(batch: FrameBatch, by_us: np.ndarray) -> FrameBatch:
    frames = batch.frames.with_columns(t_us=pl.col("t_us") + pl.Series(by_us))
    return FrameBatch(frames, batch.objects, batch.signals, batch.source)


def restamped(at: int, by_us: int) -> FrameBatch:
    """The street with one frame of another time."""
    by = np.zeros(len(street()), np.int64)
    by[at] = by_us
    return moved(street(), by)


def replayed(batches: list[FrameBatch], folder: Path, **thresholds: int) -> tuple[dict[str, pl.DataFrame], Plan]:
    """Files, read and played as `tilik replay` does: tables as stored, and the plan with its totals."""
    for i, batch in enumerate(batches):
        write_arrow(folder / f"{i}.arrow", batch)
    paths = [folder / f"{i}.arrow" for i in range(len(batches))]
    reader = MergedReader(paths, "arrow", ReadOptions(now_us=NOW))
    assert reader.first_us is not None
    plan = Plan(cities.build(REGISTRY), Thresholds(**thresholds), 1, reader.first_us, NOW)
    made: list = []
    run_main(build(plan, ChunkSource(lambda: iter(reader), plan), made.append))
    return with_outages(stored(made), plan), plan


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> dict[str, pl.DataFrame]:
    return replayed([street()], tmp_path_factory.mktemp("plain"))[0]


def minute_of(t_us: int) -> int:
    return t_us // (60 * SECOND)


def elsewhere(rows: pl.DataFrame, minutes: set[int]) -> pl.DataFrame:
    """Rows of both cameras outside these minutes."""
    return rows.filter(~(pl.col("ts").dt.epoch("s") // 60).is_in(list(minutes)))


FAR = st.integers(-30 * DAY, 30 * DAY)
NEAR = st.integers(-700, 700)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 599), st.one_of(FAR, NEAR))
@example(0, -7 * 3600)
@example(0, -15)
@example(0, -81)
@example(0, 7 * 3600)
@example(1, 45)
@example(2, -200)
@example(300, 7_200)
@example(300, 65)
@example(598, 300)
@example(599, 7_200)
@example(599, -7_200)
@example(599, 90)
def test_one_frame_of_any_time_changes_no_other_minute(plain, tmp_path_factory, step: int, off_s: int) -> None:
    at = 2 * step  # of camera a
    by_us = off_s * SECOND + 1_000  # one millisecond off: a frame of its own
    was_us = int(street().frames["t_us"][at])
    found, plan = replayed([restamped(at, by_us)], tmp_path_factory.mktemp("one"))
    touched = {minute_of(was_us), minute_of(was_us + by_us)}
    for name in TABLES:
        if name in plain:
            assert elsewhere(found[name], touched).equals(elsewhere(plain[name], touched)), name
            if 0 < step < 599:
                of_b = [rows[name].filter(camera_id="b") for rows in (found, plain)]
                assert of_b[0].equals(of_b[1]), name
    assert plan.totals.frames + found["dead"].height == len(street())
    assert found["dead"].height <= 1
    if abs(off_s) > 3_700:
        assert found["dead"]["reason"].to_list() == ["clock_jump"]


def test_a_lone_frame_is_a_dead_letter_with_its_record(tmp_path) -> None:
    found, plan = replayed([restamped(600, 7_200 * SECOND)], tmp_path)
    letter = found["dead"].row(0, named=True)
    assert letter["reason"] == "clock_jump"
    assert letter["position"] == 601
    assert b'"camera":"a"' in letter["raw"]
    assert "lone frames move no clock" in letter["detail"]
    assert found["incidents_log"].filter(pl.col("kind") == "camera_down").is_empty()
    assert plan.totals.frames == len(street()) - 1


def test_a_clock_that_is_set_ahead_goes_on_after_a_gap(tmp_path) -> None:
    by = np.where((np.arange(len(street())) >= 600) & (street().frames["camera"] == "a").to_numpy(), 3_600, 0)
    found, plan = replayed([moved(street(), by * SECOND)], tmp_path)
    minutes = found["health_minute_log"].filter((pl.col("camera_id") == "a") & (pl.col("frames") > 0))
    assert found["dead"].is_empty()
    assert plan.totals.frames == len(street())
    assert minutes["frames"].sum() == 600
    assert minutes["ts"].dt.hour().unique().sort().to_list() == [0, 1]


@pytest.mark.parametrize(
    ("back_s", "lost"),
    [pytest.param(3, 0, id="by NTP"), pytest.param(3_600, 300, id="an hour, told already: its minutes stand")],
)
def test_a_clock_that_is_set_back_never_counts_a_time_twice(tmp_path, back_s: int, lost: int) -> None:
    is_back = (np.arange(len(street())) >= 600) & (street().frames["camera"] == "a").to_numpy()
    found, plan = replayed([moved(street(), np.where(is_back, -back_s * SECOND + 1_000, 0))], tmp_path)
    minutes = found["health_minute_log"]
    assert found["dead"]["reason"].to_list() == ["too_late"] * lost
    assert (minutes["observed_ms"] <= minutes["expected_ms"]).all()
    assert plan.totals.frames + found["dead"].height == len(street())


def test_two_cameras_whose_clocks_are_hours_apart_are_both_watched(tmp_path) -> None:
    by = np.where((street().frames["camera"] == "b").to_numpy(), -7 * 3_600, 0)
    found, _ = replayed([moved(street(), by * SECOND)], tmp_path)
    assert found["dead"].is_empty()
    assert found["health_minute_log"].group_by("camera_id").agg(pl.col("frames").sum())["frames"].to_list() == [600] * 2


def test_a_bad_stamp_in_one_file_puts_no_other_file_first(tmp_path, plain) -> None:
    """Half an hour ahead in the first file of two: the second was opened early, and the rest came too late."""
    half = len(street()) // 2
    pieces = [restamped(40, 1_800 * SECOND).pick(np.arange(half)), street().pick(np.arange(half, len(street())))]
    found, _ = replayed(pieces, tmp_path)
    assert found["dead"]["reason"].to_list() == ["clock_jump"]
    assert found["health_minute_log"]["frames"].sum() == len(street()) - 1
    assert elsewhere(found["flow_minute_log"], {minute_of(START)}).equals(
        elsewhere(plain["flow_minute_log"], {minute_of(START)})
    )


@st.composite
def orders(draw: st.DrawFn) -> np.ndarray:
    """The street's frames in an order in which none is further behind than four minutes."""
    rng = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    longest = draw(st.sampled_from([3, 30, 240]))
    share = draw(st.sampled_from([0.02, 0.5, 1.0]))
    delay = rng.uniform(0, longest * SECOND, len(street())) * (rng.random(len(street())) < share)
    return np.argsort(street().frames["t_us"].to_numpy() + delay, kind="stable")


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders())
def test_any_order_within_the_lateness_watches_the_same_time(plain, tmp_path_factory, order: np.ndarray) -> None:
    found, _ = replayed([shuffled(street(), order)], tmp_path_factory.mktemp("order"))
    assert found["dead"].is_empty()
    figures = ["camera_id", "ts", "frames", "observed_ms", "expected_ms"]
    minutes, true = (rows["health_minute_log"].select(figures) for rows in (found, plain))
    assert minutes.equals(true)
    persons = found["crowd_minute_log"]["person_ms"].sum() / plain["crowd_minute_log"]["person_ms"].sum()
    assert 0.8 < persons < 1.2
