"""Frames as Arrow and Parquet: columns of other types, values beyond their meaning, bytes that were changed."""

from __future__ import annotations

import io
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from tests.fuzzing.lines import CAMERAS, START_US, STEP_US, Rng

THING: Final = pa.struct(
    [
        ("class", pa.string()),
        ("box", pa.list_(pa.float32(), 4)),
        ("confidence", pa.float32()),
        ("track", pa.string()),
        ("face_px", pa.float64()),
    ]
)
SIGNAL: Final = pa.struct([("kind", pa.string()), ("zone", pa.string()), ("value", pa.float64())])
KINDS: Final[list[pa.DataType]] = [
    pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.int8(), pa.uint64(), pa.float16(), pa.float64(),
    pa.bool_(), pa.date32(), pa.timestamp("s"), pa.timestamp("ns", "UTC"), pa.decimal128(9, 2), pa.list_(pa.int32()),
    pa.struct([("x", pa.int32())]), pa.null(), pa.duration("us"), pa.dictionary(pa.int8(), pa.string()),
]  # fmt: skip
"""Types that a column may turn out to have."""
STRANGE: Final[dict[str, list[Any]]] = {
    "camera": [None, "", "x" * 2_000, "\u202e"],
    "ts": [None, 0, -(2**62), 2**62, 10**18],
    "ts_source": ["sundial", None, ""],
    "seq": [None, -(2**63), 2**63 - 1],
    "width": [None, -1, 2**31, 0],
}


def table(rng: Rng, first: int, rows: int, *, is_strange: bool) -> pa.Table:
    """Return frames, some of them with values beyond their meaning, and maybe a column of another type."""
    columns: dict[str, list[Any]] = {
        "camera": [f"c{n % CAMERAS}" for n in range(first, first + rows)],
        "ts": [START_US + n * STEP_US for n in range(first, first + rows)],
        "ts_source": ["capture"] * rows,
        "seq": list(range(first, first + rows)),
        "width": [1920] * rows,
        "objects": [_things(rng, is_strange=is_strange) for _ in range(rows)],
        "signals": [[{"kind": "flood", "zone": None, "value": 0.5}] * int(rng.integers(0, 2)) for _ in range(rows)],
    }
    if is_strange:
        for name, values in STRANGE.items():
            for at in rng.integers(0, rows, rows // 50 + 1):
                columns[name][at] = values[int(rng.integers(0, len(values)))]
    kinds = {"ts": pa.int64(), "seq": pa.int64(), "objects": pa.list_(THING), "signals": pa.list_(SIGNAL)}
    made = pa.table({name: pa.array(values, kinds.get(name)) for name, values in columns.items()})
    if is_strange and rng.random() < 0.5:
        name = made.schema.names[int(rng.integers(0, made.num_columns))]
        made = _other(made, name, KINDS[int(rng.integers(0, len(KINDS)))], rows)
    return made


def _things(rng: Rng, *, is_strange: bool) -> list[dict[str, Any]] | None:
    if is_strange and rng.random() < 0.01:
        return None
    thing = {"class": "car", "box": [0.1, 0.2, 0.3, 0.4], "confidence": 0.5, "track": "7", "face_px": 30.0}
    if is_strange and rng.random() < 0.05:
        name = list(thing)[int(rng.integers(0, len(thing)))]
        others = {"class": [None, "", "x" * 3_000], "box": [None, [float("nan")] * 4, [1e30, 0, 2e30, 1]]}
        values = others.get(name, [None, 9.5] if name != "track" else [None, "-1"])
        thing[name] = values[int(rng.integers(0, len(values)))]
    return [thing] * int(rng.integers(0, 4))


def _other(made: pa.Table, name: str, kind: pa.DataType, rows: int) -> pa.Table:
    """Return a table one of whose columns is of another type, of nulls where its values do not fit."""
    try:
        column = made[name].cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):
        column = pa.nulls(rows, kind)
    return made.set_column(made.schema.get_field_index(name), name, column)


def packed(rng: Rng, made: pa.Table, container: str) -> bytes:
    """Return a table as a file of one of the containers."""
    out = io.BytesIO()
    if container == "parquet":
        return _parquet(rng, made, out)
    packing = [None, "lz4", "zstd"][int(rng.integers(0, 3))]
    sink = pa.ipc.new_file if container == "file" else pa.ipc.new_stream
    with sink(out, made.schema, options=pa.ipc.IpcWriteOptions(compression=packing)) as writer:
        writer.write_table(made, max_chunksize=int(rng.integers(1, made.num_rows + 1)))
    return out.getvalue()


def _parquet(rng: Rng, made: pa.Table, out: io.BytesIO) -> bytes:
    pq.write_table(
        made,
        out,
        row_group_size=int(rng.integers(1, made.num_rows + 1)),
        compression=["none", "snappy", "gzip", "zstd", "lz4", "brotli"][int(rng.integers(0, 6))],
        data_page_version=["1.0", "2.0"][int(rng.integers(0, 2))],
        use_dictionary=bool(rng.random() < 0.7),
        write_page_index=bool(rng.random() < 0.3),
        write_page_checksum=bool(rng.random() < 0.2),
    )
    return out.getvalue()


def footer_changed(rng: Rng, raw: bytes) -> bytes:
    """Return a Parquet file whose footer, or headers of pages, say something else.

    A bit at a time, for another byte is seldom a text of Thrift.
    """
    out = bytearray(raw)
    begin = len(raw) - 8 - int.from_bytes(raw[-8:-4], "little")
    first, last = (begin, len(raw)) if rng.random() < 0.7 else (0, begin)
    for at in rng.integers(first, last, int(rng.integers(1, 4))):
        out[at] ^= 1 << int(rng.integers(0, 8))
    return bytes(out)


def bytes_changed(rng: Rng, raw: bytes) -> bytes:
    """Return a file some of whose bytes are others, or that breaks off."""
    out = bytearray(raw)
    for at in rng.integers(0, len(out), int(rng.integers(1, 12))):
        out[at] = int(rng.integers(0, 256))
    return bytes(out[: int(rng.integers(0, len(out)))] if rng.random() < 0.1 else out)
