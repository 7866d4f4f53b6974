"""`make soak`: a simulated city in real time into a spool, a live run behind it, and whether anything grows.

Every few seconds it looks at the memory of the run and of the engine, at what recovery and
spool take on disk, and at which minutes can be queried. What it found is a table; what
must not be is an `AssertionError`: memory or files that grow once the run is warm, a
frame that is neither a figure, a copy nor a dead letter.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from connectors import spool as spools
from connectors.ingest.keepers import SpoolKeeper
from connectors.warehouse import Warehouse, connect
from flows import playing_out
from tests.connectors.bytes_on_disk import below
from tests.flows.live import children

TILIK: Final = [sys.executable, "-c", "from flows.cli import main; main()"]
LOOK_S: Final = 1.0
PARTS: Final = 8
WARM: Final = 3
"""Of the parts of the time so many are for getting warm: kernels load, files of the spool reach their age."""
GROWTH: Final = 1.05
SLACK_MB: Final = 16.0
"""Noise of allocators, ours."""
PARTITIONS: Final = 2
MAKING_S: Final = 0.2
"""What a minute of a camera takes to be made, generously [s]."""


@dataclass
class Soaked:
    """What was seen, a look an entry.

    Attributes
    ----------
    mb
        By what it is the memory or disk that is held [MB].
    waits_s
        Of each minute of a camera the time from its end to the look that found it [s]. The reorder
        wait (2 s) is part of it.
    """

    mb: dict[str, list[float]] = field(default_factory=dict)
    waits_s: list[float] = field(default_factory=list)
    sent: int = 0
    summary: dict[str, int] = field(default_factory=dict)
    stored: int = 0
    """Frames that figures were made of."""

    def parts(self, name: str) -> list[float]:
        """Return the median of each part of the time [MB]."""
        values = self.mb[name]
        edges = [len(values) * part // PARTS for part in range(PARTS + 1)]
        return [median(values[a:b]) for a, b in pairwise(edges)]


def soak(folder: Path, store: str, minutes: int, cameras: int) -> Soaked:
    """Let a city run for some minutes; return what was seen."""
    city, spool, state = folder / "city", folder / "spool", folder / "state"
    start_s = _made(city, minutes, cameras)
    into = SpoolKeeper(spools.make(spool, PARTITIONS), spools.Bounds())
    arguments = ["--source", f"spool:{spool}", "--registry", str(city / "registry.toml"), "--warehouse", store,
                 "--state", str(state)]  # fmt: skip
    seen = Soaked()
    playing = threading.Thread(target=_play, args=(seen, city / "events", into, start_s), daemon=True)
    with connect(store) as warehouse, (folder / "run.log").open("w") as log:
        run = subprocess.Popen([*TILIK, "run", *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            playing.start()
            engine = json.loads((Path(store.removeprefix("embedded:")) / "server.json").read_text())["pid"]
            known: dict[int, int] = {}
            while playing.is_alive():
                assert run.poll() is None, (folder / "run.log").read_text()
                _look(seen, {"run": run.pid, "engine": engine}, {"recovery": state, "spool": spool})
                note_minutes(seen.waits_s, warehouse, known)
                time.sleep(LOOK_S)
        finally:
            run.send_signal(signal.SIGTERM)
            run.wait()
        seen.summary = children.end(arguments)
        seen.stored = int(warehouse.query("SELECT sum(frames) FROM health_minute").rows[0][0])
    return seen


def _made(city: Path, minutes: int, cameras: int) -> float:
    """Make the frames of a city whose time begins once they are made; return when that is [s]."""
    start_s = time.time() + 10 + MAKING_S * cameras * minutes
    start_s += -start_s % 60
    start = f"{datetime.fromtimestamp(start_s, UTC):%Y-%m-%dT%H:%M:00Z}"
    asked = ["--cameras", str(cameras), "--minutes", str(minutes), "--out", str(city), "--start", start]
    subprocess.run([*TILIK, "simulate", *asked], check=True, capture_output=True)
    return start_s


def _play(seen: Soaked, events: Path, into: SpoolKeeper, start_s: float) -> None:
    """Send the frames as their time comes."""
    time.sleep(max(0.0, start_s - time.time()))
    seen.sent = playing_out.play(events, into, 1.0)
    into.close()


def _look(seen: Soaked, processes: dict[str, int], places: dict[str, Path]) -> None:
    held = {name: rss_mb(pid) for name, pid in processes.items()}
    held |= {name: _size_mb(place) for name, place in places.items()}
    for name, value in held.items():
        seen.mb.setdefault(name, []).append(value)


def note_minutes(waits_s: list[float], warehouse: Warehouse, known: dict[int, int]) -> None:
    """Add of each minute of a camera that was not `known` how long after its end it is found [s]."""
    sql = "SELECT toUnixTimestamp(ts), count() FROM health_minute WHERE ts >= now() - 600 AND frames > 0 GROUP BY ts"
    now = time.time()
    for minute, count in warehouse.query(sql).rows:
        new = count - known.get(minute, 0)
        known[minute] = count
        waits_s += [now - (minute + 60)] * new


def rss_mb(pid: int) -> float:
    """Return the memory that a process holds [MB]."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _size_mb(place: Path) -> float:
    total = 0
    for path in below(place):
        try:
            total += path.stat().st_size
        except FileNotFoundError:  # cleaned meanwhile
            continue
    return total / 1e6


def judge(seen: Soaked, slack_mb: float = SLACK_MB) -> None:
    """Ask of what was seen what has to hold.

    Parameters
    ----------
    slack_mb
        How much more the last part of the time may hold than the last warm one, beyond `GROWTH`.

    Raises
    ------
    AssertionError
        It does not.
    """
    for name in seen.mb:
        before, after = seen.parts(name)[WARM], seen.parts(name)[-1]
        assert after <= before * GROWTH + slack_mb, f"{name} grew from {before:.0f} to {after:.0f} MB"
    counts = seen.summary
    assert seen.sent == counts["frames"] + counts["duplicates"] + counts["dead_letters"], (seen.sent, counts)
    assert seen.stored == counts["frames"], (seen.stored, counts)


def told(seen: Soaked) -> str:
    """Return what was seen as people read it."""
    lines = ["MB, medians of eight parts of the time, and the most"]
    for name, values in seen.mb.items():
        held = "".join(f"{part:>8.1f}" for part in seen.parts(name))
        lines.append(f"{name:<10}{held}{max(values):>8.1f}")
    if len(seen.waits_s) > 1:
        cut = quantiles(seen.waits_s, n=100)
        lines.append(f"a minute could be queried {cut[49]:.1f} s after its end (median), {cut[98]:.1f} s (99 of 100)")
    lines.append(f"{seen.sent:,} records sent: {json.dumps(seen.summary)}, {seen.stored:,} frames stored")
    return "\n".join(lines)


def main() -> None:
    """Soak, and print what was seen."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=int, default=30)
    asked.add_argument("--cameras", type=int, default=20)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="tilik-soak-") as folder:
        store = f"embedded:{folder}/store"
        with connect(store) as warehouse:
            warehouse.migrate()
        seen = soak(Path(folder), store, given.minutes, given.cameras)
    sys.stdout.write(told(seen) + "\n")
    judge(seen)


if __name__ == "__main__":
    main()
