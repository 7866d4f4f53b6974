"""A warehouse is brought to this version: numbered files, then definitions, then views.

Files of `schemas/migrations` that the warehouse has not seen are run; what the
definitions still lack is added to its tables; views that differ are replaced.
Every statement may be run again, so a command that was killed anywhere is
finished by the next. Of two at once one waits: in a directory for the kernel's lock,
on a server for a lease. A warehouse that a newer Tilik made is refused, and so is a
difference that no statement of ours bridges.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from connectors.locks import open_lock, try_lock
from connectors.warehouse import failures, leases, shapes, views
from connectors.warehouse.directory import wait_for
from connectors.warehouse.inserts import to_arrow
from connectors.warehouse.session import Session
from schemas import ddl, migration_files
from schemas.errors import WarehouseError
from schemas.local_time import ZONE
from schemas.migration_files import MigrationFile
from schemas.shape import Change, Column, Difference, Shape, Table, compare
from schemas.views import order

TILIK: Final = version("tilik")
BOOKS: Final = {
    "schema_versions": Table(
        {
            "version": Column("UInt32", "", "", "Number of a file of schemas/migrations"),
            "md5": Column("String", "", "", "Of the file"),
            "script": Column("String", "", "", "The file"),
            "created_at": Column("DateTime", "now()", "", "When it was done"),
            "tilik": Column("LowCardinality(String)", "", "", "Version of Tilik that did it"),
        },
        "MergeTree",
        "tuple(created_at)",
        "",
        "",
        "Numbered migrations that were done",
    )
}
"""The books of migrations; their name and first columns are those of older warehouses."""

NO_DATABASE: Final = 81
BOARD: Final = "leases_log"
LOCK: Final = "migrate.lock"
LONGEST_S: Final = 600.0
"""How long one waits for another who migrates: long mutations of large tables; ours."""


class Plan(NamedTuple):
    """What a migration does: files to run, changes of tables and columns, views."""

    files: list[MigrationFile]
    changes: list[Change]
    views: views.Step

    @property
    def empty(self) -> bool:
        """Say whether nothing is to do."""
        return not (self.files or self.changes or any(self.views))


def plan(session: Session) -> Plan:
    """Say what `migrate` would do, and do nothing.

    A difference that only a file can bridge is said as it stands while files wait.

    Raises
    ------
    WarehouseError
        As `migrate`.
    """
    try:
        found = shapes.read(session)
    except WarehouseError as error:
        if error.__cause__ is None or failures.code(error.__cause__) != NO_DATABASE:
            raise
        whole = compare(ddl.shape(), {})
        return Plan(migration_files.read(), whole.changes, views.Step(list(order.wanted()), [], []))
    pending = _pending(session, found)
    changes, refused = compare(ddl.shape(), found) if pending else _bridge(session, found)
    by_file = [Change(where, what, "") for where, _, what in (words.partition(": ") for words in refused)]
    return Plan(pending, [*changes, *by_file], views.plan(session, order.wanted(), set(found)))


def migrate(session: Session) -> Plan:
    """Bring tables and views to this version; return what was done.

    Raises
    ------
    WarehouseError
        When a newer Tilik made the warehouse, when its tables differ from the definitions in a way that would
        rewrite or lose rows, or when it holds days of another time zone.
    """
    with _alone(session) as found:
        return _migrated(session, shapes.read(session) if found is None else found)


@contextmanager
def _alone(session: Session) -> Iterator[Shape | None]:
    """Let nobody else migrate meanwhile; yields the tables where they are known already."""
    if session.folder is not None:
        with _locked(session.folder / LOCK):
            yield None
        return
    found = shapes.read(session)
    if plan(session).empty:
        yield found
        return
    for change in compare({BOARD: ddl.shape()[BOARD]}, found).changes:  # what a lease is written on comes first
        session.command(change.statement)
    with leases.held(session, leases.MIGRATE):
        yield None


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    lock = open_lock(path)
    try:
        wait_for(lambda: try_lock(lock), LONGEST_S, f"another process migrates {path.parent}")
        yield
    finally:
        os.close(lock)


def _migrated(session: Session, found: Shape) -> Plan:
    pending = _pending(session, found)
    run_files(session, pending, found)
    if pending:
        found = shapes.read(session)
    changes = _bridge(session, found).changes
    for change in changes:
        session.command(change.statement)
    _same_zone(session)
    step = views.plan(session, order.wanted(), set(found) | {change.table for change in changes})
    views.apply(session, order.wanted(), step, TILIK)
    return Plan(pending, changes, step)


def run_files(session: Session, files: list[MigrationFile], found: Shape) -> None:
    """Run numbered files and note each; `found` are the tables before."""
    for change in compare(BOOKS, found).changes if files else ():
        session.command(change.statement)
    for file in files:
        for statement in file.statements:
            session.command(statement)
        row = {
            "version": file.number,
            "md5": hashlib.md5(file.text.encode(), usedforsecurity=False).hexdigest(),
            "script": file.text,
            "tilik": TILIK,
        }
        session.insert_block("schema_versions", to_arrow(pl.DataFrame([row], schema_overrides={"version": pl.UInt32})))


def _pending(session: Session, found: Shape) -> list[MigrationFile]:
    """Return the files that a warehouse has not seen; refuse one that is newer than this program."""
    files = migration_files.read()
    books = found.get("schema_versions")
    if not isinstance(books, Table):
        return files
    tilik = "tilik" if "tilik" in books.columns else "''"
    seen = dict(session.query(f"SELECT version, max(toString({tilik})) FROM schema_versions GROUP BY version").rows)
    newest, last = files[-1].number, max(seen, default=0)
    makers = [*seen.values(), *(maker for (maker,) in _makers(session, found))]
    needed = max((maker for maker in makers if maker), key=_number, default=TILIK)
    if last > newest or _number(needed) > _number(TILIK):
        raise WarehouseError(
            f"{session.where} was made by Tilik {needed} with migration {last}, this is Tilik {TILIK} with migration "
            f"{newest}: install Tilik {needed} or newer"
        )
    return [file for file in files if file.number not in seen]


def _makers(session: Session, found: Shape) -> list[tuple[str]]:
    """Return the versions of Tilik that made views."""
    return session.query("SELECT DISTINCT toString(tilik) FROM views_log").rows if "views_log" in found else []


def _number(words: str) -> tuple[int, ...]:
    return tuple(int(part) for part in words.split(".") if part.isdigit())


def _bridge(session: Session, found: Shape) -> Difference:
    difference = compare(ddl.shape(), found)
    if difference.refused:
        told = "\n".join(difference.refused)
        raise WarehouseError(
            f"{told}\n{session.where} has tables that this Tilik {TILIK} cannot use, and changing them would "
            "rewrite or lose rows: use the program that made them, or another warehouse"
        )
    return difference


def _same_zone(session: Session) -> None:
    zone = session.query("SELECT value FROM settings_log FINAL WHERE name = 'zone'")["value"][0].as_py()
    if zone != ZONE:
        raise WarehouseError(f"{session.where} holds days of {zone}, this is set to {ZONE}: use another warehouse")
