"""What is kept of roads and places is what reckoning them again gives, whatever was restated, withdrawn or renamed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.warehouse import Warehouse, kept, rolls
from schemas.local_time import ZONE
from schemas.views.kept import query
from schemas.views.places import visits_place
from schemas.views.roads import road_day, road_hour

from .road_rows import MIDNIGHT, register, ruas, watched
from .test_warehouse_places import MONDAY, camera, hours, place

VIEWS = (road_hour(ZONE), road_day(ZONE), visits_place("day", ZONE))


def differ(warehouse: Warehouse) -> list[str]:
    """Return the views that say something else than what reckoning them now gives."""
    found = []
    for view in VIEWS:
        names = ", ".join(f"toString({name})" for name in view.columns)
        shown, reckoned = (f"SELECT {names} FROM {rows}" for rows in (view.name, f"({query(view)})"))
        if sorted(warehouse.query(shown).rows) != sorted(warehouse.query(reckoned).rows):
            found.append(view.name)
    return found


def vehicles(warehouse: Warehouse, road: str) -> list[int | None]:
    sql = "SELECT vehicles FROM road_day WHERE road = {r:String} ORDER BY ts"
    return [row[0] for row in warehouse.query(sql, {"r": road}).rows]


def test_kept_rows_follow_whatever_changes(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    road = ruas("tetap")
    register(warehouse, road)
    day = [watched("tetap", MIDNIGHT + timedelta(hours=hour), car_n=10) for hour in range(24)]
    place(warehouse, "tetap-alun", camera("tetap-1"), zones=("tetap-1/a",), gates=("tetap-1/u",))
    gate = hours("visits", "tetap-1", 5, 23, line_id="u", entries_n=1, frames=600)
    for table, some in (("flow", day), ("visits", [gate])):
        for block in some:
            warehouse.insert(f"{table}_minute_log", block)
    warehouse.roll()
    assert vehicles(warehouse, "tetap") == [24 * 40]
    assert differ(warehouse) == []

    warehouse.insert("flow_minute_log", watched("tetap", MIDNIGHT, car_n=20, rev=1))
    warehouse.roll()
    assert (vehicles(warehouse, "tetap"), differ(warehouse)) == ([24 * 40 + 40], [])

    gone = [watched("tetap", MIDNIGHT + timedelta(hours=hour), car_n=20, rev=2, deleted=1) for hour in range(24)]
    for block in gone:
        warehouse.insert("flow_minute_log", block)
    warehouse.roll()
    assert (vehicles(warehouse, "tetap"), differ(warehouse)) == ([], [])

    warehouse.insert("flow_minute_log", watched("tetap", MIDNIGHT, car_n=30, rev=3))
    with monkeypatch.context() as killed:
        killed.setattr(kept, "refresh", lambda session, number: 0)
        warehouse.roll()  # as far as the hours, which are marked no more
    assert rolls.marked(warehouse, "flow") == []
    assert "road_day" in differ(warehouse)
    warehouse.roll()
    assert differ(warehouse) == []

    register(warehouse, ruas("tetap", width_m=6.0))
    place(
        warehouse, "tetap-alun", camera("tetap-1"), zones=("tetap-1/a",), gates=("tetap-1/u",), hours=("08:00", "20:00")
    )
    assert differ(warehouse) == []
    entries = "SELECT entries FROM visits_place_day WHERE place_id = 'tetap-alun' AND ts = {d:DateTime('UTC')}"
    assert warehouse.query(entries, {"d": MONDAY}).rows == [(12 * 60,)]


def test_a_store_from_before_has_its_days_reckoned_once(warehouse: Warehouse) -> None:
    register(warehouse, ruas("dulu"))
    warehouse.insert("flow_minute_log", watched("dulu", MIDNIGHT + timedelta(days=2), car_n=7))
    warehouse.roll()
    before = warehouse.query("SELECT * FROM road_hour ORDER BY ts, road, direction").rows
    for table in ("road_hour_log", "kept_log"):
        warehouse.command(f"TRUNCATE TABLE {table}")
    assert kept.is_behind(warehouse)
    warehouse.command("DROP VIEW road_hour")  # there is something to do, as where another version opens the store
    warehouse.migrate()
    assert warehouse.query("SELECT * FROM road_hour ORDER BY ts, road, direction").rows == before != []
    assert not kept.is_behind(warehouse)
