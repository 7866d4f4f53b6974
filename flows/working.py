"""Work that several processes share, a piece at a time; none of them outlives who asked.

A process that ends half-way ends the whole: what it was to do is done by nobody.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any, Final, TypeVar

from schemas.errors import TilikError

ALONE: Final = {
    "POLARS_MAX_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
}
"""What a process is given that has a core to itself: one thread of Polars, and memory that is not handed back and
asked for again with every array (a twelfth less of the processor's time)."""

J = TypeVar("J")
D = TypeVar("D")


def each(work: Callable[[J], D], jobs: Sequence[J], workers: int) -> Iterator[D]:
    """Yield what `work` makes of each job, in the order in which they are done.

    Parameters
    ----------
    work
        A function of a module: other processes import it.
    workers
        How many processes there are; with one, it is this one.

    Raises
    ------
    TilikError
        A process was ended from outside, such as for want of memory.
    """
    if min(workers, len(jobs)) <= 1:
        yield from map(work, jobs)
        return
    with ExitStack() as ending:
        waiting = list(reversed(jobs))
        busy = [_begun(work, ending) for _ in range(min(workers, len(jobs)))]
        for one in busy:
            one.send(waiting.pop())
        while busy:
            for one in _ready(busy):
                yield _answer(one)
                if waiting:
                    one.send(waiting.pop())
                else:
                    busy.remove(one)


def _begun(work: Callable[[J], D], ending: ExitStack) -> Connection:
    """Begin a process that ends with `ending` at the latest."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(work, there), daemon=True)
    with _environment(ALONE):
        process.start()
    there.close()
    ending.callback(process.join)
    ending.callback(process.terminate)
    ending.callback(here.close)
    return here


@contextmanager
def _environment(given: Mapping[str, str]) -> Iterator[None]:
    """Let processes that begin meanwhile have variables; those that are set already stay."""
    new = {name: value for name, value in given.items() if name not in os.environ}
    os.environ.update(new)
    try:
        yield
    finally:
        for name in new:
            del os.environ[name]


def _ready(busy: Sequence[Connection]) -> list[Connection]:
    """Wait until some of these have an answer or have ended; return them."""
    ready = wait(busy)
    return [one for one in busy if one in ready]


def _answer(one: Connection) -> Any:
    try:
        made: object = one.recv()
    except EOFError:
        raise TilikError(
            "a process that made rows was ended from outside: see whether memory ran out, and give fewer --workers; "
            "the warehouse is as it was"
        ) from None
    if isinstance(made, BaseException):
        raise made
    return made


def _serve(work: Callable[[J], D], asked: Connection) -> None:
    """Do what comes until nobody asks any more; Ctrl-C is for who asks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            job = asked.recv()
        except EOFError:
            return
        try:
            made: object = work(job)
        except Exception as error:
            made = error
        asked.send(made)
