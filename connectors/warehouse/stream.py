"""The live writer: what a stream states, flush by flush, under the same rules as a replay's one statement.

A flush waits for its turn on its cameras and minutes, leaves alone what other input
watched, and inserts the rest. A row is known by its key and counts by what it has
seen, so a flush that is written twice, or by a process that was killed and its
successor, changes nothing. Who holds the shards holds a lease of its own for as long
as it lives, so that no shard is written by two hosts; lost while the store was away, it
is asked for again before anything is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Final

import polars as pl

from connectors.warehouse import calendar_days, conflicts, inserts, landed, leases, letters, registered, runs
from connectors.warehouse.bakery import Scope
from connectors.warehouse.runs import Run, Span, Statement
from connectors.warehouse.session import Session
from connectors.warehouse.stage import span_of
from connectors.warehouse.waiting import LIVE
from connectors.warehouse.writer import Definitions, stored_rows
from schemas.errors import WarehouseError
from schemas.incidents import ACROSS_KINDS
from schemas.local_time import DAY_US
from schemas.parts import REVISIONS

HEALTH: Final = "health_minute_log"
LETTERS: Final = "dead_letters_log"
MOST_CAMERAS: Final = 5_000
"""Cameras that a flush names; of more it claims all: it is short."""


class Stream:
    """Writes what some shards of a stream state.

    Parameters
    ----------
    statement
        Whose input is the stream: the same for all its processes, and after a restart with other sources. `contents`
        are its sources: who reads one of them elsewhere waits.
    shards, cameras
        Which of the stream's shards this process has, and whose they are.
    """

    def __init__(
        self, session: Session, statement: Statement, definitions: Definitions, shards: range, cameras: frozenset[str]
    ) -> None:
        self.session, self.statement, self.definitions, self.shards = session, statement, definitions, shards
        self.cameras = cameras
        self.run: Run | None = None
        """What it writes under, once it writes."""
        self.left_alone = 0
        """Rows of minutes that other input watched."""
        self._held: ExitStack | None = None
        self._former: Run | None = None

    def go_by(self, statement: Statement, definitions: Definitions, cameras: frozenset[str]) -> None:
        """State what follows by other definitions: as the next run of the same stream. The shards stay held."""
        self.statement, self.definitions, self.cameras = statement, definitions, cameras
        self._former, self.run = self.run or self._former, None

    def begin(self, waiting: Callable[[str], None] = lambda said: None) -> None:
        """Take the shards."""
        self._hold(waiting)
        runs.fail_former(self.session, self.statement.input, self.cameras)

    def register(self, waiting: Callable[[str], None] = lambda said: None) -> None:
        """Store what figures go by: cameras, places, roads, the calendar.

        Raises
        ------
        WarehouseError
            A camera's rows stand under another area, or the warehouse is away.
        """
        of = self.definitions
        registered.refuse_moved(self.session, of.registry)
        with leases.held(self.session, leases.REGISTRY, waiting):
            registered.store(self.session, of.registry, of.areas, of.source)
            calendar_days.store(self.session, of.days)
        registered.withdraw(self.session, of.registry, of.source)

    def withdraw(
        self, anew: Sequence[tuple[str, int, int]], waiting: Callable[[str], None] = lambda said: None
    ) -> None:
        """Let letters count no longer of partitions from a position on, from which on they are read again.

        Parameters
        ----------
        anew
            Source, position, and what the source's letters are known by (``content``).

        Raises
        ------
        WarehouseError
            The same again makes it whole.
        """
        try:
            self._hold(waiting)
            for source, position, content in anew:
                letters.withdraw(self.session, self._number(), source, position, content)
        except WarehouseError:
            self.release()
            raise

    def write(self, rows: Mapping[str, pl.DataFrame], waiting: Callable[[str], None] = lambda said: None) -> Span:
        """Store rows by table; return where they reach.

        Raises
        ------
        WarehouseError
            Nothing or a part was written: the same again makes it whole.
        """
        try:
            self._hold(waiting)
            return self._write(rows, waiting)
        except WarehouseError:
            self.release()
            raise

    def left_open(self) -> pl.DataFrame:
        """Return the incidents that its frames opened and nobody has closed (`schemas.incidents.COLUMNS`)."""
        found = self.session.query(
            f"SELECT * FROM incidents_log FINAL WHERE deleted = 0 AND state IN ('active', 'unknown') "
            f"AND kind NOT IN {ACROSS_KINDS} "
            f"AND run IN (SELECT run FROM runs_log FINAL WHERE {runs.of_input(self.statement.input)})"
        )
        return pl.DataFrame(pl.from_arrow(found.table)).with_columns(pl.col("rev") % REVISIONS)

    def follow(self) -> Run | None:
        """Return what rows of this stream are written under, by whatever process; None before the first."""
        return self.run if self.run is not None else runs.newest(self.session, self.statement.input)

    def _number(self) -> int:
        """Return the number that letters are said under: a later one than those before, or theirs."""
        run = self.follow()
        return 0 if run is None else run.run

    def finish(self, summary: str) -> None:
        """Say that the stream is over."""
        run = self.run or self._former
        if run is not None:
            runs.finish(self.session, run, summary)

    def release(self) -> None:
        """Let go of the shards; the next write asks for them again."""
        held, self._held = self._held, None
        if held is not None:
            held.close()

    def _hold(self, waiting: Callable[[str], None]) -> None:
        if self._held is None:
            known_by = {self.statement.input, *self.statement.contents.values()}
            names = frozenset(f"{each}/{shard}" for each in known_by for shard in self.shards)
            held = ExitStack()
            held.enter_context(
                leases.held(self.session, Scope(LIVE, names, 0, leases.ALL_TIME_US, leases.token()), waiting)
            )
            self._held = held

    def _write(self, rows: Mapping[str, pl.DataFrame], waiting: Callable[[str], None]) -> Span:
        span = Span()
        for table in rows.values():
            span = span.joined(span_of(table))
        if not span.cameras:  # dead letters alone
            self._insert(rows)
            return span
        named = span.cameras if len(span.cameras) <= MOST_CAMERAS else frozenset()
        scope = Scope("rows", named, span.since_us, span.until_us, leases.token())  # its other processes need not wait
        with leases.held(self.session, scope, waiting):
            if self.run is None:
                self._begin_run(span)
            self._insert(self._without_theirs(rows, span))
        return span

    def _begin_run(self, span: Span) -> None:
        """Register the run; it reaches from a day before its first rows, which is as early as frames are believed."""
        reach = Span(self.cameras, max(0, span.since_us - DAY_US), leases.LAST_US)
        with leases.held(self.session, leases.REGISTRY):
            self.run = runs.begin(self.session, self.statement, reach)
        if self._former is not None:
            runs.finish(self.session, self._former, "")
            self._former = None

    def _without_theirs(self, rows: Mapping[str, pl.DataFrame], span: Span) -> Mapping[str, pl.DataFrame]:
        """Leave out minutes that other input watched; an incident's changes are its own, wherever it began."""
        if not runs.meets_others(self.session, self.statement.input, span):
            return rows
        minutes = [table.select("camera_id", "ts") for table in rows.values() if "ts" in table.columns]
        if not minutes:
            return rows
        theirs = conflicts.watched_by_others(self.session, self.statement.input, pl.concat(minutes).unique())
        if theirs.is_empty():
            return rows
        kept = {
            name: table.join(theirs, on=["camera_id", "ts"], how="anti") if "ts" in table.columns else table
            for name, table in rows.items()
        }
        self.left_alone += sum(rows[name].height - table.height for name, table in kept.items())
        return kept

    def _insert(self, rows: Mapping[str, pl.DataFrame]) -> None:
        for table in sorted(rows, key=lambda name: (name == HEALTH, name)):
            if not rows[table].height:
                continue
            if table == HEALTH:  # before and after: who looks in between looks again
                landed.mark(self.session, rows[table])
            run = self.follow() if table == LETTERS else self.run
            inserts.insert(self.session, table, stored_rows(run, table, rows[table]))
            if table == HEALTH:
                landed.mark(self.session, rows[table])
