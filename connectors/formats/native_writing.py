"""Frame batches written in the native format: Arrow IPC, and JSON lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from connectors.formats.chunks import BOX
from connectors.formats.native_columns import IMAGE, OBJECT, SCHEMA, SIGNAL
from schemas.frames import FrameBatch

ROWS = 16384
"""Frames a record batch."""


def to_table(batch: FrameBatch) -> pa.Table:
    """Return a batch as a table of `SCHEMA`, one row a frame."""
    frames, height = batch.frames, len(batch)
    box = batch.objects.select(list(BOX)).to_numpy(order="c").astype(np.float32, copy=False).reshape(-1)
    columns = {name: _column(batch.objects, name, OBJECT) for name in OBJECT.names if name != "box"}
    columns["box"] = pa.FixedSizeListArray.from_arrays(pa.array(box), 4)
    objects = pa.StructArray.from_arrays([columns[name] for name in OBJECT.names], fields=list(OBJECT))
    signals = pa.StructArray.from_arrays([_column(batch.signals, f.name, SIGNAL) for f in SIGNAL], fields=list(SIGNAL))
    picture = frames.rename({"image_hash": "hash"})
    image = pa.StructArray.from_arrays([_column(picture, f.name, IMAGE) for f in IMAGE], fields=list(IMAGE))
    made = {
        "ts": pa.array(frames["t_us"].to_numpy()).cast(SCHEMA.field("ts").type),
        "objects": pa.LargeListArray.from_arrays(_offsets(batch.objects, height), objects),
        "signals": pa.LargeListArray.from_arrays(_offsets(batch.signals, height), signals),
        "image": image,
    }
    return pa.table(
        [made[f.name] if f.name in made else _column(frames, f.name, SCHEMA) for f in SCHEMA], schema=SCHEMA
    )


def _column(table: pl.DataFrame, name: str, types: pa.StructType | pa.Schema) -> pa.Array:
    return table[name].to_arrow(compat_level=pl.CompatLevel.oldest()).cast(types.field(name).type)


def _offsets(part: pl.DataFrame, height: int) -> pa.Array:
    count = np.bincount(part["frame"].to_numpy(), minlength=height)
    return pa.array(np.concatenate([[0], np.cumsum(count)]).astype(np.int64))


def write_arrow(path: str | Path, batch: FrameBatch) -> None:
    """Write a batch as an Arrow IPC file."""
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, SCHEMA) as writer:
        writer.write_table(to_table(batch), max_chunksize=ROWS)


def to_json_lines(batch: FrameBatch) -> bytes:
    """Return a batch as JSON, one frame a line; what is absent is null."""
    rows = pl.DataFrame(pl.from_arrow(to_table(batch)))
    ts = pl.from_epoch(batch.frames["t_us"], time_unit="us").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
    written = rows.with_columns(ts=ts).write_ndjson()
    return written.encode()
