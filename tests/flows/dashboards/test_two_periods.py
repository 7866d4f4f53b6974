"""The period that a page asks for is held against the one before it: like days, like hours, the same zones."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from connectors.warehouse import Warehouse
from flows.dashboards import datasets
from schemas.registry import Camera, Registry, Zone
from tests.connectors.minutes import rows

MIDNIGHT = datetime(2025, 6, 3, 17, tzinfo=UTC)  # local, of Wednesday 4 June
AREA = "95.03.01.1001"
PER_HOUR = {
    "tetap": {0: {7: 2, 8: 9, 9: 2}, 7: {7: 6, 9: 2}},
    "baru": {7: {7: 50}},
    "mati": {0: {7: 50}},
    "sabtu": {2: {7: 1}, 3: {7: 5}},
}
"""Persons by camera, day after the first and local hour; hours that are not there were not watched."""


@pytest.fixture(scope="module")
def stored(warehouse: Warehouse) -> None:
    zone = Zone(id="a", kind="crowd", polygon=((0.1, 0.1), (0.5, 0.1), (0.5, 0.5)))
    cameras = tuple(Camera(id=name, area=AREA, fps=10.0, metrics=("crowd",), zone=(zone,)) for name in PER_HOUR)
    warehouse.store_registry(Registry(camera=cameras))
    minutes = [
        rows(
            "crowd", name, MIDNIGHT + timedelta(days=day, hours=hour), 60,
            area=AREA, zone_id="a", person_ms=60_000 * persons,
        )
        for name, of in PER_HOUR.items()
        for day, hours in of.items()
        for hour, persons in hours.items()
    ]  # fmt: skip
    warehouse.insert("crowd_minute_log", pl.concat(minutes))
    warehouse.roll()


def between(first: str, end: str, sql: str) -> str:
    """Return a query as Superset asks it when a page is at a period of local time."""
    for name, value in (("from_dttm", first), ("to_dttm", end)):
        filled = lambda m, name=name, value=value: m[1].replace(f"{{{{ {name} }}}}", value)  # noqa: E731
        sql = re.sub(rf"{{% if {name} %}}(.*?){{% endif %}}", filled, sql)
    return sql


def ask(warehouse: Warehouse, first: str, end: str, where: str = "1") -> dict[str, Any]:
    figures = "$perubahan() AS perubahan, $kamera_dibandingkan() AS kamera, any(sebelumnya) AS sebelumnya"
    dataset = datasets.read()["banding_orang"][1]
    sql = datasets.worded(f"SELECT {figures} FROM ({dataset}) WHERE area = '{AREA}' AND {where}")
    (row,) = warehouse.query(between(first, end, sql)).to_pylist()
    return row


def test_only_hours_and_zones_of_both_periods_are_compared(warehouse: Warehouse, stored: None) -> None:
    """A new camera, one that died and an hour that was watched once are no change; 7.00 and 9.00 weigh alike."""
    asked = ask(warehouse, "2025-06-11T00:00:00", "2025-06-12T00:00:00", "camera_id != 'baru'")
    assert asked == {"perubahan": 8 / 4 - 1, "kamera": "1 dari 2", "sebelumnya": "minggu lalu"}


def test_of_few_cameras_nothing_is_said(warehouse: Warehouse, stored: None) -> None:
    asked = ask(warehouse, "2025-06-11T00:00:00", "2025-06-12T00:00:00")
    assert (asked["perubahan"], asked["kamera"]) == (None, "1 dari 3")


def test_a_friday_is_not_held_against_a_saturday(warehouse: Warehouse, stored: None) -> None:
    asked = ask(warehouse, "2025-06-07T00:00:00", "2025-06-14T00:00:00", "camera_id = 'sabtu'")
    assert asked == {"perubahan": None, "kamera": "0 dari 1", "sebelumnya": "minggu lalu"}


def test_a_longer_period_is_held_against_the_days_right_before_it(warehouse: Warehouse, stored: None) -> None:
    asked = ask(warehouse, "2025-06-05T00:00:00", "2025-06-25T00:00:00", "camera_id = 'tetap'")
    assert asked == {"perubahan": 1.0, "kamera": "1 dari 1", "sebelumnya": "20 hari sebelumnya"}


def test_all_times_have_none_before_them(warehouse: Warehouse, stored: None) -> None:
    dataset = datasets.plain(datasets.read()["banding_orang"][1])
    sql = f"SELECT any(sebelumnya), countIf(sebanding), sum(bobot_jam) FROM ({dataset}) WHERE area = '{AREA}'"
    assert list(warehouse.query(sql).rows) == [("", 0, 9)]


def test_counts_of_a_camera_that_was_watched_for_an_hour_before_are_not_compared(
    warehouse: Warehouse, stored: None
) -> None:
    """Parking rose by 2361 %: of the four weeks before only the last day was there."""
    watched = {("tetap", 0): 5, ("tetap", 7): 5, ("baru", 0): 1, ("baru", 7): 5}
    for (name, day), hours in watched.items():
        for hour in range(hours):
            row = rows("health", name, MIDNIGHT + timedelta(days=day, hours=hour), 1, area=AREA)
            warehouse.insert("health_hour_log", row.drop("run"))
    dataset = datasets.read()["banding_kamera"][1]
    sql = (
        f"SELECT camera_id, sebanding, kecamatan FROM ({dataset}) WHERE area = '{AREA}' AND expected_ms > 0 ORDER BY 1"
    )
    found = warehouse.query(between("2025-06-11 00:00:00", "2025-06-18 00:00:00", sql)).rows
    assert [(name, bool(is_compared)) for name, is_compared, _ in found] == [("baru", False), ("tetap", True)]
    assert {kecamatan for _, _, kecamatan in found} == {"belum diketahui"}, "a list begins with an empty line"
