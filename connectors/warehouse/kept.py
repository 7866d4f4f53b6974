"""Windows of roads and places, reckoned anew where what they follow from has changed (`schemas.kept`).

Who changes hours says so before (`touch`), so that a kill leaves a day that is known to be
stale. Whoever rolls reckons stale days (`refresh`), as does whoever finds days that were
reckoned by other registrations or definitions, or never were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

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
    if names := [name for name, kept in KEPT.items() if metric in kept.metrics]:
        _book(session, names, days, number, STALE, 0)


def refresh(session: Session, number: int) -> int:
    """Reckon all that is stale under a roll's number; return how many days. The caller holds the roll's lease."""
    done, made_of = 0, _made_of(session)
    stale = _stale(session, made_of)
    for view in _reckoned():
        kept, days, of = KEPT[view.name], stale.get(view.name, []), made_of[view.name]
        for some in _chunks(session, days):
            _reckon(session, view, kept, some, number, is_any=of.registered != 0)
            _book(session, [view.name], some, number, FRESH, of.by)
        done += len(days)
    return done


def is_behind(session: Session) -> bool:
    """Say whether days were never reckoned, or by other registrations or definitions; what a roll is at is its own."""
    return bool(_stale(session, _made_of(session), settled=True))


def _reckoned() -> list[View]:
    return [road_hour(ZONE), road_day(ZONE), visits_place("day", ZONE)]


class _MadeOf(NamedTuple):
    """A hash of what is registered, 0 where nothing is, and one of that and of how rows are reckoned."""

    registered: int
    by: int


def _made_of(session: Session) -> dict[str, _MadeOf]:
    """Return what rows would be made of now, by view."""
    asked = list(dict.fromkeys(kept.registered for kept in KEPT.values()))
    found = session.query("SELECT " + ", ".join(f"{sql} AS r{n}" for n, sql in enumerate(asked))).rows[0]
    registered = dict(zip(asked, found, strict=True))
    made_of = {}
    for view in _reckoned():
        text = int(hashlib.sha256(view.text.encode()).hexdigest()[:15], 16)
        hashed = registered[KEPT[view.name].registered]
        made_of[view.name] = _MadeOf(hashed, hashed ^ text)
    return made_of


def _stale(session: Session, made_of: Mapping[str, _MadeOf], *, settled: bool = False) -> dict[str, list[datetime]]:
    """Return the days that are to be reckoned, by view; of `settled` ones without those that somebody is changing."""
    stored = " UNION DISTINCT ".join(
        f"SELECT '{name}' AS what, ts AS day, toUInt64({made_of[name].by}) AS by FROM {metric}_day_log"
        for name, kept in KEPT.items()
        for metric in kept.metrics
    )
    other = f"b.booked = 0 OR (b.state = {FRESH} AND b.by != d.by)"
    which = other if settled else f"{other} OR b.state = {STALE}"
    found = session.query(
        f"SELECT d.what AS what, d.day AS day FROM ({stored}) AS d "
        f"LEFT JOIN (SELECT what, day, state, by, 1 AS booked FROM {BOOK} FINAL) AS b "
        f"ON b.what = d.what AND b.day = d.day WHERE {which} ORDER BY what, day"
    )
    stale: dict[str, list[datetime]] = {}
    for what, day in found.rows:
        stale.setdefault(what, []).append(day)
    return stale


def _chunks(session: Session, days: list[datetime]) -> Iterator[list[datetime]]:
    if not days:
        return
    cameras = int(session.query("SELECT uniqExact(camera_id) FROM cameras_log").rows[0][0])
    most = min(MOST_DAYS, max(1, CAMERA_DAYS // max(cameras, 1)))
    for first in range(0, len(days), most):
        yield days[first : first + most]


def _reckon(session: Session, view: View, kept: Kept, days: list[datetime], number: int, *, is_any: bool) -> None:
    """Write the rows of days, of which there are none where nothing is registered, and withdraw those of before."""
    within, names, table = coarse.among(days, timedelta(days=1), "ts"), ", ".join(kept.columns), f"{view.name}_log"
    if is_any:
        rows = f"SELECT {names}, {number}, 0 FROM ({query(view)}) WHERE {within}"
        session.command(f"INSERT INTO {table} ({names}, roll, deleted) {rows}")
    session.command(coarse.leftovers(table, within, number))


def _book(session: Session, names: Sequence[str], days: Sequence[datetime], number: int, state: int, by: int) -> None:
    told = {"roll": pl.lit(number, pl.UInt64), "state": pl.lit(state, pl.UInt8), "by": pl.lit(by, pl.UInt64)}
    rows = pl.DataFrame({"day": days}, {"day": pl.Datetime("ms", "UTC")}).join(
        pl.DataFrame({"what": names}), how="cross"
    )
    session.insert_block(BOOK, to_arrow(rows.with_columns(**told)))
