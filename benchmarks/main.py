"""`make bench`: frames a CPU second through the real flow and its plain alternatives, in one run.

Every variant gets the same frames of the same cameras, ten objects each, on one
core: CPU time, not the clock on the wall. Ratios between variants are what counts.
"""

from __future__ import annotations

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import argparse
import json
import platform
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks import kernels, messages, stage
from benchmarks.idiomatic import fold_window, group_by
from benchmarks.load import START, frames, registry
from connectors.formats import Chunk, ReadOptions, read, to_json_lines, write_arrow
from flows.dataflow import End, Plan, ShardLogic
from flows.shard import Block
from flows.thresholds import Thresholds
from operators import city as cities
from schemas.frames import DEAD_LETTERS, FrameBatch
from schemas.registry import Registry

NOW = START + 86_400_000_000


def rows(chunks: Iterator[Chunk], known: Registry) -> int:
    """Run frames through the ordered stage and all kernels; returns the rows made."""
    plan = Plan(cities.build(known), Thresholds(), 1, START, NOW)
    logic = ShardLogic(plan, None)
    made, last = 0, START
    for chunk in chunks:
        out, _ = logic.on_batch([(0, chunk.batch)])
        made += _height(out)
        last = max(last, *chunk.batch.frames["t_us"].to_list())
    out, _ = logic.on_batch([(0, End(last))])
    return made + _height(out)


def _height(out: list[Any]) -> int:
    return sum(item.rows.height for item in out if isinstance(item, Block))


def _pieces(batch: FrameBatch, size: int) -> list[Chunk]:
    dead = pl.DataFrame(schema=DEAD_LETTERS)
    edges = range(0, len(batch), size)
    return [Chunk(batch.pick(np.arange(a, min(a + size, len(batch)))), dead, 0, 0) for a in edges]


def measure(cameras: int, steps: int, repeats: int) -> list[dict[str, object]]:
    """Return a row a variant: frames a CPU second, and the ratio to the idiomatic flow."""
    known, batch = registry(cameras), frames(cameras, steps)
    few = batch.pick(np.arange(min(len(batch), 20_000)))
    options = ReadOptions(now_us=NOW, chunk_records=16_384)
    with tempfile.TemporaryDirectory() as folder:
        lines, arrow = Path(folder) / "frames.jsonl", Path(folder) / "frames.arrow"
        lines.write_bytes(to_json_lines(batch))
        write_arrow(arrow, batch)
        frame_messages = Path(folder) / "frames.pb"
        sent = messages.write(frame_messages, lines.read_bytes(), 20_000)
        pieces = _pieces(batch, 16_384)
        variants: list[tuple[str, int, Callable[[], object]]] = [
            ("idiomatic Bytewax fold_window, crowd only", len(few), lambda: fold_window(few)),
            ("JSON: decoding alone", len(batch), lambda: sum(len(c.batch) for c in read(lines, "native", options))),
            ("JSON: decoding, all kernels, rows", len(batch), lambda: rows(read(lines, "native", options), known)),
            (
                "nvschema protobuf: decoding alone",
                sent,
                lambda: sum(len(c.batch) for c in read(frame_messages, "nvschema-protobuf", options)),
            ),
            ("Arrow: decoding alone", len(batch), lambda: sum(len(c.batch) for c in read(arrow, "arrow", options))),
            ("Arrow: decoding, all kernels, rows", len(batch), lambda: rows(read(arrow, "arrow", options), known)),
            ("batches in memory: all kernels, rows", len(batch), lambda: rows(iter(pieces), known)),
            ("ceiling: bare Polars group_by, crowd only", len(batch), lambda: group_by(batch)),
        ]
        size = lines.stat().st_size / len(batch)
        out: list[dict[str, object]] = []
        for name, count, work in variants:
            rate = count / kernels.best(work, repeats)
            base = float(out[0]["frames_per_s"]) if out else rate  # type: ignore[arg-type]
            out.append({"variant": name, "frames_per_s": round(rate), "times_idiomatic": round(rate / base, 1)})
    print(
        f"{len(batch):,} frames of {cameras} cameras, {size:,.0f} bytes a JSON frame, {platform.processor() or 'cpu'}"
    )
    return out


def main() -> None:
    """Print a table, or JSON for a script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=100)
    parser.add_argument("--steps", type=int, default=1_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--city", type=int, default=20_000, help="cameras of the memory measurement, 0: none")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = measure(given.cameras, given.steps, given.repeats)
    held = stage.memory(given.city) if given.city else None
    late, copies = stage.backlog()
    if given.json:
        backlog = {"late_per_s": round(late), "copies_per_s": round(copies)}
        print(json.dumps({"speed": found, "backlog": backlog, "memory": held._asdict() if held else None}))
        return
    for row in found:
        print(f"{row['variant']:<45} {row['frames_per_s']:>12,} frames a CPU second {row['times_idiomatic']:>8} x")
    print(f"\nWhat each part costs, CPU time:\n{kernels.table(given.cameras, given.steps)}\n")
    print(f"backlog: {late:,.0f} late frames a CPU second, {copies:,.0f} late copies")
    print(stage.taken(stage.snapshot()))
    if held is not None:
        print(stage.told(held))


if __name__ == "__main__":
    main()
