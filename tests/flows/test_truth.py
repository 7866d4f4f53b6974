"""A simulated day of 60 cameras against its true figures: exact, where nothing is noisy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from bytewax.testing import run_main

from connectors import registry as registries
from connectors.formats import MergedReader, ReadOptions, find
from flows.dataflow import ChunkSource, Plan, build
from flows.thresholds import Thresholds
from operators import city as cities
from operators.tracking.tracker import MODEL
from schemas.columns import VEHICLES
from schemas.rejects import REJECTS
from simulation import simulate
from tests.flows.city import START, stored, with_outages

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
    return with_outages(stored(blocks), plan), plan.totals


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


def test_every_stay_is_exact(day) -> None:
    out, rows, _ = day
    true = truth(out, "stays")
    before = pl.col("ts") < END - timedelta(minutes=1)  # whether the last ones are over, the recording does not show
    found = rows["stays_minute_log"].filter(pl.col("stays_n") > 0)
    assert true["stays_n"].sum() > 10_000
    figures = ["stays_n", "stay_ms"]
    assert compared(found.filter(before), true.filter(before), ["camera_id", "zone_id", "ts"], figures).is_empty()


def test_every_visit_is_exact(day) -> None:
    out, rows, _ = day
    true = truth(out, "visits")
    found = rows["visits_minute_log"].select("camera_id", "line_id", "ts", entries="entries_n", exits="exits_n")
    found = found.filter(pl.col("entries") + pl.col("exits") > 0)
    assert min(true["entries"].sum(), true["exits"].sum()) > 500
    assert compared(found, true, ["camera_id", "line_id", "ts"], ["entries", "exits"]).is_empty()


def test_every_mask_is_exact(day) -> None:
    out, rows, _ = day
    true, names = truth(out, "masks"), ["masked", "unmasked", "unknown"]
    keys = ["camera_id", "zone_id", pl.col("ts").dt.truncate("1h")]
    found = rows["mask_minute_log"].group_by(keys).agg(pl.col(f"{name}_n").sum().alias(name) for name in names)
    found = found.filter(pl.sum_horizontal(names) > 0)
    assert min(true[name].sum() for name in names) > 500
    assert compared(found, true, ["camera_id", "zone_id", "ts"], names).is_empty()


def incidents(rows: dict[str, pl.DataFrame], kind: str) -> pl.DataFrame:
    return rows["incidents_log"].filter(pl.col("kind") == kind).sort("camera_id", "zone_id", "opened_at")


def test_every_heap_is_one_incident_also_over_outages(day) -> None:
    out, rows, _ = day
    settled = pl.col("opened_at") < END - timedelta(minutes=16)
    keys = ["camera_id", "zone_id", "opened_at"]

    def numbered(heaps: pl.DataFrame, ended: str) -> pl.DataFrame:
        """Heaps that lie there when the recording begins open together: they are told apart by their ends."""
        by_end = heaps.filter(settled).sort(*keys, ended, nulls_last=True)
        return by_end.with_columns(number=pl.int_range(pl.len()).over(keys))

    true, found = truth(out, "garbage"), incidents(rows, "garbage")
    both = numbered(found, "closed_at").join(
        numbered(true, "cleared_at"), on=[*keys, "number"], how="full", coalesce=True
    )
    assert true["is_over"].any()
    assert not true["is_over"].all()
    assert both.filter(pl.col("is_over").is_null() | pl.col("state").is_null()).is_empty()
    over = both.filter("is_over")
    assert (over["state"] == "closed").all()
    assert (over["closed_at"] == over["cleared_at"]).all()
    assert both.filter(~pl.col("is_over") & (pl.col("close_reason") == "cleared")).is_empty()


def test_who_lingers_at_night_is_an_incident_and_nobody_else(day) -> None:
    out, rows, _ = day
    true, found = truth(out, "night").sort("camera_id", "opened_at"), incidents(rows, "night")
    assert true.height > 0
    assert found.select("camera_id", "zone_id", "opened_at", "closed_at").equals(
        true.select("camera_id", "zone_id", "opened_at", "closed_at")
    )
    assert (found["peak"] == true["stay_s"]).all()
    assert (found["track_ids"].list.first() == true["track"]).all()


def test_jams_are_incidents_and_red_lights_are_not(day) -> None:
    out, rows, _ = day
    true, found = truth(out, "congestion").sort("camera_id", "starts_at"), incidents(rows, "congestion")
    assert true.height > 0
    assert found["camera_id"].to_list() == true["camera_id"].to_list()
    late = (found["active_at"] - true["starts_at"]).dt.total_seconds()
    assert late.is_between(0, 480).all()
    early = (true["starts_at"] - found["opened_at"]).dt.total_seconds()
    assert early.is_between(-300, 300).all()  # the window that opened it may reach so far back
    after = (found["closed_at"] - true["ends_at"]).dt.total_seconds()
    assert after.is_between(0, 360).all()


def test_a_gathering_is_one_incident(day) -> None:
    out, rows, _ = day
    true, found = truth(out, "gathering"), incidents(rows, "gathering")
    assert true.height == found.height == 1
    assert found["camera_id"].item() == true["camera_id"].item()
    assert abs((found["opened_at"] - true["many_at"]).item()) <= timedelta(seconds=60)
    assert true["leaves_at"].item() <= found["closed_at"].item() <= true["ends_at"].item() + timedelta(seconds=30)
    assert found["peak"].item() == true["persons_max"].item()


def test_races_are_incidents_and_other_traffic_is_not(day) -> None:
    out, rows, _ = day
    true, found = truth(out, "racing").sort("first_at"), incidents(rows, "racing")
    assert true.height == found.height > 0
    assert (true["vehicles"] >= 3).all()
    assert ((found["opened_at"] - true["first_at"]).abs() <= timedelta(milliseconds=5)).all()
    assert (found["closed_at"] - true["last_at"]).dt.total_seconds().is_between(0, 20).all()
    assert ((found["peak"] * 3.6 / true["kmh_max"] - 1).abs() < 0.01).all()


def test_every_camera_that_is_down_is_one_incident(day) -> None:
    out, rows, _ = day
    true, found = truth(out, "camera_down"), incidents(rows, "camera_down")
    true = true.with_columns(opened_at=pl.col("last_seen").dt.truncate("1ms"))  # health keeps milliseconds
    both = found.join(true, on=["camera_id", "opened_at"], how="full", coalesce=True)
    assert true.height == found.height == both.height > 0
    assert both.filter(pl.col("by_site") != (pl.col("inhibited_by") != "")).is_empty()
    assert (both["closed_at"].is_null() == both["seen_again"].is_null()).all()


def test_every_site_that_is_down_is_one_incident(day) -> None:
    out, rows, _ = day
    true, found = truth(out, "site_outages").sort("from"), incidents(rows, "site_down").sort("opened_at")
    assert true.height == found.height > 0
    near = timedelta(seconds=5)  # the first member's last frame and the outage
    assert ((true["from"] - found["opened_at"]).is_between(timedelta(0), near)).all()
    assert (found["closed_at"] <= true["to"] + near).all()


def test_records_in_are_frames_duplicates_and_dead_letters(noisy) -> None:
    out, rows, totals = noisy
    faults = truth(out, "faults")
    assert totals.frames + totals.duplicates + rows["dead"].height == faults["sent"].sum()
    assert totals.duplicates == faults["duplicates"].sum()
    late = faults["late"].sum()  # the truth does not wait for three frames to agree on the end of an outage or a spell
    assert abs(totals.late - late) <= late // 200
    jumps = faults["clock_jump"].sum() + faults["unset"].sum()
    true = {name: faults[name].sum() for name in ("too_late", "before_2000", "boxes_refused")} | {"clock_jump": jumps}
    assert dict(rows["dead"]["reason"].value_counts().iter_rows()) == true
    assert min(true.values()) > 0


def test_no_minute_is_watched_for_longer_than_it_lasts(noisy) -> None:
    """Late frames once added a period each to gaps that were counted already: 1,084 of 1,440 hours were too long."""
    minutes = noisy[1]["health_minute_log"]
    assert minutes["late_frames"].sum() > 100
    assert (minutes["observed_ms"] <= minutes["expected_ms"]).all()
    true = truth(noisy[0], "watch")["observed_ms"].sum()
    assert 0.995 < minutes["observed_ms"].sum() / true <= 1.0


def test_what_was_sent_wrong_is_refused_and_counted(noisy) -> None:
    """Copies and frames that come too late refuse nothing: 0.2 % of them."""
    out, rows, _ = noisy
    true = truth(out, "rejects")
    hist = rows["health_minute_log"].select("camera_id", count="refused_hist", reason=pl.lit(list(REJECTS)))
    found = hist.explode("count", "reason").group_by("camera_id", "reason").agg(pl.col("count").sum())
    both = true.join(found.filter(pl.col("count") > 0), on=["camera_id", "reason"], how="full", coalesce=True)
    assert set(true["reason"]) == {"pixels", "unknown_class", "unknown_zone"}
    assert both.null_count().sum_horizontal().item() == 0
    assert (both["count_right"] <= both["count"]).all()
    assert (both["count_right"] > 0.99 * both["count"] - 3).all()


def test_a_camera_that_gives_no_ids_is_tracked_here(noisy) -> None:
    out, rows, _ = noisy
    is_here = (pl.col("model_id") == MODEL) & (
        pl.col("frames") > pl.col("late_frames")
    )  # a late one alone may be anybody's
    here = rows["health_minute_log"].filter(is_here)
    assert here["camera_id"].n_unique() == 2
    assert here["with_id"].sum() == 0
    stays = rows["stays_minute_log"].filter(pl.col("camera_id").is_in(here["camera_id"].unique()))["stays_n"].sum()
    true = truth(out, "stays").filter(pl.col("camera_id").is_in(here["camera_id"].unique()))["stays_n"].sum()
    assert 0.7 < stays / true < 2.5  # at two frames a second our tracker takes up many a person anew


def test_a_noisy_hour_is_near_the_truth(noisy) -> None:
    out, rows, _ = noisy
    persons, true = rows["crowd_minute_log"]["person_ms"].sum(), truth(out, "crowd")["person_ms"].sum()
    assert 0.94 < persons / true < 1.0  # 3 % of detections are missed
    counted = crossings(rows["flow_minute_log"])["crossings"].sum()
    assert 0.95 < counted / truth(out, "flow")["crossings"].sum() < 1.03
    with_ids = ~pl.col("camera_id").is_in(rows["health_minute_log"].filter(pl.col("model_id") == MODEL)["camera_id"])
    stays = rows["stays_minute_log"].filter(with_ids)["stays_n"].sum()
    true = truth(out, "stays").filter(with_ids)["stays_n"].sum()
    assert 0.95 < stays / true < 1.1
    visits, true = rows["visits_minute_log"]["entries_n"].sum(), truth(out, "visits")["entries"].sum()
    assert 0.9 < visits / true < 1.05
    mask = rows["mask_minute_log"].select(pl.col("masked_n", "unmasked_n").sum()).row(0)
    true = truth(out, "masks").select(pl.col("masked", "unmasked").sum()).row(0)
    assert abs(mask[0] / sum(mask) - true[0] / sum(true)) < 0.1
