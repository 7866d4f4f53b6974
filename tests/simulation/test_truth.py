"""Kernels fed with a noiseless city find the truth, to the integer."""

from pathlib import Path

import polars as pl
import pytest

from simulation import simulate
from tests.simulation.replaying import newest, stated

MORNING_US = 1_767_571_200_000_000  # 2026-01-05 00:00 UTC, 7 in the morning in Semarang
CAMERAS, MINUTES = 41, 90  # the 41st is a market; 33 and 34 look at underpasses


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, pl.DataFrame]]:
    """Return a noiseless city and the rows that the kernels make of it."""
    out = tmp_path_factory.mktemp("city")
    simulate(CAMERAS, MINUTES, 5, MORNING_US, out, "arrow", fps=0.5, noiseless=True)
    joined = stated(out, MORNING_US, MORNING_US + MINUTES * 60_000_000, noiseless=True)
    return out, {name: rows if name == "incidents_log" else newest(rows) for name, rows in joined.items()}


def differing(true: pl.DataFrame, rows: pl.DataFrame, keys: list[str], figures: list[str]) -> pl.DataFrame:
    end = pl.lit(MORNING_US + MINUTES * 60_000_000).cast(pl.Datetime("us", "UTC"))
    rows = rows.with_columns(pl.col("ts").cast(pl.Datetime("us", "UTC"))).filter(pl.col("ts") < end)
    found = rows.select(*keys, *(pl.col(name).cast(pl.Int64) for name in figures))
    joined = true.select(*keys, *figures).join(found, on=keys, how="full", coalesce=True, suffix="_found")
    assert joined.height
    return joined.filter(pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_found")) for name in figures))


def test_persons_in_zones_are_the_truth(day: tuple[Path, dict[str, pl.DataFrame]]) -> None:
    out, tables = day
    true = pl.read_parquet(out / "truth" / "crowd.parquet")
    figures = ["frames", "observed_ms", "person_ms", "persons_max"]
    assert differing(true, tables["crowd_minute_log"], ["camera_id", "zone_id", "ts"], figures).height == 0


def test_time_watched_is_the_truth(day: tuple[Path, dict[str, pl.DataFrame]]) -> None:
    out, tables = day
    true = pl.read_parquet(out / "truth" / "watch.parquet")
    assert differing(true, tables["health_minute_log"], ["camera_id", "ts"], ["frames", "observed_ms"]).height == 0


def test_crossings_are_the_truth(day: tuple[Path, dict[str, pl.DataFrame]]) -> None:
    out, tables = day
    true = pl.read_parquet(out / "truth" / "flow.parquet").filter(pl.col("crossings") > 0)
    rows = tables["flow_minute_log"]
    names = [name for name in rows.columns if name.endswith("_n") and not name.endswith("_speed_n")]
    keys = ["camera_id", "line_id", "direction", "ts"]
    long = rows.unpivot(names, index=keys, variable_name="class", value_name="crossings")
    long = long.with_columns(pl.col("class").str.strip_suffix("_n")).filter(pl.col("crossings") > 0)
    assert differing(true, long, [*keys, "class"], ["crossings"]).height == 0


def test_stays_are_the_truth(day: tuple[Path, dict[str, pl.DataFrame]]) -> None:
    out, tables = day
    settled = pl.col("ts") < pl.lit(MORNING_US + (MINUTES - 1) * 60_000_000).cast(pl.Datetime("us", "UTC"))
    true = pl.read_parquet(out / "truth" / "stays.parquet").filter(settled)
    rows = tables["stays_minute_log"].with_columns(pl.col("ts").cast(pl.Datetime("us", "UTC")))
    rows = rows.filter(settled & (pl.col("stays_n") > 0))
    assert differing(true, rows, ["camera_id", "zone_id", "ts"], ["stays_n", "stay_ms"]).height == 0


def test_visits_are_the_truth(day: tuple[Path, dict[str, pl.DataFrame]]) -> None:
    out, tables = day
    true = pl.read_parquet(out / "truth" / "visits.parquet")
    rows = tables["visits_minute_log"].filter(pl.col("entries_n") + pl.col("exits_n") > 0)
    rows = rows.rename({"entries_n": "entries", "exits_n": "exits"})
    assert true["entries"].sum() > 20
    assert differing(true, rows, ["camera_id", "line_id", "ts"], ["entries", "exits"]).height == 0


def test_masks_are_the_truth(day: tuple[Path, dict[str, pl.DataFrame]]) -> None:
    out, tables = day
    true = pl.read_parquet(out / "truth" / "masks.parquet")
    names = ("masked", "unmasked", "unknown")
    hour = pl.col("ts").cast(pl.Datetime("us", "UTC")).dt.truncate("1h")
    rows = tables["mask_minute_log"].group_by("camera_id", "zone_id", hour)
    sums = rows.agg(pl.col(f"{name}_n").sum().alias(name) for name in names).filter(pl.sum_horizontal(names) > 0)
    assert min(true[name].sum() for name in names) > 10
    assert differing(true, sums, ["camera_id", "zone_id", "ts"], list(names)).height == 0


@pytest.mark.parametrize("kind", ["parking", "flood"])
def test_incidents_are_the_truth_within_a_few_frames(kind: str, day: tuple[Path, dict[str, pl.DataFrame]]) -> None:
    out, tables = day
    true = pl.read_parquet(out / "truth" / f"{kind}.parquet").filter("is_over")
    last = tables["incidents_log"].filter(pl.col("kind") == kind).sort("rev").group_by("incident_id").last()
    closed = last.filter(pl.col("state") == "closed", pl.col("close_reason") != "end_of_input")
    near = pl.duration(seconds=30 if kind == "flood" else 8)
    pairs = true.join(closed, on=["camera_id", "zone_id"], suffix="_found").filter(
        (pl.col("opened_at") - pl.col("opened_at_found")).abs() <= near,
        (pl.col("closed_at") - pl.col("closed_at_found")).abs() <= near,
        pl.col("severity") == pl.col("severity_found") if kind == "parking" else pl.lit(True),
    )
    assert true.height
    assert pairs.height == true.height == closed.height
