"""The laws of the live flow, for every metric at once."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import numpy as np
import polars as pl
import pytest
from bytewax.testing import TestingSource, run_main

from flows import recovery
from flows.dataflow import build
from operators.stage import ordered
from schemas.columns import METRICS
from schemas.frames import FRAMES, OBJECTS, SIGNALS, FrameBatch
from schemas.registry import Registry
from tests.flows import every
from tests.flows.city import SECOND, chunks, plan, play, same, shuffled, stored, table

NAMES = ["a", "b"]
REGISTRY = Registry(camera=tuple(every.camera(name) for name in NAMES))


def run(workers: int = 1):
    return plan(REGISTRY, workers, since_us=every.NIGHT)


@pytest.fixture(scope="module")
def batch():
    return every.stream(NAMES, 1500)


@pytest.fixture(scope="module")
def once(batch):
    return play(chunks(batch), run())


def total(rows: pl.DataFrame, name: str) -> int:
    return int(rows[name].sum())


def test_every_metric_has_a_row_a_key_and_minute(once) -> None:
    keys = {"flow": 3 * 2, "visits": 1, "health": 1}
    assert {f"{m.name}_minute_log": once[f"{m.name}_minute_log"].height for m in METRICS} == {
        f"{m.name}_minute_log": 2 * 25 * keys.get(m.name, 1) for m in METRICS
    }


def test_what_was_watched_is_one_statement(once) -> None:
    health = once["health_minute_log"].select("camera_id", "ts", "frames", "observed_ms", "reason")
    for metric in METRICS:
        rows = once[f"{metric.name}_minute_log"].select(health.columns).unique()
        assert rows.sort("camera_id", "ts").equals(health.sort("camera_id", "ts")), metric.name


def test_the_figures_are_those_of_the_stream(once) -> None:
    seconds = 2 * 1500
    assert total(once["garbage_minute_log"], "garbage_ms") == seconds * 1000
    assert total(once["flood_minute_log"], "signals_n") == 2 * seconds
    walks = 2 * 1500 // 20
    masked = total(once["mask_minute_log"], "masked_n"), total(once["mask_minute_log"], "unmasked_n")
    assert sum(masked) == walks
    assert masked[1] == 2 * len(range(0, 75, 3))
    assert total(once["mask_minute_log"], "frame_unknown_n") == 2 * seconds
    assert total(once["visits_minute_log"], "exits_n") == 0
    assert total(once["visits_minute_log"], "entries_n") == walks
    assert total(once["congestion_minute_log"], "occupied_ms") >= 2 * 600 * 1000
    assert total(once["stays_minute_log"], "stays_n") >= walks - 2


def test_every_kind_of_incident_happens_once_a_camera(once) -> None:
    told = once["incidents_log"].group_by("kind").len().sort("kind").rows()
    kinds = ("congestion", "flood", "garbage", "gathering", "night", "parking", "racing")
    assert told == [(kind, 2) for kind in kinds]


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_any_split_and_worker_count_gives_the_same_rows(batch, once, workers: int) -> None:
    cuts = sorted(np.random.default_rng(workers).choice(len(batch), 12, replace=False).tolist())
    assert same(play(chunks(batch, cuts), run(workers), workers), once)


def test_any_displacement_up_to_reorder_s_gives_the_same_rows(batch, once) -> None:
    random = np.random.default_rng(5)
    arrival = batch.frames["t_us"].to_numpy() + random.integers(0, 2 * SECOND, len(batch))
    moved = shuffled(batch, np.argsort(arrival, kind="stable"))
    assert same(play(chunks(moved, [700, 2_000, 2_001, 4_900]), run()), once)


def test_a_frame_that_comes_again_changes_nothing_but_its_count(batch, once) -> None:
    doubled = shuffled(batch, np.sort(np.concatenate([np.arange(len(batch)), [7, 8, 2_000]])))
    found = play(chunks(doubled), run())
    assert found["health_minute_log"]["duplicate_frames"].sum() == 3
    for metric in METRICS[:-1]:
        name = f"{metric.name}_minute_log"
        assert found[name].drop("rev").equals(once[name].drop("rev")), name
    assert found["incidents_log"].drop("rev").equals(once["incidents_log"].drop("rev"))


def test_a_late_frame_restates_what_needs_no_order(batch, once) -> None:
    rest = np.setdiff1d(np.arange(len(batch)), [30])
    found = play(chunks(shuffled(batch, np.concatenate([rest[:1_000], [30], rest[1_000:]])), [1_200]), run())
    assert total(found["health_minute_log"], "late_frames") == 1
    assert total(found["flood_minute_log"], "signals_n") == total(once["flood_minute_log"], "signals_n")
    for name, part in (("garbage_minute_log", "garbage_ms"), ("congestion_minute_log", "vehicle_ms")):
        assert total(found[name], part) == total(once[name], part)  # the frame before it had been given its time


@pytest.mark.parametrize("at", [3, 11])
def test_a_crash_loses_nothing_and_doubles_nothing(batch, once, tmp_path, at: int) -> None:
    items = chunks(batch, np.linspace(300, 5_700, 15).astype(int).tolist())
    source = TestingSource([*items[:at], TestingSource.ABORT(), *items[at:]], 1)
    out: list = []
    for _ in range(2):
        flow = build(run(), source, out.append)
        with recovery.opened(tmp_path) as stored_by:
            run_main(flow, epoch_interval=timedelta(0), recovery_config=stored_by)
    assert same(stored(out), once)


def test_a_dead_camera_has_rows_of_every_metric_and_hangs_no_incident(batch) -> None:
    dies = (batch.frames["camera"] == "b") & (batch.frames["t_us"] > every.NIGHT + 800 * SECOND)
    found = play(chunks(batch.pick(np.flatnonzero(~dies.to_numpy()))), run())
    for metric in METRICS:
        dead = found[f"{metric.name}_minute_log"].filter((pl.col("camera_id") == "b") & (pl.col("frames") == 0))
        assert dead.height
        assert dead["reason"].min() > 0  # type: ignore[operator]
    states = found["incidents_log"].filter(pl.col("camera_id") == "b").select("kind", "state").sort("kind").rows()
    assert dict(states)["camera_down"] == "active"
    assert dict(states)["flood"] == "unknown"
    assert "active" not in {state for kind, state in states if kind != "camera_down"}


def test_a_slow_camera_tells_who_is_gone_in_a_minute_that_is_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two periods of seven minutes are longer than lateness_s: the minute's other parts were forgotten by then."""
    monkeypatch.setattr(ordered, "LEAST_BATCH", 1)
    period = 420
    slow = msgspec.structs.replace(every.camera("a"), fps=1 / period)
    times = [every.NIGHT + step * period * SECOND for step in range(8)]
    seen = {"frame": [0, *range(8)], "class": ["person"] + ["car"] * 8, "track": ["w", *map(str, range(8))]}
    box = {"x1": [0.4] * 9, "y1": [0.1] * 9, "x2": [0.42] * 9, "y2": [0.2] * 9}
    frames = table({"camera": ["a"] * 8, "t_us": times}, FRAMES)
    batch = FrameBatch(frames, table(seen | box, OBJECTS), pl.DataFrame(schema=SIGNALS), "test")
    once, frame_by_frame = (
        play(chunks(batch, cuts), plan(Registry(camera=(slow,)), since_us=every.NIGHT)) for cuts in ([], [*range(1, 8)])
    )
    assert total(once["stays_minute_log"], "stays_n") == 1
    assert total(once["health_minute_log"], "frames") == 8
    assert same(frame_by_frame, once)
