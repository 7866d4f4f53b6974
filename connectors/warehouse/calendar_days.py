"""The calendar's days in the warehouse: only days whose content changed are written.

A replay stores them each time it begins, so that every view's `day_type`
follows the city's file; the same file twice writes nothing. The module is not
called `calendar`: the engine's script runs in this folder and would import it
in place of the standard library's.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl

from connectors.warehouse.inserts import BLOCK_ROWS, mark, to_arrow
from connectors.warehouse.session import Session
from schemas import usual
from schemas.calendar import DAYS
from schemas.columns import METRICS


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
    version = session.query("SELECT max(version) + 1 AS version FROM calendar_log")["version"][0].as_py()
    rows = changed.with_columns(version=pl.lit(version, pl.UInt64))
    for block in rows.iter_slices(BLOCK_ROWS):
        session.insert_block("calendar_log", to_arrow(block))
    _judge_anew(session, [row["date"] for row in changed.iter_rows(named=True) if _is_other(held, row)])
    return changed.height


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
    for metric in METRICS:
        found = session.query(
            f"SELECT DISTINCT ts FROM {metric.name}_day_log FINAL WHERE deleted = 0 AND hours_short > 0 "
            f"AND ts >= toDateTime('{first} 00:00:00', 'UTC') AND ts < toDateTime('{last} 00:00:00', 'UTC')"
        )["ts"].to_pylist()
        if found:
            mark(session, metric.name, found)


def read(session: Session) -> pl.DataFrame:
    """Return the stored days, columns as in `schemas.calendar.DAYS`, by date."""
    answer = session.query(f"SELECT {', '.join(DAYS)} FROM calendar_log FINAL ORDER BY date")
    kinds: dict[str, Any] = DAYS
    return pl.DataFrame(pl.from_arrow(answer.table)).select(pl.col(name).cast(kind) for name, kind in kinds.items())
