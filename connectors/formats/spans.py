"""Columns of what a scanner found: byte ranges as texts, NaN as null, and the rows that it left aside put between."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from connectors.formats.chunks import Draft


def numbers(column: NDArray[np.float32]) -> pl.Series:
    """Return numbers as a column; NaN is null."""
    return pl.Series(np.ascontiguousarray(column)).fill_nan(None)


SHORT: Final = 12
"""Bytes of the longest text that lies in its view; of a longer one the view holds the beginning, and where it is.

https://arrow.apache.org/docs/format/Columnar.html#variable-size-binary-view-layout
"""


@njit(cache=True)
def _views(
    data: NDArray[np.uint8], start: NDArray[np.int32], end: NDArray[np.int32], out: NDArray[np.uint64]
) -> np.int64:
    """Write the view (n, 2) of each span; return the bytes of those that are too long to lie in theirs."""
    behind = np.int64(0)
    for i in range(len(start)):
        first, size = start[i], end[i] - start[i]
        low, high = np.uint64(size), np.uint64(0)
        for j in range(min(size, 4)):
            low |= np.uint64(data[first + j]) << np.uint64(32 + 8 * j)
        if size > SHORT:
            high = np.uint64(behind) << np.uint64(32)
            behind += size
        else:
            for j in range(4, size):
                high |= np.uint64(data[first + j]) << np.uint64(8 * (j - 4))
        out[i, 0], out[i, 1] = low, high
    return behind


@njit(cache=True)
def _long(data: NDArray[np.uint8], start: NDArray[np.int32], end: NDArray[np.int32], out: NDArray[np.uint8]) -> None:
    """Copy the spans that are too long to lie in their views."""
    behind = 0
    for i in range(len(start)):
        size = end[i] - start[i]
        if size > SHORT:
            out[behind : behind + size] = data[start[i] : end[i]]
            behind += size


def texts(data: NDArray[np.uint8], spans: NDArray[np.int32], names: tuple[str, ...]) -> dict[str, pl.Series]:
    """Return spans (n, 2 * names) as columns of texts."""
    return {name: _text(data, spans[:, 2 * i], spans[:, 2 * i + 1]) for i, name in enumerate(names)}


def _text(data: NDArray[np.uint8], start: NDArray[np.int32], end: NDArray[np.int32]) -> pl.Series:
    """Copy spans of the buffer into a column, as views, which Polars takes as they are; absent ones are null."""
    views = np.empty((len(start), 2), np.uint64)
    long = np.empty(_views(data, start, end, views), np.uint8)
    present = start >= 0
    valid = None if present.all() else pa.py_buffer(np.packbits(present, bitorder="little"))
    buffers = [valid, pa.py_buffer(views)]
    if len(long):
        _long(data, start, end, long)
        buffers.append(pa.py_buffer(long))
    return pl.Series(pl.from_arrow(pa.Array.from_buffers(pa.string_view(), len(start), buffers)))


def completed(fast: Draft, fast_row: NDArray[np.int64], slow: Draft, slow_row: NDArray[np.int64]) -> Draft:
    """Put the frames of two drafts into the order of their lines."""
    order = np.argsort(np.concatenate([fast_row, slow_row]), kind="stable")
    row = np.empty(len(order), np.uint32)
    row[order] = np.arange(len(order), dtype=np.uint32)
    at = len(fast_row)
    frames = pl.concat([fast.frames, slow.frames])[order]
    parts = []
    orders = []
    for first, second in ((fast.objects, slow.objects), (fast.signals, slow.signals)):
        moved = np.concatenate([row[first["frame"].to_numpy()], row[second["frame"].to_numpy() + at]])
        orders.append(np.argsort(moved, kind="stable"))
        parts.append(pl.concat([first, second]).with_columns(frame=pl.Series(moved))[orders[-1]])
    return Draft(frames, parts[0], np.concatenate([fast.box, slow.box])[orders[0]], parts[1])
