"""What `tilik run` is asked for, checked and made ready: sources, the registry by time, the statement."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import polars as pl

from connectors import calendar as calendars
from connectors import registry as registries
from connectors.formats import ReadOptions
from connectors.warehouse import Definitions, Statement
from flows.console import note
from flows.live import by_time, kept, place, sources, telling
from flows.live.kept import Kept
from flows.live.place import Place
from flows.replay import identity
from flows.thresholds import Thresholds
from schemas.calendar import CityCalendar
from schemas.errors import UsageError
from schemas.partitions import partition_of
from schemas.registry import Registry, fingerprint


@dataclass(frozen=True)
class RunOptions:
    """What `tilik run` was asked for."""

    sources: tuple[str, ...]
    format: str
    warehouse: str
    registry: str
    state: str
    calendar: str | None = None
    class_map: dict[str, str] = field(default_factory=dict)
    size: tuple[int, int] | None = None
    camera: str | None = None
    shards: tuple[int, int] | None = None
    """First and last of this process; None is all."""
    until_end: bool = False
    together: tuple[int, int] | None = None
    """First and last of the shards that end together with those of a supervised process."""
    is_child: bool = False
    """A supervisor has started it, which runs the second flow, and other shards beside."""
    processes: int | None = None
    """Processes to supervise; None runs the shards in this one."""
    metrics_port: int | None = None
    reorder_s: float = 2.0
    lateness_s: float = 600.0
    keep_unreadable: bool = False
    archive: str | None = None
    """Where frames are kept that have left; None keeps none."""


@dataclass(frozen=True)
class Asked:
    """What a process of a live run is asked for."""

    place: Place
    sources: Sequence[sources.Source]
    shards: range
    """Of all the stream's."""
    all_shards: Sequence[int]
    """Those that end together with these."""
    kind: str
    read: ReadOptions
    thresholds: Thresholds
    statement: Statement
    until_end: bool = False
    is_child: bool = False
    """A supervisor has started this process."""
    keeps_unreadable: bool = False
    registry: int = 0
    """Number of the registry that it goes by (`flows.live.kept`)."""
    clock: Callable[[], int] = lambda: time.time_ns() // 1000


class Given(NamedTuple):
    """What stays while the process lasts, whatever the registry says."""

    found: list[sources.Source]
    where: Place
    read: ReadOptions
    calendar: CityCalendar
    days: pl.DataFrame


class Ready(NamedTuple):
    """What is asked for, checked and made ready."""

    asked: Asked
    statement: Statement
    definitions: Definitions
    shards: range
    cameras: frozenset[str]
    """Those of the shards."""
    given: Given
    kept: Kept
    former: Kept | None
    """What the stream went by before."""

    def keep(self) -> None:
        """Let all processes of the stream go by this registry; for who holds its shards."""
        if self.kept != self.former:
            kept.write(self.given.where, self.kept, self.former)


def make_ready(options: RunOptions, waiting: Callable[[str], None] = lambda said: None) -> Ready:
    """Find the sources and the registry, and set the state up; `waiting` is told for whom it waits.

    Raises
    ------
    SourceAway
        A broker does not answer, a spool's disk is not there.
    UsageError, SourceError, StateError
        What was expected, what came, and what to do.
    """
    read = ReadOptions(0, camera=options.camera, size=options.size, class_map=options.class_map)
    registry = registries.load(options.registry)
    if not registry.camera:
        raise UsageError(f"{options.registry}: expected cameras, came none")
    former = place.known(Path(options.state))
    known = () if former is None else former.sources
    found = sources.find(options.sources, os.environ, place.name_of(Path(options.state)), known, waiting)
    names = {source.key: source.name for source in found}
    where = place.opened(Path(options.state), found[0].partitions, names, _input(found, options))
    now_us = time.time_ns() // 1000
    given = Given(found, where, read, calendars.load(options.calendar), calendars.days(options.calendar, now_us))
    went_by = kept.read(where)
    return _ready(options, given, _registry(options, registry, where, went_by), went_by)


def _registry(options: RunOptions, asked: Registry, where: Place, former: Kept | None) -> Kept:
    """Return what the stream goes by: what it went by, and what the file says that is new."""
    if former is None:
        return kept.first(asked)
    if options.is_child:
        return former
    if (known := kept.known(former, asked)) is not None:
        return known
    reached_us = kept.reached_us(telling.read(where.processes))
    gone_us = kept.next_minute_us(time.time_ns() // 1000 if reached_us is None else reached_us)
    changed = by_time.at_start(former.registry, asked, gone_us)
    for line in changed.said:
        note(line, "registry")
    return kept.started(former, asked, changed.registry)


def going_on(options: RunOptions, ready: Ready) -> Ready:
    """Return what a process goes on with once another registry was applied."""
    now = kept.read(ready.given.where)
    assert now is not None
    return _ready(options, ready.given, now, now)


def _ready(options: RunOptions, given: Given, goes_by: Kept, former: Kept | None) -> Ready:
    found, where, registry = given.found, given.where, goes_by.registry
    thresholds = Thresholds(reorder_us=round(options.reorder_s * 1e6), lateness_us=round(options.lateness_s * 1e6))
    assert where.setup.input is not None
    statement = Statement(
        where.setup.input,
        fingerprint(identity.of_definitions(registry, given.calendar, thresholds), *_said(options)) or 1,
        "run",
        [source.name for source in found],
        simulated=any(camera.simulated for camera in registry.camera),
        contents={source.name: fingerprint(source.key) for source in found},
    )
    source = str(Path(options.registry).resolve())
    definitions = Definitions(registry, source, registries.load_areas(), given.days)
    shards = shards_of(options.shards, found[0].partitions)
    together = shards_of(options.together, found[0].partitions) if options.is_child else shards
    mine = frozenset(each.id for each in registry.camera if partition_of(each.id, found[0].partitions) in shards)
    asked = Asked(
        where, found, shards, together, options.format, given.read, thresholds, statement, options.until_end,
        options.is_child, options.keep_unreadable, goes_by.number,
    )  # fmt: skip
    return Ready(asked, statement, definitions, shards, mine, given, goes_by, former)


def _input(found: Sequence[sources.Source], options: RunOptions) -> int:
    """Return the hash of what is read: the same stream read the same way, whoever reads it."""
    return fingerprint(sorted(source.key for source in found), *_said(options))


def _said(options: RunOptions) -> tuple[object, ...]:
    """Return what options say of records: other words for them are another definition of all that follows."""
    return options.format, options.camera, options.size, options.class_map


def shards_of(asked: tuple[int, int] | None, partitions: int) -> range:
    """Return the shards that are asked for, as first and last; None is all.

    Raises
    ------
    UsageError
        There are not so many.
    """
    if asked is None:
        return range(partitions)
    first, last = asked
    if not 0 <= first <= last < partitions:
        raise UsageError(f"--shards {first}-{last}: expected a range within 0-{partitions - 1}")
    return range(first, last + 1)
