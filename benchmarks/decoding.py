"""What reading costs: frames a CPU second by container, decoding alone.

`python -m benchmarks.decoding --base f0e8678` puts another version's table before it.
"""

from __future__ import annotations

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks import load
from benchmarks.against import tables
from benchmarks.kernels import best
from connectors.formats import ReadOptions, read, to_json_lines, write_arrow
from connectors.formats.native_writing import to_table
from schemas.frames import FrameBatch

OPTIONS = ReadOptions(now_us=load.START + 86_400_000_000, chunk_records=16_384)
WRITERS: dict[str, tuple[str, Callable[[Path, FrameBatch], object]]] = {
    "JSON lines": ("native", lambda path, batch: path.write_bytes(to_json_lines(batch))),
    "Arrow": ("arrow", write_arrow),
    "Parquet": ("arrow", lambda path, batch: pq.write_table(to_table(batch), path)),
}


def table(seeds: int) -> None:
    """Print a line a container: the best of five runs over as many seconds of 100 cameras."""
    batch = load.frames(100, 10 * seeds)
    for name, (kind, write) in WRITERS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "frames"
            write(path, batch)
            seconds = best(lambda: sum(len(c.batch) for c in read(path, kind, OPTIONS)), 5)  # noqa: B023  called here
        print(f"{name:<12}{len(batch) / seconds:>12,.0f} frames a CPU second")


if __name__ == "__main__":
    tables("decoding", __doc__, Path(load.__file__), table, 60, "seconds of frames")
