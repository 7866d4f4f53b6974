"""Native frames as Arrow IPC (file or stream) or Parquet: one row a frame, objects as a list of structs.

Columns: camera, ts (timestamp, int64 microseconds or ISO text), ts_source, seq,
width, height, objects list<struct<class, confidence, box, track, mask,
mask_confidence, face_px>>, signals list<struct<kind, zone, value>>,
image struct<luma, sharpness, hash>. Only camera, ts and objects are required.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from connectors.files import BROKEN, RAW_BYTES
from connectors.formats.arrow_files import WrongColumns, batches
from connectors.formats.chunks import (
    BOX,
    CLOCKS,
    WITHOUT_BOX,
    Chunk,
    Dead,
    Draft,
    ReadOptions,
    no_frames,
    settle,
    table,
)
from connectors.formats.native_words import translated
from connectors.formats.times import refused, time_us
from schemas.frames import FRAMES, SIGNALS

OBJECT: Final = pa.struct(
    [
        ("class", pa.large_string()),
        ("confidence", pa.float32()),
        ("box", pa.list_(pa.float32(), 4)),
        ("track", pa.large_string()),
        ("mask", pa.large_string()),
        ("mask_confidence", pa.float32()),
        ("face_px", pa.float32()),
    ]
)
SIGNAL: Final = pa.struct([("kind", pa.large_string()), ("zone", pa.large_string()), ("value", pa.float64())])
IMAGE: Final = pa.struct([("luma", pa.float32()), ("sharpness", pa.float32()), ("hash", pa.large_string())])
SCHEMA: Final = pa.schema(
    [
        ("camera", pa.large_string()),
        ("ts", pa.timestamp("us", "UTC")),
        ("ts_source", pa.large_string()),
        ("seq", pa.int64()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("objects", pa.large_list(OBJECT)),
        ("signals", pa.large_list(SIGNAL)),
        ("image", IMAGE),
    ]
)

UNREADABLE: Final = (*BROKEN, pa.ArrowException, WrongColumns)


def read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    """Yield a file's frames and what could not be read of it."""
    source = str(path)
    position, at = 1, 0
    try:
        for batch, end in batches(path, options.chunk_records):
            for first in range(0, batch.num_rows, options.chunk_records):
                part = batch.slice(first, options.chunk_records)
                yield _chunk(part, position, options, source, end - at)
                position, at = position + part.num_rows, end
    except UNREADABLE as error:
        letter = Dead(position, "bad_file", f"{type(error).__name__}: {error}")
        yield settle(draft_of_nothing(), options, source, lambda row: b"", [letter])


def draft_of_nothing() -> Draft:
    """Return a draft without frames."""
    empty = no_frames()
    return Draft(empty.frames, empty.objects.drop(BOX), np.empty((0, 4), np.float32), empty.signals)


def _chunk(batch: pa.RecordBatch, position: int, options: ReadOptions, source: str, size: int) -> Chunk:
    made, faults = _draft(batch, position, options.now_us)
    dead = [Dead(position + row, *why, _raw(batch, row)) for row, why in faults.items()]
    rows = made.frames["position"]
    made = translated(made, options.class_map)
    return settle(made, options, source, lambda row: _raw(batch, rows[row] - position), dead, size, in_pixels=False)


def _raw(batch: pa.RecordBatch, row: int) -> bytes:
    """Return a row as JSON, for a dead letter."""
    return json.dumps(batch.slice(row, 1).to_pylist()[0], default=str).encode()[:RAW_BYTES]


def _draft(batch: pa.RecordBatch, position: int, now_us: int) -> tuple[Draft, dict[int, tuple[str, str]]]:
    """Return a batch's readable rows as columns, and why the others are not, by row."""
    rows = np.arange(batch.num_rows)
    t_us, faults = _times(_column(batch, "ts", required=True), now_us)
    _row_faults(batch, faults)
    if faults:
        rows = np.delete(rows, list(faults))
        batch = batch.take(pa.array(rows))
    objects, frame = _flat(_column(batch, "objects", required=True))
    signals, signal_frame = _flat(_column(batch, "signals"))
    height = len(rows)
    image = _column(batch, "image")
    measured = {"luma": "luma", "sharpness": "sharpness", "image_hash": "hash"}
    frames = {
        **{name: _series(_column(batch, name)) for name in ("camera", "ts_source", "seq", "width", "height")},
        **{name: _series(_child(image, field)) for name, field in measured.items()},
        "t_us": t_us[rows],
        "position": position + rows,
    }
    things = {name: _series(_child(objects, name)) for name in WITHOUT_BOX} | {"frame": frame}
    values = {name: _series(_child(signals, name)) for name in SIGNALS} | {"frame": signal_frame}
    made = table(frames, FRAMES, height).with_columns(pl.col("ts_source").fill_null("capture"))
    box = _box(_child(objects, "box"), len(frame))
    return Draft(made, table(things, WITHOUT_BOX, len(frame)), box, table(values, SIGNALS, len(signal_frame))), faults


def _column(batch: pa.RecordBatch, name: str, *, required: bool = False) -> pa.Array | None:
    index = batch.schema.get_field_index(name)
    if index < 0 and required:
        raise WrongColumns(f"expected a column {name}, found {', '.join(batch.schema.names)}")
    return None if index < 0 else batch.column(index)


def _child(struct: pa.Array | None, name: str) -> pa.Array | None:
    """Return a field of a struct, null where the struct is."""
    if struct is None or struct.type.get_field_index(name) < 0:
        return None
    return pc.struct_field(struct, name) if struct.null_count else struct.field(name)


def _series(column: pa.Array | None) -> pl.Series | None:
    """Return a column for Polars; NaN is absence."""
    if column is None or pa.types.is_null(column.type):
        return None
    series = pl.Series(pl.from_arrow(column))
    return series.fill_nan(None) if series.dtype.is_float() and series.is_nan().any() else series


def _times(column: pa.Array, now_us: int) -> tuple[NDArray[np.int64], dict[int, tuple[str, str]]]:
    """Return times in microseconds, and the rows whose time cannot be read."""
    kind, written = column.type, column
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        column = pa.array([None if text is None else time_us(text) for text in column.to_pylist()], pa.int64())
    elif pa.types.is_timestamp(kind) and kind.tz is not None:
        column = column.cast(pa.timestamp("us", kind.tz), safe=False).view(pa.int64())
    elif not pa.types.is_integer(kind):
        raise WrongColumns(f"expected ts as timestamp with a zone, integer microseconds or ISO text, got {kind}")
    missing = np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False)) if column.null_count else ()
    t_us = column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    return t_us, {int(row): ("bad_time", refused(written[int(row)].as_py(), now_us)) for row in missing}


def _row_faults(batch: pa.RecordBatch, faults: dict[int, tuple[str, str]]) -> None:
    """Add rows with something required missing, or a value outside its range."""
    camera, objects, clock = (_column(batch, name) for name in ("camera", "objects", "ts_source"))
    if camera is None or not _is_text(camera.type):
        raise WrongColumns(f"expected camera as text, got {camera and camera.type}")
    _mark(faults, pc.fill_null(pc.equal(pc.binary_length(_plain(camera)), 0), True), "expected a camera")
    if clock is not None and not pa.types.is_null(clock.type):
        strange = pc.invert(pc.is_in(_plain(clock), pa.array([*CLOCKS, None], _plain(clock).type)))
        _mark(faults, strange, f"expected ts_source {'|'.join(CLOCKS)}")
    if objects is None or not _is_list(objects.type):
        raise WrongColumns(f"expected objects as a list of structs, got {objects and objects.type}")
    _mark(faults, objects.is_null(), "expected objects, a list that may be empty")
    things, frame = _flat(objects)
    assert things is not None
    for name in ("class", "box"):
        child = _child(things, name)
        if child is None:
            raise WrongColumns(f"expected objects with a field {name}, found {objects.type}")
        if child.null_count:
            _mark(faults, child.is_null(), f"expected {name} in every object", frame)
    box = _child(things, "box")
    assert box is not None
    if not pa.types.is_fixed_size_list(box.type):
        _mark(faults, pc.not_equal(pc.list_value_length(box), 4), "expected a box of 4 numbers", frame)
    elif box.type.list_size != 4:
        raise WrongColumns(f"expected a box of 4 numbers, got {box.type}")
    for name in ("confidence", "mask_confidence"):
        _outside(faults, _series(_child(things, name)), name, frame)
    signals, signal_frame = _flat(_column(batch, "signals"))
    for name in ("kind", "value"):
        series = _series(_child(signals, name))
        if series is not None and series.null_count():
            _mark(faults, pa.array(series.is_null()), f"expected {name} in every signal", signal_frame)


def _outside(faults: dict[int, tuple[str, str]], ratio: pl.Series | None, name: str, frame: NDArray[np.uint32]) -> None:
    if ratio is None or not ratio.len():
        return
    low, high = ratio.min(), ratio.max()
    if low is not None and (low < 0 or high > 1):  # type: ignore[operator]
        wrong = ((ratio < 0) | (ratio > 1)).fill_null(value=False)
        _mark(faults, pa.array(wrong), f"expected {name} in 0..1", frame)


def _mark(
    faults: dict[int, tuple[str, str]], wrong: pa.Array, detail: str, frame: NDArray[np.uint32] | None = None
) -> None:
    found = np.flatnonzero(wrong.to_numpy(zero_copy_only=False))
    for row in found if frame is None else frame[found]:
        faults.setdefault(int(row), ("bad_type", detail))


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind)) and pa.types.is_struct(kind.value_type)


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _plain(column: pa.Array) -> pa.Array:
    return column if pa.types.is_large_string(column.type) else column.cast(pa.large_string())


def _flat(lists: pa.Array | None) -> tuple[pa.Array | None, NDArray[np.uint32]]:
    """Return a list column's structs as one, and the row of each."""
    if lists is None or not _is_list(lists.type):
        return None, np.empty(0, np.uint32)
    offsets = lists.offsets.to_numpy()
    size = np.diff(offsets)
    if lists.null_count:
        size = np.where(lists.is_null().to_numpy(zero_copy_only=False), 0, size)
        values = lists.flatten()
    else:
        values = lists.values.slice(offsets[0], offsets[-1] - offsets[0])
    return values, np.repeat(np.arange(len(lists), dtype=np.uint32), size)


def _box(column: pa.Array | None, objects: int) -> NDArray[np.float32]:
    if column is None:
        return np.empty((0, 4), np.float32)
    flat = column.flatten().to_numpy(zero_copy_only=False)
    with np.errstate(over="ignore"):
        out: NDArray[np.float32] = flat.astype(np.float32, copy=False).reshape(objects, 4)
    return out
