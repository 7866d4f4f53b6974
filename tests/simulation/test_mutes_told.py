"""Detectors that hang are told as the truth says, from hours that the kernels make of six days, and nobody else is."""

from __future__ import annotations

import polars as pl
import pytest

from flows.second.alike import alike
from operators.across import mutes
from schemas.calendar import DAYS as CALENDAR
from simulation import simulate
from tests.simulation.replaying import replayed

MIDNIGHT = 1_767_546_000_000_000  # 2026-01-05, a Monday, 00.00 in Semarang
HOUR_US = 3_600_000_000
DAYS, CAMERAS, SEED = 6, 3, 51  # three detectors hang: on Tuesday, Thursday and Saturday


@pytest.fixture(scope="module")
def silences(tmp_path_factory: pytest.TempPathFactory) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the truth of the detectors that hung, and what is told: first and last hour since 1970."""
    out = tmp_path_factory.mktemp("mutes") / "city"
    simulate(CAMERAS, DAYS * 1440, SEED, MIDNIGHT, out, "arrow", fps=0.05)
    rows = replayed(out, MIDNIGHT, MIDNIGHT + DAYS * 24 * HOUR_US, noiseless=False)["health_minute_log"]
    return pl.read_parquet(out / "truth" / "mutes.parquet"), told(rows)


def told(minutes: pl.DataFrame) -> pl.DataFrame:
    """Return the silences that minutes of health tell."""
    sums = {name: pl.col(name).cast(pl.Int64).sum() for name in ("objects", "observed_ms", "expected_ms")}
    hour = pl.col("ts").dt.epoch("us") // HOUR_US
    busy = (pl.col("objects") > 0).sum().cast(pl.Int64)
    hours = minutes.group_by("camera_id", hour=hour).agg(busy=busy, **sums).sort("camera_id", "hour")
    hours = hours.hstack(alike(hours["hour"], pl.DataFrame(schema=CALENDAR)))
    camera = hours["camera_id"].rank("dense").cast(pl.Int32).to_numpy()
    columns = {name: hours[name].to_numpy() for name in mutes.Hours._fields if name != "camera"}
    found = mutes.find(mutes.Hours(camera=camera, **columns))
    at = hours["hour"].to_numpy()
    return pl.DataFrame(
        {"camera_id": hours["camera_id"].gather(found.first), "first": at[found.first], "last": at[found.last]}
    )


def test_every_detector_that_hung_is_told_with_its_whole_hours_and_no_other(
    silences: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    true, found = silences
    assert true.height >= 3
    whole = true.select(
        "camera_id",
        first=-(-pl.col("from").dt.epoch("us") // HOUR_US),
        last=pl.col("to").dt.epoch("us") // HOUR_US - 1,
    )
    assert found.sort("camera_id", "first").equals(whole.sort("camera_id", "first"))
