"""`tilik run` as processes of their own, to be killed at any moment."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from flows.live import telling

SLOWLY = """
import time
from datetime import timedelta
import flows.dataflow as dataflow, flows.live.feed as feed, flows.live.running as running
import flows.live.archiving as archiving, flows.live.starting as starting
import operators.stage.ordered as ordered
archiving.SEAL_S, archiving.TURN_S, ordered.LEAST_BATCH = 0.0, 0.02, 5
starting.STATEMENT_S, dataflow.ROWS_A_BLOCK = 10, 30
feed.MOST_RECORDS, feed.TICK_S, running.EPOCH, running.TELL_S = {size}, 0.05, timedelta(seconds=0.1), 0.02
poll = feed._Part._frames
def slow(part):
    time.sleep({pause})
    return poll(part)
feed._Part._frames = slow
from flows.cli import main
main()
"""
"""A run whose polls, blocks and files are small, whose checkpoints are often: it writes much before it is killed."""


def start(arguments: Sequence[str], size: int = 5, pause: float = 0.005) -> subprocess.Popen[bytes]:
    """Start `tilik run` with these arguments, in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", SLOWLY.format(size=size, pause=pause), "run", *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
    )  # fmt: skip


def end(arguments: Sequence[str]) -> dict[str, int]:
    """Run to the end of what the sources hold; return the summary."""
    code = "from flows.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "run", *arguments, "--until-end"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    summary: dict[str, int] = json.loads(done.stdout)
    return summary


def records(state: Path, pid: int) -> int:
    """Return how many records a process has read."""
    for path in (state / "processes").glob("*.json"):
        try:
            process = msgspec.json.decode(path.read_bytes(), type=telling.Process)
        except (OSError, msgspec.DecodeError):
            continue
        if process.pid == pid:
            return sum(shard.records for shard in process.shards)
    return 0


def killed(process: subprocess.Popen[bytes], state: Path, at: int, chance: random.Random) -> int:
    """Kill a process a moment after it has read so many records; return how many it had, by what it said last."""
    until = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < until:
        if records(state, process.pid) >= at:
            break
        time.sleep(0.01)
    time.sleep(chance.uniform(0, 0.2))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return records(state, process.pid)
