"""The calendar's days in the warehouse: only days whose content changed are written.

A replay stores them each time it begins, so that every view's `day_type`
follows the city's file; the same file twice writes nothing. The module is not
called `calendar`: the engine's script runs in this folder and would import it
in place of the standard library's.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import polars as pl

from connectors.warehouse.inserts import BLOCK_ROWS, MARK_LANDED, mark, to_arrow, unmark
from connectors.warehouse.session import Session
from schemas import usual
from schemas.calendar import DAYS
from schemas.columns import METRICS

SILENCES: Final = "mutes"
"""Domain of `marks_log`: days around which detectors must be judged anew, since the calendar calls them otherwise."""


def store(session: Session, days: pl.DataFrame) -> int:
    """Store days (`schemas.calendar.DAYS`); return how many were new or different.

    The caller holds the registry's lease.
    """
    held = {row["date"]: row for row in read(session).iter_rows(named=True)}
    changed = days.filter(
        pl.Series([held.get(row["date"]) != row for row in days.iter_rows(named=True)], dtype=pl.Boolean)
    )
    if not changed.height:
        return 0
    _mark(session, held, changed)
    version = session.query("SELECT max(version) + 1 AS version FROM calendar_log")["version"][0].as_py()
    rows = changed.with_columns(version=pl.lit(version, pl.UInt64))
    for block in rows.iter_slices(BLOCK_ROWS):
        session.insert_block("calendar_log", to_arrow(block))
    _mark(session, held, changed)  # again: who judged in between did so by the days of before
    return changed.height


def _mark(session: Session, held: dict[date, dict[str, Any]], changed: pl.DataFrame) -> None:
    """Mark what days that are called otherwise can change; before they are, so that a kill leaves nothing untold."""
    others = [row["date"] for row in changed.iter_rows(named=True) if _is_other(held, row)]
    _judge_anew(session, others)
    _mark_silences(session, sorted({*others, *(day for day in changed["date"] if day in held)}))


def _is_other(held: dict[date, dict[str, Any]], row: dict[str, Any]) -> bool:
    """Tell whether a day is of another kind than before; one that was not stored followed from the week."""
    day: date = row["date"]
    week = {5: "saturday", 6: "sunday"}.get(day.weekday(), "weekday")
    return bool(row["day_type"] != (held[day]["day_type"] if day in held else week))


def _judge_anew(session: Session, days: list[date]) -> None:
    """Mark the days that lack hours and that these days, of another kind now, say what is usual for."""
    if not days:
        return
    first = min(days) - timedelta(days=1)  # a local day begins on the UTC day before
    last = max(days) + timedelta(weeks=usual.WEEKS, days=1)
    within = f"ts >= toDateTime('{first} 00:00:00', 'UTC') AND ts < toDateTime('{last} 00:00:00', 'UTC')"
    lacking = " UNION ALL ".join(
        f"SELECT DISTINCT '{metric.name}' AS of, ts FROM {metric.name}_day_log FINAL "
        f"WHERE deleted = 0 AND hours_short > 0 AND {within}"
        for metric in METRICS
    )
    found: dict[str, list[datetime]] = {}
    for domain, day in session.query(lacking).rows:
        found.setdefault(domain, []).append(day)
    for domain, starts in found.items():
        mark(session, domain, starts)


def judge_anew(session: Session, days: Iterable[date]) -> None:
    """Mark local days whose minutes have changed: their detectors must be judged anew."""
    mark(session, SILENCES, [datetime.combine(day, time(), UTC) for day in days])


def _mark_silences(session: Session, days: list[date]) -> None:
    """Mark days of which something is stored, or that say what is usual where something is."""
    first, last = session.query("SELECT toDate(min(ts)), toDate(max(ts)) FROM health_hour_log").rows[0]
    weeks = timedelta(weeks=usual.WEEKS, days=1)
    near = [datetime.combine(day, time(), UTC) for day in days if first - weeks <= day <= last + timedelta(days=1)]
    if near:
        mark(session, SILENCES, near)


def to_judge(session: Session) -> list[tuple[date, int]]:
    """Return the local days around which detectors must be judged anew, and the numbers of their marks."""
    sql = f"SELECT toDate(hour), mark FROM marks_log FINAL WHERE domain = '{SILENCES}' AND state = {MARK_LANDED}"
    return [(day, number) for day, number in session.query(f"{sql} ORDER BY hour, mark").rows]


def judged(session: Session, marks: list[tuple[date, int]]) -> None:
    """Note that they were."""
    for number in {number for _, number in marks}:
        unmark(session, SILENCES, [datetime.combine(day, time(), UTC) for day, of in marks if of == number], number)


def read(session: Session) -> pl.DataFrame:
    """Return the stored days, columns as in `schemas.calendar.DAYS`, by date."""
    answer = session.query(f"SELECT {', '.join(DAYS)} FROM calendar_log FINAL ORDER BY date")
    kinds: dict[str, Any] = DAYS
    return pl.DataFrame(pl.from_arrow(answer.table)).select(pl.col(name).cast(kind) for name, kind in kinds.items())
