"""Removing rows of days that are old enough: written down first, then partitions dropped and edges cut off.

What is about to go is noted before the first row goes (step 0), which raises the floors (`floors`); that it is
gone is noted behind (step 1). Killed anywhere, the same again finishes it and keeps what was noted of it. Nobody
writes rows of this time meanwhile, sums them up, or looks across cameras.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Final, NamedTuple

import polars as pl

from connectors.warehouse import backfills, gone, leases
from connectors.warehouse.inserts import to_arrow
from connectors.warehouse.session import Session
from connectors.warehouse.targets import MONTHLY, TARGETS, counted, statements
from schemas import retention
from schemas.local_time import day_of, local_date, midnight_us
from schemas.views.sql import string

TABLE: Final = "removals_log"
STARTED, DONE = 0, 1
BEFORE_A_BACKFILL: Final = 2
"""Days before the first that an unfinished backfill makes which it may read; ours."""
HELD: Final = tuple(kind for kind in TARGETS if kind != "letters")
"""Stay while somebody makes them again or is not past them."""


class Removal(NamedTuple):
    """What of a local day goes from a table."""

    kind: str
    name: str
    day: date
    rows: int
    bytes: int
    before: date


class Plan(NamedTuple):
    """What goes."""

    before: dict[str, date]
    """By class the first local day that stays; classes that are kept for good have none."""
    items: list[Removal]
    cuts: dict[tuple[str, str], list[str]]
    """By class and table, the partitions that have rows which go."""
    held_by: str
    """What keeps days that are old enough; '' where it is the age alone that says so."""


def plan(session: Session, keep: Mapping[str, int], now_us: int) -> Plan:
    """Say what goes where today and so many local days before it stay, by class; 0 keeps all."""
    today, least = day_of(now_us), min((keep[kind] for kind in HELD if keep.get(kind)), default=0)
    held, held_by = first_held(session, today - least) if least else (today, "")
    begun = {each.of.kind: each.of.before for each in sorted(_open(session), key=lambda each: each.of.before)}
    before: dict[str, date] = {}
    items: list[Removal] = []
    cuts: dict[tuple[str, str], list[str]] = {}
    sizes = _sizes(session)
    for kind in (kind for kind in TARGETS if keep.get(kind)):
        day = local_date(min(today - keep[kind], held if kind in HELD else today))
        day = day.replace(day=1) if kind in MONTHLY else day
        before[kind] = max(day, begun.get(kind, day))
        for name, on, partition, rows, size in _counted(session, kind, before[kind]):
            each = sizes.get((name, partition), 0.0) * rows if size < 0 else size
            items.append(Removal(kind, name, on, rows, round(each), before[kind]))
            cuts.setdefault((kind, name), []).append(partition)
    return Plan(before, _summed(items), cuts, held_by)


def apply(session: Session, keep: Mapping[str, int], now_us: int) -> Plan:
    """Remove it, and what a command that was killed had begun to; return what went."""
    with _alone(session, now_us):
        with leases.held(session, leases.REGISTRY):  # no backfill begins meanwhile
            found = plan(session, keep, now_us)
            begun = _open(session)
            noted = _numbered(session, found.items, begun)
            log(session, noted, STARTED)
        for kind, targets in TARGETS.items():
            for target in targets:
                for statement in statements(target, found.before.get(kind), found.cuts.get((kind, target.table), [])):
                    session.command(statement)
        log(session, [*noted, *(each for each in begun if each.key not in {one.key for one in noted})], DONE)
    return found


class Noted(NamedTuple):
    """A line of what was removed."""

    removal: int
    of: Removal

    @property
    def key(self) -> tuple[str, str, date]:
        """Return what it is of."""
        return self.of.kind, self.of.name, self.of.day


def log(session: Session, lines: Sequence[Noted], step: int) -> None:
    """Write down what is about to go, or is gone."""
    if not lines:
        return
    rows = pl.DataFrame(
        {
            "removal": [each.removal for each in lines],
            "kind": [each.of.kind for each in lines],
            "name": [each.of.name for each in lines],
            "day": [each.of.day for each in lines],
            "before": [each.of.before for each in lines],
            "removed_rows": [each.of.rows for each in lines],
            "removed_bytes": [each.of.bytes for each in lines],
        },
        schema_overrides={"removal": pl.UInt32, "removed_rows": pl.UInt64, "removed_bytes": pl.UInt64},
    ).with_columns(at=pl.lit(datetime.now(UTC).replace(microsecond=0)), step=pl.lit(step, pl.UInt8))
    session.insert_block(TABLE, to_arrow(rows))


def is_removed(session: Session, kind: str, name: str, since: datetime) -> bool:
    """Say whether something of a name was removed since, or is about to be."""
    found = session.query(
        f"SELECT count() FROM {TABLE} WHERE kind = {{k:String}} AND name = {{n:String}} "
        "AND at >= fromUnixTimestamp({s:Int64})",
        {"k": kind, "n": name, "s": int(since.timestamp())},
    )
    return found.rows != [(0,)]


@contextmanager
def _alone(session: Session, now_us: int) -> Iterator[None]:
    """Hold what others need to write such rows or to reckon with them, in the order in which they take it."""
    until_us = midnight_us(day_of(now_us) - retention.LEAST_DAYS)
    with (
        leases.held(session, leases.rows(frozenset(), 0, until_us)),
        leases.held(session, leases.ACROSS),
        leases.held(session, leases.ROLL),
    ):
        yield


def first_held(session: Session, before: int) -> tuple[int, str]:
    """Return the first local day (since 1970) that must stay, and for whom: backfills that go on, runs not past it."""
    held, by = before + retention.LEAST_DAYS, ""
    for entry in backfills.ledger(session):
        first = day_of(entry.since_us) - BEFORE_A_BACKFILL
        if entry.state == backfills.RUNNING and first < min(held, before):
            held, by = first, f"backfill {entry.generation}: the same command goes on, or tilik backfill undo ends it"
    lost = {each.run for each in gone.find(session)}
    running = session.query(
        "SELECT run, command, toInt64(toUnixTimestamp64Micro(since)) FROM runs_log FINAL WHERE state = 'running' "
        f"AND command NOT IN ('{backfills.COMMAND}', '{backfills.UNDO}')"
    ).rows
    for run, command, since_us in running:
        if run in lost or _is_past(session, run, before + retention.LEAST_DAYS):
            continue
        first = max(0, day_of(since_us)) - retention.LEAST_DAYS
        if first < min(held, before):
            held, by = first, f"run {run} ({command}): it is not past {local_date(before)} yet"
    return held, by


def _is_past(session: Session, run: int, day: int) -> bool:
    """Say whether a run has stated minutes of a day or later."""
    return bool(
        session.query(
            "SELECT 1 FROM health_minute_log WHERE run = {r:UInt32} AND ts >= fromUnixTimestamp64Micro({s:Int64}) "
            "LIMIT 1",
            {"r": run, "s": midnight_us(day)},
        ).rows
    )


def _sizes(session: Session) -> dict[tuple[str, str], float]:
    """Return bytes a row by table and partition."""
    found = session.query(
        "SELECT table, partition_id, sum(bytes_on_disk) / sum(rows) FROM system.parts "
        "WHERE database = currentDatabase() AND active GROUP BY table, partition_id HAVING sum(rows) > 0"
    ).rows
    return {(table, partition): size for table, partition, size in found}


def _counted(session: Session, kind: str, before: date) -> list[tuple[str, date, str, int, int]]:
    """Return table, local day, partition, rows and bytes (-1: as its partition's) of what is older than a day."""
    asked = " UNION ALL ".join(counted(of, before) for of in TARGETS[kind])
    return session.query(f"SELECT name, day, part, n, size FROM ({asked}) ORDER BY name, day, part").rows


def _summed(items: list[Removal]) -> list[Removal]:
    """Join what lies in several partitions."""
    found: dict[tuple[str, date, str], Removal] = {}
    for each in items:
        key = each.kind, each.day, each.name
        other = found.get(key)
        found[key] = (
            each if other is None else other._replace(rows=other.rows + each.rows, bytes=other.bytes + each.bytes)
        )
    return [found[key] for key in sorted(found)]


def _open(session: Session) -> list[Noted]:
    """Return what a command that was killed had begun to remove from tables."""
    names = ", ".join(map(string, TARGETS))
    rows = session.query(
        f"SELECT removal, kind, name, day, removed_rows, removed_bytes, before FROM {TABLE} FINAL "
        f"WHERE step = {STARTED} AND kind IN ({names})"
    ).rows
    return [Noted(number, Removal(*of)) for number, *of in rows]


def _numbered(session: Session, items: Sequence[Removal], begun: Sequence[Noted]) -> list[Noted]:
    """Return lines for what goes: of what was begun before the number that it had, and all that it had then."""
    known = {each.key: each for each in begun}
    names = ", ".join(map(string, TARGETS))
    ((last,),) = session.query(f"SELECT max(removal) FROM {TABLE} WHERE kind IN ({names})").rows
    lines = [Noted(last + 1, each) for each in items]
    return [_with_former(line, known[line.key]) if line.key in known else line for line in lines]


def _with_former(line: Noted, former: Noted) -> Noted:
    rows, size = max(line.of.rows, former.of.rows), max(line.of.bytes, former.of.bytes)
    return Noted(former.removal, line.of._replace(rows=rows, bytes=size))
