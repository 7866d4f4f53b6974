"""Record batches of Parquet, of our columns alone, after a look at what its footer says of its size.

Texts stay in their dictionaries, as the file keeps them: a megabyte that a million rows
share is held once. A row with more objects than a frame may have is found by one narrow
column before its boxes are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from connectors.formats import limits

KNOWN: Final = {
    "camera": (), "ts": (), "ts_source": (), "seq": (), "width": (), "height": (),
    "objects": ("class", "confidence", "box", "track", "mask", "mask_confidence", "face_px"),
    "signals": ("kind", "zone", "value"),
    "image": ("luma", "sharpness", "hash"),
}  # fmt: skip
"""Our columns, and the fields of those that have some."""
OF_LISTS: Final = ("list", "element", "item", "array", "bag", "array_element")
"""What writers call the levels of a list."""
LOOKED_AT: Final = 8_192
"""Rows whose objects are counted at once."""
EVEN: Final = 2 << 20
"""Objects of a row group that may stand in any of its rows: together they are not too many."""


def batches(path: Path, rows: int) -> Iterator[tuple[pa.RecordBatch, int]]:
    """Yield a file's record batches and how far into the file each ends.

    Raises
    ------
    pa.ArrowInvalid
        The file, or a row group, is larger than its bound.
    """
    size, done = path.stat().st_size, 0
    with pq.ParquetFile(path, **_bounds(path)) as parquet:
        total = parquet.metadata.num_rows
        for group in range(parquet.num_row_groups):
            leaves, most = _checked(parquet, group)
            for batch in parquet.iter_batches(min(rows, most), row_groups=[group], columns=leaves):
                done += batch.num_rows
                yield batch, size * done // max(total, 1)


def _bounds(path: Path) -> dict[str, object]:
    """Return how to open a file: texts in their dictionaries, pages read as they come."""
    bounds = {"thrift_string_size_limit": limits.METADATA_BYTES, "thrift_container_size_limit": 1_000_000}
    schema = pq.read_metadata(path).schema
    texts = [
        schema.column(i).path
        for i in range(len(schema))
        if schema.column(i).physical_type == "BYTE_ARRAY" and _is_known(schema.column(i).path)
    ]
    return {**bounds, "read_dictionary": texts, "pre_buffer": False, "buffer_size": limits.MIB}


def _is_known(path: str) -> bool:
    """Tell whether a leaf is one of our columns, or of their fields."""
    first, *inner = path.split(".")
    named = [name for name in inner if name not in OF_LISTS]
    return first in KNOWN and (not named or any(name in KNOWN[first] for name in named))


def _checked(parquet: pq.ParquetFile, group: int) -> tuple[list[str], int]:
    """Return the leaves of a row group that are ours, and how many of its rows are read at once."""
    meta = parquet.metadata.row_group(group)
    ours = [meta.column(i) for i in range(meta.num_columns) if _is_known(meta.column(i).path_in_schema)]
    sizes = [max(leaf.total_uncompressed_size, leaf.total_compressed_size) for leaf in ours]
    for what, came, most in (
        ("a row group", sum(sizes), limits.GROUP_BYTES),
        ("a column of a row group", max(sizes, default=0), limits.COLUMN_BYTES),
    ):
        if came > most:
            raise pa.ArrowInvalid(f"expected {what} of at most {most:,} bytes, came {came:,}: write smaller row groups")
    lists = [leaf for leaf in ours if leaf.path_in_schema.startswith(("objects.", "signals."))]
    rows = meta.num_rows
    for name in ("objects", "signals"):
        narrow = min((leaf for leaf in lists if leaf.path_in_schema.startswith(name)), key=_values, default=None)
        if narrow is not None and narrow.num_values > EVEN:
            rows = min(rows, limits.TOGETHER // _longest(parquet, group, narrow) + 1)
    return [leaf.path_in_schema for leaf in ours], max(rows, 1)


def _values(leaf: pq.ColumnChunkMetaData) -> int:
    return int(leaf.num_values)


def _longest(parquet: pq.ParquetFile, group: int, leaf: pq.ColumnChunkMetaData) -> int:
    """Return how many objects the fullest row of a row group has.

    Raises
    ------
    pa.ArrowInvalid
        There are too many, in the group or in a row.
    """
    most = 1
    if leaf.num_values > limits.GROUP_OBJECTS:
        raise pa.ArrowInvalid(
            f"expected a row group of at most {limits.GROUP_OBJECTS:,} objects, came {leaf.num_values:,}: "
            "write smaller row groups"
        )
    for batch in parquet.iter_batches(LOOKED_AT, row_groups=[group], columns=[leaf.path_in_schema]):
        most = max(most, _fullest(batch.column(0)))
    if most > limits.OBJECTS:
        raise pa.ArrowInvalid(f"expected at most {limits.OBJECTS:,} objects in a frame, came {most:,}")
    return most


def _fullest(column: pa.Array) -> int:
    """Return how long the longest list of a column is; 0 where it is none, which is refused once it is read."""
    if pa.types.is_fixed_size_list(column.type):
        return int(column.type.list_size)
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        return int(np.diff(column.offsets.to_numpy()).max(initial=0))
    return 0
