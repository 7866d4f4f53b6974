"""A writer in a process of its own is killed at any moment: what it acknowledged is there, once, in order."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest

from connectors.spool import SpoolTail, SpoolWriter, make
from tests.connectors.spooling import NATIVE, drained

WRITES: str = """
import sys
from pathlib import Path
from connectors.spool import Bounds, Origin, SpoolWriter, make

writer = SpoolWriter(make(Path(sys.argv[1])), 0, Bounds(segment_bytes=1))
number = writer.position
while True:
    batch = [f"{number + row}:".encode().ljust(1 + (number * 977 + row) % 9000, b"x") for row in range(1 + number % 50)]
    assert writer.append(batch, Origin("native")) == number
    number += len(batch)
    print(number, flush=True)
"""


def killed(folder, lines: int) -> int:
    """Let a writer acknowledge some batches and more, kill it, and return how many records it said were durable."""
    command = [sys.executable, "-c", WRITES, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(lines):
            process.stdout.readline()
        process.kill()
        rest = process.stdout.read().split("\n")
    whole = [line for line in rest[:-1] if line]
    return int(whole[-1]) if whole else 0


@pytest.mark.slow
def test_a_killed_writer_loses_nothing_that_it_acknowledged(tmp_path):
    chance, spool = random.Random(7), make(tmp_path / "spool")
    tail, found = SpoolTail(spool, 0), []
    for _ in range(8):
        acknowledged = killed(spool.root, chance.randrange(1, 60))
        found += drained(tail)  # as a reader that runs on
        assert len(found) >= acknowledged
        writer = SpoolWriter(spool, 0)
        writer.append([f"{writer.position}:".encode()], NATIVE)
        writer.close()
    found += drained(tail)
    assert len(found) > 1_000
    assert [int(value.split(b":")[0]) for value in found] == list(range(len(found)))
    assert tail.lost() == []
    assert drained(SpoolTail(spool, 0, "another")) == found
