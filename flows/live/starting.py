"""`tilik run`: what is asked for, made ready; then the process, or the supervisor of several."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from connectors import calendar as calendars
from connectors import registry as registries
from connectors import warehouse as warehouses
from connectors.formats import ReadOptions
from connectors.warehouse import Definitions, Statement, Stream, Warehouse
from flows.live import measures, place, sources, telling
from flows.live.running import GRACE_S, TELL_S, Asked, Run
from flows.live.second import Second
from flows.live.supervising import Supervisor, command
from flows.live.telling import Process
from flows.live.waiting import Start
from flows.replay import identity
from flows.thresholds import Thresholds
from schemas.errors import UsageError
from schemas.partitions import partition_of
from schemas.registry import fingerprint

PATIENCE_S: Final = 5.0
"""How long one try of a statement waits for a warehouse that is away; then the flow says so, and tries again."""
STATEMENT_S: Final = 30
"""How long a warehouse may say nothing during a statement; one that works on it says so every 25 seconds."""


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


def run(options: RunOptions, arguments: Sequence[str]) -> dict[str, int]:
    """Run the shards that are asked for until they end, or it is asked to; return what they did, restarts included.

    Parameters
    ----------
    arguments
        Of this command: a supervisor starts its processes with them.
    """
    with ExitStack() as stack, Start(Path(options.state), is_supervisor=options.processes is not None) as start:
        start.knows(_known_shards(options))
        ready = start.there(lambda: make_ready(options, start.saying))
        start.knows(ready.shards)
        if options.processes is None:
            stack.enter_context(_measured(options, ready, lambda: 0))
        warehouse = stack.enter_context(start.there(lambda: _connected(options.warehouse)))
        start.there(warehouse.migrate)
        stream = Stream(warehouse, ready.statement, ready.definitions, ready.shards, ready.cameras)
        if options.processes is not None:
            return _supervise(options, ready, warehouse, stream, arguments, start)
        process = start.there(lambda: Run(ready.asked, stream, warehouse))
        with process.held():
            return _run(options, ready, process, start)


def _connected(url: str) -> Warehouse:
    return warehouses.connect(url, patience_s=PATIENCE_S, statement_s=STATEMENT_S)


def _known_shards(options: RunOptions) -> Sequence[int]:
    """Return the shards that are asked for, as far as a former start has said how many there are."""
    setup = place.known(Path(options.state))
    return () if setup is None else _shards(options.shards, setup.partitions)


def _measured(options: RunOptions, ready: Ready, restarts: Callable[[], int]) -> AbstractContextManager[object]:
    """Serve measures where a port is asked for."""
    if options.metrics_port is None:
        return nullcontext()
    return measures.served(ready.asked.place, ready.shards, options.metrics_port, restarts)


def _run(options: RunOptions, ready: Ready, process: Run, start: Start) -> dict[str, int]:
    """Run the shards of this process."""
    stream = process.stream
    beside = None if options.is_child else Second(process.warehouse, stream, ready.asked.thresholds)
    try:
        if not options.is_child:
            start.there(lambda: stream.register(start.saying))
        start.there(lambda: stream.begin(start.saying))
        start.is_over()
        process.run(lambda run: None if beside is None else beside.turn(run.process))
        if beside is not None:
            start.there(beside.finish) if not process.was_stopped else beside.close()
        counts = ready.asked.place.counts(ready.shards)
        start.there(lambda: stream.finish(msgspec.json.encode(counts).decode()))
        return counts
    except BaseException:
        process.warehouse.hurry()
        if beside is not None:
            beside.close(GRACE_S)
        raise
    finally:
        stream.release()


class Ready(NamedTuple):
    """What is asked for, checked and made ready."""

    asked: Asked
    statement: Statement
    definitions: Definitions
    shards: range
    cameras: frozenset[str]
    """Those of the shards."""


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
    calendar = calendars.load(options.calendar)
    thresholds = Thresholds(reorder_us=round(options.reorder_s * 1e6), lateness_us=round(options.lateness_s * 1e6))
    former = place.known(Path(options.state))
    known = () if former is None else former.sources
    found = sources.find(options.sources, os.environ, place.name_of(Path(options.state)), known, waiting)
    names = {source.key: source.name for source in found}
    where = place.opened(Path(options.state), found[0].partitions, names, _input(found, options))
    assert where.setup.input is not None
    statement = Statement(
        where.setup.input,
        fingerprint(identity.of_definitions(registry, calendar, thresholds), *_said(options)) or 1,
        "run",
        list(names.values()),
        simulated=any(camera.simulated for camera in registry.camera),
        contents={source.name: fingerprint(source.key) for source in found},
    )
    definitions = Definitions(
        registry,
        str(Path(options.registry).resolve()),
        registries.load_areas(),
        calendars.days(options.calendar, time.time_ns() // 1000),
    )
    shards = _shards(options.shards, found[0].partitions)
    together = _shards(options.together, found[0].partitions) if options.is_child else shards
    mine = frozenset(each.id for each in registry.camera if partition_of(each.id, found[0].partitions) in shards)
    asked = Asked(
        where, found, shards, together, options.format, read, thresholds, statement, options.until_end,
        options.is_child, options.keep_unreadable,
    )  # fmt: skip
    return Ready(asked, statement, definitions, shards, mine)


def _supervise(
    options: RunOptions, ready: Ready, warehouse: Warehouse, stream: Stream, arguments: Sequence[str], start: Start
) -> dict[str, int]:
    """Keep processes going until all have ended, the second flow beside them."""
    assert options.processes is not None
    where = ready.asked.place
    with where.supervised(ready.shards):
        where.forget_ends(ready.shards)
        telling.tidy(where.processes)
        try:
            start.there(lambda: stream.register(start.saying))
            start.is_over()
            return _supervised(options, ready, warehouse, stream, arguments, start)
        except BaseException:
            warehouse.hurry()
            raise


def _supervised(
    options: RunOptions, ready: Ready, warehouse: Warehouse, stream: Stream, arguments: Sequence[str], start: Start
) -> dict[str, int]:
    assert options.processes is not None
    where = ready.asked.place
    beside, own = Second(warehouse, stream, ready.asked.thresholds), Process(os.getpid(), [])
    environment = os.environ | {"TILIK_WAREHOUSE": options.warehouse}
    together = ["--together", f"{ready.shards[0]}-{ready.shards[-1]}"]
    of_each = [*command(_without(arguments)), *together]
    watched = Supervisor(where, of_each, environment, ready.shards, options.processes)
    try:
        with _measured(options, ready, lambda: watched.restarts):
            while watched.turn():
                beside.turn(own)
                own.restarts = watched.restarts
                telling.write(where.processes / telling.name((), is_supervisor=True), own)
                time.sleep(TELL_S)
        start.there(beside.finish)
    finally:
        watched.end()
        beside.close(GRACE_S if warehouse.ending.is_set() else None)
    return where.counts(ready.shards)


def _without(arguments: Sequence[str]) -> list[str]:
    """Return a command line without what is the supervisor's own."""
    out, skip = [], False
    for text in arguments:
        name = text.partition("=")[0]
        if skip or name in ("--processes", "--shards", "--metrics-port", "--warehouse"):
            skip = not skip and "=" not in text
            continue
        out.append(text)
    return out


def _input(found: Sequence[sources.Source], options: RunOptions) -> int:
    """Return the hash of what is read: the same stream read the same way, whoever reads it."""
    return fingerprint(sorted(source.key for source in found), *_said(options))


def _said(options: RunOptions) -> tuple[object, ...]:
    """Return what options say of records: other words for them are another definition of all that follows."""
    return options.format, options.camera, options.size, options.class_map


def _shards(asked: tuple[int, int] | None, partitions: int) -> range:
    if asked is None:
        return range(partitions)
    first, last = asked
    if not 0 <= first <= last < partitions:
        raise UsageError(f"--shards {first}-{last}: expected a range within 0-{partitions - 1}")
    return range(first, last + 1)
