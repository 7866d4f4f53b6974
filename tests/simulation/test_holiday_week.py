"""A week with a public holiday against one without: fewer drive, and like for like nobody says so."""

from __future__ import annotations

from datetime import date

import msgspec
import numpy as np
import polars as pl
import pytest

from connectors import calendar
from connectors import registry as registries
from connectors.warehouse import Warehouse
from schemas.registry import Registry
from simulation import simulate
from simulation.diurnal import HOLIDAY, HOUR_US, SHAPES, WEEKEND, WIB_US, arrivals, kind
from tests.simulation.replaying import replayed

MONDAY = 1_767_546_000_000_000  # 2026-01-05 00.00 in Semarang
DAY_US = 24 * HOUR_US
FREE = date(2026, 1, 16)  # Isra Mikraj, a Friday
NAME, AREA = "sim-libur", "95.77.01.1001"
WEEKS = "from_a = '2026-01-05', to_a = '2026-01-11', from_b = '2026-01-12', to_b = '2026-01-18'"


@pytest.mark.parametrize("shape", SHAPES)
def test_a_weekend_and_a_holiday_have_their_share_of_arrivals(shape: str) -> None:
    came = arrivals(np.random.default_rng(1), shape, 600.0, MONDAY, MONDAY + 14 * DAY_US)
    by_day = np.bincount((came - MONDAY) // DAY_US, minlength=14)
    week = [1.0] * 5 + list(WEEKEND[shape])
    due = np.array([*week, *week])
    due[(FREE - date(2026, 1, 5)).days] = HOLIDAY[shape]
    assert by_day / due == pytest.approx((by_day / due).mean(), rel=0.06)
    assert min(week[5:]) < 0.96 or max(week[5:]) > 1.05


def test_a_city_beyond_the_calendar_has_weekends_and_no_holidays() -> None:
    thursday, far = 0, 200 * 365  # a Monday
    assert kind("road", np.array([thursday * DAY_US])).tolist() == [1.0]
    assert kind("road", np.array([far * DAY_US])).tolist() == [1.0]
    assert kind("road", np.array([(far + 6) * DAY_US])).tolist() == [WEEKEND["road"][1]]
    assert kind("road", np.empty(0, np.int64)).tolist() == []


@pytest.fixture(scope="module")
def crossed(tmp_path_factory: pytest.TempPathFactory, warehouse: Warehouse) -> pl.DataFrame:
    """Store two weeks of one camera under a name of its own; return the true crossings of each local day."""
    out = tmp_path_factory.mktemp("holiday") / "city"
    simulate(1, 14 * 1440, 7, MONDAY, out, "arrow", fps=0.05, noiseless=True)
    rows = replayed(out, MONDAY, MONDAY + 14 * DAY_US, noiseless=True)["flow_minute_log"]
    (camera,) = registries.load(out / "registry.toml").camera
    warehouse.store_registry(Registry(camera=(msgspec.structs.replace(camera, id=NAME, area=AREA),)))
    warehouse.store_calendar(calendar.days(None, MONDAY))
    mine = {"camera_id": pl.lit(NAME), "area": pl.lit(AREA), "run": pl.lit(1), "deleted": pl.lit(0)}
    warehouse.insert("flow_minute_log", rows.with_columns(**mine))
    warehouse.roll()
    day = (pl.col("ts").dt.epoch("us") + WIB_US) // DAY_US
    true = pl.read_parquet(out / "truth" / "flow.parquet").group_by(day=day).agg(pl.col("crossings", "passed").sum())
    return true.sort("day").filter(pl.col("day") >= (MONDAY + WIB_US) // DAY_US).head(14)


def test_like_for_like_a_holiday_is_no_decline(warehouse: Warehouse, crossed: pl.DataFrame) -> None:
    """Friday's two fifths less are 6 % of the week's days, and none of what weekdays have in common."""
    asked = "SELECT sum(crossings_a), sum(crossings_b), any(days_b), any(day_types) FROM flow_compare"
    before, after, days, kinds = warehouse.query(f"{asked}({WEEKS}) WHERE area = '{AREA}'").rows[0]
    assert "holiday 1" in days
    assert "weekday" in kinds.split(", ")
    assert "holiday" not in kinds
    assert after / before == pytest.approx(1.0, abs=0.02)
    passed = crossed["passed"]
    assert 2 * before == pytest.approx(passed[:5].mean(), rel=0.02)  # two directions; hours not watched are estimated
    assert 2 * after == pytest.approx(passed[7:11].mean(), rel=0.02)
    assert passed[7:12].mean() / passed[:5].mean() < 0.94


def test_the_holiday_itself_is_counted_as_it_was(warehouse: Warehouse, crossed: pl.DataFrame) -> None:
    asked = "SELECT sum(crossings), any(day_type) FROM flow_day"
    counted, kind = warehouse.query(f"{asked} WHERE camera_id = '{NAME}' AND toDate(local_ts) = '{FREE}'").rows[0]
    assert kind == "holiday"
    assert counted == crossed["crossings"][11]
