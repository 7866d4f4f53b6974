"""Prism, Beam's engine behind the portable API, with a pool that starts Beam's Python workers.

Both answer on every address, whoever asks: they start in a network of their own alone (`tests.brokers.engines`).
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.brokers.fetching import prism
from tests.brokers.processes import Server, free_ports


class Engine(NamedTuple):
    """An engine that is up: its job endpoint, its pool's address, and the pool's pid."""

    address: str
    pool: str
    pool_pid: int

    def pids(self) -> tuple[int, ...]:
        """Return the pids of the workers that the pool has started: one a job."""
        children = Path(f"/proc/{self.pool_pid}/task").glob("*/children")
        return tuple(int(pid) for of in children for pid in of.read_text(encoding="ascii").split())

    def told(self) -> dict[str, str]:
        """Return what a command is told of it."""
        return {"address": self.address, "pool": self.pool}


class _Listening(Server):
    def __init__(self, command: list[str], port: int, log: Path) -> None:
        self.port = port
        # a job leaves files at home; the pool starts a bare `python`
        path = f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"
        super().__init__(["/usr/bin/env", f"HOME={log.parent}", f"PATH={path}", *command], log, log.parent)

    def answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def prism_engine(folder: Path) -> Iterator[Engine]:
    """Run Prism and a pool, whose logs lie in a folder."""
    jobs, workers = free_ports(2)
    serve = [str(prism()), "--job_port", str(jobs), "--serve_http=false", "--log_kind", "text"]
    pool = [sys.executable, "-m", "apache_beam.runners.worker.worker_pool_main", "--service_port", str(workers)]
    with ExitStack() as running:
        engine = _Listening(serve, jobs, folder / "prism.log")
        starting = _Listening(pool, workers, folder / "pool.log")
        for server in (engine, starting):
            running.callback(server.stop)
            server.start()
        yield Engine(f"127.0.0.1:{jobs}", f"127.0.0.1:{workers}", starting.pid)
