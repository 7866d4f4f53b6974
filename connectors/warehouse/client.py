"""`connect(url)` and the `Warehouse`: ask, command, insert; the rest builds on these.

Inserts and commands are retried while the server is away, and an embedded
engine that died is started again. Queries run read-only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import clickhouse_connect
import polars as pl
import pyarrow as pa
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import Error as DriverError
from clickhouse_migrations.connection import ClickhouseConnectConnection
from clickhouse_migrations.exceptions import MigrationException
from clickhouse_migrations.migration import Migration, MigrationStorage
from clickhouse_migrations.migrator import Migrator
from urllib3.exceptions import HTTPError

from connectors.warehouse import answers, calendar_days, failures, inserts, registered, rolls, runs
from connectors.warehouse.address import Address, embedded, parse
from connectors.warehouse.embedded import Lease
from schemas.errors import WarehouseError
from schemas.geo import Areas
from schemas.local_time import ZONE
from schemas.registry import Registry

T = TypeVar("T")
FAILURES = (DriverError, HTTPError, OSError)
SETTINGS = {"do_not_merge_across_partitions_select_final": 1}
RETRY_S = 60.0
ALREADY_EXISTS = "Code: 57."


def connect(url: str) -> Warehouse:
    """Open a warehouse: `embedded:DIR` or `http(s)://user:pass@host:port/db`.

    Raises
    ------
    UsageError
        When the URL is none of these.
    WarehouseError
        When it cannot be reached, is held by another program, or refuses us.
    """
    return Warehouse(parse(url))


class Warehouse:
    """A ClickHouse database with Tilik's tables."""

    def __init__(self, place: Address | Path) -> None:
        self._lease = Lease(place) if isinstance(place, Path) else None
        self._given = place
        self._writer: Client | None = None
        self._reader: Client | None = None
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    @property
    def address(self) -> Address:
        """Where the server listens now."""
        if self._lease is not None:
            return embedded(self._lease.root, self._lease.server)
        assert isinstance(self._given, Address)
        return self._given

    @property
    def url(self) -> str:
        """The server's URL without its password."""
        return self.address.url

    @property
    def where(self) -> str:
        """How messages name the warehouse."""
        return f"warehouse {self._given if self._lease is not None else self.url}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave; the last client of an embedded warehouse stops its engine."""
        self._drop_clients()
        if self._lease is not None:
            self._lease.close()

    def migrate(self) -> list[int]:
        """Bring tables and views to this version; return the migrations applied now."""
        self._make_database()
        scripts = MigrationStorage(Path(str(files("schemas").joinpath("migrations")))).migrations()
        applied = self._apply(scripts, time.monotonic() + RETRY_S)
        zone = self.query("SELECT value FROM settings_log FINAL WHERE name = 'zone'")["value"][0].as_py()
        if zone != ZONE:
            raise WarehouseError(f"{self.where} holds days of {zone}, this is set to {ZONE}: use another warehouse")
        return [migration.version for migration in applied]

    def _apply(self, scripts: list[Migration], end: float) -> list[Migration]:
        """Apply migrations; where another program is making the same tables, wait until it has."""
        while True:
            try:
                migrator = Migrator(ClickhouseConnectConnection(self._write_client()))
                migrator.init_schema()
                return list(migrator.apply_migration(scripts, multi_statement=True))
            except MigrationException as error:
                raise WarehouseError(f"{self.where} was made by another version of Tilik: {error}") from error
            except FAILURES as error:
                if ALREADY_EXISTS not in str(error) or time.monotonic() > end:
                    raise failures.explain(error, self.where, "migrating") from error
            time.sleep(0.5)

    def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> answers.Answer:
        """Answer a query, read-only; times come as Arrow timestamps with their zone."""
        return self._attempt(lambda: answers.ask(self._read_client(), sql, parameters), "answering a query", 0)

    def text(self, sql: str, form: str, settings: Mapping[str, int | str]) -> bytes:
        """Answer a query in one of ClickHouse's own text formats, read-only; types that Arrow lacks stay exact."""
        return self._attempt(
            lambda: bytes(self._read_client().raw_query(sql, fmt=form, settings=dict(settings))), "answering a query", 0
        )

    def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Run a statement that changes something; it must be safe to run twice."""
        self._attempt(lambda: self._write_client().command(sql, parameters=dict(parameters or {})), "a command")

    def insert(self, table: str, rows: pa.Table | pl.DataFrame) -> None:
        """Store rows, columns in any order; the same rows twice change nothing."""
        inserts.insert(self, table, rows)

    def insert_block(self, table: str, block: pa.Table) -> None:
        """Store one block as it is: at most 100 partitions, columns named as in the table."""
        self._attempt(lambda: self._write_client().insert_arrow(table, block), f"inserting into {table}")

    def begin_run(self, fingerprint: int, command: str, inputs: list[str], simulated: bool, replace: bool) -> runs.Run:
        """Register a run; the same input gets its first run's generation, a replacement the next."""
        return runs.begin(self, fingerprint, command, inputs, simulated=simulated, replace=replace)

    def finish_run(self, run: runs.Run, summary: str) -> None:
        """Say that a run is done; `summary` is JSON."""
        runs.finish(self, run, summary)

    def conflicts(self, run: runs.Run, minutes: pa.Table | pl.DataFrame) -> runs.Conflicts | None:
        """Return watched minutes (camera_id, ts) that other input stored, None when there are none."""
        return runs.conflicts(self, run, minutes)

    def watched_by_others(self, run: runs.Run, minutes: pa.Table | pl.DataFrame) -> pl.DataFrame:
        """Return those of the minutes (camera_id, ts) that other input watched: camera_id, ts, run."""
        return runs.watched_by_others(self, run, minutes)

    def sweep(self, run: runs.Run) -> int:
        """Tombstone what other runs left in the (camera, minute)s this run stated; return how many rows."""
        return runs.sweep(self, run)

    def store_registry(self, registry: Registry, areas: Areas | None = None) -> None:
        """Store cameras and areas; refuses a camera whose rows stand under another area."""
        registered.store(self, registry, areas)

    def store_calendar(self, days: pl.DataFrame) -> int:
        """Store the calendar's days (`schemas.calendar.DAYS`); return how many were new or different."""
        return calendar_days.store(self, days)

    def forget_camera(self, camera_id: str) -> None:
        """Withdraw a camera's rows and its registration, in every grain."""
        registered.forget(self, camera_id)

    def roll(self) -> int:
        """Recompute marked hours into quarters, hours and days; return how many hours."""
        return rolls.roll(self)

    def _open(self) -> None:
        try:
            self._write_client()
        except FAILURES as error:
            raise failures.explain(error, self.where, "connecting") from error
        if self._lease is not None:
            self._make_database()

    def _make_database(self) -> None:
        create = f"CREATE DATABASE IF NOT EXISTS {self.address.database}"
        self._attempt(lambda: self._write_client().command(create, use_database=False), "making its database")

    def _client(self, **settings: int) -> Client:
        at = self.address
        client = clickhouse_connect.get_client(
            host=at.host,
            port=at.port,
            username=at.user,
            password=at.password,
            secure=at.secure,
            settings=SETTINGS | settings,
            autogenerate_session_id=False,
            send_receive_timeout=600,
            connect_timeout=10,
        )
        client.database = at.database
        return client

    def _write_client(self) -> Client:
        if self._writer is None:
            self._writer = self._client()
        return self._writer

    def _read_client(self) -> Client:
        if self._reader is None:
            self._reader = self._client(readonly=2)
        return self._reader

    def _drop_clients(self) -> None:
        for client in (self._writer, self._reader):
            if client is not None:
                client.close()
        self._writer = self._reader = None

    def _attempt(self, call: Callable[[], T], doing: str, limit_s: float = RETRY_S) -> T:
        """Call; on errors that pass, wait and call again until `limit_s` is over."""
        end, pause = time.monotonic() + limit_s, 0.1
        while True:
            try:
                return call()
            except FAILURES as error:
                revived = failures.unreachable(error) and self._revive()
                if not revived and (not failures.passes(error) or time.monotonic() + pause > end):
                    raise failures.explain(error, self.where, doing) from error
            time.sleep(pause)
            pause = min(2 * pause, 5.0)

    def _revive(self) -> bool:
        """Start a dead embedded engine again; say whether there is a new one to ask."""
        if self._lease is None:
            return False
        before = self._lease.server
        if self._lease.ensure() == before:
            return False
        self._drop_clients()
        return True
