"""A command beside an engine that runs Beam's pipelines, all of it in a network of its own, which has loopback alone.

The engines' servers ask for no password and listen on every address; there, nobody else can reach them.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path

from tests.brokers.dask_cluster import Cluster, dask_cluster
from tests.brokers.fetching import program
from tests.brokers.prism import Engine, prism_engine

ROOT = Path(__file__).parents[2]
LATEST_S = 240.0
"""When a command is given up that never ends."""


def beside(
    engine: str, folder: Path, command: list[str], *, kill_after: tuple[Path, str, int] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command beside an engine.

    Parameters
    ----------
    engine
        ``dask`` or ``prism``, which has to be built before: there, nothing can be fetched.
    command
        ``{address}`` in it is the scheduler's or the job endpoint's, ``{pool}`` that of the pool of workers.
    kill_after
        A folder, a pattern and a number: once so many files are there, a worker ends by SIGKILL.
        ``{pid}`` in the pattern is that worker's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    killing = [] if kill_after is None else ["--kill-after", *map(str, kill_after)]
    here = [sys.executable, "-m", "tests.brokers.engines", *killing, engine, str(folder), *command]
    alone = [program("unshare"), "--net"] if os.geteuid() == 0 else [program("unshare"), "--net", "--map-root-user"]
    up = f'{program("ip")} link set lo up && exec "$@"'
    env = os.environ | {"PYTHONPATH": str(ROOT), "POLARS_MAX_THREADS": "1"}
    return subprocess.run(
        [*alone, "sh", "-c", up, "alone", *here], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )


def _running(engine: str, folder: Path) -> AbstractContextManager[Cluster | Engine]:
    if [name for _, name in socket.if_nameindex()] != ["lo"]:
        raise SystemExit("expected a network of its own: engines listen on every address")
    return dask_cluster(folder) if engine == "dask" else prism_engine(folder)


def _follow(process: subprocess.Popen[bytes], engine: Cluster | Engine, kill_after: list[str] | None) -> int:
    """Return how a command ended, beside which a worker was killed."""
    until, waits = time.monotonic() + LATEST_S, kill_after is not None
    while process.poll() is None and time.monotonic() < until:
        if waits and kill_after is not None and (pids := engine.pids()):
            folder, pattern, count = kill_after
            if len(list(Path(folder).glob(pattern.format(pid=pids[0])))) >= int(count):
                os.kill(pids[0], signal.SIGKILL)
                waits = False
        time.sleep(0.02)
    if process.poll() is None:
        process.kill()
        raise SystemExit(f"the command did not end within {LATEST_S:.0f} s")
    if waits:
        raise SystemExit("the command ended before a worker could be killed")
    return process.returncode


def main() -> None:
    """Run what `beside` asks for, in the network that it made."""
    parser = argparse.ArgumentParser()
    parser.add_argument("engine", choices=("dask", "prism"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kill-after", nargs=3)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    asked = parser.parse_args()
    with _running(asked.engine, asked.folder) as engine:
        command = [word.format(**engine.told()) for word in asked.command]
        sys.exit(_follow(subprocess.Popen(command), engine, asked.kill_after))


if __name__ == "__main__":
    main()
