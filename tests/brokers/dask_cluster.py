"""A Dask cluster outside the process: a scheduler and workers of one thread each, for Beam's pipelines.

Its servers answer on every address, whoever asks: they start in a network of their own alone (`tests.brokers.engines`).
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.brokers.processes import Server, free_ports

DASK = [sys.executable, "-m", "dask"]


class Cluster(NamedTuple):
    """A cluster that is up: its scheduler's address, and the pids of its workers."""

    address: str
    workers: tuple[int, ...]

    def pids(self) -> tuple[int, ...]:
        """Return the workers' pids."""
        return self.workers

    def told(self) -> dict[str, str]:
        """Return what a command is told of it."""
        return {"address": self.address}


class _Scheduler(Server):
    def __init__(self, folder: Path) -> None:
        (self.port,) = free_ports(1)
        where = ["--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"]
        super().__init__([*DASK, "scheduler", *where], folder / "scheduler.log", folder)

    def answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class _Worker(Server):
    def __init__(self, folder: Path, name: str, scheduler: str) -> None:
        self.log = folder / f"{name}.log"
        # without a nanny, who would start a worker again that a test kills
        how = [
            "--no-nanny",
            "--no-dashboard",
            "--nthreads",
            "1",
            "--memory-limit",
            "0",
            "--local-directory",
            str(folder),
        ]
        super().__init__([*DASK, "worker", *how, "--name", name, scheduler], self.log, folder)

    def answers(self) -> bool:
        return "Registered to" in self.log.read_text(encoding="utf-8")


@contextmanager
def dask_cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """Run a scheduler and workers, whose logs lie in a folder."""
    with ExitStack() as running:
        scheduler = _Scheduler(folder)
        running.callback(scheduler.stop)
        scheduler.start()
        address = f"tcp://127.0.0.1:{scheduler.port}"
        pool = [_Worker(folder, f"worker-{number}", address) for number in range(workers)]
        for worker in pool:
            running.callback(worker.kill)  # a scheduler or a client that is away is waited for
            worker.start()
        yield Cluster(address, tuple(worker.pid for worker in pool))
