"""Rows of simulated cameras repeated for their twins, by the store itself: for tests of load.

A twin's rows are those that its run has stored of another camera, under the twin's id,
area and recorder. They are read and written a day at a time; the same run repeated
gives the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final, NamedTuple

from connectors.warehouse.inserts import MINUTE_TABLES, mark
from connectors.warehouse.runs import Run
from connectors.warehouse.session import Session
from schemas import ddl
from schemas.incidents import ACROSS_KINDS

TWINS_A_STATEMENT: Final = 1_000
"""Their names stand in the statement, which has its longest size (max_query_size, 256 KiB); ours."""


class Twin(NamedTuple):
    """A camera whose rows are those of another one."""

    camera: str
    of: str
    area: str
    mark: str
    """What its id ends in beside the other's, and so do those of its recorder, road and place."""


def repeat(session: Session, run: Run, table: str, twins: Sequence[Twin]) -> None:
    """Store the rows that a run has stored of cameras in a table again, for the twins of these."""
    if not twins or (table != "incidents_log" and table not in MINUTE_TABLES):
        return
    time = "opened_at" if table == "incidents_log" else "ts"
    for start, hours in _days(session, run, table, time):
        for first in range(0, len(twins), TWINS_A_STATEMENT):
            told = _statement(run, table, time, start, twins[first : first + TWINS_A_STATEMENT])
            _mark(session, table, hours)
            session.command(told)
            _mark(session, table, hours)


def _days(session: Session, run: Run, table: str, time: str) -> Iterator[tuple[datetime, list[datetime]]]:
    """Yield the days (UTC) in which a run has rows in a table, each with its hours."""
    found = session.query(
        f"SELECT DISTINCT toStartOfHour(toDateTime({time}, 'UTC')) AS hour "
        f"FROM {table} WHERE run = {run.run} AND deleted = 0 ORDER BY hour"
    )
    for day, hours in groupby(found.values("hour"), lambda hour: hour.replace(hour=0)):
        yield day, list(hours)


def _mark(session: Session, table: str, hours: list[datetime]) -> None:
    if table in MINUTE_TABLES:
        mark(session, MINUTE_TABLES[table], hours)


def _statement(run: Run, table: str, time: str, day: datetime, twins: Sequence[Twin]) -> str:
    """Return the statement that repeats a day's rows; incidents get ids of their own."""
    since, until = (f"fromUnixTimestamp({int(each.timestamp())})" for each in (day, day + timedelta(days=1)))
    mine = f"run = {run.run} AND deleted = 0 AND {time} >= {since} AND {time} < {until}"
    renamed = {"camera_id": "t.camera", "area": "t.area"}
    if table == "incidents_log":
        mine += f" AND kind NOT IN {ACROSS_KINDS}"
        renamed |= {
            "incident_id": "lower(hex(sipHash64(r.incident_id, t.camera)))",
            "site": "if(r.site = '', '', concat(r.site, t.mark))",
        }
    names = tuple(ddl.tables()[table].columns)
    chosen = ", ".join(f"{renamed.get(name, f'r.{name}')} AS {name}" for name in names)
    listed = ", ".join(f"('{twin.camera}', '{twin.of}', '{twin.area}', '{twin.mark}')" for twin in twins)
    return (
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {chosen} "
        f"FROM (SELECT * FROM {table} FINAL WHERE {mine}) AS r "
        f"INNER JOIN values('camera String, of String, area String, mark String', {listed}) AS t "
        "ON t.of = toString(r.camera_id)"
    )
