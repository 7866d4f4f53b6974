"""What a run's statement leaves no room for becomes tombstones.

Two things go: what other runs left under the (camera, minute)s that this run
stated, and what earlier runs of the same input had that this one did not
reproduce. Outages of cameras and sites are left alone: the second flow owns them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from connectors.warehouse import runs
from connectors.warehouse.inserts import MANY, mark
from connectors.warehouse.runs import Run
from connectors.warehouse.session import Session
from schemas.columns import METRICS
from schemas.incidents import ACROSS_KINDS
from schemas.parts import REVISIONS

SWEEP_ROWS: Final = 2_000_000
"""Minutes of a run that one statement looks at."""


class _Table(NamedTuple):
    """A table of rows with a camera: its time column, the minute of a row, further conditions, its roll domain."""

    name: str
    time: str
    minute: str
    only: str
    domain: str


TABLES: Final = (
    *(_Table(f"{metric.name}_minute_log", "ts", "ts", "", metric.name) for metric in METRICS),
    _Table(
        "incidents_log",
        "opened_at",
        "toDateTime(toStartOfMinute(opened_at), 'UTC')",
        f" AND kind NOT IN {ACROSS_KINDS}",
        "",
    ),
)


def sweep(session: Session, run: Run) -> int:
    """Tombstone what this run's statement leaves no room for; return how many rows."""
    if run.is_first:
        return 0
    swept = 0
    for start, end in _spans(session, run):
        for table in TABLES:
            within = f"{{0}} >= fromUnixTimestamp({start}) AND {{0}} < fromUnixTimestamp({end})"
            swept += _tombstone(
                session,
                run,
                table,
                f"{within.format(table.time)} AND run != {run.run} AND (camera_id, {table.minute}) IN "
                f"(SELECT camera_id, ts FROM health_minute_log FINAL WHERE {within.format('ts')} "
                f"AND run = {run.run} AND deleted = 0)",
            )
    return swept + _forgotten(session, run)


def _forgotten(session: Session, run: Run) -> int:
    """Tombstone what earlier runs of this input had and this one did not say again."""
    earlier = f"SELECT run FROM runs_log FINAL WHERE {runs.of_input(run.input)} AND run != {run.run}"
    if not session.query(earlier).num_rows:
        return 0
    return sum(_tombstone(session, run, table, f"run IN ({earlier})") for table in TABLES)


def _spans(session: Session, run: Run) -> list[tuple[int, int]]:
    """Return [start, end) in s since 1970 that cover the run's minutes, a few million each."""
    hours = session.query(
        "SELECT toInt64(toUnixTimestamp(toStartOfHour(ts))) AS hour, count() AS n FROM health_minute_log FINAL "
        "WHERE run = {r:UInt32} AND deleted = 0 GROUP BY hour ORDER BY hour",
        {"r": run.run},
    ).rows
    spans: list[tuple[int, int]] = []
    room = 0
    for hour, count in hours:
        near = bool(spans) and hour - spans[-1][0] < 80 * 86_400
        if near and count <= room:
            spans[-1] = (spans[-1][0], hour + 3600)
            room -= count
        else:
            spans.append((hour, hour + 3600))
            room = SWEEP_ROWS - count
    return spans


def _tombstone(session: Session, run: Run, table: _Table, which: str) -> int:
    """Write tombstones over rows that count; they win by rev, or as the later of equals."""
    left = f"FROM {table.name} FINAL WHERE deleted = 0{table.only} AND {which}"
    found = session.query(f"SELECT count() AS n {left}")["n"][0].as_py()
    if not found:
        return 0
    hours = []
    if table.domain:
        hours = session.query(f"SELECT DISTINCT toStartOfHour({table.time}) AS hour {left}").values("hour")
        mark(session, table.domain, hours)
    session.command(
        f"INSERT INTO {table.name} SELECT * REPLACE (toUInt8(1) AS deleted, toUInt32({run.run}) AS run, "
        f"greatest(rev, toUInt64({run.generation * REVISIONS})) AS rev) FROM (SELECT * {left}) {MANY}"
    )
    if table.domain:
        mark(session, table.domain, hours)
    return int(found)
