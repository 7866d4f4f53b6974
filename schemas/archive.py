"""What an archive's rows are: frames that have left the ordered stage, each with its objects and signals.

One row a frame; its objects and signals are lists of records, so that a file is read by anything that
reads Parquet. Floats are those that the kernels saw, bit by bit.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from schemas.frames import OBJECTS, SIGNALS

FORMAT: Final = 1
"""Another one is refused, never guessed at."""

SHARDS: Final = 16
"""Into how many groups an archive's cameras fall, by their ids, for good (`schemas.partitions`)."""

FRAME: Final = {
    "camera": pa.string(),
    "ts": pa.timestamp("us", tz="UTC"),
    "disposition": pa.string(),
    "dt_ms": pa.int32(),
    "lag_ms": pa.int32(),
    "row": pa.int64(),
    "source": pa.string(),
    "position": pa.int64(),
    "came": pa.timestamp("us", tz="UTC"),
    "arrival": pa.timestamp("us", tz="UTC"),
    "ts_source": pa.string(),
    "seq": pa.int64(),
    "width": pa.int32(),
    "height": pa.int32(),
    "luma": pa.float32(),
    "sharpness": pa.float32(),
    "image_hash": pa.string(),
}
"""Columns of a frame (`schemas.frames`: FRAMES and DECIDED; times there end in `_us`)."""

TIMES: Final = {"ts": "t_us", "came": "came_us", "arrival": "arrival_us"}
"""Columns that are times here and microseconds in a batch."""

_KINDS: Final = {"String": pa.string(), "Float32": pa.float32(), "Float64": pa.float64()}


def _record(columns: dict[str, object]) -> pa.StructType:
    return pa.struct([(name, _KINDS[str(kind)]) for name, kind in columns.items() if name != "frame"])


OBJECT: Final = _record(dict(OBJECTS))
SIGNAL: Final = _record(dict(SIGNALS))
SCHEMA: Final = pa.schema([*FRAME.items(), ("objects", pa.list_(OBJECT)), ("signals", pa.list_(SIGNAL))])
"""The columns of a file, in their order."""
