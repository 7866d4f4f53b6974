"""A small city and its frames, played through the live flow without a warehouse."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import polars as pl
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSource, cluster_main, run_main

from connectors.formats import Chunk
from flows.dataflow import Dead, End, Plan, build
from flows.thresholds import Thresholds
from operators import city as cities
from schemas.columns import METRICS
from schemas.frames import DEAD_LETTERS, FRAMES, OBJECTS, SIGNALS, FrameBatch
from schemas.registry import Camera, Line, Registry, Zone
from tests.flows.second.memory import outages_of

SECOND = 1_000_000
START = 1_767_571_200 * SECOND  # 2026-01-05T00:00:00Z
KEYS = ["camera_id", "ts", "zone_id", "line_id", "direction"]


def camera(name: str, **changes: Any) -> Camera:
    """A camera with every part: two zones sharing an edge, a line, a kerb and a flood zone."""
    zones = (
        Zone("kiri", "crowd", ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)), area_m2=20.0),
        Zone("kanan", "crowd", ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))),
        Zone("tepi", "no_parking", ((0.0, 0.8), (1.0, 0.8), (1.0, 1.0), (0.0, 1.0))),
        Zone("jalan", "flood", ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))),
    )
    line = Line("utara", ((0.5, 0.0), (0.5, 1.0)), directions={"to_left": "masuk"})
    given: dict[str, Any] = {"area": "33.74.07.1005", "fps": 2.0, "zone": zones, "line": (line,)}
    metrics = ("crowd", "flow", "parking", "flood")
    return Camera(id=name, metrics=metrics, **(given | changes))


def table(columns: dict[str, Any], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """Columns as a table of a schema, the missing ones null."""
    frame = pl.DataFrame(columns)
    blank = [pl.lit(None, kind).alias(name) for name, kind in schema.items() if name not in frame.columns]
    return frame.with_columns(blank).select(pl.col(name).cast(kind) for name, kind in schema.items())


def stream(names: list[str], seconds: int, seed: int = 1) -> FrameBatch:
    """Two frames a second of each camera: walkers, cars that cross, one that parks, water that rises."""
    random = np.random.default_rng(seed)
    frames, objects, signals = [], [], []
    for step in range(seconds * 2):
        for index, name in enumerate(names):
            row, t = len(frames), step / 2
            frames.append((name, START + step * SECOND // 2 + index))
            for person in range(random.integers(0, 4)):
                x = float(random.uniform(0.05, 0.95))
                objects.append((row, "person", 0.9, x - 0.01, 0.2, x + 0.01, 0.4, f"p{step}-{person}"))
            phase = (t + 7 * index) % 30 / 30
            number = str(int((t + 7 * index) // 30))
            objects.append((row, "car", 0.8, phase - 0.05, 0.5, phase + 0.05, 0.6, number))
            objects.append((row, "car", 0.7, 0.2, 0.8 + 0.001 * (step % 2), 0.3, 0.9, "parked"))
            signals.append((row, "flood", "jalan", 0.3 if t > 120 else 0.0))
    clamp = [(r, k, c, max(a, 0.0), b, min(x, 1.0), y, t) for r, k, c, a, b, x, y, t in objects]
    names_of = ("frame", "class", "confidence", "x1", "y1", "x2", "y2", "track")
    return FrameBatch(
        table(dict(zip(("camera", "t_us"), zip(*frames, strict=True), strict=True)), FRAMES),
        table(dict(zip(names_of, zip(*clamp, strict=True), strict=True)), OBJECTS),
        table(dict(zip(("frame", "kind", "zone", "value"), zip(*signals, strict=True), strict=True)), SIGNALS),
        "test",
    )


def chunks(batch: FrameBatch, cuts: list[int] | None = None) -> list[Any]:
    """The batch cut at these rows, then the end of input."""
    edges = [0, *(cuts or []), len(batch)]
    dead = pl.DataFrame(schema=DEAD_LETTERS)
    pieces = [batch.pick(np.arange(a, b)) for a, b in itertools.pairwise(edges) if b > a]
    return [*(Chunk(piece, dead, 0, 0) for piece in pieces), End(int(batch.frames["t_us"].max()))]


def plan(registry: Registry, workers: int = 1, since_us: int = START, **thresholds: Any) -> Plan:
    """A run's plan."""
    return Plan(cities.build(registry), Thresholds(**thresholds), workers, since_us, START)


def play(items: list[Any], run: Plan, workers: int = 1) -> dict[str, pl.DataFrame]:
    """Run the live flow; returns the newest row of every key, table by table, and the dead letters."""
    out: list[Any] = []
    flow: Dataflow = build(run, TestingSource(items, 1), out.append)
    if workers == 1:
        run_main(flow)
    else:
        cluster_main(flow, [], 0, worker_count_per_proc=workers)
    return with_outages(stored(out), run)


def with_outages(found: dict[str, pl.DataFrame], run: Plan) -> dict[str, pl.DataFrame]:
    """Stored rows, and what the second flow makes of them."""
    if "health_minute_log" not in found:
        return found
    told = outages_of(found["health_minute_log"], run.city.cameras, run.thresholds)
    incidents = pl.concat([found.get("incidents_log", told.clear()), told]).sort("incident_id")
    return found | ({"incidents_log": incidents} if incidents.height else {})


def stored(out: list[Any]) -> dict[str, pl.DataFrame]:
    """Blocks as the warehouse keeps them: the row with the highest revision."""
    found = {}
    for name in (*(f"{metric.name}_minute_log" for metric in METRICS), "incidents_log"):
        rows = [block.rows for block in out if not isinstance(block, Dead) and block.table == name]
        if rows:
            keys = ["incident_id"] if name == "incidents_log" else KEYS
            joined = pl.concat(rows)
            keys = [key for key in keys if key in joined.columns]
            found[name] = joined.sort("rev").unique(keys, keep="last", maintain_order=True).sort(keys)
    found["dead"] = pl.concat([pl.DataFrame(schema=DEAD_LETTERS), *(i.rows for i in out if isinstance(i, Dead))])
    return found


def same(a: dict[str, pl.DataFrame], b: dict[str, pl.DataFrame]) -> bool:
    """Equal in every column: also `rev`, which measures what a row has seen."""
    assert a.keys() == b.keys()
    return all(a[name].equals(b[name]) for name in a)


def shuffled(batch: FrameBatch, order: np.ndarray) -> FrameBatch:
    """The batch's frames in another order, each with its objects."""
    pieces = [batch.pick(np.array([row])) for row in order.tolist()]
    place: dict[str, list[pl.DataFrame]] = {"objects": [], "signals": []}
    for at, piece in enumerate(pieces):
        for name, rows in place.items():
            rows.append(getattr(piece, name).with_columns(frame=pl.lit(at, pl.UInt32)))
    frames = pl.concat([piece.frames for piece in pieces])
    return type(batch)(frames, pl.concat(place["objects"]), pl.concat(place["signals"]), batch.source)
