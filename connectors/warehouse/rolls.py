"""Quarters, hours and days, recomputed whole from the minutes that count.

Inserts mark hours (`inserts`); the roller reads the marks, recomputes those
hours and their days under a new roll number, tombstones keys that no longer
have minutes, and clears only the marks it read. An unlanded mark stays: its
insert may still come. Minutes that were removed are no reason to sum up less: below a floor
(`floors`) a row that has seen more stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from connectors.warehouse import area_hours, floors, kept, leases
from connectors.warehouse.inserts import MARK_LANDED, MARK_OPEN, MARK_ROLLED
from connectors.warehouse.session import Session
from schemas import coarse, usual
from schemas.columns import METRICS
from schemas.ddl import GRAINS
from schemas.local_time import ZONE, at_time
from schemas.parts import Metric

CHUNK_ROWS: Final = 3_000_000
"""Minute rows that one statement folds: bounds its memory."""

_NAMES: Final = frozenset(metric.name for metric in METRICS)
OPEN_S: Final = 3_600
"""An insert that has not landed after this long never will; it will mark again if retried."""


def roll(session: Session) -> int:
    """Recompute marked hours; return how many.

    One roll goes at a time: a later one would win, by its number, over what an
    earlier one read afterwards, and the earlier one would clear the mark. Where
    nothing is marked and all that is kept is fresh, no other is at work either:
    it clears its marks last, and what is kept is stale until then.
    """
    is_idle = marked(session).keys().isdisjoint(_NAMES)
    if is_idle and kept.is_fresh(session) and not area_hours.is_behind(session):
        return 0
    with leases.held(session, leases.ROLL):
        return _roll(session)


def _roll(session: Session) -> int:
    done, number, removed = 0, _next(session), floors.read(session)
    _freeze(session, number)
    changed = marked(session)
    for metric in METRICS:
        hours = changed.get(metric.name)
        if not hours:
            continue
        days = sorted({_day(hour) for hour in hours} | _depending(session, metric, hours))
        kept.touch(session, metric.name, [day for day in days if day >= at_time(removed.of_places)], number)
        for some, spares in _apart(hours, removed.of_hours):
            for chunk in _chunks(session, metric, some):
                for statement in coarse.hours(metric, chunk, number, spares=spares):
                    session.command(statement)
                if whole := [hour for hour in chunk if hour >= at_time(removed.hours)]:
                    area_hours.reckon(session, metric.name, whole, number)
        for some, spares in _apart(days, removed.of_days):
            for first in range(0, len(some), 31):
                chunk = some[first : first + 31]
                lack = _lack(session, metric, chunk)
                for statement in coarse.days(metric, chunk, number, lack=lack, spares=spares):
                    session.command(statement)
        _clear(session, metric, number)
        done += len(hours)
    area_hours.catch_up(session, number)
    kept.refresh(session, number)
    return done


def _apart(starts: list[datetime], floor_us: int) -> Iterator[tuple[list[datetime], bool]]:
    """Yield windows below a floor, whose rows are spared where they have seen more, and those above it."""
    floor = at_time(floor_us)
    for some, spares in (([s for s in starts if s < floor], True), ([s for s in starts if s >= floor], False)):
        if some:
            yield some, spares


def catch_up(session: Session) -> None:
    """Reckon what is kept of areas, roads and places where it was reckoned otherwise, or never."""
    if kept.is_behind(session) or area_hours.is_behind(session):
        with leases.held(session, leases.ROLL):
            number = _next(session)
            area_hours.catch_up(session, number)
            kept.refresh(session, number)


def withdraw(session: Session, camera: str) -> None:
    """Withdraw a camera's quarters, hours and days, those too whose minutes were removed: nothing is left to mark."""
    given = {"c": camera}
    with leases.held(session, leases.ROLL):
        number, removed = _next(session), floors.read(session)
        for metric in METRICS:
            unmarked = _below(session, metric, camera, removed)
            held = "FROM {} FINAL WHERE camera_id = {{c:String}} AND deleted = 0"
            found = session.query(f"SELECT DISTINCT ts {held.format(f'{metric.name}_day_log')}", given).values("ts")
            kept.touch(session, metric.name, sorted(day.astimezone(UTC) for day in found), number)
            for grain in GRAINS if found else ():
                table = f"{metric.name}_{grain}_log"
                session.command(
                    f"INSERT INTO {table} SELECT * REPLACE (toUInt8(1) AS deleted, toUInt64({number}) AS roll) "
                    f"FROM (SELECT * {held.format(table)})",
                    given,
                )
            for first in range(0, len(unmarked), area_hours.MOST_HOURS):
                area_hours.reckon(session, metric.name, unmarked[first : first + area_hours.MOST_HOURS], number)


def _below(session: Session, metric: Metric, camera: str, removed: floors.Floors) -> list[datetime]:
    """Return the hours of a camera that are kept and whose minutes were removed."""
    found = session.query(
        f"SELECT DISTINCT ts FROM {metric.name}_hour_log FINAL WHERE camera_id = {{c:String}} AND deleted = 0 "
        "AND ts >= fromUnixTimestamp64Micro({a:Int64}) AND ts < fromUnixTimestamp64Micro({b:Int64}) ORDER BY ts",
        {"c": camera, "a": removed.hours, "b": removed.of_hours},
    )
    return found.values("ts")


def marked(session: Session) -> dict[str, list[datetime]]:
    """Return the hours of each metric whose minutes have changed since they were recomputed, ascending."""
    found = session.query(
        f"SELECT DISTINCT toString(domain) AS of, hour FROM marks_log FINAL WHERE state < {MARK_ROLLED} ORDER BY hour"
    )
    hours: dict[str, list[datetime]] = {}
    for domain, hour in found.rows:
        hours.setdefault(domain, []).append(hour)
    return hours


def _depending(session: Session, metric: Metric, hours: list[datetime]) -> set[datetime]:
    """Return the days behind these hours that lack some themselves: what is usual there may have changed."""
    first, last = _day(hours[0]), _day(hours[-1]) + timedelta(weeks=usual.WEEKS)
    found = session.query(
        f"SELECT DISTINCT ts FROM {metric.name}_day_log FINAL WHERE deleted = 0 AND hours_short > 0 "
        f"AND {coarse.among([first], last - first + timedelta(days=1), 'ts')}"
    )
    return {day.astimezone(UTC) for day in found.values("ts")}


def _lack(session: Session, metric: Metric, days: list[datetime]) -> bool:
    """Say whether any of the days lacks hours: the statement that looks for what is usual is dear to analyse."""
    asked = coarse.lacking(metric, days)
    return asked is not None and bool(session.query(asked).rows)


def _next(session: Session) -> int:
    """Take the next roll number: higher than every number that coarse rows carry."""
    tables = " UNION ALL ".join(f"SELECT max(roll) AS r FROM {name}" for name in coarse.tables())
    return (
        int(
            session.query(f"SELECT max(r) AS r FROM ({tables} UNION ALL SELECT max(roll) FROM rolls_log)")["r"][
                0
            ].as_py()
        )
        + 1
    )


def _freeze(session: Session, number: int) -> None:
    """Note which marks this roll will clear, before it reads the hours: later marks are the next roll's."""
    session.command(
        "INSERT INTO rolls_log (roll, domain, hour, mark) "
        f"SELECT {number}, domain, hour, mark FROM marks_log FINAL WHERE state = {MARK_LANDED} "
        f"OR (state = {MARK_OPEN} AND at < now() - {OPEN_S})"
    )


def _clear(session: Session, metric: Metric, number: int) -> None:
    session.command(
        "INSERT INTO marks_log (domain, hour, mark, state) "
        f"SELECT domain, hour, mark, {MARK_ROLLED} FROM rolls_log FINAL "
        f"WHERE roll = {number} AND domain = '{metric.name}'"
    )


def _chunks(session: Session, metric: Metric, hours: list[datetime]) -> list[list[datetime]]:
    counts = dict(
        session.query(
            f"SELECT toStartOfHour(ts) AS hour, count() AS n FROM {metric.name}_minute_log "
            f"WHERE {coarse.among(hours, timedelta(hours=1), 'ts')} GROUP BY hour"
        ).rows
    )
    chunks: list[list[datetime]] = [[]]
    room = CHUNK_ROWS
    for hour in hours:
        size = counts.get(hour, 0)
        if chunks[-1] and (size > room or hour - chunks[-1][0] > timedelta(days=31)):
            chunks.append([])
            room = CHUNK_ROWS
        chunks[-1].append(hour)
        room -= size
    return chunks


def _day(hour: datetime) -> datetime:
    """Return the local midnight before an hour, in UTC."""
    return hour.astimezone(ZoneInfo(ZONE)).replace(hour=0, minute=0).astimezone(UTC)
