"""The plain way from minute rows to windows and areas: what the views are compared with.

Polars over minute rows, without a line of SQL. It knows of coverage, of opening
hours and of the registry only what metrics.md says.
"""

from __future__ import annotations

from collections.abc import Sequence
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


def windows(
    minutes: pl.DataFrame, grain: str, key: list[str], sums: list[str], weight: Sequence[str] = ()
) -> pl.DataFrame:
    """Fold minutes to windows: sums, coverage, and whether the window is published.

    The hours that a day lacks, from its first to its last, may carry 5 % of the days before, which are all of one kind;
    `weight` says what an hour carries, without any of them every hour as much.
    """
    by = ["area", "camera_id", *key]
    total = [pl.sum("expected_ms", "observed_ms", "frames", *sums), pl.max("rev")]
    found = minutes.group_by(*by, bucket(grain)).agg(total).with_columns(published=_enough())
    if grain != "day":
        return found
    counts = pl.sum_horizontal(pl.col(name).cast(pl.Int64) for name in weight) if weight else pl.lit(0)
    hours = minutes.group_by(*by, bucket("hour")).agg(pl.sum("expected_ms", "observed_ms"), n=counts.sum())
    hours = hours.with_columns(enough=_enough(), ts="at").with_columns(bucket("day").alias("day"))
    whole = pl.concat([_whole(own) for _, own in hours.group_by(by)])
    return found.drop("published").join(whole, left_on=[*by, "at"], right_on=[*by, "day"])


def _whole(hours: pl.DataFrame) -> pl.DataFrame:
    """Say of each day of one key whether it lacks little."""
    days = hours["day"].unique().sort().to_list()
    out = []
    for day in days:
        own = {row["at"]: row for row in hours.filter(pl.col("day") == day).iter_rows(named=True)}
        every = [min(own) + n * LENGTH["hour"] for n in range((max(own) - min(own)) // LENGTH["hour"] + 1)]
        lacking = [at for at in every if at not in own or not own[at]["enough"]]
        carried = {at: _usual(hours, day, at) for at in every}
        if None in carried.values() or not sum(carried.values()):
            carried = dict.fromkeys(every, 1.0)
        lacks = sum(carried[at] for at in lacking) / sum(carried.values())
        out.append(len(lacking) < len(every) and lacks <= 0.05)
    key = hours.drop("at", "ts", "day", "expected_ms", "observed_ms", "n", "enough").head(1)
    return key.join(
        pl.DataFrame({"day": days, "published": out}, schema_overrides={"day": hours["day"].dtype}), how="cross"
    )


def _usual(hours: pl.DataFrame, day: datetime, at: datetime) -> float | None:
    """Return the counts an hour at this time of the days before; None where there are none."""
    of_day = (pl.col("at") - pl.col("day")) == at - day
    like = hours.filter((pl.col("day") < day) & of_day & pl.col("enough"))
    return None if like.is_empty() else like["n"].sum() / like["observed_ms"].sum()


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
        if camera.valid_until is None or camera.valid_until >= end
    }
