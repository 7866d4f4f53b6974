"""A simulated day of 60 cameras against its true figures: exact, where nothing is noisy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from bytewax.testing import run_main

from connectors import registry as registries
from connectors.formats import MergedReader, ReadOptions, find
from connectors.simulate import simulate
from flows.dataflow import ChunkSource, Plan, build
from flows.thresholds import Thresholds
from operators import city as cities
from schemas.columns import VEHICLES
from tests.flows.city import START, stored

MIDNIGHT = START - 7 * 3600 * 1_000_000  # 2026-01-05T00:00 in Asia/Jakarta
END = datetime(2026, 1, 5, 17, tzinfo=UTC)
NOW = START + 10 * 86_400 * 1_000_000
pytestmark = pytest.mark.slow


def played(out):
    """Replay a simulated city without a warehouse: tables as stored, and what the run counted."""
    paths = find([out / "events"], "arrow")
    reader = MergedReader(paths, "arrow", ReadOptions(now_us=NOW))
    city = cities.build(registries.load(out / "registry.toml"))
    plan = Plan(city, Thresholds(), 1, reader.first_us, NOW)
    blocks: list = []
    run_main(build(plan, ChunkSource(lambda: iter(reader), plan), blocks.append))
    return stored(blocks), plan.totals


def truth(out, name: str) -> pl.DataFrame:
    return pl.read_parquet(out / "truth" / f"{name}.parquet")


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    out = tmp_path_factory.mktemp("day")
    simulate(60, 1440, 7, MIDNIGHT, out, "arrow", noiseless=True)
    return out, *played(out)


@pytest.fixture(scope="module")
def noisy(tmp_path_factory):
    out = tmp_path_factory.mktemp("noisy")
    simulate(60, 60, 7, MIDNIGHT + 10 * 3600 * 1_000_000, out, "arrow")
    return out, *played(out)


def compared(rows: pl.DataFrame, true: pl.DataFrame, keys: list[str], figures: list[str]) -> pl.DataFrame:
    """Rows of both sides that differ; a side that lacks a row has zeros there."""
    both = rows.select(*keys, *figures).join(
        true.select(*keys, *figures), on=keys, how="full", coalesce=True, suffix="_true"
    )
    both = both.filter(pl.col("ts") < END)  # what the last frames' period reaches into is the next day's
    both = both.with_columns(pl.col(f, f"{f}_true").fill_null(0) for f in figures)
    return both.filter(
        pl.any_horizontal(pl.col(f).cast(pl.Int64) != pl.col(f"{f}_true").cast(pl.Int64) for f in figures)
    )


def crossings(rows: pl.DataFrame) -> pl.DataFrame:
    """Flow rows with a row a class."""
    return (
        rows.rename({f"{name}_n": name for name in VEHICLES})
        .unpivot(
            VEHICLES, index=["camera_id", "line_id", "direction", "ts"], variable_name="class", value_name="crossings"
        )
        .filter(pl.col("crossings") > 0)
    )


def test_every_minute_watched_is_exact(day) -> None:
    out, rows, _ = day
    assert compared(
        rows["health_minute_log"], truth(out, "watch"), ["camera_id", "ts"], ["frames", "observed_ms"]
    ).is_empty()


def test_every_person_counted_is_exact(day) -> None:
    out, rows, _ = day
    figures = ["frames", "observed_ms", "person_ms", "persons_max"]
    keys = ["camera_id", "zone_id", "ts"]
    true = truth(out, "crowd")
    assert true["person_ms"].sum() > 0
    assert compared(rows["crowd_minute_log"], true, keys, figures).is_empty()


def test_every_crossing_is_exact(day) -> None:
    out, rows, _ = day
    true = truth(out, "flow").filter(pl.col("crossings") > 0)
    keys = ["camera_id", "line_id", "direction", "class", "ts"]
    assert true["crossings"].sum() > 1_000
    assert compared(crossings(rows["flow_minute_log"]), true, keys, ["crossings"]).is_empty()


def test_every_parked_car_is_one_incident(day) -> None:
    out, rows, _ = day
    settled = pl.col("opened_at") < END - timedelta(minutes=2)  # what stops at the very end is told a period later
    true = truth(out, "parking").filter(settled)
    found = rows["incidents_log"].filter((pl.col("kind") == "parking") & settled)
    found = found.with_columns(track=pl.col("track_ids").list.first())
    both = true.join(found, on=["camera_id", "zone_id", "track"], how="full", suffix="_found", coalesce=True)
    assert both.filter(pl.col("severity").is_null() | pl.col("severity_found").is_null()).is_empty()
    assert (both["severity"] == both["severity_found"]).all()


def test_every_flood_is_one_incident(day) -> None:
    out, rows, _ = day
    true = truth(out, "flood")
    found = rows["incidents_log"].filter(pl.col("kind") == "flood")
    assert true.height > 0
    assert (
        found.group_by("camera_id").len().sort("camera_id").rows()
        == true.group_by("camera_id").len().sort("camera_id").rows()
    )


def test_records_in_are_frames_duplicates_and_dead_letters(noisy) -> None:
    out, rows, totals = noisy
    faults = truth(out, "faults")
    assert totals.frames + totals.duplicates + rows["dead"].height == faults["sent"].sum()
    assert totals.duplicates == faults["duplicates"].sum()
    assert totals.late == faults["late"].sum()
    assert rows["dead"].height == (faults["too_late"] + faults["before_2000"]).sum()


def test_a_noisy_hour_is_near_the_truth(noisy) -> None:
    out, rows, _ = noisy
    persons, true = rows["crowd_minute_log"]["person_ms"].sum(), truth(out, "crowd")["person_ms"].sum()
    assert 0.94 < persons / true < 1.0  # 3 % of detections are missed
    counted = crossings(rows["flow_minute_log"])["crossings"].sum()
    assert 0.95 < counted / truth(out, "flow")["crossings"].sum() < 1.03
