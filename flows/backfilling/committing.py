"""Rows that a backfill has staged beside those that stand, day by day of a shard: said, saved, stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import polars as pl

from connectors.archive import Store
from connectors.warehouse import Run, Span, Warehouse, backfills
from connectors.warehouse.backfills import Replaced
from flows.backfilling import comparing, saved, staged
from flows.backfilling.days import HEALTH
from flows.backfilling.plan import INCIDENT_TABLE, Plan
from flows.backfilling.staged import File, Job
from schemas.local_time import DAY_US, midnight_us


class Day(NamedTuple):
    """A local day of a shard: what is staged of it, by stream."""

    day: int
    shard: int
    files: dict[str, list[File]]
    job: list[Job]
    """Those that read this day, one a recording."""
    settled_us: dict[str, dict[str, int]]
    """By stream and camera, from when on minutes may still be restated."""


class Made(NamedTuple):
    """What a day of a shard changes, by table."""

    tables: dict[str, Replaced]
    changes: pl.DataFrame

    @property
    def rows(self) -> int:
        """Rows that differ."""
        return sum(each.fresh.height for each in self.tables.values())

    @property
    def renamed(self) -> int:
        """Of these, rows that differ by their `params_hash` alone."""
        return sum(each.renamed for each in self.tables.values())

    @property
    def withdrawn(self) -> int:
        """Rows that are withdrawn."""
        return sum(each.gone.height for each in self.tables.values())


def days(jobs: list[Job]) -> list[Day]:
    """Return what jobs have staged, by local day and shard."""
    out: dict[tuple[int, int], Day] = {}
    last = {(job.stream, job.shard): job for job in jobs if job.is_last}
    for job in jobs:
        for file in job.files:
            day = out.setdefault((file.day, job.shard), Day(file.day, job.shard, {}, [], {}))
            day.files.setdefault(job.stream, []).append(file)
            day.settled_us[job.stream] = last[job.stream, job.shard].settled_us
    for job in jobs:
        if (job.day, job.shard) in out:
            out[job.day, job.shard].job.append(job)
    return [out[key] for key in sorted(out)]


def left_open(jobs: list[Job]) -> list[str]:
    """Return incidents that are open as far as the archive tells: what becomes of them the live flow says."""
    return [incident for job in jobs for incident in job.open]


def changed(
    warehouse: Warehouse, store: Store, plan: Plan, day: Day, still_open: list[str], before: saved.Keeping | None = None
) -> Made:
    """Return what a day of a shard changes of what stands, or stood before a run began to write."""
    cameras = plan.ids(day.shard)
    since_us = max(midnight_us(day.day), plan.since_us)
    until_us = min(midnight_us(day.day) + DAY_US, plan.until_us)
    span = cameras, since_us, until_us
    rows = {stream: _rows(store, files) for stream, files in _in_order(plan, day)}
    health = {
        stream: comparing.settled(of[HEALTH], day.settled_us.get(stream, {}))
        for stream, of in rows.items()
        if HEALTH in of
    }

    def stood(table: str) -> pl.DataFrame:
        rows = backfills.standing(warehouse, table, *span)
        return rows if before is None else saved.as_stood(before, day.day, day.shard, table, rows)

    standing = stood(HEALTH)
    windows = comparing.owners(health, standing, _streams(warehouse, standing))
    every = pl.concat(list(windows.values())) if windows else None
    out: dict[str, Replaced] = {}
    told: list[pl.DataFrame] = []
    for table in (*plan.tables, *([INCIDENT_TABLE] if plan.kinds else ())):
        stands = standing if table == HEALTH else stood(table)
        stands = stands.clear() if every is None else comparing.within(stands, every)
        made = [comparing.within(of[table], windows[stream]) for stream, of in rows.items() if table in of]
        now = pl.concat(made, how="vertical_relaxed") if made else stands.clear()
        if table == INCIDENT_TABLE:
            stands = stands.filter(pl.col("kind").is_in(plan.kinds))
            now, stands = _without_open(now, stands, still_open)
        found = comparing.compared(table, now, stands)
        told += comparing.changes(table, now, stands, found)
        out[table] = found
    return Made(out, pl.concat(told).with_columns(day=pl.lit(day.day).cast(pl.Date)) if told else pl.DataFrame())


def _without_open(now: pl.DataFrame, stands: pl.DataFrame, still_open: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Leave out incidents that stand and are still open: the live flow goes on with them."""
    live = set(still_open) & set(stands["incident_id"])
    is_live = pl.col("incident_id").is_in(list(live))
    return now.filter(~is_live), stands.filter(~is_live)


def commit(
    warehouse: Warehouse,
    store: Store,
    plan: Plan,
    run: Run,
    jobs: list[Job],
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Iterator[Made]:
    """Store what is staged, day by day of a shard; those that are stored already are left alone."""
    before = saved.keeping(store, plan.id, run)
    done, every, still_open = backfills.stored(warehouse, run.generation), days(jobs), left_open(jobs)
    for number, day in enumerate(every):
        progress(number, len(every))
        if (day.day, day.shard) in done:
            continue
        found = changed(warehouse, store, plan, day, still_open, before)
        _store(warehouse, before, plan, run, day, found)
        yield found
    progress(len(every), len(every))


def _store(warehouse: Warehouse, before: saved.Keeping, plan: Plan, run: Run, day: Day, found: Made) -> None:
    """Save what stands, write over it, and say so: killed between, the same again does the same."""
    since_us = midnight_us(day.day)
    span = Span(frozenset(plan.ids(day.shard)), since_us, since_us + DAY_US)
    with backfills.writing(warehouse, span, plan.id):
        for table, each in found.tables.items():
            saved.save(before, day.day, day.shard, table, each)
        for table, each in sorted(found.tables.items(), key=lambda pair: (pair[0] == HEALTH, pair[0])):
            backfills.replace(warehouse, run, table, each)
        backfills.log_changes(warehouse, run.generation, found.changes)
        backfills.log_job(warehouse, run.generation, day.day, day.shard, _counts(day, found))


def _counts(day: Day, found: Made) -> dict[str, Any]:
    how = {name: sum(job.begun.get(name, 0) for job in day.job) for name in ("remembered", "beginning", "warm_up")}
    return {
        **how,
        "frames": sum(job.frames for job in day.job),
        "seconds": sum(job.seconds for job in day.job),
        "rows": found.rows,
        "withdrawn": found.withdrawn,
    }


def _in_order(plan: Plan, day: Day) -> Iterator[tuple[str, list[File]]]:
    for recording in plan.recordings:
        if recording.stream in day.files:
            yield recording.stream, day.files[recording.stream]


def _rows(store: Store, files: list[File]) -> dict[str, pl.DataFrame]:
    found: dict[str, list[pl.DataFrame]] = {}
    for file in files:
        for table, rows in staged.get_rows(store, file).items():
            found.setdefault(table, []).append(rows)
    return {table: comparing.newest(backfills.plain(pl.concat(some)), table) for table, some in found.items()}


def _streams(warehouse: Warehouse, standing: pl.DataFrame) -> dict[int, str]:
    numbers = standing["run"].unique().to_list()
    return {
        run: "" if command in (backfills.COMMAND, backfills.UNDO) else f"{input:016x}"
        for run, (input, command) in backfills.inputs(warehouse, numbers).items()
    }
