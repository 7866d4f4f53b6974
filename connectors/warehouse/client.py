"""`connect(url)` and the `Warehouse`: what the rest of Tilik asks of a store, one line each.

What each word means stands in the module it names.
"""

from __future__ import annotations

import time
from importlib.resources import files
from pathlib import Path

import polars as pl
import pyarrow as pa
from clickhouse_migrations.connection import ClickhouseConnectConnection
from clickhouse_migrations.exceptions import MigrationException
from clickhouse_migrations.migration import Migration, MigrationStorage
from clickhouse_migrations.migrator import Migrator

from connectors.warehouse import calendar_days, failures, inserts, registered, rolls, runs
from connectors.warehouse.address import parse
from connectors.warehouse.session import FAILURES, RETRY_S, Session
from schemas.errors import WarehouseError
from schemas.geo import Areas
from schemas.local_time import ZONE
from schemas.registry import Registry

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


class Warehouse(Session):
    """A ClickHouse database with Tilik's tables."""

    def migrate(self) -> list[int]:
        """Bring tables and views to this version; return the migrations applied now."""
        self.make_database()
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
                migrator = Migrator(ClickhouseConnectConnection(self.write_client()))
                migrator.init_schema()
                return list(migrator.apply_migration(scripts, multi_statement=True))
            except MigrationException as error:
                raise WarehouseError(f"{self.where} was made by another version of Tilik: {error}") from error
            except FAILURES as error:
                if ALREADY_EXISTS not in str(error) or time.monotonic() > end:
                    raise failures.explain(error, self.where, "migrating") from error
            time.sleep(0.5)

    def insert(self, table: str, rows: pa.Table | pl.DataFrame) -> None:
        """Store rows, columns in any order; the same rows twice change nothing."""
        inserts.insert(self, table, rows)

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
