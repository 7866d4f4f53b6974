"""The one writer: stages a statement, and commits it once nothing stands against it.

While input is read nothing is written. The commit waits for its turn, looks
again at what other input has watched, and then writes everything: registry and
calendar, the run, its rows, and tombstones over what they leave no room for. A
refusal comes before the first of these, so it leaves every table as it was; a
commit that is killed anywhere is made good by running it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final, NamedTuple

import polars as pl

from connectors.warehouse import (
    calendar_days,
    conflicts,
    gone,
    inserts,
    leases,
    letters,
    registered,
    repeats,
    runs,
    sweep,
)
from connectors.warehouse.bakery import Scope
from connectors.warehouse.repeats import Twin
from connectors.warehouse.runs import Run, Span, Statement
from connectors.warehouse.session import Session
from connectors.warehouse.stage import Stage
from schemas.errors import WarehouseError
from schemas.geo import Areas
from schemas.parts import REVISIONS
from schemas.registry import Registry

HEALTH: Final = "health_minute_log"
LAST_REVISION: Final = REVISIONS - 1
MOST_CONFLICTS: Final = 1_000_000
"""Minutes that stand against a statement, after which it looks no further."""


class Definitions(NamedTuple):
    """What the statement goes by, stored with it."""

    registry: Registry
    source: str
    """Which registry it is: it withdraws what it had registered and no longer has."""
    areas: Areas | None
    days: pl.DataFrame
    """The calendar: `schemas.calendar.DAYS`."""
    twins: Sequence[Twin] = ()
    """Cameras of the registry that nobody stages: they repeat what is staged of others."""


class Writer:
    """Commits what is staged of one statement."""

    def __init__(self, session: Session, statement: Statement, stage: Stage) -> None:
        self.session, self.statement, self.stage = session, statement, stage
        self.run: Run | None = None
        """What it writes under, once it writes."""
        self.withdrawn = 0
        """Rows that it has left no room for."""
        self._silence_is_known = False

    @contextmanager
    def committed(
        self,
        definitions: Definitions,
        waiting: Callable[[str], None] = lambda said: None,
        progress: Callable[[int], None] = lambda size: None,
    ) -> Iterator[Run]:
        """Commit; what the `with` does still belongs to the statement, and its lease is held until then.

        Parameters
        ----------
        waiting
            Is told whom the commit has to wait for.
        progress
            Is told the bytes written so far, of `stage.bytes`.

        Raises
        ------
        ConflictError
            Other input watched these minutes; nothing was written.
        WarehouseError
            A camera's rows stand under another area; nothing was written.
        """
        self._look(definitions.registry)  # a refusal need not queue
        while True:
            span = self.stage.span.joined(runs.stated(self.session, self.statement.input))
            with leases.held(self.session, self._scope(definitions.registry, span), waiting):
                if runs.stated(self.session, self.statement.input).joined(span) != span:
                    continue  # another run of this input has just reached further
                self._look(definitions.registry)
                try:
                    self._write(definitions, span, progress)
                    assert self.run is not None
                    yield self.run
                except (Exception, KeyboardInterrupt):
                    self._fail()
                    raise
                return

    def _scope(self, registry: Registry, span: Span) -> Scope:
        """Return what nobody else may write: at no time, while another registry may have a camera in another area."""
        is_settled = registered.is_settled(self.session, registry)
        since_us, until_us = (span.since_us, span.until_us) if is_settled else (0, leases.ALL_TIME_US)
        return leases.rows(span.cameras, since_us, until_us, self.statement.input)

    def _look(self, registry: Registry) -> None:
        """Refuse before anything is written."""
        registered.refuse_moved(self.session, registry)
        self._silence_is_known = False
        if not runs.meets_others(self.session, self.statement.input, self.stage.span):
            return
        met = pl.DataFrame(schema=conflicts.FOUND)
        for piece in self.stage.pieces(HEALTH, inserts.BLOCK_ROWS):
            known = conflicts.watched_by_others(self.session, self.statement.input, piece)
            known = known.filter(~pl.col("run").is_in(list(self.statement.over)))
            if not known.height:
                continue
            is_watched = pl.col("frames") > 0
            met = pl.concat([met, known.join(piece.filter(is_watched), on=["camera_id", "ts"], how="semi")]).unique()
            self._silence_is_known |= not piece.filter(~is_watched).is_empty()
            if self.statement.replaces:
                met = met.clear()
            if met.height > MOST_CONFLICTS:
                break
        found = conflicts.named(self.session, met.sort("ts", "camera_id"))
        if found:
            raise conflicts.refusal(found)

    def _write(self, definitions: Definitions, span: Span, progress: Callable[[int], None]) -> None:
        with leases.held(self.session, leases.REGISTRY):
            registered.store(self.session, definitions.registry, definitions.areas, definitions.source)
            calendar_days.store(self.session, definitions.days)
            runs.fail_dead(self.session, self.statement.input, span)
            gone.mark(self.session)
            run = runs.begin(self.session, self.statement, span)  # one at a time: no number is asked for twice
            self.run = run
        written = 0
        for table in sorted(self.stage.tables(), key=lambda name: (name == HEALTH, name)):
            for piece in self.stage.pieces(table, inserts.BLOCK_ROWS):
                inserts.insert(self.session, table, stored_rows(run, table, self._without_absence(table, piece)))
                written += int(piece.estimated_size())
                progress(written)
            repeats.repeat(self.session, run, table, definitions.twins)
        self.withdrawn = sweep.sweep(self.session, run)
        letters.sweep(self.session, run, self.statement, span)
        registered.withdraw(self.session, definitions.registry, definitions.source)

    def _fail(self) -> None:
        """Say that the run ended half-way; where nobody answers, the next run here will."""
        if self.run is not None:
            with suppress(WarehouseError):
                runs.fail(self.session, self.run)

    def _without_absence(self, table: str, rows: pl.DataFrame) -> pl.DataFrame:
        """Leave out silent windows that other input watched: absence never writes over knowledge."""
        if not self._silence_is_known or table not in inserts.MINUTE_TABLES:
            return rows
        silent = rows.filter(pl.col("frames") == 0)
        known = conflicts.watched_by_others(self.session, self.statement.input, silent)
        is_known = pl.struct("camera_id", "ts").is_in(known.select(pl.struct("camera_id", "ts")).to_series().implode())
        return rows.filter(~(is_known & (pl.col("frames") == 0)))


def stored_rows(run: Run | None, table: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows as they are stored: with their run, version and no tombstone; letters need no run."""
    number = pl.lit(0 if run is None else run.run, pl.UInt32)
    if table == "dead_letters_log":
        return rows.with_columns(run=number)
    assert run is not None
    revision = pl.min_horizontal(pl.col("rev"), pl.lit(LAST_REVISION, pl.UInt64))
    return rows.with_columns(run=number, rev=revision + run.generation * REVISIONS, deleted=pl.lit(0, pl.UInt8))
