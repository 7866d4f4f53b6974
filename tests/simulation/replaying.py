"""A simulated city seen by the kernels alone: no warehouse, no flow."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from connectors import registry
from connectors.formats import ReadOptions, read
from flows.shard import Shard
from flows.thresholds import Thresholds
from operators import city as cities
from operators.stage import intake

ROW = ("camera_id", "zone_id", "line_id", "direction", "ts")


def replayed(out: Path, start_us: int, end_us: int, *, noiseless: bool) -> dict[str, pl.DataFrame]:
    """Return the rows that the kernels make of a city's events, each table as the warehouse keeps it."""
    told = stated(out, start_us, end_us, noiseless=noiseless)
    return {name: newest(rows) for name, rows in told.items()}


def stated(out: Path, start_us: int, end_us: int, *, noiseless: bool) -> dict[str, pl.DataFrame]:
    """Return all that the kernels state of a city's events, by table."""
    city = cities.build(registry.load(out / "registry.toml"))
    index = intake.lookup(city)
    shard = Shard(city, Thresholds())
    state, blocks = shard.start(start_us), []
    for path in sorted((out / "events").iterdir()):
        for chunk in read(path, "arrow", ReadOptions(now_us=start_us * 2)):
            assert chunk.dead.height == 0 or not noiseless
            batch = chunk.batch
            blocks += shard.push(state, intake.arrays(batch, city, index), batch.objects["track"])[0]
    blocks += shard.end(state, end_us - 1)[0]
    tables = {block.table for block in blocks}
    return {name: pl.concat([b.rows for b in blocks if b.table == name]) for name in tables}


def newest(rows: pl.DataFrame) -> pl.DataFrame:
    """Return what the warehouse keeps of rows that were stated again."""
    keys = ["incident_id"] if "incident_id" in rows.columns else [name for name in ROW if name in rows.columns]
    return rows.sort("rev", maintain_order=True).unique(keys, keep="last", maintain_order=True)
