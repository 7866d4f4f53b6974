"""Verdicts of places out of stored days, through the views people query."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from flows import trends
from operators import trend

MONDAY = date(2026, 1, 5)


def place(totals: list[float | None]) -> pl.DataFrame:
    days = [MONDAY + timedelta(days=i) for i in range(len(totals))]
    return pl.DataFrame(
        {"place_id": ["alun"] * len(days), "day": days, "basis": ["entries"] * len(days), "total": totals},
        schema_overrides={"total": pl.Float64},
    )


def rising(weekly: float, days: int = 84) -> list[float | None]:
    noise = np.random.default_rng(1).normal(1.0, 0.02, days)
    return [float(round(1000 * (1 + weekly * (i - days) / 7) * n)) for i, n in enumerate(noise)]


@pytest.mark.parametrize(("weekly", "verdict"), [(0.08, "naik"), (0.0, "landai"), (-0.08, "turun")])
def test_a_places_days_become_its_verdict(weekly: float, verdict: str) -> None:
    told = trends.judge(place(rising(weekly)), set())
    assert told["verdict"][-1] == verdict
    assert told["slope_low"][-1] < told["slope"][-1] < told["slope_high"][-1]
    assert told["verdict"][0] == "data tidak cukup"
    assert told["slope"][0] is None


def test_days_without_figures_and_days_without_rows_are_both_missing() -> None:
    totals = rising(0.08)
    holes = [None if i % 2 else v for i, v in enumerate(totals)]
    assert trends.judge(place(holes), set())["verdict"][-1] == "data tidak cukup"
    sparse = place(totals).filter(pl.int_range(pl.len()) % 2 == 0)
    told = trends.judge(sparse, set())
    assert told.height == len(totals) - 1
    assert told["verdict"][-1] == "data tidak cukup"


def test_days_left_out_are_not_missing() -> None:
    totals = rising(0.0)
    feast = {MONDAY + timedelta(days=i) for i in range(70, 77)}
    dip = [v if v is None or MONDAY + timedelta(days=i) not in feast else v / 4 for i, v in enumerate(totals)]
    told = trends.judge(place(dip), feast)
    assert told["verdict"][-1] == "landai"
    assert told["days_used"][-1] == 56 - 7


def test_verdicts_are_stored_once_and_again_only_where_they_differ(warehouse) -> None:
    warehouse.migrate()
    made = trends.judge(place(rising(0.08)), set())
    warehouse.insert("trends_log", made.with_columns(version=pl.lit(1, pl.UInt64)))
    held = warehouse.query("SELECT place_id, name, verdict, slope FROM visits_trend ORDER BY day").rows
    assert len(held) == made.height
    assert held[-1][:3] == ("alun", "", "naik")
    assert held[0][2:] == (trend.VERDICTS[0], None)
