"""Verdicts of places out of stored days, through the views people query."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from connectors.warehouse import Warehouse
from flows.second import trends
from operators.across import trend

MONDAY = date(2026, 1, 5)


def place(totals: list[float | None]) -> pl.DataFrame:
    days = [MONDAY + timedelta(days=i) for i in range(len(totals))]
    return pl.DataFrame(
        {"place_id": ["arah-alun"] * len(days), "day": days, "basis": ["entries"] * len(days), "total": totals},
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


def stored(monkeypatch: pytest.MonkeyPatch, warehouse: Warehouse, totals: list[float | None]) -> int:
    """Update the verdicts as if these were all stored days, none left out; returns how many were written."""
    kinds = "place_id String, day Date32, basis String, total Nullable(Float64)"
    rows = [
        f"('{name}', '{day}', '{basis}', {'NULL' if total is None else total})"
        for name, day, basis, total in place(totals).rows()
    ]
    held = ", ".join(["('', '1970-01-01', '', NULL)", *rows])
    monkeypatch.setattr(trends, "DAYS", f"SELECT * FROM values('{kinds}', {held}) WHERE place_id != '' ORDER BY day")
    monkeypatch.setattr(trends, "PLACES", "SELECT 1 AS n")
    monkeypatch.setattr(trends, "LEFT_OUT", "SELECT date AS day FROM calendar LIMIT 0")
    return trends.update(warehouse)


def shown(warehouse: Warehouse) -> list[tuple[object, ...]]:
    asked = "SELECT day, name, verdict, slope FROM visits_trend WHERE place_id = 'arah-alun' ORDER BY day"
    return [tuple(row) for row in warehouse.query(asked).rows]


def test_verdicts_are_stored_once_and_again_only_where_they_differ(warehouse, monkeypatch) -> None:
    stored(monkeypatch, warehouse, [])
    totals = rising(0.08)
    assert stored(monkeypatch, warehouse, totals) == len(totals)
    held = shown(warehouse)
    assert len(held) == len(totals)
    assert held[-1][:3] == (MONDAY + timedelta(days=len(totals) - 1), "", "naik")
    assert held[0][2:] == (trend.VERDICTS[0], None)
    assert stored(monkeypatch, warehouse, totals) == 0
    assert stored(monkeypatch, warehouse, [*totals[:-1], None]) == 1
    assert shown(warehouse)[:-1] == held[:-1]


def test_verdicts_of_days_that_are_no_longer_stored_are_withdrawn(warehouse, monkeypatch) -> None:
    totals = rising(0.08)
    stored(monkeypatch, warehouse, totals)
    held = shown(warehouse)
    assert stored(monkeypatch, warehouse, totals[:-4]) == 4
    assert shown(warehouse) == held[:-4]
    assert stored(monkeypatch, warehouse, []) == len(totals) - 4
    assert shown(warehouse) == []
    assert stored(monkeypatch, warehouse, []) == 0
    assert stored(monkeypatch, warehouse, totals) == len(totals)
    assert shown(warehouse) == held


def test_where_no_place_is_left_its_verdicts_are_withdrawn_and_no_day_is_read(warehouse, monkeypatch) -> None:
    totals = rising(0.08)
    stored(monkeypatch, warehouse, totals)
    held = len(shown(warehouse))
    monkeypatch.setattr(trends, "PLACES", "SELECT 0 AS n")
    monkeypatch.setattr(trends, "DAYS", "SELECT * FROM nobody_asks_this")
    assert (held, trends.update(warehouse), shown(warehouse)) == (len(totals), len(totals), [])
