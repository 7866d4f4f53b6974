"""The plain way from minute rows to windows and areas: what the views are compared with.

Polars over minute rows, without a line of SQL. It knows of coverage, of opening
hours and of the registry only what metrics.md says.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from schemas.registry import Camera

LENGTH = {"minute": timedelta(minutes=1), "quarter": timedelta(minutes=15), "hour": timedelta(hours=1),
          "day": timedelta(days=1)}  # fmt: skip
JAKARTA = timedelta(hours=7)
EVER = datetime(1970, 1, 1, tzinfo=UTC)


def bucket(grain: str) -> pl.Expr:
    """Return the start of the window, UTC; days are local."""
    every = {"minute": "1m", "quarter": "15m", "hour": "1h", "day": "1d"}[grain]
    return ((pl.col("ts") + JAKARTA).dt.truncate(every) - JAKARTA).alias("at")


def windows(minutes: pl.DataFrame, grain: str, key: list[str], sums: list[str]) -> pl.DataFrame:
    """Fold minutes to windows: sums, coverage, and whether the window is published.

    A day must have every hour from its first to its last watched enough.
    """
    by = ["area", "camera_id", *key]
    total = [pl.sum("expected_ms", "observed_ms", "frames", *sums), pl.max("rev")]
    found = minutes.group_by(*by, bucket(grain)).agg(total).with_columns(published=_enough())
    if grain != "day":
        return found
    hours = minutes.group_by(*by, bucket("hour")).agg(pl.sum("expected_ms", "observed_ms")).rename({"at": "ts"})
    short = hours.group_by(*by, bucket("day")).agg(
        whole=_enough().all() & (pl.len() == (pl.max("ts") - pl.min("ts")).dt.total_hours() + 1)
    )
    return found.join(short, on=[*by, "at"]).with_columns(published=pl.col("published") & pl.col("whole")).drop("whole")


def _enough() -> pl.Expr:
    return pl.min_horizontal("observed_ms", "expected_ms") / pl.col("expected_ms") >= 0.8


def codes(area: str) -> list[str]:
    """Return the codes of city, kecamatan and kelurahan around an area."""
    split = area.split(".")
    return [".".join(split[:n]) for n in (2, 3, 4) if len(split) >= n]


def registered(cameras: list[Camera], metric: str, code: str, end: datetime) -> set[str]:
    """Return the cameras of an area whose version at `end` measures the metric."""
    found: dict[str, tuple[datetime, Camera]] = {}
    for camera in cameras:
        since = camera.valid_from or EVER
        if since < end and (camera.id not in found or since > found[camera.id][0]):
            found[camera.id] = (since, camera)
    return {
        name
        for name, (_, camera) in found.items()
        if (metric == "health" or metric in camera.metrics) and code in codes(camera.area)
    }
