"""Processes of a live run are started again, die with their supervisor, and share the shards as they are counted."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import msgspec
import polars as pl
import pytest

from connectors.registry.writing import to_toml
from connectors.spool import Origin, SpoolWriter, make
from flows.live import supervising, telling
from schemas.incidents import OUTAGE_KINDS
from schemas.partitions import partition_of
from tests.flows.city import stream
from tests.flows.live import children
from tests.flows.live.test_until_end import NAMES, REGISTRY, TABLES, messages, stored
from tests.waiting import until

PARTITIONS = 3


def test_shares_are_even_and_nobody_has_none() -> None:
    assert supervising.shares(range(12), 5) == [(0, 1), (2, 3), (4, 6), (7, 8), (9, 11)]
    assert supervising.shares(range(2), 4) == [(0, 0), (1, 1)]


def told(state: Path) -> dict[int, telling.Process]:
    """Return by process what those that live said last."""
    found = {}
    for path in (state / "processes").glob("*.json"):
        process = msgspec.json.decode(path.read_bytes(), type=telling.Process)
        if process.shards and Path(f"/proc/{process.pid}").exists():
            found[process.pid] = process
    return found


def read(state: Path) -> int:
    """Return the positions that living processes have come to."""
    shards = [shard for process in told(state).values() for shard in process.shards]
    return sum(part.position for shard in shards for part in shard.partitions.values())


@pytest.mark.slow
def test_workers_supervisor_and_engine_are_killed_and_the_rows_are_those_of_an_undisturbed_run(
    tmp_path: Path, empty_store: Callable[[str], str]
) -> None:
    registry, state = tmp_path / "registry.toml", tmp_path / "state-killed"
    registry.write_text(to_toml(REGISTRY, "test"))
    spool, every = make(tmp_path / "spool", PARTITIONS), messages(stream(NAMES, 240))
    writers = [SpoolWriter(spool, partition) for partition in range(PARTITIONS)]

    def append(first: int, end: int) -> None:
        for partition, writer in enumerate(writers):
            mine = [value for camera, value, _ in every[first:end] if partition_of(camera, PARTITIONS) == partition]
            writer.append(mine, Origin("native"))

    def arguments(name: str) -> list[str]:
        return ["--source", f"spool:{tmp_path / 'spool'}", "--registry", str(registry), "--warehouse",
                empty_store(name), "--state", str(tmp_path / f"state-{name}")]  # fmt: skip

    third = len(every) // 3
    append(0, third)
    supervisor = children.start([*arguments("killed"), "--processes", "2"])
    try:
        until(lambda: len(told(state)) == 2 and read(state) == third)
        first = set(told(state))
        os.kill(min(first), signal.SIGKILL)
        append(third, 2 * third)
        until(lambda: len(told(state)) == 2 and set(told(state)) != first and read(state) == 2 * third)
        os.kill(json.loads((tmp_path / "killed" / "server.json").read_bytes())["pid"], signal.SIGKILL)
        append(2 * third, len(every))
        until(lambda: read(state) == len(every))
        last = set(told(state))
    finally:
        supervisor.kill()
        supervisor.communicate()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in last))
    summary = children.end([*arguments("killed"), "--processes", "3"])
    assert children.end(arguments("whole")) == summary | {"seconds": pytest.approx(summary["seconds"], abs=1e9)}
    left, right = stored(empty_store("killed")), stored(empty_store("whole"))
    last_at = right["health_minute_log"]["ts"].max()
    for name in TABLES:
        if name.endswith("_minute_log"):  # clocks have gone on to tell of the silence since
            assert left[name].filter(pl.col("ts") <= last_at).equals(right[name]), name
    assert left["health_hour_log"].height >= right["health_hour_log"].height > 0  # the second flow has gone beside
    of_frames = ~pl.col("kind").is_in(OUTAGE_KINDS)
    assert left["incidents_log"].filter(of_frames).equals(right["incidents_log"].filter(of_frames))
