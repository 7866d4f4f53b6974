"""Rows of before a column was there: what they lack only their input tells, so only a replay fills it.

A numbered file adds columns to minute tables; rows that a run of before had stored
hold nothing there. They are found by when the file was done and when the run began.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final, NamedTuple

from connectors.warehouse.session import Session
from schemas import migration_files

TABLE: Final = re.compile(r"ALTER TABLE (\w+)_minute_log ADD COLUMN ")
COLUMN: Final = re.compile(r"ADD COLUMN IF NOT EXISTS `(\w+)`")


class Stored(NamedTuple):
    """A run that has rows from before, and what it read."""

    run: int
    inputs: list[str]


class Unfilled(NamedTuple):
    """Columns of a metric that rows of some runs lack."""

    metric: str
    columns: list[str]
    runs: list[Stored]


def added() -> dict[str, list[tuple[int, str]]]:
    """Return by metric the columns that came later, each with the number of its file."""
    found: dict[str, list[tuple[int, str]]] = {}
    for file in migration_files.read():
        for statement in file.statements:
            if table := TABLE.match(statement):
                found.setdefault(table[1], []).extend((file.number, name) for name in COLUMN.findall(statement))
    return found


def find(session: Session) -> list[Unfilled]:
    """Return what rows that stand lack, by metric; the warehouse is of this version."""
    done = dict(session.query("SELECT version, min(created_at) FROM schema_versions GROUP BY version").rows)
    by_metric = ((metric, _lacking(session, metric, columns, done)) for metric, columns in sorted(added().items()))
    return [found for _, found in by_metric if found is not None]


def _lacking(
    session: Session, metric: str, columns: list[tuple[int, str]], done: dict[int, datetime]
) -> Unfilled | None:
    last = max((done[number] for number, _ in columns if number in done), default=None)
    if last is None:
        return None
    older = "SELECT run FROM runs_log FINAL WHERE started_at < {last:DateTime('UTC')} AND state != 'abandoned'"
    rows = session.query(
        f"SELECT run, inputs, started_at FROM runs_log FINAL WHERE state != 'abandoned' AND run IN (SELECT run "
        f"FROM {metric}_minute_log FINAL WHERE deleted = 0 AND frames > 0 AND run IN ({older})) ORDER BY run",
        {"last": last},
    ).rows
    if not rows:
        return None
    began = min(started for *_, started in rows)
    lacked = [name for number, name in columns if number in done and began < done[number]]
    return Unfilled(metric, lacked, [Stored(run, inputs) for run, inputs, _ in rows])
