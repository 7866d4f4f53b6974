"""Running a flow to its end, whatever happens to its source and sink.

An exception inside Bytewax becomes a panic of its engine, printed before any
reason of ours. So what source and sink raise is remembered, the flow ends as if
its input had, and only then it is raised; Ctrl-C likewise.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from bytewax.dataflow import Dataflow
from bytewax.testing import cluster_main, run_main

T = TypeVar("T")


class Ending:
    """Why a flow ends before its input does."""

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def source(self, items: Iterator[T]) -> Iterator[T]:
        """Pass items on until something has happened."""
        while self.error is None:
            try:
                item = next(items)
            except StopIteration:
                return
            except Exception as error:
                self.error = error
                return
            yield item

    def sink(self, write: Callable[[T], None]) -> Callable[[T], None]:
        """Return a sink that writes nothing once something has happened."""

        def guarded(item: T) -> None:
            if self.error is not None:
                return
            try:
                write(item)
            except Exception as error:
                self.error = error

        return guarded

    def run(self, flow: Dataflow, workers: int) -> None:
        """Run a flow whose source and sink are ours, to the end of its input.

        Raises
        ------
        What its source or its sink raised, or KeyboardInterrupt.
        """
        with self._interrupts():
            if workers == 1:
                run_main(flow)
            else:
                cluster_main(flow, [], 0, worker_count_per_proc=workers)
        if self.error is not None:
            raise self.error

    @contextmanager
    def _interrupts(self) -> Iterator[None]:
        """Let Ctrl-C end the input instead of breaking into the engine; only the main thread may say so."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def remember(number: int, frame: object) -> None:
            self.error = KeyboardInterrupt()

        before = signal.signal(signal.SIGINT, remember)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
