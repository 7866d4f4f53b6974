"""Columns of what a scanner found: byte ranges as texts, NaN as null, and the rows that it left aside put between."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from connectors.formats.chunks import Draft


def numbers(column: NDArray[np.float32]) -> pl.Series:
    """Return numbers as a column; NaN is null."""
    return pl.Series(np.ascontiguousarray(column)).fill_nan(None)


@njit(cache=True)
def _gather(
    data: NDArray[np.uint8], start: NDArray[np.int32], offset: NDArray[np.int64], out: NDArray[np.uint8]
) -> None:
    for i in range(len(start)):
        for j in range(offset[i + 1] - offset[i]):
            out[offset[i] + j] = data[start[i] + j]


def texts(data: NDArray[np.uint8], spans: NDArray[np.int32], names: tuple[str, ...]) -> dict[str, pl.Series]:
    """Return spans (n, 2 * names) as columns of texts."""
    return {name: _text(data, spans[:, 2 * i], spans[:, 2 * i + 1]) for i, name in enumerate(names)}


def _text(data: NDArray[np.uint8], start: NDArray[np.int32], end: NDArray[np.int32]) -> pl.Series:
    """Copy spans of the buffer into a column; absent ones are null."""
    offset = np.zeros(len(start) + 1, np.int64)
    np.cumsum(end - start, out=offset[1:])
    out = np.empty(offset[-1], np.uint8)
    _gather(data, start, offset, out)
    present = start >= 0
    valid = None if present.all() else pa.py_buffer(np.packbits(present, bitorder="little"))
    made = pa.LargeStringArray.from_buffers(len(start), pa.py_buffer(offset), pa.py_buffer(out), valid)
    return pl.Series(pl.from_arrow(made))


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
