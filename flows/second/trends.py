"""The trend verdict of every place, up to each of its days: `visits_trend`.

A second step over stored days: a place's daily visits (entries over its gates,
else passages) and the calendar in, verdicts out. A verdict depends on the days
before it, so a place is judged from its first stored day; only rows that differ
from what is stored are written, and verdicts of days that are no longer stored
are withdrawn.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from connectors.warehouse import Warehouse, floors
from operators.across import trend
from schemas.local_time import day_of, local_date

SCHEMA: Final = pl.Schema(
    {
        "place_id": pl.String,
        "day": pl.Date,
        "verdict": pl.String,
        "slope": pl.Float64,
        "slope_low": pl.Float64,
        "slope_high": pl.Float64,
        "days_used": pl.UInt16,
        "basis": pl.String,
    }
)
WEEKS_OF_A_VERDICT: Final = timedelta(weeks=8)
"""What a verdict looks back on: behind days that were removed, so many verdicts stay as they were."""
DAYS: Final = """
SELECT place_id, toDate32(local_ts) AS day, basis,
    if(basis = 'entries', toFloat64(if(entries IS NULL, NULL, entries_estimated)), passages) AS total
FROM visits_place_day ORDER BY place_id, day"""
PLACES: Final = "SELECT count() AS n FROM places_log FINAL WHERE deleted = 0"
LEFT_OUT: Final = """
SELECT date AS day FROM calendar WHERE day_type IN ('holiday', 'joint_leave') OR is_ramadan"""


def update(warehouse: Warehouse) -> int:
    """Judge all places anew; return how many days' verdicts were new, different or withdrawn."""
    made = pl.concat([pl.DataFrame(schema=SCHEMA), *_judged(warehouse)])
    stored = warehouse.query(f"SELECT {', '.join(SCHEMA)} FROM trends_log FINAL WHERE deleted = 0")
    held = pl.DataFrame(pl.from_arrow(stored.table)).cast(SCHEMA)
    changed = made.join(held, on=list(SCHEMA), how="anti", nulls_equal=True)
    gone = held.join(made, on=["place_id", "day"], how="anti")
    since = local_date(day_of(floors.read(warehouse).daily)) + WEEKS_OF_A_VERDICT
    changed, gone = (each.filter(pl.col("day") >= since) for each in (changed, gone))
    rows = pl.concat([each.with_columns(deleted=pl.lit(tomb, pl.UInt8)) for each, tomb in ((changed, 0), (gone, 1))])
    if rows.height:
        version = warehouse.query("SELECT max(version) + 1 AS v FROM trends_log")["v"][0].as_py()
        warehouse.insert("trends_log", rows.with_columns(version=pl.lit(version, pl.UInt64)))
    return rows.height


def _judged(warehouse: Warehouse) -> list[pl.DataFrame]:
    """Return the verdicts of each place; where there is none, days of places are not even asked for: that is dear."""
    if warehouse.query(PLACES)["n"][0].as_py() == 0:
        return []
    days = pl.DataFrame(pl.from_arrow(warehouse.query(DAYS).table))
    left_out = set(warehouse.query(LEFT_OUT)["day"].to_pylist())
    return [judge(place, left_out) for (_,), place in days.group_by("place_id", maintain_order=True)]


def judge(place: pl.DataFrame, left_out: set[date]) -> pl.DataFrame:
    """Return the verdict of each day of one place, from its first stored day to its last.

    Parameters
    ----------
    place
        ``place_id``, ``day``, ``basis``, ``total`` (null where the day is not published), by day.
    left_out
        Days that are not like others.
    """
    first, last = place["day"][0], place["day"][-1]
    every = pl.DataFrame({"day": pl.date_range(first, last, timedelta(days=1), eager=True)})
    whole = every.join(place, on="day", how="left").sort("day")
    told = trend.verdicts(
        whole["total"].cast(pl.Float64).fill_null(float("nan")).to_numpy(),
        whole["day"].is_in(sorted(left_out)).to_numpy(),
        (whole["day"].dt.weekday() - 1).cast(pl.Int64).to_numpy(),
    )
    return pl.DataFrame(
        {
            "place_id": pl.repeat(place["place_id"][0], whole.height, eager=True),
            "day": whole["day"],
            "verdict": np.array(trend.VERDICTS)[told.verdict],
            "slope": pl.Series(told.slope).fill_nan(None),
            "slope_low": pl.Series(told.low).fill_nan(None),
            "slope_high": pl.Series(told.high).fill_nan(None),
            "days_used": told.days_used,
            "basis": pl.repeat(place["basis"][-1], whole.height, eager=True),
        }
    ).cast(SCHEMA)
