"""The pages of a Parquet column, looked at before they are unpacked: how large, and how many values of one row.

A footer's sizes are a promise; the pages' own headers decide on memory. How many values a
row has stands in no header: where that matters, the repetition levels that lead a page are
run through (parquet-format, "Nested Encoding", "Run Length Encoding / Bit-Packing Hybrid").
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from connectors.formats import limits
from connectors.formats.parquet_footer import Column
from connectors.formats.thrift import Malformed, Plain, Reader, Wanted

HEAD_BYTES: Final = 1 << 10
"""Bytes of a page's header that are read first; one with long statistics is read again."""
DATA, DICTIONARY, DATA_2 = 0, 2, 3
HEADER: Final[Wanted] = {
    **dict.fromkeys((1, 2, 3), Plain.NUMBER),
    5: {1: Plain.NUMBER, 4: Plain.NUMBER},
    8: {1: Plain.NUMBER, 6: Plain.NUMBER},
}
RLE: Final = 3
CODECS: Final = {1: "snappy", 2: "gzip", 4: "brotli", 6: "zstd", 7: "lz4_raw"}
MOST_LEVELS: Final = 7


class Page(NamedTuple):
    """What a page's header says."""

    kind: int
    values: int  # of a page of data
    unpacked: int  # bytes
    packed: int
    body: int  # where it stands
    levels: int  # how they are encoded in the first version, how many bytes in the second


class Weighed(NamedTuple):
    """What the pages of a column say together."""

    column: Column
    values: int
    bytes: int  # unpacked
    page: int  # bytes of the largest
    value: int  # bytes of a value at most, once it is decoded


def weighed(file: int, column: Column) -> Weighed:
    """Return what the headers of a column's pages say.

    Raises
    ------
    Malformed
        One cannot be read.
    """
    values = size = largest = 0
    for page in pages(file, column):
        values += page.values
        size += page.unpacked
        largest = max(largest, page.unpacked)
    # a text that begins like the one before may be as long as all that its page holds
    value = largest if column.leaf.is_text and column.is_by_beginnings else column.leaf.width
    return Weighed(column, values, size, largest, value)


def pages(file: int, column: Column) -> Iterator[Page]:
    """Yield the pages of a column.

    Raises
    ------
    Malformed
        A header cannot be read, or a page ends outside the column.
    """
    at, end = column.begin, column.begin + column.packed
    while at < end:
        page = _page(file, at, end)
        if page.body + page.packed > end:
            raise Malformed("a page ends outside its column")
        yield page
        at = page.body + page.packed


def _page(file: int, at: int, end: int) -> Page:
    size = HEAD_BYTES
    while True:
        raw = os.pread(file, min(size, end - at), at)
        reader = Reader(raw)
        try:
            found = reader.struct(HEADER)
        except Malformed:
            if len(raw) < size or size > limits.METADATA_BYTES:
                raise
            size *= 16
            continue
        return _read(found, at + reader.at)


def _read(found: dict[int, Any], body: int) -> Page:
    kind, unpacked, packed = (_whole(found, number) for number in (1, 2, 3))
    if kind == DATA:
        told = found.get(5, {})
        return Page(kind, _whole(told, 1), unpacked, packed, body, _whole(told, 4))
    if kind == DATA_2:
        told = found.get(8, {})
        return Page(kind, _whole(told, 1), unpacked, packed, body, _whole(told, 6))
    return Page(kind, 0, unpacked, packed, body, 0)


def _whole(fields: dict[int, Any], number: int) -> int:
    found = fields.get(number)
    if found is None or found < 0:
        raise Malformed(f"expected a number from 0 on in field {number} of a page's header")
    return int(found)


def fullest(file: int, column: Column) -> int:
    """Return how many values the fullest row of a column has.

    Raises
    ------
    Malformed, pa.ArrowException, OSError
        Its levels cannot be read.
    """
    if not column.leaf.levels:
        return 1
    if column.leaf.levels > MOST_LEVELS:
        raise Malformed(f"expected at most {MOST_LEVELS} lists within one another, came {column.leaf.levels}")
    longest = current = 0
    for page in pages(file, column):
        if page.kind not in (DATA, DATA_2):
            continue
        levels = np.frombuffer(_levels(file, column, page), np.uint8)
        longest, current = _run(levels, column.leaf.levels.bit_length(), page.values, longest, current)
        if current < 0:
            raise Malformed("a page has fewer levels than values")
    return max(longest, current)


def _levels(file: int, column: Column, page: Page) -> bytes:
    """Return the repetition levels of a page."""
    if page.kind == DATA_2:
        return os.pread(file, min(page.levels, page.packed), page.body)
    if page.levels != RLE:
        raise Malformed(f"expected levels in runs, came encoding {page.levels}")
    body = os.pread(file, page.packed, page.body)
    if column.codec:
        if column.codec not in CODECS:
            raise Malformed(f"expected pages packed by {', '.join(CODECS.values())}, came codec {column.codec}")
        body = pa.Codec(CODECS[column.codec]).decompress(body, page.unpacked, asbytes=True)
    return body[4 : 4 + int.from_bytes(body[:4], "little")]


@njit(cache=True)
def _run(data: NDArray[np.uint8], width: int, values: int, longest: int, current: int) -> tuple[int, int]:
    """Go on counting the values of rows: most so far, and those of the row that is open, -1 where bytes are missing."""
    at = seen = 0
    while seen < values:
        head = shift = 0
        while True:
            if at >= len(data) or shift > 28:
                return longest, -1
            byte = int(data[at])
            at += 1
            head |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        count = head >> 1
        if head & 1:
            if at + count * width > len(data):
                return longest, -1
            for i in range(min(count * 8, values - seen)):
                level = 0
                for bit in range(i * width, (i + 1) * width):
                    level |= (data[at + (bit >> 3)] >> (bit & 7)) & 1
                if level:
                    current += 1
                else:
                    longest, current = max(longest, current), 1
            at += count * width
            seen += count * 8
            continue
        if at >= len(data):
            return longest, -1
        count = min(count, values - seen)
        if data[at]:
            current += count
        elif count:
            longest, current = max(longest, current), 1
        at += 1
        seen += count
    return longest, current
