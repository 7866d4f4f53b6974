"""Windows of roads and places, reckoned anew where what they follow from has changed (`schemas.kept`).

Who changes hours says so before (`touch`), so that a kill leaves a day that is known to be
stale. Whoever rolls reckons (`refresh`): days that are stale, days that another definition
reckoned or none, and all days of a road or a place that is registered otherwise than when
they were reckoned; but none again of which quarters or hours were removed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from connectors.warehouse import floors
from connectors.warehouse.inserts import to_arrow
from connectors.warehouse.session import Session
from schemas import coarse
from schemas.kept import BOOK, FRESH, KEPT, NAMES, STALE
from schemas.local_time import ZONE, at_time
from schemas.views.kept import query
from schemas.views.places import visits_place
from schemas.views.roads import road_day, road_hour
from schemas.views.sql import View, string

CAMERA_DAYS: Final = 10_000
"""Days times cameras that one statement reckons: bounds its memory; ours."""
MOST_DAYS: Final = 31
MOST_NAMES: Final = 200
"""Where more are registered otherwise, all are reckoned: bounds the length of a statement; ours."""


def touch(session: Session, metric: str, days: Sequence[datetime], number: int) -> None:
    """Say that hours of a metric on these local days are about to change."""
    if days and (names := [name for name, kept in KEPT.items() if metric in kept.metrics]):
        _book(session, names, days, number, STALE, 0)


def refresh(session: Session, number: int) -> int:
    """Reckon all that is stale under a roll's number; return how many days. The caller holds the roll's lease."""
    done, renamed, stale, since = 0, _renamed(session), _stale(session), _since(session)
    for view in _reckoned():
        names, days = renamed.get(view.name, {}), stale.get(view.name, [])
        others = sorted(_stored(session, view.name) - set(days)) if names else []
        others = [day for day in others if day >= since]
        is_any = bool((days or others) and session.query(f"SELECT 1 FROM ({KEPT[view.name].registered}) LIMIT 1").rows)
        if len(names) > MOST_NAMES:
            days, others = sorted([*days, *others]), []
        for some in _chunks(session, others):
            _reckon(session, view, some, number, names, is_any=is_any)
        for some in _chunks(session, days):
            _reckon(session, view, some, number, is_any=is_any)
            _book(session, [view.name], some, number, FRESH, _made_by(view))
        if names:
            _name(session, view.name, names, number)
        done += len(days) + len(others)
    return done


def is_fresh(session: Session) -> bool:
    """Say whether all that is kept follows from what is stored and registered, and nobody is about to change it."""
    return not (_renamed(session) or _stale(session))


def is_behind(session: Session) -> bool:
    """Say whether days were never reckoned, or otherwise than now; what a roll is at is its own."""
    return bool(_renamed(session) or _stale(session, settled=True))


def _reckoned() -> list[View]:
    return [road_hour(ZONE), road_day(ZONE), visits_place("day", ZONE)]


def _made_by(view: View) -> int:
    """Return a hash of how rows are reckoned."""
    return int(hashlib.sha256(view.text.encode()).hexdigest()[:15], 16)


def _renamed(session: Session) -> dict[str, dict[str, int]]:
    """Return what is registered otherwise than when it was kept, by view: names, and what `by` is now, 0 if gone."""
    now = " UNION ALL ".join(
        f"SELECT '{what}' AS what, name, by AS now, 0 AS former FROM ({kept.registered})" for what, kept in KEPT.items()
    )
    found = session.query(
        "SELECT what, name, sum(now) AS by FROM (SELECT what, name, toUInt64(now) AS now, former "
        f"FROM ({now} UNION ALL SELECT what, name, 0, by FROM {NAMES} FINAL)) "
        "GROUP BY what, name HAVING by != sum(former) ORDER BY what, name"
    )
    renamed: dict[str, dict[str, int]] = {}
    for what, name, by in found.rows:
        renamed.setdefault(what, {})[name] = by
    return renamed


def _stale(session: Session, *, settled: bool = False) -> dict[str, list[datetime]]:
    """Return the days that are to be reckoned, by view; of `settled` ones without those that somebody is changing."""
    stored = " UNION DISTINCT ".join(
        f"SELECT '{view.name}' AS what, ts AS day, toUInt64({_made_by(view)}) AS by FROM {metric}_day_log"
        for view in _reckoned()
        for metric in KEPT[view.name].metrics
    )
    other = f"b.booked = 0 OR (b.state = {FRESH} AND b.by != d.by)"
    which = other if settled else f"{other} OR b.state = {STALE}"
    which = f"b.booked = 0 OR (d.day >= fromUnixTimestamp({int(_since(session).timestamp())}) AND ({which}))"
    found = session.query(
        f"SELECT d.what AS what, d.day AS day FROM ({stored}) AS d "
        f"LEFT JOIN (SELECT what, day, state, by, 1 AS booked FROM {BOOK} FINAL) AS b "
        f"ON b.what = d.what AND b.day = d.day WHERE {which} ORDER BY what, day"
    )
    stale: dict[str, list[datetime]] = {}
    for what, day in found.rows:
        stale.setdefault(what, []).append(day)
    return stale


def _since(session: Session) -> datetime:
    """Return since when all is there that days are made of: those before stay as they were reckoned."""
    return at_time(floors.read(session).of_places)


def _stored(session: Session, what: str) -> set[datetime]:
    """Return the days of which there may be rows."""
    days = " UNION DISTINCT ".join(f"SELECT ts AS day FROM {metric}_day_log" for metric in KEPT[what].metrics)
    return set(session.query(days).values("day"))


def _chunks(session: Session, days: list[datetime]) -> Iterator[list[datetime]]:
    if not days:
        return
    cameras = int(session.query("SELECT uniqExact(camera_id) FROM cameras_log").rows[0][0])
    most = min(MOST_DAYS, max(1, CAMERA_DAYS // max(cameras, 1)))
    for first in range(0, len(days), most):
        yield days[first : first + most]


def _reckon(
    session: Session,
    view: View,
    days: list[datetime],
    number: int,
    names: Collection[str] | None = None,
    *,
    is_any: bool,
) -> None:
    """Write the rows of days, of these names alone if any are given, and withdraw those of before.

    `is_any` says whether anything is registered of which there could be rows.
    """
    kept, table = KEPT[view.name], f"{view.name}_log"
    within, columns = coarse.among(days, timedelta(days=1), "ts"), ", ".join(kept.columns)
    if names is not None:
        within += f" AND {kept.key[0]} IN ({', '.join(map(string, names))})"
    if is_any:
        rows = f"SELECT {columns}, {number}, 0 FROM ({query(view)}) WHERE {within}"
        session.command(f"INSERT INTO {table} ({columns}, roll, deleted) {rows}")
    session.command(coarse.leftovers(table, within, number))


def _name(session: Session, what: str, names: dict[str, int], number: int) -> None:
    rows = pl.DataFrame({"name": list(names), "by": list(names.values())}, {"name": pl.String, "by": pl.UInt64})
    session.insert_block(NAMES, to_arrow(rows.with_columns(what=pl.lit(what), roll=pl.lit(number, pl.UInt64))))


def _book(session: Session, names: Sequence[str], days: Sequence[datetime], number: int, state: int, by: int) -> None:
    told = {"roll": pl.lit(number, pl.UInt64), "state": pl.lit(state, pl.UInt8), "by": pl.lit(by, pl.UInt64)}
    rows = pl.DataFrame({"day": days}, {"day": pl.Datetime("ms", "UTC")}).join(
        pl.DataFrame({"what": names}), how="cross"
    )
    session.insert_block(BOOK, to_arrow(rows.with_columns(**told)))
