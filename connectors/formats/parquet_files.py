"""Record batches of Parquet, of our columns alone, after a look at its footer and at the headers of its pages.

Texts stay in their dictionaries, as the file keeps them: a megabyte that a million rows
share is held once. As many rows are read at once as cannot take more than their bound,
were each as full as the fullest.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.formats import limits
from connectors.formats.parquet_footer import Column, footer_of
from connectors.formats.parquet_pages import Weighed, fullest, weighed
from connectors.formats.thrift import Malformed

AT_ONCE: Final = 64 * limits.MIB
"""Bytes that are decoded at once: values and their levels."""
LEVEL_BYTES: Final = 4
"""What pyarrow holds of a value beside itself: two levels of 16 bits."""
BOX: Final = 4
"""Values of an object, at most: its box."""


def batches(path: Path, rows: int) -> Iterator[tuple[pa.RecordBatch, int]]:
    """Yield a file's record batches and how far into the file each ends.

    Raises
    ------
    pa.ArrowInvalid
        The file, a row group, a page or a row is larger than its bound, or broken.
    """
    size, done = path.stat().st_size, 0
    footer = footer_of(path)
    with (
        path.open("rb") as file,
        pq.ParquetFile(
            path,
            read_dictionary=footer.dictionaries(),
            pre_buffer=False,
            buffer_size=limits.MIB,
            thrift_string_size_limit=limits.METADATA_BYTES,
            thrift_container_size_limit=1_000_000,
        ) as parquet,
    ):
        for group, columns in enumerate(footer.groups):
            most = _rows(file, columns)
            names = [column.leaf.path for column in columns]
            for batch in parquet.iter_batches(min(rows, most), row_groups=[group], columns=names):
                done += batch.num_rows
                yield batch, size * done // max(footer.rows, done, 1)


def _rows(file: IO[bytes], columns: list[Column]) -> int:
    """Return how many rows of a row group are read at once.

    Raises
    ------
    pa.ArrowInvalid
        It is larger than its bounds.
    """
    try:
        held = [weighed(file.fileno(), column) for column in columns]
        _check(held)
        if sum(_decoded(one, one.values) for one in held) <= AT_ONCE:
            return limits.BATCH_ROWS
        return max(AT_ONCE // max(sum(_decoded(one, _fullest(file, one)) for one in held), 1), 1)
    except Malformed as error:
        raise pa.ArrowInvalid(f"a row group of the Parquet file cannot be read: {error}") from None


def _check(held: list[Weighed]) -> None:
    sizes = [max(one.bytes, one.column.unpacked, one.column.packed) for one in held]
    objects = [one.values for one in held if one.column.leaf.levels == 1]
    for what, came, most in (
        ("a row group of at most {:,} bytes", sum(sizes), limits.GROUP_BYTES),
        ("a column of a row group of at most {:,} bytes", max(sizes, default=0), limits.COLUMN_BYTES),
        ("pages of at most {:,} bytes together, one of each column", sum(one.page for one in held), limits.PAGE_BYTES),
        ("a row group of at most {:,} objects", max(objects, default=0), limits.GROUP_OBJECTS),
    ):
        if came > most:
            raise pa.ArrowInvalid(f"expected {what.format(most)}, came {came:,}: write smaller row groups")


def _decoded(one: Weighed, values: int) -> int:
    """Return what so many values of a column take at most [bytes]."""
    return values * (one.value + LEVEL_BYTES)


def _fullest(file: IO[bytes], one: Weighed) -> int:
    """Return how many values the fullest row of a column has, which are no more than a frame may have."""
    found = fullest(file.fileno(), one.column)
    each = 1 if one.column.leaf.levels <= 1 else BOX
    if found > limits.OBJECTS * each:
        raise pa.ArrowInvalid(f"expected at most {limits.OBJECTS:,} objects in a frame, came {-(-found // each):,}")
    return found
