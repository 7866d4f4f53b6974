"""`python -m benchmarks.backfill`: a day made again from an archive, beside its frames from memory and bare Polars.

Every metric is on, ten objects a frame. CPU time of one core, in one run: the ratios are what counts. Memory is the
peak of a process of its own that makes one day again, and of one that makes several.
"""

from __future__ import annotations

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import polars as pl

from benchmarks.load import START, frames, registry
from connectors.archive import reading
from connectors.archive.folder import Folder
from connectors.warehouse import Statement
from flows.archiving import Archiving
from flows.backfilling import asked
from flows.backfilling.plan import Plan, Recording
from flows.dataflow import End, ShardLogic
from flows.dataflow import Plan as FlowPlan
from flows.thresholds import Thresholds
from operators import city as cities
from schemas.frames import FrameBatch
from schemas.local_time import DAY_US
from schemas.registry import METRIC_NAMES, Registry

PIECE = 150
"""Steps of a batch."""


def day(cameras: int, steps: int, number: int) -> list[FrameBatch]:
    """Return a day's frames in batches."""
    out = []
    for first in range(0, steps, PIECE):
        batch = frames(cameras, min(PIECE, steps - first), first_step=first)
        out.append(replace(batch, frames=batch.frames.with_columns(pl.col("t_us") + number * DAY_US)))
    return out


def flow(known: Registry, archiving: Archiving | None) -> ShardLogic:
    """Return the live flow of one shard."""
    plan = FlowPlan(cities.build(known), Thresholds(), 1, START, START)
    if archiving is not None:
        plan.on_release, plan.nightly = archiving.take, archiving.nightly
    return ShardLogic(plan, None)


def archived(folder: Path, known: Registry, cameras: int, steps: int, days: int) -> None:
    """Let days go through the live flow into an archive."""
    archiving = Archiving(f"file:{folder}", Statement(1, 2, "bench", []))
    logic, last_us = flow(known, archiving), START
    for number in range(days):
        for batch in day(cameras, steps, number):
            logic.on_batch([(0, batch)])
            last_us = int(batch.frames["t_us"].max())  # type: ignore[arg-type]
    logic.on_batch([(0, End(last_us))])
    archiving.finish()
    archiving.commit(START, last_us)


def planned(folder: Path, known: Registry, days: int) -> Plan:
    """Return the backfill of the first days."""
    (of,) = reading.streams(Folder(folder))
    return Plan(
        f"file:{folder}",
        16,
        (Recording(of.stream, START, of.last_us, of.parts, of.lost),),
        msgspec.json.encode(known),
        Thresholds(),
        time.time_ns() % (1 << 60),  # another one each time: nothing was done before
        START,
        START + days * DAY_US,
        tuple(camera.id for camera in known.camera),
        tuple(asked.metrics()),
        warm_up_us=days,  # another id as well
    )


def made_again(folder: Path, known: Registry, days: int) -> None:
    """Run the pipeline in this process."""
    from flows.backfill import Engine, run  # noqa: PLC0415  loading it is no part of what is measured

    run(planned(folder, known, days), Engine())


def from_memory(known: Registry, batches: list[FrameBatch]) -> None:
    """Let frames go through the live flow."""
    logic = flow(known, None)
    for batch in batches:
        logic.on_batch([(0, batch)])
    logic.on_batch([(0, End(int(batches[-1].frames["t_us"].max())))])  # type: ignore[arg-type]


def bare(folder: Path) -> int:
    """Count objects by camera, minute and class, as one would without Tilik."""
    scan = pl.scan_parquet(folder / "frames/**/*.parquet", hive_partitioning=True)
    objects = scan.select(
        "camera", pl.col("ts").dt.truncate("1m"), pl.col("objects").list.eval(pl.element().struct.field("class"))
    )
    return objects.explode("objects").group_by("camera", "ts", "objects").len().collect().height


def spent(work: Callable[[], object]) -> float:
    """Return CPU seconds."""
    began = time.process_time()
    work()
    return time.process_time() - began


def peak_mb(folder: Path, cameras: int, days: int) -> int:
    """Return the peak of a process that makes days again."""
    told = [sys.executable, "-m", "benchmarks.backfill", "--cameras", str(cameras), "--again", str(folder), str(days)]
    return int(subprocess.run(told, check=True, capture_output=True, text=True).stdout.split()[-1])


def speed(known: Registry, cameras: int, steps: int) -> None:
    """Print what a day costs."""
    with tempfile.TemporaryDirectory() as name:
        folder, count = Path(name), cameras * steps
        archived(folder, known, cameras, steps, 1)
        made_again(folder, known, 1)  # everything is loaded
        again = spent(lambda: made_again(folder, known, 1))
        batches = day(cameras, steps, 0)
        memory = spent(lambda: from_memory(known, batches))
        polars = spent(lambda: bare(folder))
    print(f"{count:,} frames with {count * 10:,} objects of a day and {cameras} cameras, every metric on")
    told = (
        ("the archive, by Beam", again),
        ("memory, the live flow", memory),
        ("the archive, a count by Polars", polars),
    )
    for what, seconds in told:
        print(
            f"from {what:<31} {count / seconds:>10,.0f} frames and {count * 10 / seconds:>12,.0f} objects a CPU second"
        )
    print(f"the archive is {memory / again:.2f} x memory and {polars / again:.2f} x the bare count")


def memory(known: Registry, cameras: int, steps: int, days: int) -> None:
    """Print the peak of processes that make one day again, and all."""
    with tempfile.TemporaryDirectory() as name:
        archived(Path(name), known, cameras, steps, days)
        few, many = (peak_mb(Path(name), cameras, count) for count in (1, days))
    print(f"peak memory: {few:,} MB for 1 day of {cameras * steps:,} frames, {many:,} MB for {days}")


def main() -> None:
    """Print what it takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=160)
    parser.add_argument("--steps", type=int, default=6_300, help="frames of a camera, of a day or over all days")
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument(
        "--again", nargs=2, metavar=("FOLDER", "DAYS"), help="make days again, and print the peak in MB"
    )
    given = parser.parse_args()
    known = registry(given.cameras, metrics=METRIC_NAMES)
    if given.again:
        made_again(Path(given.again[0]), known, int(given.again[1]))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
        return
    speed(known, given.cameras, given.steps)
    memory(known, given.cameras, given.steps // given.days, given.days)


if __name__ == "__main__":
    main()
