"""Backfills: rows that are made again replace those that stand, under a generation of their own, day by day of a shard.

What a backfill replaces was saved before (`flows.backfilling`), so that it can be taken back. The
ledger says how far each has come; who goes on with one that was killed takes its generation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import polars as pl

from connectors.warehouse import calendar_days, floors, inserts, leases, registered, runs
from connectors.warehouse.bakery import Scope
from connectors.warehouse.inserts import to_arrow
from connectors.warehouse.runs import Run, Span, Statement
from connectors.warehouse.session import Session
from connectors.warehouse.writer import Definitions
from schemas.errors import WarehouseError
from schemas.local_time import at_time
from schemas.parts import REVISIONS

COMMAND, UNDO = "backfill", "backfill undo"
"""What runs are called that made rows again, and that took such rows back."""
RUNNING, DONE, UNDONE = "running", "done", "undone"
KIND: Final = "backfill"
INCIDENTS: Final = "incidents_log"
BOOKKEEPING: Final = ("run", "rev", "deleted")
"""Columns that say when and how often a row was stated, not what."""


class Asked(NamedTuple):
    """What a backfill is known by in the ledger."""

    id: int
    """Hash of all that decides what it makes: the same command again goes on with the same."""
    archive: str
    cameras: Sequence[str]
    metrics: Sequence[str]
    since_us: int
    until_us: int
    definitions: int
    takes_too_late: bool


class Replaced(NamedTuple):
    """Rows of one table: what is to be stated, what is to be withdrawn, and what stands of both."""

    fresh: pl.DataFrame
    gone: pl.DataFrame
    replaced: pl.DataFrame
    renamed: int
    """Of those to be stated, how many differ by their `params_hash` alone."""


class Entry(NamedTuple):
    """A line of the ledger."""

    generation: int
    run: int
    state: str
    id: int
    archive: str
    since_us: int
    until_us: int
    cameras: list[str]
    metrics: list[str]
    definitions: int
    takes_too_late: bool
    frames: int
    rows: int
    withdrawn: int
    at: datetime
    """When it began, was done or taken back."""


@contextmanager
def alone(session: Session, asked: Asked) -> Iterator[None]:
    """Let no other backfill of these cameras and this time go on meanwhile."""
    named = frozenset(asked.cameras) if len(asked.cameras) <= leases.MOST_CAMERAS else frozenset[str]()
    with leases.held(session, Scope(KIND, named, asked.since_us, asked.until_us, asked.id)):
        yield


def begin(session: Session, asked: Asked, definitions: Definitions) -> Run:
    """Register what a backfill goes by, and return its run: that of the same one which was not finished, or a new one.

    Raises
    ------
    WarehouseError
        A camera's rows stand under another area, or other runs have spoken over what an unfinished one has begun.
    UsageError
        Rows of this time were removed.
    """
    registered.refuse_moved(session, definitions.registry)
    with leases.held(session, leases.REGISTRY):  # nothing is removed meanwhile
        floors.refuse_below(session, asked.since_us)
        registered.store(session, definitions.registry, definitions.areas, definitions.source)
        calendar_days.store(session, definitions.days)
        found = [entry for entry in ledger(session) if entry.id == asked.id and entry.state == RUNNING]
        if found:
            return Run(found[-1].run, found[-1].generation, asked.id, 0)
        statement = Statement(
            asked.id, asked.definitions, COMMAND, [asked.archive], _simulated(definitions), replaces=True
        )
        run = runs.begin(session, statement, Span(frozenset(asked.cameras), asked.since_us, asked.until_us))
        _log(session, run, asked, RUNNING)
        return run


def _simulated(definitions: Definitions) -> bool:
    return any(camera.simulated for camera in definitions.registry.camera)


@contextmanager
def writing(session: Session, of: Span, input_hash: int) -> Iterator[None]:
    """Hold what nobody else may write meanwhile."""
    with leases.held(session, leases.rows(of.cameras, of.since_us, of.until_us, input_hash)):
        yield


def finish(session: Session, run: Run, asked: Asked, counts: dict[str, int]) -> None:
    """Say that a backfill is done: `frames`, `rows` and `withdrawn`."""
    _log(session, run, asked, DONE, counts)
    _finish_run(session, run)


def ledger(session: Session) -> list[Entry]:
    """Return all backfills by their generation."""
    rows = session.query(
        "SELECT generation, run, state, id, archive, toUnixTimestamp64Micro(since), toUnixTimestamp64Micro(until), "
        "cameras, metrics, definitions, too_late, frames, rows, withdrawn, at FROM backfills_log FINAL "
        "ORDER BY generation"
    ).rows
    return [Entry(*row) for row in rows]


def asked_of(of: Entry) -> Asked:
    """Return what a backfill of the ledger was asked for."""
    return Asked(of.id, of.archive, of.cameras, of.metrics, of.since_us, of.until_us, of.definitions, of.takes_too_late)


def entry(session: Session, generation: int) -> Entry:
    """Return a backfill.

    Raises
    ------
    WarehouseError
        There is none of this generation.
    """
    found = {each.generation: each for each in ledger(session)}
    if generation not in found:
        known = ", ".join(map(str, found)) or "none"
        raise WarehouseError(f"{session.where}: expected the generation of a backfill ({known}), came {generation}")
    return found[generation]


def stored(session: Session, generation: int) -> set[tuple[int, int]]:
    """Return which days (since 1970, local) of which shards a backfill has stored."""
    rows = session.query(
        "SELECT toInt32(day), shard FROM backfill_jobs_log FINAL WHERE generation = {g:UInt32} AND state = 'stored'",
        {"g": generation},
    ).rows
    return {(day, shard) for day, shard in rows}


def log_job(session: Session, generation: int, day: int, shard: int, told: dict[str, Any]) -> None:
    """Say that a day of a shard is stored, and what came of it."""
    row = {"generation": generation, "day": day, "shard": shard, "state": "stored", "step": 1, **told}
    kinds = {"generation": pl.UInt32, "day": pl.Int32, "shard": pl.UInt16, "step": pl.UInt8}
    rows = pl.DataFrame([row], schema_overrides=kinds).with_columns(pl.col("day").cast(pl.Date))
    session.insert_block("backfill_jobs_log", to_arrow(rows))


def log_changes(session: Session, generation: int, changes: pl.DataFrame) -> None:
    """Keep what a backfill changed, by metric, camera, day and part."""
    if changes.height:
        rows = changes.with_columns(generation=pl.lit(generation, pl.UInt32))
        session.insert_block("backfill_changes_log", to_arrow(rows))


def standing(session: Session, table: str, cameras: Sequence[str], since_us: int, until_us: int) -> pl.DataFrame:
    """Return the rows of a table that count: texts as they are, times in microseconds UTC."""
    time = "opened_at" if table == INCIDENTS else "ts"
    found = session.query(
        f"SELECT * FROM {table} FINAL WHERE deleted = 0 AND camera_id IN {{c:Array(String)}} "
        f"AND {time} >= fromUnixTimestamp64Micro({{since:Int64}}) "
        f"AND {time} < fromUnixTimestamp64Micro({{until:Int64}})",
        {"c": list(cameras), "since": since_us, "until": until_us},
    )
    return plain(pl.DataFrame(pl.from_arrow(found.table)))


def plain(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows whose texts are texts and whose times are in microseconds, as any two can be compared."""
    texts = pl.selectors.by_dtype(pl.Categorical, pl.Enum, pl.Binary)
    times = pl.selectors.datetime()
    return rows.with_columns(texts.cast(pl.String), times.cast(pl.Datetime("us", "UTC")))


def inputs(session: Session, numbers: Sequence[int]) -> dict[int, tuple[int, str]]:
    """Return the input and the command of runs, by their number."""
    rows = session.query(
        "SELECT run, fingerprint, command FROM runs_log FINAL WHERE has({r:Array(UInt32)}, run) "
        "AND state != 'abandoned'",
        {"r": list(numbers)},
    ).rows
    return {run: (fingerprint, command) for run, fingerprint, command in rows}


def replace(session: Session, run: Run, table: str, by: Replaced) -> None:
    """Store rows under a run's generation, and tombstones over others; all with their `rev` before it.

    Raises
    ------
    WarehouseError
        A later run has spoken of one of them.
    """
    over = by.replaced.filter((pl.col("rev") // REVISIONS >= run.generation) & (pl.col("run") != run.run))
    if over.height:
        raise WarehouseError(
            f"{session.where}: run {over['run'][0]} has stated rows since that generation {run.generation} would "
            "replace: take back what it stored (tilik backfill undo), or make the time before or after it again"
        )
    number, base = pl.lit(run.run, pl.UInt32), run.generation * REVISIONS
    revision = (pl.col("rev") % REVISIONS + base).cast(pl.UInt64)
    made = [
        rows.with_columns(run=number, rev=revision, deleted=pl.lit(deleted, pl.UInt8))
        for rows, deleted in ((by.fresh, 0), (by.gone, 1))
    ]
    rows = pl.concat([each.select(made[0].columns) for each in made])
    if rows.height:
        inserts.insert(session, table, rows)


def restore(session: Session, generation: int, table: str, rows: pl.DataFrame) -> None:
    """Store rows again as they were, under a later generation; `deleted` says which are tombstones."""
    revision = (pl.col("rev") % REVISIONS + generation * REVISIONS).cast(pl.UInt64)
    if rows.height:
        inserts.insert(session, table, rows.with_columns(rev=revision))


def undoing(session: Session, of: Entry) -> list[int]:
    """Return the generations of runs that took a backfill back, or began to."""
    found = session.query(f"SELECT DISTINCT generation FROM runs_log FINAL WHERE {runs.of_input(of.id ^ 1)}")
    return [int(generation) for (generation,) in found.rows]


def begin_undo(session: Session, of: Entry) -> Run:
    """Register a run that takes a backfill back."""
    cameras = frozenset(of.cameras)
    statement = Statement(of.id ^ 1, of.definitions, UNDO, [f"generation {of.generation}"], replaces=True)
    with leases.held(session, leases.REGISTRY):
        return runs.begin(session, statement, Span(cameras, of.since_us, of.until_us))


def finish_undo(session: Session, run: Run, of: Entry) -> None:
    """Say that a backfill was taken back."""
    counts = {"frames": of.frames, "rows": of.rows, "withdrawn": of.withdrawn}
    _log(session, Run(of.run, of.generation, of.id, 0), asked_of(of), UNDONE, counts)
    _finish_run(session, run)


_STEPS: Final = {RUNNING: 0, DONE: 1, UNDONE: 2}


def _log(session: Session, run: Run, asked: Asked, state: str, counts: dict[str, int] | None = None) -> None:
    row = {
        "generation": run.generation,
        "run": run.run,
        "id": asked.id,
        "state": state,
        "archive": asked.archive,
        "since": at_time(asked.since_us),
        "until": at_time(asked.until_us),
        "cameras": list(asked.cameras),
        "metrics": list(asked.metrics),
        "too_late": asked.takes_too_late,
        "definitions": asked.definitions,
        "frames": 0,
        "rows": 0,
        "withdrawn": 0,
        "at": datetime.now(UTC).replace(microsecond=0),
        "step": _STEPS[state],
        **(counts or {}),
    }
    session.insert_block("backfills_log", to_arrow(pl.DataFrame([row], schema_overrides=_KINDS)))


_KINDS: Final[dict[str, Any]] = {
    "generation": pl.UInt32,
    "run": pl.UInt32,
    "id": pl.UInt64,
    "cameras": pl.List(pl.String),
    "metrics": pl.List(pl.String),
    "definitions": pl.UInt64,
    "frames": pl.UInt64,
    "rows": pl.UInt64,
    "withdrawn": pl.UInt64,
    "step": pl.UInt8,
}


def _finish_run(session: Session, run: Run) -> None:
    found = session.query(
        "SELECT * EXCEPT (step, state, summary) FROM runs_log FINAL WHERE run = {r:UInt32} AND state != 'abandoned'",
        {"r": run.run},
    ).to_pylist()
    if found:
        runs.finish(session, run._replace(token=found[0]["token"]), "")
