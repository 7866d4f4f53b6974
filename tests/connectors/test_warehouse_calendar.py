"""The calendar in the warehouse: written when it changed, followed by every view's `day_type`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import clickhouse_connect
import polars as pl
import pytest

from connectors import calendar
from connectors.warehouse import Warehouse, connect
from connectors.warehouse.calendar_days import read
from schemas.calendar import CityCalendar

from .minutes import rows

NOW_US = round(datetime(2026, 11, 1, tzinfo=UTC).timestamp() * 1e6)
DAYS = calendar.days(None, NOW_US)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(tmp_path_factory.mktemp("calendar") / "store")


@pytest.fixture(scope="module")
def store(laid: Callable[[Path], str], folder: Path) -> Iterator[Warehouse]:
    """A warehouse of its own: its calendar begins empty and changes."""
    with connect(laid(folder)) as warehouse:
        yield warehouse


def kinds(store: Warehouse, camera: str, view: str = "crowd_minute") -> list[str]:
    found = store.query(f"SELECT day_type FROM {view} WHERE camera_id = {{c:String}} ORDER BY ts", {"c": camera})
    return [kind for (kind,) in found.rows]


def minutes_at(store: Warehouse, camera: str, *moments: str) -> None:
    for moment in moments:
        store.insert("crowd_minute_log", rows("crowd", camera, datetime.fromisoformat(moment).astimezone(UTC)))


def test_an_empty_calendar_leaves_the_week(store: Warehouse) -> None:
    store.command("TRUNCATE TABLE calendar_log")
    minutes_at(store, "week", *(f"2025-03-{day}T12:00:00+07:00" for day in (28, 29, 30, 31)))
    assert store.query("SELECT count() FROM calendar").rows == [(0,)]
    assert kinds(store, "week") == ["weekday", "saturday", "sunday", "weekday"]
    store.store_calendar(DAYS)
    assert kinds(store, "week") == ["joint_leave", "holiday", "sunday", "holiday"]


def test_what_is_stored_is_what_was_made_and_the_same_days_again_write_nothing(store: Warehouse) -> None:
    store.command("TRUNCATE TABLE calendar_log")
    assert store.store_calendar(DAYS) == DAYS.height
    assert read(store).equals(DAYS)
    parts = store.query("SELECT count() FROM calendar_log").rows
    assert store.store_calendar(DAYS) == 0
    assert store.query("SELECT count() FROM calendar_log").rows == parts


def test_only_days_that_changed_are_written_and_the_new_ones_count(store: Warehouse, tmp_path: Path) -> None:
    store.store_calendar(DAYS)
    minutes_at(store, "decree", "2025-08-18T12:00:00+07:00", "2025-08-19T12:00:00+07:00")
    assert kinds(store, "decree") == ["joint_leave", "weekday"]
    file = tmp_path / "kota.toml"
    file.write_text(
        calendar.shipped().read_text()
        + '\n[[holiday]]\ndate = 2025-08-18\ntype = "none"\n'
        + '[[holiday]]\ndate = 2025-08-19\ntype = "joint_leave"\nname = "Cuti"\n'
        + '[[event]]\nname = "Pasar"\nfrom = 2025-08-20\n'
    )
    changed = calendar.days(file, NOW_US)
    assert store.store_calendar(changed) == 3
    assert kinds(store, "decree") == ["weekday", "joint_leave"]
    assert read(store).equals(changed)
    assert store.store_calendar(DAYS) == 3
    assert kinds(store, "decree") == ["joint_leave", "weekday"]


def test_fewer_years_leave_the_others_as_they_are(store: Warehouse) -> None:
    store.store_calendar(DAYS)
    assert store.store_calendar(DAYS.filter(pl.col("date").dt.year() == 2025)) == 0
    assert read(store).equals(DAYS)


def test_days_begin_at_local_midnight(store: Warehouse) -> None:
    store.store_calendar(DAYS)
    edges = ("2025-12-31T16:59:00+00:00", "2025-12-31T17:00:00+00:00", "2026-01-01T16:59:00+00:00")
    minutes_at(store, "edge", *edges, "2026-01-01T17:00:00+00:00")
    assert kinds(store, "edge") == ["weekday", "holiday", "holiday", "weekday"]


@pytest.mark.parametrize("metric", ["crowd", "flow", "health"])
def test_every_grain_has_the_day_type_of_its_local_day(store: Warehouse, metric: str) -> None:
    store.store_calendar(DAYS)
    camera = f"grain-{metric}"
    store.insert(f"{metric}_minute_log", rows(metric, camera, datetime(2025, 3, 30, 17, tzinfo=UTC)))
    store.roll()
    views = (f"{metric}_{grain}" for grain in ("minute", "quarter", "hour", "day"))
    assert {view: set(kinds(store, camera, view)) for view in views} == {
        f"{metric}_{grain}": {"holiday"} for grain in ("minute", "quarter", "hour", "day")
    }


def test_a_day_outside_the_calendar_follows_the_week(store: Warehouse) -> None:
    store.store_calendar(DAYS)
    minutes_at(store, "far", "2029-08-17T12:00:00+07:00", "2029-08-18T12:00:00+07:00")
    assert kinds(store, "far") == ["weekday", "saturday"]


def test_the_view_says_dates_as_people_ask_for_them(store: Warehouse) -> None:
    store.store_calendar(DAYS)
    answer = store.query(
        "SELECT * FROM calendar WHERE date IN ('2026-02-20', '2026-03-21', '2024-05-04') ORDER BY date"
    )
    table = pl.DataFrame(pl.from_arrow(answer.table))
    assert table.columns == [
        "date",
        "day_type",
        "holiday",
        "hijri",
        "hijri_day",
        "hijri_month",
        "hijri_year",
        "is_ramadan",
        "school_holiday",
        "events",
    ]
    carnival = {"from": "18:30", "to": "24:00", "name": "Semarang Night Carnival"}
    prayer = {"from": "11:30", "to": "13:00", "name": "Salat Jumat"}
    assert table.drop("school_holiday", "hijri").rows() == [
        (date(2024, 5, 4), "saturday", "", 25, 10, 1445, False, [carnival]),
        (date(2026, 2, 20), "weekday", "", 2, 9, 1447, True, [prayer]),
        (date(2026, 3, 21), "holiday", "Hari Raya Idul Fitri", 1, 10, 1447, False, []),
    ]


def test_figures_join_the_events_of_their_hour(store: Warehouse) -> None:
    store.store_calendar(DAYS)
    minutes_at(store, "event", *(f"2026-02-20T{clock}:00+07:00" for clock in ("11:29", "11:30", "12:59", "13:00")))
    sql = (
        "SELECT formatDateTime(f.local_ts, '%H:%i'), arrayMap(e -> e.name, arrayFilter(e -> "
        "formatDateTime(f.local_ts, '%H:%i') >= e.from AND formatDateTime(f.local_ts, '%H:%i') < e.to, c.events)) "
        "FROM crowd_minute f JOIN calendar c ON c.date = toDate32(f.local_ts) WHERE camera_id = 'event' ORDER BY f.ts"
    )
    assert store.query(sql).rows == [
        ("11:29", []),
        ("11:30", ["Salat Jumat"]),
        ("12:59", ["Salat Jumat"]),
        ("13:00", []),
    ]


def test_the_queries_of_the_calendars_page_run(store: Warehouse) -> None:
    store.store_calendar(DAYS)
    page = (Path(__file__).parents[2] / "docs" / "calendar.md").read_text()
    queries = [query for query in re.search(r"```sql\n(.*?)```", page, re.DOTALL)[1].split(";\n") if query.strip()]
    assert len(queries) == 2
    for query in queries:
        assert store.query(query).column_names


def test_the_read_only_user_sees_day_types_and_the_calendar(store: Warehouse, folder: Path) -> None:
    store.store_calendar(DAYS)
    minutes_at(store, "reader", "2025-08-17T12:00:00+07:00")
    word = json.loads((folder / "secrets.json").read_text())["reader"]
    client = clickhouse_connect.get_client(
        host=store.address.host, port=store.address.port, username="reader", password=word
    )
    try:
        found = client.query("SELECT day_type FROM tilik.crowd_minute WHERE camera_id = 'reader'").result_rows
        assert found == [("holiday",)]
        assert client.query("SELECT count() FROM tilik.calendar").result_rows == [(DAYS.height,)]
    finally:
        client.close()


def test_asking_for_an_hour_reads_its_day_alone(store: Warehouse) -> None:
    store.store_calendar(DAYS)
    for day in range(10):
        start = datetime(2025, 5, 1, tzinfo=UTC) + timedelta(days=day)
        store.insert("crowd_minute_log", rows("crowd", "prune", start, 60))
    hour = "ts >= '2025-05-04 00:00:00' AND ts < '2025-05-04 01:00:00'"
    plan = [
        line
        for (line,) in store.query(
            f"EXPLAIN indexes = 1 SELECT day_type, persons_mean FROM crowd_minute WHERE {hour} AND camera_id = 'prune'"
        ).rows
    ]
    begin = next(at for at, line in enumerate(plan) if "crowd_minute_log" in line)
    keys = [line.strip("│├─└ ") for line in plan[begin:]]
    partition = keys[keys.index("Partition") :]
    assert next(line for line in partition if line.startswith("Parts:")) == "Parts: 1/1"
    assert "toYYYYMMDD(ts)" in partition
    assert "camera_id" in partition[partition.index("PrimaryKey") :]


def test_a_city_without_anything_of_its_own_is_stored_too(store: Warehouse) -> None:
    store.command("TRUNCATE TABLE calendar_log")
    plain = calendar.build(CityCalendar(), 2026, 2026)
    assert store.store_calendar(plain) == 365
    assert read(store).equals(plain)
    assert store.query("SELECT groupUniqArray(length(events)) FROM calendar").rows == [([0],)]
