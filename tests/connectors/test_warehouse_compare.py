"""Two periods are compared over the cameras that were valid, and published, in both."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from connectors.warehouse import Warehouse
from schemas.calendar import DAYS
from schemas.registry import Camera, Line, Place, Registry, Zone

from .minutes import rows

FIRST = datetime(2025, 6, 1, 17, 0, tzinfo=UTC)  # local midnight before Monday 2 June
PERIODS = "from_a = '2025-06-02', to_a = '2025-06-03', from_b = '2025-06-04', to_b = '2025-06-05'"
METRICS = ("crowd", "visits", "flow")
AREA = "95.01.01.1001"


GATES = (Line(id="u", points=((0.5, 0.0), (0.5, 1.0)), role="gate", entry="to_right"),)


@pytest.fixture(scope="module")
def warehouse(own_warehouse: Warehouse) -> Warehouse:
    return own_warehouse


def camera(name: str, **given: Any) -> Camera:
    zone = Zone(id="a", kind="crowd", polygon=((0.1, 0.1), (0.5, 0.1), (0.5, 0.5)))
    return Camera(id=name, area=AREA, fps=10.0, metrics=METRICS, zone=(zone,), line=GATES, **given)


CAMERAS = (
    camera("both"),
    camera("dead"),
    camera("new", valid_from=FIRST + timedelta(days=2)),
    camera("midway", valid_from=FIRST + timedelta(hours=1)),
)
COUNTS = {"both": (1, 3, 4, 4), "dead": (9, 9, None, None), "new": (None, None, 50, 50), "midway": (7, 2, 3, 3)}
"""Per minute, on four days: the first two are period a. A camera that came at 1.00 has no whole first day."""


@pytest.fixture(scope="module")
def stored(warehouse: Warehouse) -> None:
    spots = tuple(
        Place(
            id=f"banding-{n}",
            name="Banding",
            zones=tuple(f"{c}/a" for c in names),
            gates=tuple(f"{c}/u" for c in names),
        )
        for n, names in enumerate((("both", "dead", "new"), ("dead",)))
    )
    warehouse.store_registry(Registry(camera=CAMERAS, place=spots))
    parts = {
        "crowd": lambda n: {"zone_id": "a", "person_ms": 60_000 * n},
        "visits": lambda n: {"line_id": "u", "entries_n": n},
        "flow": lambda n: {"line_id": "u", "car_n": n, "bus_n": 1},
    }
    for metric, part in parts.items():
        frames = []
        for name, counts in COUNTS.items():
            for day, count in enumerate(counts):
                start = FIRST + timedelta(days=day, hours=1 if (name, day) == ("midway", 0) else 0)
                if count is not None:
                    many = int((FIRST + timedelta(days=day + 1) - start) / timedelta(minutes=1))
                    frames.append(rows(metric, name, start, many, area=AREA, **part(count)))
        warehouse.insert(f"{metric}_minute_log", pl.concat(frames))
    warehouse.roll()


SHOWN = "change, cameras_both, cameras_only_a, cameras_only_b, reason"


def ask(warehouse: Warehouse, view: str, columns: str, where: str, periods: str = PERIODS) -> list[tuple]:
    return warehouse.query(f"SELECT {columns} FROM {view}({periods}) WHERE {where}").rows


@pytest.mark.parametrize(("metric", "figure"), [("crowd", "person_minutes"), ("visits", "entries")])
def test_an_area_is_compared_over_the_cameras_of_both(warehouse: Warehouse, stored, metric: str, figure: str) -> None:
    columns = f"{figure}_a, {figure}_b, {SHOWN}"
    for code in ("95.01", "95.01.01", AREA):
        (found,) = ask(warehouse, f"{metric}_compare", columns, f"area = '{code}' AND place_id = ''")
        a, b = 1440 * (2 + 2), 1440 * (4 + 3)  # mean days of `both` and `midway`: its first was not whole
        assert found == (a, b, b / a - 1, 2, 1, 1, "")


def test_flows_are_means_of_lines(warehouse: Warehouse, stored) -> None:
    where = f"area = '{AREA}' AND class IN ('car', 'bus', 'truck')"
    columns = f"class, crossings_a, crossings_b, lines_both, {SHOWN}"
    found = sorted(ask(warehouse, "flow_compare", columns, where))
    assert found == [
        ("bus", 1440.0, 1440.0, 2, 0.0, 2, 1, 1, ""),
        ("car", 1440 * 2.0, 1440 * 3.5, 2, 3.5 / 2 - 1, 2, 1, 1, ""),
        ("truck", 0.0, 0.0, 2, None, 2, 1, 1, ""),
    ]


@pytest.mark.parametrize(("metric", "figure"), [("crowd", "person_minutes"), ("visits", "entries")])
def test_a_place_does_not_grow_by_a_new_camera(warehouse: Warehouse, stored, metric: str, figure: str) -> None:
    columns = f"name, area, area_level, {figure}_a, {figure}_b, {SHOWN}"
    (found,) = ask(warehouse, f"{metric}_compare", columns, "place_id = 'banding-0'")
    assert found == ("Banding", AREA, "place", 1440 * 2.0, 1440 * 4.0, 1.0, 1, 1, 1, "")


def test_no_camera_in_both_is_no_comparison(warehouse: Warehouse, stored) -> None:
    columns = f"entries_a, entries_b, {SHOWN}"
    (found,) = ask(warehouse, "visits_compare", columns, "place_id = 'banding-1'")
    assert found == (None, None, None, 0, 1, 0, "low_coverage")


def test_a_camera_registered_from_midnight_on_has_a_whole_first_day(warehouse: Warehouse) -> None:
    known = Camera(id="dawn", area="95.03.01.1001", fps=10.0, metrics=("visits",), line=GATES, valid_from=FIRST)
    warehouse.store_registry(Registry(camera=(known,)))
    days = [rows("visits", "dawn", FIRST + timedelta(days=n), 1440, area=known.area, entries_n=n) for n in range(4)]
    warehouse.insert("visits_minute_log", pl.concat(days))
    warehouse.roll()
    assert ask(warehouse, "visits_compare", "entries_a, entries_b", "area = '95.03'") == [(720.0, 3600.0)]


def test_an_unpublished_day_does_not_enter(warehouse: Warehouse) -> None:
    known = Camera(id="gap", area="95.02.01.1001", fps=10.0, metrics=("visits",), line=GATES)
    warehouse.store_registry(Registry(camera=(known,)))
    good = [
        rows("visits", "gap", FIRST + timedelta(days=day), 1440, area=known.area, entries_n=day) for day in range(4)
    ]
    dim = rows("visits", "gap", FIRST + timedelta(days=3, hours=5), 120, area=known.area, rev=1, observed_ms=1000)
    warehouse.insert("visits_minute_log", pl.concat([*good, dim]))
    warehouse.roll()
    columns = "entries_a, entries_b"
    assert ask(warehouse, "visits_compare", columns, "area = '95.02'") == [(720.0, 2880.0)]
    swapped = "from_a = '2025-06-04', to_a = '2025-06-04', from_b = '2025-06-05', to_b = '2025-06-05'"
    assert ask(warehouse, "visits_compare", "entries_a, cameras_only_a", "area = '95.02'", swapped) == [(None, 1)]


MONDAY = datetime(2024, 2, 4, 17, 0, tzinfo=UTC)  # local midnight before Monday 5 February
LIKE = (100, 100, 100, 100, 100, 50, 20, 10, 10, 10, 10, 10, 60, 30)
"""Entries an hour of two weeks; all of the second week's weekdays are holidays."""


@pytest.fixture(scope="module")
def holidays(warehouse: Warehouse) -> str:
    area = "95.04.01.1001"
    named = {"holiday": "Lebaran", "hijri": "1445-10-01", "is_ramadan": False, "school_holiday": "", "events": []}
    days = [{"date": date(2024, 2, day), "day_type": "holiday", **named} for day in range(12, 17)]
    warehouse.store_calendar(pl.DataFrame(days, schema=DAYS))
    warehouse.store_registry(
        Registry(camera=(Camera(id="lebaran", area=area, fps=10.0, metrics=("visits",), line=GATES),))
    )
    hours = [
        rows("visits", "lebaran", MONDAY + timedelta(hours=n), area=area, entries_n=LIKE[n // 24], **WHOLE)
        for n in range(14 * 24)
    ]
    warehouse.insert("visits_minute_log", pl.concat(hours))
    warehouse.roll()
    return area


WHOLE = {"expected_ms": 3_600_000, "observed_ms": 3_600_000}
WEEKS = "from_a = '2024-02-05', to_a = '2024-02-11', from_b = '2024-02-12', to_b = '2024-02-18'"
WORK = "from_a = '2024-02-05', to_a = '2024-02-09', from_b = '2024-02-12', to_b = '2024-02-16'"


def test_a_week_of_holidays_is_compared_by_the_days_that_both_have(warehouse: Warehouse, holidays: str) -> None:
    """By mean days it would be 20 against 74: as if seven in ten had stayed away."""
    columns = "entries_a, entries_b, change, day_types, days_a, days_b, reason"
    (found,) = ask(warehouse, "visits_compare", columns, f"area = '{holidays}'", WEEKS)
    kinds = ("saturday, sunday", "saturday 1, sunday 1, weekday 5", "holiday 5, saturday 1, sunday 1", "")
    assert found == (24 * 35.0, 24 * 45.0, pytest.approx(45 / 35 - 1), *kinds)


def test_no_kind_of_day_in_both_is_no_comparison_and_says_so(warehouse: Warehouse, holidays: str) -> None:
    columns = "entries_a, change, cameras_both, day_types, days_b, reason"
    (found,) = ask(warehouse, "visits_compare", columns, f"area = '{holidays}'", WORK)
    assert found == (None, None, 0, "", "holiday 5", "day_types")
