"""Hours of areas, written with the hours of cameras that they follow from (`schemas.area_hours`).

The roller writes them under its own number before it clears its marks, so that a kill leaves hours
that are marked. Where another version reckoned them otherwise, or none did, all hours are made again once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import polars as pl

from connectors.warehouse.inserts import to_arrow
from connectors.warehouse.session import Session
from schemas import area_hours, coarse
from schemas.kept import BOOK, FRESH, STALE
from schemas.views.areas import hours

HOUR: Final = timedelta(hours=1)
MOST_HOURS: Final = 5 * 24
"""Hours that one statement makes again: bounds its memory; ours."""


def reckon(session: Session, metric: str, starts: Sequence[datetime], number: int) -> None:
    """Write the hours of a metric's areas that start at `starts` (UTC, ascending), and withdraw those of before."""
    table = area_hours.table(metric)
    card = area_hours.by_name().get(table)
    if card is None or card.area is None:
        return
    within, columns = coarse.among(list(starts), HOUR, "ts"), ", ".join(area_hours.columns(card.area))
    rows = f"SELECT {columns}, {number}, 0 FROM ({hours(card, within)})"
    session.command(f"INSERT INTO {table} ({columns}, roll, deleted) {rows}")
    session.command(coarse.leftovers(table, within, number))


def is_behind(session: Session) -> bool:
    """Say whether hours were reckoned otherwise than now, or never."""
    return bool(_behind(session))


def catch_up(session: Session, number: int) -> None:
    """Make all hours again that are not as this version reckons them. The caller holds the roll's lease."""
    if not (behind := _behind(session)):
        return
    _book(session, behind, number, STALE)
    for table in behind:
        metric = area_hours.by_name()[table].name
        for some in _stored(session, metric):
            reckon(session, metric, some, number)
    _book(session, behind, number, FRESH)


def _behind(session: Session) -> list[str]:
    """Return the tables whose hours are not as this version reckons them."""
    booked = dict(session.query(f"SELECT what, by FROM {BOOK} FINAL WHERE day = 0 AND state = {FRESH}").rows)
    return [table for table in area_hours.tables() if booked.get(table) != _made_by(table)]


def _made_by(table: str) -> int:
    """Return a hash of how rows are reckoned."""
    return int(hashlib.sha256(hours(area_hours.by_name()[table], "1").encode()).hexdigest()[:15], 16)


def _stored(session: Session, metric: str) -> Iterator[list[datetime]]:
    """Yield the hours of which there are rows, so many at once as one statement makes."""
    starts = sorted(set(session.query(f"SELECT DISTINCT ts FROM {metric}_hour_log").values("ts")))
    for first in range(0, len(starts), MOST_HOURS):
        yield starts[first : first + MOST_HOURS]


def _book(session: Session, tables: Sequence[str], number: int, state: int) -> None:
    """Say of tables how all their hours are reckoned: the day 0 of the book stands for all days."""
    made_by = {"what": tables, "by": [_made_by(table) for table in tables]}
    rows = pl.DataFrame(made_by, {"what": pl.String, "by": pl.UInt64})
    told = {"roll": pl.lit(number, pl.UInt64), "state": pl.lit(state, pl.UInt8)}
    day = pl.lit(datetime.fromtimestamp(0, UTC), pl.Datetime("ms", "UTC"))
    session.insert_block(BOOK, to_arrow(rows.with_columns(day=day, **told)))
