"""Hours of areas are kept as their cameras' rows give them, whatever was restated, withdrawn or killed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.warehouse import Warehouse, area_hours, rolls
from connectors.warehouse.session import Session
from schemas.area_hours import by_name, columns
from schemas.registry import Camera, Registry
from schemas.views.areas import hours

from .minutes import rows

NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
NEAR, FAR = "98.01.01.1001", "98.01.02.1001"


@pytest.fixture(scope="module")
def warehouse(own_warehouse: Warehouse) -> Warehouse:
    return own_warehouse


def differ(warehouse: Warehouse) -> list[str]:
    """Return the tables that say something else than what their cameras' rows give now."""
    found = []
    for table, card in by_name().items():
        assert card.area is not None
        names = ", ".join(columns(card.area))
        kept = warehouse.query(f"SELECT {names} FROM {table} FINAL WHERE deleted = 0 ORDER BY area, ts").rows
        if kept != warehouse.query(f"SELECT {names} FROM ({hours(card, '1')}) ORDER BY area, ts").rows:
            found.append(table)
    return found


def areas(warehouse: Warehouse, at: datetime = NOON) -> dict[str, tuple[float | None, int, int]]:
    """Return persons, and cameras that report of how many, by area at an hour."""
    told = "area, persons_mean, cameras_reporting, cameras_total"
    sql = f"SELECT {told} FROM crowd_area_hour WHERE ts = {{t:DateTime('UTC')}}"
    return {area: tuple(said) for area, *said in warehouse.query(sql, {"t": at}).rows}


def persons(camera: str, area: str, count: int, at: datetime = NOON, **given: object) -> object:
    return rows("crowd", camera, at, 60, area=area, person_ms=60_000 * count, **given)


def test_kept_hours_follow_whatever_changes(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [Camera(id=f"jam-{area[6:8]}", area=area, fps=10.0, metrics=("crowd",)) for area in (NEAR, FAR)]
    warehouse.store_registry(Registry(camera=tuple(made)))
    warehouse.insert("crowd_minute_log", persons("jam-01", NEAR, 2))
    warehouse.insert("crowd_minute_log", persons("jam-02", FAR, 5))
    warehouse.insert("crowd_minute_log", persons("jam-00", "00", 9, NOON + timedelta(hours=1)))
    warehouse.roll()
    assert differ(warehouse) == []
    both = {"98.01": (7, 2, 2), "98.01.01": (2, 1, 1), NEAR: (2, 1, 1)}
    assert areas(warehouse) == both | {"98.01.02": (5, 1, 1), FAR: (5, 1, 1)}
    assert areas(warehouse, NOON + timedelta(hours=1))["98.01"] == (None, 0, 2), "a window that only others watched"

    warehouse.insert("crowd_minute_log", persons("jam-01", NEAR, 3, rev=1))
    with monkeypatch.context() as killed:
        killed.setattr(area_hours, "reckon", _killed)
        with pytest.raises(KeyboardInterrupt):
            warehouse.roll()  # as far as the hours of cameras
    assert differ(warehouse) == ["crowd_area_hour_log"]
    warehouse.roll()
    assert (differ(warehouse), areas(warehouse)["98.01"]) == ([], (8, 2, 2))

    warehouse.insert("crowd_minute_log", persons("jam-02", FAR, 5, rev=2, deleted=1))
    warehouse.roll()
    assert (differ(warehouse), areas(warehouse)) == (
        [],
        both
        | {"98.01": (3, 1, 2)}
        | dict.fromkeys(("98.01.01", NEAR), (3, 1, 1))
        | dict.fromkeys(("98.01.02", FAR), (None, 0, 1)),
    )

    warehouse.store_registry(Registry(camera=(Camera(id="jam-3", area=FAR, fps=10.0, metrics=("crowd",)),)))
    assert areas(warehouse)[FAR] == (None, 0, 2), "who is registered is asked, not kept"


def test_a_store_from_before_has_its_hours_made_once(warehouse: Warehouse) -> None:
    warehouse.insert("crowd_minute_log", persons("jam-01", NEAR, 4, NOON + timedelta(days=40)))
    warehouse.roll()
    before = areas(warehouse, NOON + timedelta(days=40))
    for table in by_name():
        warehouse.command(f"TRUNCATE TABLE {table}")
    warehouse.command("ALTER TABLE kept_log DELETE WHERE day = toDateTime(0) SETTINGS mutations_sync = 2")
    assert area_hours.is_behind(warehouse)
    warehouse.command("DROP VIEW crowd_area_hour")  # there is something to do, as where another version opens the store
    warehouse.migrate()
    assert not area_hours.is_behind(warehouse)
    assert (differ(warehouse), areas(warehouse, NOON + timedelta(days=40))) == ([], before)

    warehouse.command("ALTER TABLE kept_log UPDATE by = 1 WHERE day = toDateTime(0) SETTINGS mutations_sync = 2")
    warehouse.command("TRUNCATE TABLE crowd_area_hour_log")
    warehouse.roll()  # another version's, and one that was killed between its tables and what they hold
    assert (rolls.marked(warehouse), differ(warehouse), area_hours.is_behind(warehouse)) == ({}, [], False)


def _killed(session: Session, metric: str, starts: object, number: int) -> None:
    raise KeyboardInterrupt
