"""Windows of roads and places, reckoned anew where what they follow from has changed (`schemas.kept`).

Who changes hours says so before (`touch`), so that a kill leaves a day that is known to be
stale. Whoever rolls reckons stale days (`refresh`), as does whoever finds days that were
reckoned by other registrations or definitions, or never were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from connectors.warehouse.inserts import to_arrow
from connectors.warehouse.session import Session
from schemas import coarse
from schemas.kept import BOOK, FRESH, KEPT, STALE, Kept
from schemas.local_time import ZONE
from schemas.views.kept import query
from schemas.views.places import visits_place
from schemas.views.roads import road_day, road_hour
from schemas.views.sql import View

CAMERA_DAYS: Final = 10_000
"""Days times cameras that one statement reckons: bounds its memory; ours."""
MOST_DAYS: Final = 31


def touch(session: Session, metric: str, days: Sequence[datetime], number: int) -> None:
    """Say that hours of a metric on these local days are about to change."""
    for name, kept in KEPT.items():
        if metric in kept.metrics:
            _book(session, name, days, number, STALE, 0)


def refresh(session: Session, number: int) -> int:
    """Reckon all that is stale under a roll's number; return how many days. The caller holds the roll's lease."""
    done = 0
    for view in _reckoned():
        kept, by = KEPT[view.name], _by(session, view)
        days = _stale(session, view.name, by)
        for some in _chunks(session, days):
            _reckon(session, view, kept, some, number)
            _book(session, view.name, some, number, FRESH, by)
        done += len(days)
    return done


def is_behind(session: Session) -> bool:
    """Say whether days were never reckoned, or by other registrations or definitions; what a roll is at is its own."""
    return any(_stale(session, view.name, _by(session, view), settled=True) for view in _reckoned())


def _reckoned() -> list[View]:
    return [road_hour(ZONE), road_day(ZONE), visits_place("day", ZONE)]


def _by(session: Session, view: View) -> int:
    text = int(hashlib.sha256(view.text.encode()).hexdigest()[:15], 16)
    return int(session.query(f"SELECT bitXor({KEPT[view.name].registered}, toUInt64({text})) AS by").rows[0][0])


def _stale(session: Session, name: str, by: int, *, settled: bool = False) -> list[datetime]:
    """Return the days that are to be reckoned; of `settled` ones without those that somebody is changing."""
    stored = " UNION DISTINCT ".join(f"SELECT ts AS day FROM {metric}_day_log" for metric in KEPT[name].metrics)
    booked = f"(SELECT day, state, by, 1 AS booked FROM {BOOK} FINAL WHERE what = '{name}')"
    other = f"b.booked = 0 OR (b.state = {FRESH} AND b.by != {by})"
    which = other if settled else f"{other} OR b.state = {STALE}"
    sql = f"SELECT DISTINCT d.day AS day FROM ({stored}) AS d LEFT JOIN {booked} AS b ON b.day = d.day WHERE {which}"
    return session.query(f"{sql} ORDER BY day").values("day")


def _chunks(session: Session, days: list[datetime]) -> Iterator[list[datetime]]:
    cameras = int(session.query("SELECT uniqExact(camera_id) FROM cameras_log").rows[0][0])
    most = min(MOST_DAYS, max(1, CAMERA_DAYS // max(cameras, 1)))
    for first in range(0, len(days), most):
        yield days[first : first + most]


def _reckon(session: Session, view: View, kept: Kept, days: list[datetime], number: int) -> None:
    within, names, table = coarse.among(days, timedelta(days=1), "ts"), ", ".join(kept.columns), f"{view.name}_log"
    session.command(
        f"INSERT INTO {table} ({names}, roll, deleted) SELECT {names}, {number}, 0 FROM ({query(view)}) WHERE {within}"
    )
    session.command(coarse.leftovers(table, within, number))


def _book(session: Session, name: str, days: Sequence[datetime], number: int, state: int, by: int) -> None:
    rows = pl.DataFrame({"day": days}, {"day": pl.Datetime("ms", "UTC")}).with_columns(
        what=pl.lit(name), roll=pl.lit(number, pl.UInt64), state=pl.lit(state, pl.UInt8), by=pl.lit(by, pl.UInt64)
    )
    session.insert_block(BOOK, to_arrow(rows))
