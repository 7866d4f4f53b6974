"""A backfill from its beginning to its end: made beside the warehouse, compared, committed, and what follows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from connectors import archive as archives
from connectors import warehouse as warehouses
from connectors.warehouse import Run, Warehouse, backfills, floors
from flows import afterwards
from flows.backfilling import committing, days, saved, staged, undoing
from flows.backfilling.asked import BackfillOptions, Ready, make_ready
from flows.backfilling.plan import Plan
from flows.backfilling.staged import Job
from flows.console import note
from flows.settings import Settings
from flows.thresholds import Thresholds
from schemas.errors import TilikError
from schemas.local_time import day_of

LOOK_S: Final = 2.0
"""How often it is looked how far workers are."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Summary:
    """What a backfill did, or would do: no generation where it only looked."""

    generation: int | None
    frames: int
    objects: int
    days: int
    rows: int
    renamed: int
    """Of these, rows that differ by their `params_hash` alone: the same figures by another definition."""
    withdrawn: int
    seconds: float
    begun: dict[str, int]
    changes: pl.DataFrame


def backfill(options: BackfillOptions, progress: Progress, *, dry_run: bool = False) -> Summary:
    """Make figures again; see docs/analysts.md.

    Raises
    ------
    UsageError, ArchiveError, WarehouseError
        Nothing of it is stored, or what is stored stands in the ledger: the same command goes on.
    """
    began_s = time.monotonic()
    ready = make_ready(options)
    with warehouses.existing(options.warehouse) if dry_run else warehouses.connect(options.warehouse) as warehouse:
        if dry_run:
            floors.refuse_below(warehouse, ready.asked.since_us)
            make(ready, options, progress)
            jobs = days.done(ready.plan, ready.store)
            return _summary(jobs, None, list(_looked(warehouse, ready, jobs)), began_s)
        warehouse.migrate()
        with backfills.alone(warehouse, ready.asked):
            run = backfills.begin(warehouse, ready.asked, ready.definitions)
            make(ready, options, progress)
            return store(warehouse, ready, run, progress, began_s)


def store(warehouse: Warehouse, ready: Ready, run: Run, progress: Progress, began_s: float) -> Summary:
    """Commit what is staged, and let follow what does; for who lets no other one go on meanwhile."""
    jobs = days.done(ready.plan, ready.store)
    made = list(committing.commit(warehouse, ready.store, ready.plan, run, jobs, progress))
    afterwards.follow(warehouse, run, ready.plan.thresholds)
    backfills.finish(warehouse, run, ready.asked, _counts(warehouse, run))
    return _summary(jobs, run, made, began_s)


def undo(settings: Settings, generation: int) -> int:
    """Take a backfill back; return how many rows were written."""
    thresholds = Thresholds(reorder_us=round(settings.reorder_s * 1e6), lateness_us=round(settings.lateness_s * 1e6))
    with warehouses.existing(settings.warehouse) as warehouse:
        warehouse.migrate()
        return undo_in(warehouse, generation, thresholds)


def undo_in(warehouse: Warehouse, generation: int, thresholds: Thresholds) -> int:
    """Do so in an open warehouse."""
    of = backfills.entry(warehouse, generation)
    store = archives.connect(of.archive, waiting=note)
    run, written = undoing.undo(warehouse, store, of)
    afterwards.follow(warehouse, run, thresholds)
    backfills.finish_undo(warehouse, run, of)
    saved.forget(store, of.id, generation)
    return written


def make(ready: Ready, options: BackfillOptions, progress: Progress) -> None:
    """Let the pipeline stage what is not staged, and say how far it is."""
    from flows import backfill as pipelines  # noqa: PLC0415  start-up time

    plan = replace(ready.plan)  # without what was reckoned of it: workers get it as it is
    engine = pipelines.Engine(options.runner, options.workers, options.address, options.pool or pipelines.POOL)
    with _watched(plan, progress):
        pipelines.run(plan, engine)


@contextmanager
def _watched(plan: Plan, progress: Progress) -> Iterator[None]:
    """Report the days of shards that are done; how many there will be is known but for what comes after the end."""
    store = archives.connect(plan.archive, patience_s=0.0)  # who waits for it here holds up the end
    ended = threading.Event()
    least = (day_of(plan.until_us - 1) - day_of(plan.since_us) + 1) * len(plan.chains())

    def look() -> None:
        said = ""
        while not ended.wait(LOOK_S):
            try:
                done = staged.done(store, plan.id)
            except TilikError as error:
                if not said:
                    note(said := f"waiting: {error}", "archive")
                continue
            said = ""
            progress(done, max(least, done))

    thread = threading.Thread(target=look, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(LOOK_S)


def _looked(warehouse: Warehouse, ready: Ready, jobs: list[Job]) -> Iterator[committing.Made]:
    still_open = committing.left_open(jobs)
    for day in committing.days(jobs):
        yield committing.changed(warehouse, ready.store, ready.plan, day, still_open)


def _summary(jobs: list[Job], run: Run | None, made: list[committing.Made], began_s: float) -> Summary:
    begun: dict[str, int] = {}
    for first in {(job.stream, job.shard): job for job in reversed(jobs)}.values():
        for how, many in first.begun.items():
            begun[how] = begun.get(how, 0) + many
    changes = [each.changes for each in made if each.changes.width]
    return Summary(
        None if run is None else run.generation,
        sum(job.frames for job in jobs),
        sum(job.objects for job in jobs),
        len(jobs),
        sum(each.rows for each in made),
        sum(each.renamed for each in made),
        sum(each.withdrawn for each in made),
        round(time.monotonic() - began_s, 3),
        begun,
        pl.concat(changes) if changes else pl.DataFrame(),
    )


def _counts(warehouse: Warehouse, run: Run) -> dict[str, int]:
    found = warehouse.query(
        "SELECT sum(frames), sum(rows), sum(withdrawn) FROM backfill_jobs_log FINAL WHERE generation = {g:UInt32}",
        {"g": run.generation},
    ).rows[0]
    return dict(zip(("frames", "rows", "withdrawn"), map(int, found), strict=True))
