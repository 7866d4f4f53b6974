"""`tilik run`: what is asked for, made ready; then the process, or the supervisor of several."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from connectors import warehouse as warehouses
from connectors.warehouse import Stream, Warehouse
from flows.console import note
from flows.live import kept, measures, place, telling
from flows.live.archiving import LiveArchive
from flows.live.ready import Ready, RunOptions, going_on, make_ready, shards_of
from flows.live.running import GRACE_S, TELL_S, Run
from flows.live.second import Second
from flows.live.supervising import Supervisor, command
from flows.live.telling import Process
from flows.live.waiting import Start

PATIENCE_S: Final = 5.0
"""How long one try of a statement waits for a warehouse that is away; then the flow says so, and tries again."""
STATEMENT_S: Final = 30
"""How long a warehouse may say nothing during a statement; one that works on it says so every 25 seconds."""


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
        with ExitStack() as holding:
            start.there(lambda: holding.enter_context(process.held()))
            start.there(ready.keep)
            if options.archive is not None:
                process.archives_in(start.there(partial(_archive, options.archive, ready)))
            return _run(options, ready, process, start)


def _connected(url: str) -> Warehouse:
    return warehouses.connect(url, patience_s=PATIENCE_S, statement_s=STATEMENT_S)


def _archive(url: str, ready: Ready) -> LiveArchive:
    """Return the archive of this process's shards, which is there."""
    where = ready.asked.place
    stream = f"{ready.statement.input:016x}"
    found = LiveArchive(url, stream, where.shard, where.setup.partitions, since_us=where.since_us)
    found.begin(ready.shards)
    return found


def _finish(archive: LiveArchive, ready: Ready) -> None:
    last_us = ready.asked.place.all_ended(ready.asked.all_shards)
    archive.finish(last_us if last_us is not None and last_us >= 0 else None)


def _known_shards(options: RunOptions) -> Sequence[int]:
    """Return the shards that are asked for, as far as a former start has said how many there are."""
    setup = place.known(Path(options.state))
    return () if setup is None else shards_of(options.shards, setup.partitions)


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
        start.there(process.look_back)
        start.is_over()
        while process.run(lambda run: None if beside is None else beside.turn(run.process)):
            ready = going_on(options, ready)
            _go_by(stream, ready, beside)
            process = start.there(partial(process.after, ready.asked))
            start.there(process.look_back)
        if beside is not None:
            start.there(beside.finish) if not process.was_stopped else beside.close()
        if process.archive is not None and not process.was_stopped:
            start.there(partial(_finish, process.archive, ready))
        counts = ready.asked.place.counts(ready.shards)
        if not process.warehouse.ending.is_set():  # nobody waits for it any more
            start.there(lambda: stream.finish(msgspec.json.encode(counts).decode()))
        return counts
    except BaseException:
        process.warehouse.hurry()
        if beside is not None:
            beside.close(GRACE_S)
        raise
    finally:
        if process.archive is not None:
            process.archive.close()
        stream.release()


def _go_by(stream: Stream, ready: Ready, beside: Second | None) -> None:
    """Let a stream go by what the registry says now, and who looks beside it store that."""
    stream.go_by(ready.statement, ready.definitions, ready.cameras)
    note(f"goes by registry {ready.kept.number} from now on", "registry", number=ready.kept.number)
    if beside is not None:
        beside.registers = True


def _supervise(
    options: RunOptions, ready: Ready, warehouse: Warehouse, stream: Stream, arguments: Sequence[str], start: Start
) -> dict[str, int]:
    """Keep processes going until all have ended, the second flow beside them."""
    assert options.processes is not None
    where = ready.asked.place
    with where.supervised(ready.shards):
        where.forget_ends(ready.shards)
        start.there(ready.keep)
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
                if not options.until_end and kept.number(where) != ready.kept.number:
                    ready = going_on(options, ready)
                    _go_by(stream, ready, beside)
                beside.turn(own)
                own.restarts, own.registry = watched.restarts, ready.kept.number
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
