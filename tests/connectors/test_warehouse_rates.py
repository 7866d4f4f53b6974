"""A rate is a count by its observed time: neither the window nor its coverage divides it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from connectors.warehouse import Warehouse
from schemas.local_time import ZONE
from schemas.registry import Camera, Line, Place, Registry, Zone
from schemas.views import every

from .minutes import rows

NOON = datetime(2026, 1, 5, 5, 0, tzinfo=UTC)
AREA = "96.01.01.1001"
COUNTS = ("crossings", "entries", "exits", "stays", "passages", "person_minutes", "vehicles")
VIEWS = {view.name: view.columns for view in every(ZONE)}
COUNTED = [(view, count) for view, columns in VIEWS.items() for count in COUNTS if count in columns]


@pytest.fixture(scope="module")
def warehouse(own_warehouse: Warehouse) -> Warehouse:
    return own_warehouse


def test_there_are_counts_to_ask_for() -> None:
    assert {count for _, count in COUNTED} == set(COUNTS)
    assert len(COUNTED) > 40


@pytest.mark.parametrize(("view", "count"), COUNTED)
def test_every_count_has_its_rate_and_the_time_it_was_observed_in(view: str, count: str) -> None:
    if view != "visits_place_day" or count != "stays":  # places say no stays
        assert {f"{count}_per_hour", "observed_ms", "expected_ms"} <= set(VIEWS[view])


def hour(metric: str, camera: str, minutes: int, watched_ms: int = 60_000, **given: object) -> pl.DataFrame:
    return rows(metric, camera, NOON, minutes, area=AREA, observed_ms=watched_ms, **given)


def ask(warehouse: Warehouse, view: str, columns: str, where: str) -> list[tuple]:
    return warehouse.query(
        f"SELECT {columns} FROM {view} WHERE {where} AND toDate(local_ts) = '2026-01-05' ORDER BY ts"
    ).rows


def test_forty_minutes_of_a_recording_are_a_rate_of_forty_minutes(warehouse: Warehouse) -> None:
    """85 in 40 minutes are 127.5 an hour; coverage is 1, since no more was expected."""
    counts = [3] * 5 + [2] * 35
    minutes = [
        hour("flow", "short", 1, car_n=n).with_columns(ts=NOON + timedelta(minutes=at)) for at, n in enumerate(counts)
    ]
    warehouse.insert("flow_minute_log", pl.concat(minutes))
    warehouse.roll()
    shown = "crossings, crossings_per_hour, coverage, observed_ms, expected_ms"
    where = "camera_id = 'short' AND class = 'car'"
    for grain in ("hour", "day"):
        assert ask(warehouse, f"flow_{grain}", shown, where) == [(85, 127.5, 1.0, 2_400_000, 2_400_000)]


def test_a_rate_is_that_of_the_watched_part(warehouse: Warehouse) -> None:
    warehouse.insert("visits_minute_log", hour("visits", "part", 60, 54_000, entries_n=9, exits_n=0))
    warehouse.roll()
    found = ask(warehouse, "visits_hour", "entries, entries_per_hour, exits_per_hour", "camera_id = 'part'")
    assert found == [(540, 600.0, 0.0)]


def test_nobody_watching_is_no_rate(warehouse: Warehouse) -> None:
    warehouse.insert("visits_minute_log", hour("visits", "blind", 60, 0, frames=0))
    warehouse.roll()
    assert ask(warehouse, "visits_hour", "entries_per_hour, observed_ms", "camera_id = 'blind'") == [(None, 0)]


GATE = Line(id="u", points=((0.5, 0.0), (0.5, 1.0)), role="gate", entry="to_right")
ZONE_A = Zone(id="a", kind="crowd", polygon=((0.1, 0.1), (0.5, 0.1), (0.5, 0.5)))


def test_areas_and_places_add_rates_of_what_was_watched_unlike(warehouse: Warehouse) -> None:
    """One gate is seen for 60 minutes, the other for 50 of 60: 60 and 120 an hour are 180, counts are 60 and 100."""
    area = "96.22.01.1001"
    cameras = tuple(
        Camera(id=f"rate-{n}", area=area, fps=10.0, metrics=("visits", "crowd"), line=(GATE,), zone=(ZONE_A,))
        for n in "ab"
    )
    gates, zones = (tuple(f"{c.id}/{spot}" for c in cameras) for spot in "ua")
    warehouse.store_registry(Registry(camera=cameras, place=(Place("laju", "Laju", zones=zones, gates=gates),)))
    a = rows("visits", "rate-a", NOON, 60, area=area, line_id="u", entries_n=1)
    b = rows("visits", "rate-b", NOON, 60, area=area, line_id="u", entries_n=2)
    lost = (pl.col("camera_id") == "rate-b") & (pl.col("ts").dt.minute() >= 50)
    seen = pl.concat([a, b]).with_columns(
        pl.when(lost).then(0).otherwise(pl.col(name)).alias(name) for name in ("frames", "observed_ms", "entries_n")
    )
    warehouse.insert("visits_minute_log", seen)
    warehouse.roll()
    shown = "entries, entries_per_hour, observed_ms, expected_ms"
    expected = [(160, 180.0, 110 * 60_000, 120 * 60_000)]
    at_noon = "toHour(local_ts) = 12"
    assert ask(warehouse, "visits_area_hour", shown, f"area = '{area}' AND {at_noon}") == expected
    assert ask(warehouse, "visits_place_hour", shown, f"place_id = 'laju' AND {at_noon}") == expected


def test_an_areas_crossings_an_hour_are_those_of_its_median_line(warehouse: Warehouse) -> None:
    area = "96.03.01.1001"
    warehouse.store_registry(Registry(camera=(Camera(id="median", area=area, fps=10.0, metrics=("flow",)),)))
    lines = [rows("flow", "median", NOON, 30, area=area, line_id=f"l{n}", car_n=n) for n in (1, 2, 6)]
    warehouse.insert("flow_minute_log", pl.concat(lines))
    warehouse.roll()
    where = f"area = '{area}' AND class = 'car' AND toHour(local_ts) = 12"
    assert ask(warehouse, "flow_area_hour", "crossings_median, crossings_per_hour", where) == [(60.0, 120.0)]
