"""`python -m benchmarks.live_city`: a large city in real time: delay of its minutes, memory and processor of the run.

Another process writes the frames of every second into a spool when that second is over,
with ten objects each, as JSON. Then the cameras fall silent and the run has nothing to do
but look at its clock. `behind` is how much later than its time the last second was
written: where it is not small, the sender was the bottleneck and the delays say nothing.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Final

import numpy as np
import polars as pl

from benchmarks import load
from benchmarks.live import TILIK, cpu_s
from connectors import spool as spools
from connectors.formats import to_json_lines
from connectors.records import Origin
from connectors.registry.writing import to_toml
from connectors.warehouse import connect
from schemas.partitions import partition_of
from tests.flows.live.soaking import note_minutes, rss_mb

PARTITIONS: Final = 4
REST_S: Final = 60
LOOK_S: Final = 0.5
READY_S: Final = 20


def send(spool: Path, cameras: int, fps: int, begin_s: int, seconds: int) -> None:
    """Write every second's frames when it is over; print how late the last was."""
    found = spools.opened(spool)
    writers = [spools.SpoolWriter(found, partition) for partition in range(PARTITIONS)]
    of = np.array([partition_of(f"cam-{i:05}", PARTITIONS) for i in range(cameras)])
    rows = [np.flatnonzero(np.tile(of == partition, fps)) for partition in range(PARTITIONS)]
    shift_us = begin_s * 1_000_000 - load.START
    for second in range(seconds):
        batch = load.frames(cameras, fps, float(fps), seed=second + 1, first_step=second * fps)
        frames = batch.frames.with_columns(pl.col("t_us") + shift_us)
        lines = to_json_lines(type(batch)(frames, batch.objects, batch.signals, batch.source)).splitlines()
        time.sleep(max(0.0, begin_s + second + 1 - time.time()))
        for writer, mine in zip(writers, rows, strict=True):
            writer.append([lines[row] for row in mine.tolist()], Origin("native"))
    print(f"{'behind':<46} {time.time() - begin_s - seconds:>10.1f} s", flush=True)


def measure(root: Path, cameras: int, fps: int, minutes: int) -> None:
    """Let a city send, then fall silent; print what was seen."""
    (root / "registry.toml").write_text(to_toml(load.registry(cameras, float(fps)), "benchmark"))
    spools.make(root / "spool", PARTITIONS)
    store = f"embedded:{root}/store"
    arguments = ["run", "--source", f"spool:{root}/spool", "--registry", str(root / "registry.toml"),
                 "--warehouse", store, "--state", str(root / "state")]  # fmt: skip
    with connect(store) as warehouse, (root / "run.log").open("w") as log:
        warehouse.migrate()
        run = subprocess.Popen([sys.executable, "-c", TILIK, *arguments], stdin=subprocess.DEVNULL, stderr=log)
        begin_s = -(-int(time.time() + READY_S) // 60) * 60
        asked = [str(root / "spool"), *map(str, (cameras, fps, begin_s, minutes * 60))]
        code = "import sys; from pathlib import Path; from benchmarks.live_city import send; a = sys.argv[1:]; "
        sender = subprocess.Popen([sys.executable, "-c", code + "send(Path(a[0]), *map(int, a[1:]))", *asked])
        waits_s: list[float] = []
        known: dict[int, int] = {}

        def look(goes_on: Callable[[], bool]) -> list[float]:
            held_mb = []
            while goes_on():
                assert run.poll() is None, (root / "run.log").read_text()
                held_mb.append(rss_mb(run.pid))
                note_minutes(waits_s, warehouse, known)
                time.sleep(LOOK_S)
            return held_mb

        try:
            time.sleep(max(0.0, begin_s - time.time()))
            empty_mb, before_s = rss_mb(run.pid), cpu_s(run.pid)
            held_mb = look(lambda: sender.poll() is None)
            busy = (cpu_s(run.pid) - before_s) / (minutes * 60)
            over_s = time.time() + REST_S
            held_mb += look(lambda: time.time() < over_s)
            before_s = cpu_s(run.pid)
            time.sleep(REST_S)
            silent = (cpu_s(run.pid) - before_s) / REST_S
            rows = [("before the first frame", empty_mb), ("while all send, median", median(held_mb)),
                    ("the most", max(held_mb)), ("silent again", rss_mb(run.pid))]  # fmt: skip
            for name, value in rows:
                print(f"{'memory of the run, ' + name:<46} {value:>10,.0f} MB")
            for name, value in (("while all send", busy), ("while all are silent", silent)):
                print(f"{'processors of the run, ' + name:<46} {value:>10.2f}")
        finally:
            run.send_signal(signal.SIGTERM)
            run.wait()
    cut = quantiles(waits_s, n=100)
    for name, value in (("median", cut[49]), ("99 of 100", cut[98])):
        print(f"{'a minute can be queried after its end, ' + name:<46} {value:>10.1f} s")


def main() -> None:
    """Print what a city of a size costs one process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=20_000)
    parser.add_argument("--fps", type=int, default=1)
    parser.add_argument("--minutes", type=int, default=4)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tilik-city-") as folder:
        measure(Path(folder), given.cameras, given.fps, given.minutes)


if __name__ == "__main__":
    main()
