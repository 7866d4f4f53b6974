"""What a process of a live run says of itself: counts, lags, what it waits for.

Each shard keeps its own `Told`, written by its thread alone; once a second the process
writes all of them to a file in STATE/processes, whole or not at all. From these files
`tilik status`, the metrics page and the supervisor know how it is: a process that is
idle says so every second, one that hangs does not.
"""

from __future__ import annotations

import errno
import os
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from connectors.records import Lost, Tail
from connectors.warehouse.processes import me
from flows.console import note
from flows.dataflow import Memory

LATENCIES_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper edges of the histogram of how long a flush took to be acknowledged."""

BLOCK: Final = 4_096
"""Bytes that file systems give at once, or more."""


def clock_us() -> int:
    """Return microseconds that all processes of this machine count alike, whatever becomes of the time of day."""
    return time.monotonic_ns() // 1000


class Partition(msgspec.Struct):
    """A partition as its reader sees it."""

    source: str
    position: int = 0
    lag: int | None = None  # records there that were not read
    lost: int = 0  # records that retention took
    is_at_end: bool = False


class Told(msgspec.Struct):
    """A shard since its process began; counts only grow."""

    shard: int
    began_us: int = 0
    beat_us: int = 0  # when its loop last came round, by `clock_us`
    doing: str = "starting"  # starting, reading, idle, waiting, ended
    waits_for: str = ""
    away: dict[str, str] = {}  # partitions that cannot be read now, and why
    partitions: dict[str, Partition] = {}
    records: int = 0
    counts: dict[str, int] = {}  # frames, objects, duplicates, late, dead_letters, rejected_objects, rows
    letters: dict[str, int] = {}  # dead letters by reason
    rejects: int = 0
    newest_us: int | None = None  # capture time of the newest frame
    reached_us: int | None = None  # up to when it has stated minutes of who is silent, by the clock
    open_incidents: int = 0
    open_windows: int = 0
    state_bytes: int = 0
    flushes: int = 0
    flush_s: float = 0.0
    latencies: list[int] = []  # flushes by `LATENCIES_S`, the last above all
    left_alone: int = 0  # rows of minutes that other input watched

    def beat(self) -> None:
        """Say that its loop goes round."""
        self.beat_us = clock_us()

    def wait_for(self, name: str, said: str) -> None:
        """Say that a partition cannot be read now, and why."""
        self.away = self.away | {name: said}
        self.doing, self.waits_for = "waiting", said
        self.beat()

    def is_there(self, name: str) -> None:
        """Say that it is waited for no longer."""
        self.away = {other: said for other, said in self.away.items() if other != name}
        self.waits_for = next(iter(self.away.values()), "")
        self.doing = "waiting" if self.away else "reading"
        self.beat()

    def polled(self, name: str, tail: Tail, count: int, gone: Sequence[Lost] = ()) -> None:
        """Take note of a poll, and of what is gone."""
        self.records += count
        part = self.partitions.setdefault(name, Partition(tail.source))
        part.position, part.is_at_end = tail.position, tail.is_at_end
        if not count or self.records % 64 < count:  # asking a broker costs
            part.lag = tail.lag()
        for lost in gone:
            part.lost += lost.until - lost.since
            said = f"{tail.source}: records {lost.since} to {lost.until - 1} are lost: they went before they were read"
            note(said, "lost", source=tail.source, since=lost.since, until=lost.until)
        for remark in tail.remarks():
            note(remark, "remark", source=tail.source)
        self.away = {other: said for other, said in self.away.items() if other != name}
        self.waits_for = next(iter(self.away.values()), "")
        self.doing = "waiting" if self.away else "reading" if count else "idle"

    def flushed(self, seconds: float) -> None:
        """Take note of a flush that was acknowledged."""
        if not self.latencies:
            self.latencies = [0] * (len(LATENCIES_S) + 1)
        self.latencies[sum(seconds > edge for edge in LATENCIES_S)] += 1
        self.flushes += 1
        self.flush_s += seconds

    def kept(self, memory: Memory, size: int) -> None:
        """Take note of what the shard remembers."""
        state = memory.state
        newest_us = int(state.order.newest_us.max(initial=0))
        self.newest_us = newest_us if newest_us > 0 else None
        reached_us = int(state.said.until_us.max(initial=0))
        self.reached_us = reached_us if reached_us > 0 else None
        self.open_incidents, self.state_bytes = state.told.height, size
        self.open_windows = sum(pool.used for pool in state.pools.values())

    def met(self, reasons: Sequence[str], counts: Sequence[int]) -> None:
        """Count dead letters."""
        total = Counter(self.letters)
        for reason, count in zip(reasons, counts, strict=True):
            total[reason] += count
        self.letters = dict(total)


class Process(msgspec.Struct):
    """A process and its shards."""

    pid: int
    shards: list[Told]
    written_us: int = 0
    """When it said this, by `clock_us`."""
    place: str = ""
    """Machine and boot whose clock that is."""
    restarts: int = 0
    """Processes that it has started again: a supervisor's."""
    second: str = ""
    """What the second flow waits for, or its last error; '' where all is well."""
    second_us: int = 0
    """Up to when the second flow has looked."""
    registry: int = 0
    """Number of the registry that it goes by."""
    archive: str = ""
    """What the archive says for which it waits, '' where all is well."""
    archive_bytes: int = 0
    """What waits for the archive."""


def name(shards: Sequence[int], *, is_supervisor: bool = False) -> str:
    """Return the name of the file in which a process speaks."""
    return "supervisor.json" if is_supervisor else f"{shards[0]:03}.json"


def write_unless_others(path: Path, process: Process) -> None:
    """Speak where nobody alive does: who has these shards already is in the right."""
    with suppress(OSError, msgspec.DecodeError):
        other = msgspec.json.decode(path.read_bytes(), type=Process)
        if other.pid != process.pid:
            os.kill(other.pid, 0)
            return
    write(path, process)


def write(path: Path, process: Process) -> None:
    """Write what a process says of itself, whole or not at all; nobody else reads it.

    On a full disk it is written over what was said before, which has room for it, or waits.
    """
    process.written_us, process.place = clock_us(), me().place
    said, new = msgspec.json.encode(process), path.with_suffix(f".{os.getpid()}.new")
    try:
        if _put(new, said, os.O_CREAT | os.O_TRUNC) < len(said):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        with suppress(OSError):
            size = path.stat().st_size
            if len(said) <= -(-size // BLOCK) * BLOCK:
                _put(path, said.ljust(size), 0)


def _put(path: Path, said: bytes, flags: int) -> int:
    file = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | flags, 0o600)
    try:
        return os.write(file, said)
    finally:
        os.close(file)


def tidy(folder: Path) -> None:
    """Remove what processes that are gone said of themselves."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for path in folder.glob("*.json"):
        try:
            os.kill(msgspec.json.decode(path.read_bytes(), type=Process).pid, 0)
        except (OSError, msgspec.DecodeError):
            path.unlink(missing_ok=True)


def read(folder: Path) -> list[Process]:
    """Return what the processes of a live run said last, by their first shard; who spoke before a boot is gone."""
    found, here = [], me().place
    for path in sorted(folder.glob("*.json")):
        try:
            process = msgspec.json.decode(path.read_bytes(), type=Process)
        except (OSError, msgspec.DecodeError):  # of another version, or gone between
            continue
        if process.place == here:
            found.append(process)
    return found
