"""`python -m benchmarks.live`: frames from a real Kafka to queryable rows, beside `json.loads` and the idiomatic flow.

A broker and a warehouse are started on loopback. Every variant is `tilik run --until-end`
as a process of its own, twice: over few frames and over many. What it costs more for
more frames is the cost of a frame, so start-up, compiled kernels and the end of the
recording do not count. CPU time is the run's; the engine's stands beside it. All
variants see the same frames of the same cameras, ten objects each.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from benchmarks import load, messages
from benchmarks.kafka import consumed, decoded
from connectors.formats import to_json_lines
from connectors.formats.native_writing import to_table
from connectors.registry.writing import to_toml
from connectors.warehouse import connect
from schemas.frames import FrameBatch
from schemas.partitions import partition_of
from tests.brokers.kafka import KafkaBroker
from tests.connectors import wire

CAMERAS = 100
STEPS = 500
"""Frames of each camera that are made at once."""
ARROW_FRAMES = 100
"""Frames of a camera in one Arrow message, ours: ten seconds of it."""
TILIK = "from flows.cli import main; main()"
WITHOUT_RECOVERY = f"""
from datetime import timedelta
import flows.live.running as running
running.EPOCH = timedelta(days=1)
{TILIK}
"""
Record = tuple[str, bytes]
"""A camera and a message of it."""


class Cost(NamedTuple):
    """What a run took [s]."""

    cpu: float
    engine: float
    wall: float

    def less(self, other: Cost) -> Cost:
        """Return what it took more than another."""
        return Cost(*(a - b for a, b in zip(self, other, strict=True)))


def pieces(frames: int) -> Iterator[FrameBatch]:
    """Yield frames of all cameras, in time order."""
    for first in range(0, frames // CAMERAS, STEPS):
        yield load.frames(CAMERAS, min(STEPS, frames // CAMERAS - first), seed=first + 1, first_step=first)


def as_json(batch: FrameBatch) -> Iterator[Record]:
    """Yield a frame a message."""
    yield from zip(batch.frames["camera"].to_list(), to_json_lines(batch).splitlines(), strict=True)


def as_protobuf(batch: FrameBatch) -> Iterator[Record]:
    """Yield a Frame of nvschema a message."""
    for camera, line in as_json(batch):
        yield camera, wire.frame(messages.as_frame(json.loads(line)))


def as_arrow(batch: FrameBatch, many: int = ARROW_FRAMES) -> Iterator[Record]:
    """Yield so many frames of a camera a message; `load.frames` has those of all cameras in turn."""
    rows, names = np.arange(len(batch)).reshape(-1, CAMERAS), batch.frames["camera"]
    for first in range(0, len(rows), many):
        for camera in range(CAMERAS):
            table = to_table(batch.pick(rows[first : first + many, camera]))
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, table.schema) as writer:
                writer.write_table(table)
            yield names[camera], sink.getvalue().to_pybytes()


def fill(broker: KafkaBroker, topic: str, records: Iterator[Record], partitions: int) -> str:
    """Write records to a new topic, by camera; return its address."""
    url = broker.create(topic, partitions)
    while some := list(islice(records, 100_000)):
        for partition in range(partitions):
            mine = [value for camera, value in some if partition_of(camera, partitions) == partition]
            broker.produce(topic, mine, partition, **{"compression.type": "lz4"})
    return url


def engine_s(root: Path) -> float:
    """Return the CPU time of a warehouse's engine [s]."""
    return cpu_s(json.loads((root / "server.json").read_text())["pid"])


def cpu_s(pid: int) -> float:
    """Return the CPU time of a process and its threads [s]."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cost(root: Path, arguments: Sequence[str], code: str = TILIK) -> Cost:
    """Run `tilik run` to the end of its sources into a fresh warehouse; return what it took.

    Raises
    ------
    SystemExit
        It failed.
    """
    store = root / f"store-{time.monotonic_ns()}"
    with connect(f"embedded:{store}") as warehouse:
        warehouse.migrate()
        before, began = engine_s(store), time.monotonic()
        child = subprocess.Popen(
            [sys.executable, "-c", code, "run", *arguments, "--registry", str(root / "registry.toml"), "--warehouse",
             f"embedded:{store}", "--state", f"{store}-state", "--until-end"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert child.stderr is not None
        said = child.stderr.read()
        _, status, used = os.wait4(child.pid, 0)
        wall = time.monotonic() - began
        if status:
            raise SystemExit(said.decode())
        return Cost(used.ru_utime + used.ru_stime, engine_s(store) - before, wall)


def once(work: Callable[[], object]) -> float:
    """Return what something takes of this process's CPU time [s]."""
    before = time.process_time()
    work()
    return time.process_time() - before


class Line(NamedTuple):
    """A variant's line of the table."""

    name: str
    frames: int
    cost: Cost


def measure(root: Path, broker: KafkaBroker, few: int, many: int) -> list[Line]:
    """Return what frames cost by variant."""
    (root / "registry.toml").write_text(to_toml(load.registry(CAMERAS), "benchmark"))
    out: list[Line] = []

    def filled(name: str, of: Callable[[FrameBatch], Iterator[Record]], partitions: int = 1) -> list[str]:
        return [
            fill(broker, f"{name}-{count}", (each for piece in pieces(count) for each in of(piece)), partitions)
            for count in (few, many)
        ]

    def ran(name: str, urls: Sequence[str], *arguments: str, code: str = TILIK) -> None:
        small, large = (cost(root, ["--source", url, *arguments], code) for url in urls)
        out.append(Line(name, many - few, large.less(small)))
        print(told(out[-1], out[0]), flush=True)

    lines = [line for piece in pieces(few) for _, line in as_json(piece)]
    alone = once(lambda: sum(decoded(lines)))
    out.append(Line("json.loads alone, from memory", len(lines), Cost(alone, 0.0, alone)))
    print(told(out[0], out[0]), flush=True)
    one, two = filled("json", as_json), filled("json-2", as_json, 2)
    taken = once(lambda: [sum(decoded(some)) for some in _values(broker, f"json-{few}", few)])
    out.append(Line("Bytewax's KafkaSource and json.loads, nothing more", few, Cost(taken, 0.0, taken)))
    print(told(out[-1], out[0]), flush=True)
    ran("JSON", one)
    ran("JSON, recovery stored at the end alone", one, code=WITHOUT_RECOVERY)
    ran("JSON, 2 partitions, 1 process", two)
    ran("JSON, 2 partitions, 2 processes", two, "--processes", "2")
    ran("Arrow", filled("arrow", as_arrow), "--format", "arrow")
    ran("Arrow, ten frames a message", filled("arrow-10", lambda batch: as_arrow(batch, 10)), "--format", "arrow")
    ran("nvschema protobuf", filled("protobuf", as_protobuf), "--format", "nvschema-protobuf")
    return out


def _values(broker: KafkaBroker, topic: str, count: int) -> Iterator[list[bytes]]:
    for some in consumed(broker, topic, count):
        yield [message.value for message in some]


def told(line: Line, base: Line) -> str:
    """Return a line of the table."""
    rate, wall = line.frames / line.cost.cpu, line.frames / line.cost.wall
    ratio = rate / (base.frames / base.cost.cpu)
    engine = line.cost.engine / line.frames * 1e6
    return f"{line.name:<52} {rate:>9,.0f} {ratio:>6.2f} x {wall:>10,.0f} {engine:>8.2f}"


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", type=int, default=100_000)
    parser.add_argument("--many", type=int, default=500_000)
    given = parser.parse_args()
    print(f"{'':<52} {'frames/':>9} {'json.':>8} {'frames/s':>10} {'engine':>8}")
    print(f"{'':<52} {'CPU s':>9} {'loads':>8} {'by clock':>10} {'us/frame':>8}")
    with tempfile.TemporaryDirectory() as folder:
        broker = KafkaBroker(Path(folder) / "broker")
        broker.start()
        try:
            measure(Path(folder), broker, given.few, given.many)
        finally:
            broker.stop()


if __name__ == "__main__":
    main()
