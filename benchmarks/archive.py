"""What the archive costs beside the flow: `python -m benchmarks.archive`.

Frames of ten objects, whose boxes have four decimals, come as JSON and go through all kernels of every metric with
nothing kept; then with what a live run does for its archive: frames whole as they leave, a journal that is cut every
second, files that are handed over. CPU time on one core; the share is of the flow without it.
"""

from __future__ import annotations

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import argparse
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from benchmarks.kernels import best
from benchmarks.load import START, frames, registry
from connectors.archive import reading
from connectors.archive.folder import Folder
from connectors.formats import ReadOptions, read, to_json_lines
from flows.dataflow import DECIDED, End, Plan, ShardLogic
from flows.live.archiving import LiveArchive
from flows.thresholds import Thresholds
from operators import city as cities
from schemas.frames import FrameBatch
from schemas.registry import METRIC_NAMES

FPS: Final = 10
NOW: Final = START + 86_400_000_000
BOX: Final = ("x1", "y1", "x2", "y2")


class Cost(NamedTuple):
    """CPU time of a step [us an object], and what share of the flow it is."""

    step: str
    us: float
    share: float


def rounded(batch: FrameBatch) -> FrameBatch:
    """Return frames whose boxes have four decimals, as detectors send them."""
    objects = batch.objects.with_columns(pl.col(BOX).cast(pl.Float64).round(4).cast(pl.Float32))
    return FrameBatch(batch.frames, objects, batch.signals, batch.source)


class Bench:
    """The same frames through the flow, with more and more of the archive."""

    def __init__(self, folder: Path, cameras: int, seconds: int) -> None:
        self.folder, self.lines = folder, folder / "frames.jsonl"
        batch = rounded(frames(cameras, FPS * seconds))
        self.lines.write_bytes(to_json_lines(batch))
        self.objects, self.last_us = batch.objects.height, int(batch.frames["t_us"].max())  # type: ignore[arg-type]
        self.city = cities.build(registry(cameras, metrics=METRIC_NAMES))
        self.second = FPS * cameras  # frames
        self.runs = 0

    def chunks(self) -> Iterator[FrameBatch]:
        """Yield frames as they are polled, a second of them at once."""
        options = ReadOptions(now_us=NOW, chunk_records=self.second)
        return (chunk.batch for chunk in read(self.lines, "native", options))

    def flow(self) -> None:
        """Play without an archive."""
        self._play(self._plan(), lambda decided: None)

    def leaving(self) -> None:
        """Play and ask for frames whole, and keep none."""
        plan = self._plan()
        plan.on_release = lambda batch: None
        self._play(plan, lambda decided: None)

    def journal(self) -> None:
        """Play into a journal."""
        self._archived().close()

    def whole(self) -> None:
        """Play into an archive."""
        self._archived().finish(self.last_us)

    def bytes_an_object(self) -> float:
        """Return what the archive takes."""
        days = reading.by_day(Folder(self.folder / "archive"))
        return float(days["bytes"].sum() / days["objects"].sum())

    def _archived(self) -> LiveArchive:
        self.runs += 1
        place = self.folder / f"{self.runs}"
        archive = LiveArchive(f"file:{self.folder / 'archive'}", f"{self.runs:016x}", lambda _: place, partitions=1)
        archive.begin([0])
        archive.goes_by(f"{1:016x}")
        keeping, plan = archive.shards[0], self._plan()
        keeping.resume(0)
        plan.on_release, plan.on_last = keeping.take, keeping.take
        self._play(plan, keeping.cut)
        return archive

    def _plan(self) -> Plan:
        return Plan(self.city, Thresholds(), 1, START, NOW)

    def _play(self, plan: Plan, cut: Callable[[int], None]) -> None:
        logic = ShardLogic(plan, None)
        for batch in self.chunks():
            logic.on_batch([(0, batch)])
            cut(logic.counts.get(DECIDED, 0))
        logic.on_batch([(0, End(self.last_us))])


def measure(cameras: int, seconds: int, repeats: int) -> tuple[list[Cost], float]:
    """Return what each step costs, those before it included, and the bytes an object in the end."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), cameras, seconds)
        works = {
            "JSON, all kernels of all metrics, rows": bench.flow,
            "... and frames whole as they leave": bench.leaving,
            "... and a journal": bench.journal,
            "... and files of the archive": bench.whole,
        }
        took = {name: best(work, repeats) for name, work in works.items()}
        flow = next(iter(took.values()))
        found = [Cost(name, 1e6 * spent / bench.objects, spent / flow - 1) for name, spent in took.items()]
        return found, bench.bytes_an_object()


def main() -> None:
    """Print a line a step."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cameras", type=int, default=500, help="of ten frames a second")
    parser.add_argument("--seconds", type=int, default=12)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    costs, size = measure(given.cameras, given.seconds, given.repeats)
    for cost in costs:
        print(f"{cost.step:<42} {cost.us:>6.2f} us an object {100 * cost.share:>+7.0f} %")
    print(f"{size:.1f} bytes an object")


if __name__ == "__main__":
    main()
