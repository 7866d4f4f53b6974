"""Record batches of Parquet, of our columns alone, after a look at its footer and at the headers of its pages.

Texts stay in their dictionaries, as the file keeps them: a megabyte that a million rows
share is held once. As many rows are read at once as cannot take more than their bound,
were each as full as the fullest.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.formats import arrow_layout as layout
from connectors.formats import limits
from connectors.formats.parquet_footer import Column, Footer, footer_of, without_arrow_types
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
    with path.open("rb") as file, _opened(path, footer) as parquet:
        for group, columns in enumerate(footer.groups):
            most = _rows(file, columns)
            names = [column.leaf.path for column in columns]
            for batch in parquet.iter_batches(min(rows, most), row_groups=[group], columns=names):
                done += batch.num_rows
                yield batch, size * done // max(footer.rows, done, 1)


@contextmanager
def _opened(path: Path, footer: Footer) -> Iterator[pq.ParquetFile]:
    """Open a file; its boxes are read as lists of any length where they would be lists of four.

    Of these pyarrow before 26 can read none that is missing, and a lone object without a box would cost the file.
    """
    with _parquet(path, footer) as parquet:
        if not _has_fixed_boxes(parquet.schema_arrow):
            yield parquet
            return
    with (
        _parquet(pa.BufferReader(without_arrow_types(path)), footer) as plain,
        _parquet(path, footer, plain.metadata) as parquet,
    ):
        yield parquet


def _parquet(source: Path | pa.BufferReader, footer: Footer, metadata: pq.FileMetaData | None = None) -> pq.ParquetFile:
    return pq.ParquetFile(
        source,
        metadata=metadata,
        read_dictionary=footer.dictionaries(),
        pre_buffer=False,
        buffer_size=limits.MIB,
        thrift_string_size_limit=limits.METADATA_BYTES,
        thrift_container_size_limit=1_000_000,
    )


def _has_fixed_boxes(schema: pa.Schema) -> bool:
    at = schema.get_field_index("objects")
    if at < 0 or not layout.is_list(schema.field(at).type):
        return False
    objects = schema.field(at).type.value_type
    box = objects.get_field_index("box")
    kind = objects.field(box).type if box >= 0 else pa.null()
    return bool(pa.types.is_fixed_size_list(kind) and kind.list_size == BOX)


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
