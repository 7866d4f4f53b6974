"""The same crowd figure as people would write it first: Bytewax's own windows, and bare Polars."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import bytewax.operators.windowing as win
import polars as pl
from bytewax import operators as op
from bytewax.dataflow import Dataflow
from bytewax.operators.windowing import EventClock, TumblingWindower
from bytewax.testing import TestingSink, TestingSource, run_main

from schemas.frames import FrameBatch

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONE = (0.1, 0.5)
"""The zone of `benchmarks.load` spans the picture's width: a foot point is inside by its height."""


def _frames(batch: FrameBatch) -> list[tuple[str, dict[str, Any]]]:
    objects: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in batch.objects.select("frame", "class", "y2").iter_rows(named=True):
        objects[row["frame"]].append(row)
    pairs = enumerate(batch.frames.select("camera", "t_us").iter_rows())
    return [(camera, {"t_us": t_us, "objects": objects[index]}) for index, (camera, t_us) in pairs]


def _count(total: tuple[int, int], frame: dict[str, Any]) -> tuple[int, int]:
    low, high = ZONE
    persons = sum(1 for o in frame["objects"] if o["class"] == "person" and low <= o["y2"] < high)
    return total[0] + 1, total[1] + persons


def fold_window(batch: FrameBatch) -> int:
    """Persons a camera and minute, one frame an item, by `fold_window`."""
    items, out = _frames(batch), []
    clock = EventClock(
        ts_getter=lambda frame: EPOCH + timedelta(microseconds=frame["t_us"]),
        wait_for_system_duration=timedelta(seconds=2),
        now_getter=lambda: EPOCH + timedelta(microseconds=items[-1][1]["t_us"]),
        to_system_utc=lambda moment: moment,
    )
    windows = TumblingWindower(length=timedelta(minutes=1), align_to=EPOCH)
    flow = Dataflow("idiomatic")
    stream = op.input("frames", flow, TestingSource(items, 1_000))
    folded = win.fold_window("minutes", stream, clock, windows, lambda: (0, 0), _count, _added)
    op.output("rows", folded.down, TestingSink(out))
    run_main(flow)
    return len(out)


def _added(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    return a[0] + b[0], a[1] + b[1]


def group_by(batch: FrameBatch) -> int:
    """Persons a camera and minute by one join and one group_by: no order, no late frames, no other metric."""
    low, high = ZONE
    persons = batch.objects.filter((pl.col("class") == "person") & pl.col("y2").is_between(low, high, closed="left"))
    seen = persons.group_by("frame").len("persons")
    frames = batch.frames.select("camera", "t_us").with_row_index("frame").join(seen, on="frame", how="left")
    return (
        frames.group_by("camera", minute=pl.col("t_us") // 60_000_000)
        .agg(pl.len(), pl.col("persons").fill_null(0).sum())
        .height
    )
