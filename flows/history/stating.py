"""One history: which city, its cameras' rows made by several processes, and the commit."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from connectors import warehouse as warehouses
from connectors.formats import ReadOptions
from connectors.warehouse import Stage, Warehouse, conflicts
from flows import compiling, working
from flows.dataflow import Totals
from flows.history import camera
from flows.history.asked import MOST_DAYS, HistoryOptions
from flows.replay import playing
from flows.replay.asked import Progress, ReplaySummary
from flows.replay.letters import Letters
from flows.replay.playing import Asked, Input, Read
from flows.replay.watching import Watch
from schemas.errors import ConflictError, UsageError
from schemas.local_time import MINUTE_US
from schemas.registry import Camera
from simulation import stream, twins

ASKED_US: Final = 30 * MINUTE_US


def history(options: HistoryOptions, progress: Progress | None = None) -> ReplaySummary:
    """Write a simulated city's history; returns when the last row is acknowledged.

    Raises
    ------
    UsageError
        The span is empty, too long or not of whole minutes.
    ConflictError
        Other input watched these minutes; the warehouse is as it was.
    """
    _demand(options)
    asked = ask(options, time.time_ns() // 1000)
    with (
        warehouses.connect(options.stating.warehouse) as warehouse,
        Stage() as stage,
        compiling.timed() as compiling_them,
    ):
        warehouse.migrate()
        refuse(warehouse, options, asked)
        summary = playing.commit(warehouse, asked, stage, read(options, asked, stage, progress))
        return replace(summary, compiled_s=min(compiling_them.spent_s, summary.seconds))


def _demand(options: HistoryOptions) -> None:
    is_whole = options.since_us % MINUTE_US == options.until_us % MINUTE_US == 0
    if options.cameras < 1 or not 0 < options.days <= MOST_DAYS or not is_whole:
        raise UsageError(
            f"expected at least 1 camera and at most {MOST_DAYS} days of whole minutes, came "
            f"{options.cameras} cameras and {options.days:g} days: change --cameras, --history, --end or --start"
        )


def ask(options: HistoryOptions, now_us: int) -> Asked:
    """Return what the history is to be stated by: the city as its files of so many days would have it."""
    minutes = (options.until_us - options.since_us) // MINUTE_US
    played = stream.registry(options.cameras, options.seed, minutes)
    of = twins.of(played, options.twins)
    given = Input([], "native", ReadOptions(now_us=now_us))
    source = f"simulated city, seed {options.seed}"
    asked = playing.by_registry(options.stating, given, options.hash(), twins.registry(played, of), source, "simulate")
    return asked._replace(
        statement=asked.statement._replace(inputs=[options.in_words()]),
        definitions=asked.definitions._replace(twins=of),
    )


def refuse(warehouse: Warehouse, options: HistoryOptions, asked: Asked) -> None:
    """Refuse before the work what the commit would refuse after it: of each camera every `ASKED_US` is looked at.

    Raises
    ------
    ConflictError
        Other input watched these minutes.
    """
    if asked.statement.replaces:
        return
    cameras = pl.DataFrame({"camera_id": [camera.id for camera in asked.definitions.registry.camera]})
    t_us = pl.Series("ts", range(options.since_us, options.until_us, ASKED_US), pl.Int64)
    minutes = cameras.join(pl.DataFrame(t_us.cast(pl.Datetime("us", "UTC"))), how="cross")
    found = conflicts.conflicts(warehouse, asked.statement.input, minutes)
    if found is not None:
        raise ConflictError(f"of one minute in {ASKED_US // MINUTE_US}, {conflicts.refusal(found)}")


def read(options: HistoryOptions, asked: Asked, stage: Stage, progress: Progress | None = None) -> Read:
    """Make all cameras' rows and stage them."""
    started_s = time.monotonic()
    jobs = _jobs(options, asked, stage)
    watch, totals = Watch(stage, progress, len(jobs)), Totals()
    files: list[camera.File] = []
    for done in working.each(camera.made, jobs, asked.workers):
        files += done.files
        totals.add(frames=done.frames, objects=done.objects, rows=done.rows)
        watch.passed(1)
    for file in sorted(files, key=lambda file: file.part):  # days of many cameras: a day is a partition of its table
        stage.take(file.rows)
    repeated = frozenset(twin.camera for twin in asked.definitions.twins)
    stage.span = stage.span._replace(cameras=stage.span.cameras | repeated)
    return Read(totals, watch, started_s, Letters(), [], {}, {}, {})


def _jobs(options: HistoryOptions, asked: Asked, stage: Stage) -> Sequence[camera.Job]:
    registry, span = asked.definitions.registry, (options.since_us, options.until_us)
    played = registry.camera[: options.cameras]  # twins stand behind them
    recording = _recording(played, options, span)
    return [
        camera.Job(
            stream.alone(registry, one),
            options.seed,
            span,
            options.noiseless,
            recording,
            asked.thresholds,
            stage.folder(),
        )
        for one in played
    ]


def _recording(cameras: Sequence[Camera], options: HistoryOptions, span: tuple[int, int]) -> stream.Ends:
    """Return when the first frame of all cameras is, and the last."""
    every = [stream.ends(one, options.seed, span, noiseless=options.noiseless) for one in cameras]
    found = [one for one in every if one is not None]
    if not found:
        raise UsageError("no camera lives in this span: give a longer --history")
    return stream.Ends(min(one.first_us for one in found), max(one.last_us for one in found))
