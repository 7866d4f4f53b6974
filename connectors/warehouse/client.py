"""`connect(url)` and the `Warehouse`: what the rest of Tilik asks of a store, one line each.

What each word means stands in the module it names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import polars as pl
import pyarrow as pa

from connectors.warehouse import (
    calendar_days,
    embedded,
    forgetting,
    gone,
    inserts,
    leases,
    migrations,
    people,
    registered,
    retention,
    rolls,
    runs,
    unfilled,
    unreadable,
)
from connectors.warehouse.address import Address, parse
from connectors.warehouse.admitted import Admitted
from connectors.warehouse.bakery import Scope
from connectors.warehouse.session import RETRY_S, STATEMENT_S, Session
from schemas.errors import WarehouseError
from schemas.geo import Areas
from schemas.registry import Registry


def connect(
    url: str, port: int | None = None, *, patience_s: float = RETRY_S, statement_s: int = STATEMENT_S
) -> Warehouse:
    """Open a warehouse: `embedded:DIR` or `http(s)://user:pass@host:port/db`.

    `port` is where an embedded engine is to answer, any free one by default; how long a server that is away or says
    nothing is waited for, see `Session`.

    Raises
    ------
    UsageError
        When the URL is none of these.
    WarehouseError
        When it cannot be reached, is held by another program, or refuses us.
    """
    return Warehouse(parse(url), port, patience_s, statement_s)


def existing(url: str) -> Warehouse:
    """Open a warehouse that is there: a path that was mistyped makes none.

    Raises
    ------
    UsageError, WarehouseError
        As `connect`, and where there is no warehouse.
    """
    return Warehouse(demand(url))


def demand(url: str) -> Address | Path:
    """Return where a warehouse is that is there; a server is asked by connecting.

    Raises
    ------
    UsageError, WarehouseError
        As `existing`.
    """
    place = parse(url)
    if isinstance(place, Path) and not embedded.is_there(place):
        raise WarehouseError(embedded.absent(place))
    return place


def is_there(url: str) -> bool:
    """Say whether there is a warehouse to look at; a server is asked by looking."""
    place = parse(url)
    return not isinstance(place, Path) or embedded.is_there(place)


class Warehouse(Session):
    """A ClickHouse database with Tilik's tables."""

    def __init__(
        self,
        place: Address | Path,
        port: int | None = None,
        patience_s: float = RETRY_S,
        statement_s: int = STATEMENT_S,
    ) -> None:
        super().__init__(place, port, patience_s, statement_s)
        if isinstance(place, Path):
            with suppress(WarehouseError):  # a full disk keeps nobody from reading
                retention.apply(self)

    def migrate(self) -> migrations.Plan:
        """Bring tables and views to this version; return what was done."""
        self.make_database()
        done = migrations.migrate(self)
        if not done.empty:
            rolls.catch_up(self)
        return done

    def plan(self) -> migrations.Plan:
        """Say what `migrate` would do, and do nothing."""
        return migrations.plan(self)

    def now_us(self) -> int:
        """Return the store's time, microseconds since 1970."""
        return int(self.query("SELECT toUnixTimestamp64Micro(now64(6)) AS us")["us"][0].as_py())

    def unfilled(self) -> list[unfilled.Unfilled]:
        """Say which columns rows of before lack, and what was read for these."""
        return unfilled.find(self)

    def insert(self, table: str, rows: pa.Table | pl.DataFrame) -> None:
        """Store rows, columns in any order; the same rows twice change nothing."""
        inserts.insert(self, table, rows)

    def lease(self, scope: Scope, waiting: Callable[[str], None] = lambda said: None) -> AbstractContextManager[None]:
        """Hold a lease: nobody else does what it is about meanwhile."""
        return leases.held(self, scope, waiting)

    def finish_run(self, run: runs.Run, summary: str) -> None:
        """Say that a run is done; `summary` is JSON."""
        runs.finish(self, run, summary)

    def stated(self, input_hash: int) -> runs.Span:
        """Return where all runs of an input reached."""
        return runs.stated(self, input_hash)

    def killed_runs(self) -> list[gone.Gone]:
        """Return the runs that say they are running and whose process is gone."""
        return gone.find(self)

    def mark_killed_runs(self) -> list[gone.Gone]:
        """Say of those that they failed."""
        return gone.mark(self)

    def former(self, run: runs.Run) -> runs.Former | None:
        """Return the run that stated a run's input last before it."""
        return runs.former(self, run)

    def standing(self, run: runs.Run) -> int:
        """Return how many incidents of a run count."""
        return runs.standing(self, run)

    def store_registry(self, registry: Registry, areas: Areas | None = None, source: str = "") -> None:
        """Store cameras, places, roads and areas; refuses a camera whose rows stand under another area.

        `source` names the registry: it alone withdraws what it registered and no longer has. Kept rows of its roads and
        places follow with the next roll.
        """
        with leases.held(self, leases.REGISTRY):
            registered.store(self, registry, areas, source)
        if source:
            registered.withdraw(self, registry, source)

    def store_calendar(self, days: pl.DataFrame) -> int:
        """Store the calendar's days (`schemas.calendar.DAYS`); return how many were new or different."""
        with leases.held(self, leases.REGISTRY):
            return calendar_days.store(self, days)

    def admit(self, admitted: Sequence[Admitted]) -> int:
        """Let people in to read what each may see, and nobody else of before; return how many no longer come in."""
        return people.admit(self, admitted)

    def forget(self, name: str) -> list[str]:
        """Withdraw a camera with all its rows, a place or a road; return what was called so."""
        return forgetting.forget(self, name)

    def unreadable(self) -> list[unreadable.Unreadable]:
        """Name parts of tables that could not be read and were set aside: their rows are missing."""
        return unreadable.find(self)

    def discard_unreadable(self) -> int:
        """Delete parts that could not be read; return how many."""
        return unreadable.discard(self)

    def roll(self) -> int:
        """Recompute marked hours into quarters, hours and days; return how many hours."""
        return rolls.roll(self)
