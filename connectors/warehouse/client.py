"""`connect(url)` and the `Warehouse`: what the rest of Tilik asks of a store, one line each.

What each word means stands in the module it names.
"""

from __future__ import annotations

import polars as pl
import pyarrow as pa

from connectors.warehouse import calendar_days, inserts, migrations, registered, rolls, runs
from connectors.warehouse.address import parse
from connectors.warehouse.session import Session
from schemas.geo import Areas
from schemas.registry import Registry


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

    def migrate(self) -> migrations.Plan:
        """Bring tables and views to this version; return what was done."""
        self.make_database()
        return migrations.migrate(self)

    def plan(self) -> migrations.Plan:
        """Say what `migrate` would do, and do nothing."""
        return migrations.plan(self)

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
