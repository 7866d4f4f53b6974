"""Rows that are old enough go, whole days; what is kept grows no smaller, whatever comes and whoever is killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.warehouse import Warehouse, connect, floors, removing
from connectors.warehouse.session import Session
from schemas import retention
from schemas.errors import UsageError
from schemas.local_time import day_number, midnight_us
from tests.connectors.minutes import rows

FIRST = date(2026, 1, 5)
MIDNIGHT = datetime(2026, 1, 4, 17, 0, tzinfo=UTC)
"""Begin of that local day."""
NOW_US = midnight_us(day_number(FIRST) + 12) + 1
KEEP = dict.fromkeys(retention.CLASSES, 0) | {"minutes": 10}
"""Minutes of 5 and 6 January go."""
HOURS = "SELECT ts, frames, person_ms FROM crowd_hour_log FINAL ORDER BY ts"
DAYS = "SELECT toString(toDate(toTimeZone(ts, 'Asia/Jakarta'))) AS day, count() AS n FROM {} GROUP BY day ORDER BY day"


@pytest.fixture
def store(laid: Callable[[Path], str], tmp_path: Path) -> Iterator[Warehouse]:
    """Four local days of two metrics: ten minutes of each of three hours, the first right after midnight."""
    with connect(laid(tmp_path / "store")) as warehouse:
        for day in range(4):
            for hour in (0, 8, 23):
                start = MIDNIGHT + timedelta(days=day, hours=hour)
                warehouse.insert("crowd_minute_log", rows("crowd", "a", start, 10, person_ms=60_000))
                warehouse.insert("health_minute_log", rows("health", "a", start, 10))
        warehouse.roll()
        yield warehouse


def days_of(store: Warehouse, table: str) -> dict[str, int]:
    return dict(store.query(DAYS.format(table)).rows)


def told(store: Warehouse) -> list[tuple[Any, ...]]:
    return store.query("SELECT kind, name, day, removed_rows FROM removals ORDER BY kind, name, day").rows


GONE = [
    ("minutes", f"{metric}_minute_log", FIRST + timedelta(days=day), 30)
    for metric in ("crowd", "health")
    for day in (0, 1)
]


def test_whole_local_days_go_are_written_down_and_no_hour_grows_smaller(store: Warehouse) -> None:
    hours, daily = store.query(HOURS).rows, store.query("SELECT * FROM crowd_day").rows
    planned = removing.plan(store, KEEP, NOW_US)
    assert [each[:4] for each in planned.items] == [(*each[:3], each[3]) for each in sorted(GONE, key=lambda g: g[2])]
    assert all(each.bytes > 0 for each in planned.items)
    assert told(store) == []
    removing.apply(store, KEEP, NOW_US)
    assert days_of(store, "crowd_minute_log") == {"2026-01-07": 30, "2026-01-08": 30}
    assert told(store) == GONE
    assert removing.plan(store, KEEP, NOW_US).items == []
    removing.apply(store, KEEP, NOW_US)
    assert told(store) == GONE

    # one late minute of a removed day; hours of this metric are marked anew
    late = MIDNIGHT + timedelta(hours=8, minutes=30)
    store.insert("crowd_minute_log", rows("crowd", "a", late, 1, person_ms=1))
    store.roll()
    assert store.query(HOURS).rows == hours
    assert store.query("SELECT * FROM crowd_day").rows == daily
    store.insert("crowd_minute_log", rows("crowd", "a", late, 30, person_ms=90_000))
    store.roll()
    changed = [now for was, now in zip(hours, store.query(HOURS).rows, strict=True) if was != now]
    assert [now[1:] for now in changed] == [(30 * 600, 30 * 90_000)], "what has seen more is another matter"
    removing.apply(store, KEEP, NOW_US)
    assert days_of(store, "crowd_minute_log") == {"2026-01-07": 30, "2026-01-08": 30}
    assert [each[:3] for each in told(store)].count(GONE[0][:3]) == 2, "a second removal, beside the first"

    with pytest.raises(UsageError, match="days before 2026-01-07 were removed"):
        floors.refuse_below(store, midnight_us(day_number(FIRST) + 1))
    floors.refuse_below(store, midnight_us(day_number(FIRST) + 2))

    store.forget("a")
    for table in ("crowd_quarter", "crowd_hour", "crowd_day", "health_day"):
        assert store.query(f"SELECT count() FROM {table}").rows == [(0,)], "forgotten with what had no minutes any more"


class Killed(BaseException):
    """The command ends here."""


def test_a_kill_before_any_statement_leaves_what_the_same_again_finishes(
    store: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each life does one change more; the floor stands before the first row goes, and each day is written down once."""
    command, insert_block, left = Session.command, Session.insert_block, [0]

    def mortal(real: Callable[..., None], is_ours: Callable[[str], bool]) -> Callable[..., None]:
        def call(self: Session, what: str, *given: Any, **more: Any) -> None:
            if is_ours(what):
                if not left[0]:
                    raise Killed
                left[0] -= 1
            real(self, what, *given, **more)

        return call

    monkeypatch.setattr(Session, "command", mortal(command, lambda sql: sql.startswith("ALTER")))
    monkeypatch.setattr(Session, "insert_block", mortal(insert_block, lambda table: table == "removals_log"))
    for lives in range(20):
        left[0] = 1 + lives % 2
        before = days_of(store, "crowd_minute_log")
        try:
            removing.apply(store, KEEP, NOW_US)
        except Killed:
            if days_of(store, "crowd_minute_log") != before:
                assert floors.read(store).minutes == midnight_us(day_number(FIRST) + 2)
        else:
            break
    assert lives > 1
    assert told(store) == GONE
    assert set(store.query("SELECT step FROM removals_log FINAL").values("step")) == {removing.DONE}
    assert days_of(store, "health_minute_log") == {"2026-01-07": 30, "2026-01-08": 30}


def test_hours_go_by_months_open_incidents_stay_and_evidence_goes_before_incidents(store: Warehouse) -> None:
    opened = "toDateTime64('2026-01-05 03:00:00', 6, 'UTC')"
    for name, closed, why in (("over", "addHours(opened_at, 1)", "cleared"), ("open", "NULL", "")):
        store.command(
            "INSERT INTO incidents_log (camera_id, incident_id, opened_at, updated_at, closed_at, close_reason, "
            f"track_ids, box) SELECT 'a', '{name}', {opened} AS opened_at, opened_at, {closed}, '{why}', ['7'], [0.1]"
        )
    now_us = midnight_us(day_number(date(2026, 4, 20)))
    keep = KEEP | {"hours": 78, "evidence": 60, "letters": 10}
    planned = removing.plan(store, keep, now_us)
    assert (planned.before["hours"], planned.before["minutes"]) == (date(2026, 2, 1), date(2026, 4, 10))
    later = store.query("SELECT * REPLACE (ts + INTERVAL 27 DAY AS ts) FROM crowd_hour_log")
    store.insert("crowd_hour_log", later.table)
    removing.apply(store, keep, now_us)
    assert min(days_of(store, "crowd_hour_log")) == "2026-02-01"
    assert store.query("SELECT count() FROM crowd_day_log").rows[0][0] > 0
    incidents = "SELECT incident_id, track_ids, length(box) FROM incidents_log FINAL ORDER BY incident_id"
    assert store.query(incidents).rows == [("open", ["7"], 1), ("over", [], 0)]
    assert removing.plan(store, keep, now_us).items == []
    removing.apply(store, keep | {"incidents": 60}, now_us)
    assert [row[0] for row in store.query(incidents).rows] == ["open"]


def test_what_an_unfinished_backfill_or_a_run_that_is_behind_needs_stays(store: Warehouse) -> None:
    since = datetime(2026, 1, 7, tzinfo=UTC)
    store.command(
        "INSERT INTO backfills_log (generation, state, since, until, step) "
        f"SELECT 3, 'running', '{since:%F %T}', '{since:%F %T}', 0"
    )
    found = removing.plan(store, KEEP, NOW_US)
    assert (found.before["minutes"], len(found.items)) == (FIRST, 0)
    assert "backfill 3" in found.held_by
    store.command("INSERT INTO backfills_log (generation, state, since, until, step) SELECT 3, 'done', now(), now(), 1")
    assert removing.plan(store, KEEP, NOW_US).held_by == ""
