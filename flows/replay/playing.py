"""One replay: what is asked for, reading it to its end, and the commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import polars as pl

from connectors import calendar as calendars
from connectors import files
from connectors import registry as registries
from connectors import warehouse as warehouses
from connectors.formats import Far, MergedReader, Names, ReadOptions, kept_letters
from connectors.warehouse import Definitions, Run, Stage, Statement, Warehouse, Writer
from connectors.warehouse import letters as kept_as
from flows import afterwards, compiling, provisional, unreadable
from flows.archiving import Archiving
from flows.console import note
from flows.dataflow import Again, ChunkSource, Dead, Made, Plan, Totals, build
from flows.nights import Nightly
from flows.refusals import DETAILS, given, no_secrets
from flows.replay import identity, restating, telling
from flows.replay.asked import Progress, ReplayOptions, ReplaySummary, Restated
from flows.replay.letters import Letters
from flows.replay.running import Ending
from flows.replay.unnamed import Words, unnamed
from flows.replay.watching import Watch
from flows.thresholds import Thresholds
from operators import city as cities
from operators.city import City
from schemas.counting import counted
from schemas.errors import UsageError
from schemas.frames import FrameBatch
from schemas.registry import TRACKERS, Registry, links


class Input(NamedTuple):
    """What is read, and how."""

    paths: list[Path]
    format: str
    read: ReadOptions

    def reader(self) -> MergedReader:
        """Return a reader that begins at the start."""
        return MergedReader(self.paths, self.format, self.read)


class Asked(NamedTuple):
    """All that decides about a replay, before any of its input is played."""

    input: Input
    statement: Statement
    definitions: Definitions
    thresholds: Thresholds
    workers: int
    remarks: list[str]
    by: dict[str, str]
    """What decides what the statement says, by parts."""
    keeps_unreadable: bool = False
    cameras: frozenset[str] | None = None
    """Cameras that it says something of; None: of all that are registered, also that they were silent."""


class Read(NamedTuple):
    """What reading gave, beside what it staged."""

    totals: Totals
    watch: Watch
    started_s: float
    letters: Letters
    silent: list[str]
    """Files without a frame that can be read."""
    words: Words
    """Words that were not understood."""
    far: Mapping[tuple[str, str], Far]
    """Boxes that were left out, by camera and reason."""
    strangers: Mapping[str, int]
    """Frames of cameras that are not registered."""
    since_us: int | None = None
    """When the recording begins; None where it has no frame."""
    last_us: int | None = None
    """The frame with which it ends."""


def replay(options: ReplayOptions, progress: Progress | None = None, now_us: int | None = None) -> ReplaySummary:
    """Play files through the live flow; returns when the last row is acknowledged.

    Raises
    ------
    ConflictError
        Other input watched these minutes; the warehouse is as it was.
    """
    asked = ask(options, time.time_ns() // 1000 if now_us is None else now_us)
    archive = Archiving(options.archive, asked.statement) if options.archive is not None else None
    with warehouses.connect(options.warehouse) as warehouse, Stage() as stage, compiling.timed() as compiling_them:
        warehouse.migrate()
        taking = (None, None) if archive is None else (archive.take, archive.nightly)
        done = read(asked, stage, progress, None, *taking)
        if archive is not None:
            archive.finish()
        kept = None if archive is None else partial(archive.commit, done.since_us, done.last_us)
        summary = commit(warehouse, asked, stage, done, lambda run: None if kept is None else kept())
        return replace(summary, compiled_s=min(compiling_them.spent_s, summary.seconds))


def ask(options: ReplayOptions, now_us: int) -> Asked:
    """Find the input and what it is to be stated by."""
    given = Input(
        files.find(options.paths, options.format),
        options.format,
        ReadOptions(
            now_us=now_us,
            camera=options.camera,
            fps=options.fps,
            start_us=options.start_us,
            size=options.size,
            class_map=options.class_map,
        ),
    )
    return stated(options, given, identity.of_input(given.paths, options))


def stated(options: ReplayOptions, given: Input, hashes: identity.InputHash) -> Asked:
    """Return what an input is to be stated by."""
    registry, remarks = _registry(options, given)
    source = f"input {hashes.whole:016x}" if options.registry is None else str(Path(options.registry).resolve())
    return by_registry(options, given, hashes, registry, source)._replace(remarks=remarks)


def by_registry(
    options: ReplayOptions,
    given: Input,
    hashes: identity.InputHash,
    registry: Registry,
    source: str,
    command: str = "replay",
) -> Asked:
    """Return what an input is to be stated by, where its registry is known: one that `source` names."""
    thresholds = Thresholds(reorder_us=round(options.reorder_s * 1e6), lateness_us=round(options.lateness_s * 1e6))
    by = registry, calendars.load(options.calendar), thresholds
    statement = Statement(
        hashes.whole,
        identity.of_definitions(*by),
        command,
        [str(path) for path in given.paths],
        simulated=any(camera.simulated for camera in registry.camera),
        replaces=options.replace,
        contents=hashes.files,
    )
    days = calendars.days(options.calendar, given.read.now_us)
    definitions = Definitions(registry, source, registries.load_areas(), days)
    return Asked(
        given,
        statement,
        definitions,
        thresholds,
        options.workers,
        [],
        identity.parts(*by),
        options.keep_unreadable,
    )


def read(
    asked: Asked,
    stage: Stage,
    progress: Progress | None = None,
    on_dead: Callable[[pl.DataFrame], None] | None = None,
    on_release: Callable[[FrameBatch], None] | None = None,
    nightly: Nightly | None = None,
) -> Read:
    """Run the flow to the end of its input; what it makes is staged, dead letters too unless `on_dead` takes them.

    `on_release` takes its frames as they are decided, whole (`flows.leaving`), `nightly` what is remembered at
    midnights.
    """
    started_s = time.monotonic()
    reader = asked.input.reader()
    city = _city(asked)
    now_us = asked.input.read.now_us
    since_us = now_us if reader.first_us is None else reader.first_us  # without a frame, nothing is stated
    plan = Plan(city, asked.thresholds, asked.workers, since_us, now_us)
    watch = Watch(stage, progress, sum(path.stat().st_size for path in asked.input.paths))
    plan.on_chunk, plan.on_release, plan.nightly = watch.chunk, on_release, nightly
    letters, names = Letters(), no_secrets(asked.definitions.registry, asked.input.read)
    plan.names = names

    def keep(item: Made) -> None:
        assert not isinstance(item, Again)  # a file is read once
        if isinstance(item, Dead):
            rows = _kept(item.rows, asked, names)
            if on_dead is None:
                stage.add("dead_letters_log", rows)
            else:
                on_dead(rows)
            plan.totals.add(dead_letters=int(rows["count"].sum()))
            letters.add(rows)
            return
        stage.add(item.table, item.rows)

    ending = Ending()
    ending.run(build(plan, ChunkSource(lambda: ending.source(iter(reader)), plan), ending.sink(keep)), asked.workers)
    if not plan.totals.is_read:
        stage.keep("dead_letters_log")  # nothing that came says that anybody was watching, or that nobody was
        plan.totals.rows = 0
    return Read(
        plan.totals, watch, started_s, letters, reader.silent, plan.totals.words, watch.far, plan.totals.strangers,
        reader.first_us, plan.last_us,
    )  # fmt: skip


def _city(asked: Asked) -> City:
    city = cities.build(asked.definitions.registry)
    of = asked.cameras
    return city if of is None else cities.subset(city, np.array([camera.id in of for camera in city.cameras]))


def _kept(rows: pl.DataFrame, asked: Asked, names: Names) -> pl.DataFrame:
    """Return dead letters as they are kept; each is known by what its file holds, wherever that lies."""
    of = asked.statement
    kept = kept_letters(
        rows, asked.input.format, names.ids, DETAILS, words=names.words, keeps_unreadable=asked.keeps_unreadable
    )
    content = pl.col("source").replace_strict(of.contents, default=of.input, return_dtype=pl.UInt64)
    return kept_as.placed(kept.with_columns(given=pl.lit(given(asked.input.read))), content)


def commit(
    warehouse: Warehouse,
    asked: Asked,
    stage: Stage,
    done: Read,
    follow: Callable[[Run], None] = lambda run: None,
) -> ReplaySummary:
    """Write what was staged, and what follows from it, `follow` last; see `Writer.committed`."""
    began_us = time.time_ns() // 1000 - round(1e6 * (time.monotonic() - done.started_s))
    writer = Writer(warehouse, asked.statement._replace(started_us=began_us), stage)
    stored = "some of its rows are stored"
    try:
        with writer.committed(asked.definitions, note, done.watch.written) as run:
            stored = "its rows are stored, but not all that follows (outages, hours, days, trends)"
            afterwards.follow(warehouse, run, asked.thresholds)
            follow(run)
            incidents, seen = warehouse.standing(run), telling.read(warehouse, run)
            former = restating.compared(warehouse.former(run), asked.statement.definitions, asked.by, writer.withdrawn)
            missing = unreadable.lines(warehouse)
            summary, remembered = (
                _more(_summary(each, incidents, asked, seen), asked, former, missing)
                for each in (done, _unnamed(done, asked))
            )
            warehouse.finish_run(run, msgspec.json.encode(replace(remembered, seconds=summary.seconds)).decode())
    except KeyboardInterrupt:
        if writer.run is not None:
            raise KeyboardInterrupt(f"{stored}: the same command again finishes it") from None
        raise
    done.watch.finished()
    return summary


def _registry(options: ReplayOptions, given: Input) -> tuple[Registry, list[str]]:
    registry, said = _found(options, given)
    if options.tracker is None:
        return registry, said
    if options.tracker not in TRACKERS:
        raise UsageError(f"--tracker {options.tracker}: expected {', '.join(TRACKERS)}")
    camera = tuple(msgspec.structs.replace(c, tracker=options.tracker) for c in registry.camera)
    return msgspec.structs.replace(registry, camera=camera), said


def _found(options: ReplayOptions, given: Input) -> tuple[Registry, list[str]]:
    """Return the registry that is given, or provisional cameras and what is said of them."""
    if options.registry is None:
        registry = provisional.register(given.reader(), options.fps, options.size)
        found = counted(len(registry.camera), "cameras")
        said = [f"no --registry: {found} registered provisionally in area 00, one zone each"]
        return registry, said if registry.camera else []
    registry = registries.load(options.registry)
    if not registry.camera:
        raise UsageError(f"{options.registry}: expected cameras, came none: add them, or leave --registry out")
    return registry, []


def _more(summary: ReplaySummary, asked: Asked, former: Restated | None, missing: Sequence[str]) -> ReplaySummary:
    """Return a summary with what it restates and what the warehouse lacks."""
    return replace(summary, by=asked.by, restated=former, warnings=(*missing, *summary.warnings))


def _unnamed(done: Read, asked: Asked) -> Read:
    """Return what reading gave without words and cameras that nobody knows: they may name persons."""
    registry = asked.definitions.registry
    known = links.ids(registry)
    far = {key: one for key, one in done.far.items() if one.camera in known}
    return done._replace(words=unnamed(done.words, registry), far=far, strangers={})


def _summary(done: Read, incidents: int, asked: Asked, seen: list[telling.Seen]) -> ReplaySummary:
    totals, kind, registry = done.totals, asked.input.format, asked.definitions.registry
    silent = tuple(done.letters.silent(done.silent, kind)) if totals.is_read else ()
    left_out = telling.left_out(seen, done.words, done.far)
    return ReplaySummary(
        frames=totals.frames,
        objects=totals.objects,
        rows=totals.rows,
        dead_letters=totals.dead_letters,
        late=totals.late,
        duplicates=totals.duplicates,
        seconds=round(time.monotonic() - done.started_s, 3),
        incidents=incidents,
        rejected_objects=totals.rejected_objects,
        rejects=telling.by_reason(seen),
        left_out=tuple(left_out),
        warnings=(
            *asked.remarks,
            *done.watch.remarks(),
            *silent,
            *(done.letters.cut(done.silent) if totals.is_read else ()),
            *telling.of_strangers(done.strangers),
            *done.letters.unseen(),
            *done.watch.rates(registry),
            *telling.of_copies(totals.frames, totals.duplicates),
            *telling.of_tracks(seen, registry),
            *telling.of_rejects(left_out, registry),
        ),
        reasons=done.letters.reasons(),
        unread="" if totals.is_read else done.letters.unread([str(path) for path in asked.input.paths], kind),
    )
