"""Rows of Arrow that can be read: offsets that fit, texts that are UTF-8, indices that point somewhere.

Arrow's own validation looks at everything; where it finds something, texts are looked
through one by one, so that a broken word costs its frame and no other. Whatever else is
broken is refused with its whole batch, for nobody knows what its rows were.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from connectors.formats import arrow_words as words

MOST_BROKEN: Final = 10_000
"""Texts of a batch that are looked for one by one."""


class WrongColumns(Exception):
    """Columns that are not ours, or cannot be read."""


def unreadable(batch: pa.RecordBatch) -> NDArray[np.int64]:
    """Return the ascending rows of a batch in which a text is no UTF-8.

    Raises
    ------
    WrongColumns
        A column is broken otherwise.
    """
    rows: set[int] = set()
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            column.validate(full=True)
        except pa.ArrowException as error:
            found = None if "UTF8" not in str(error) else _broken(column)
            if found is None:
                raise WrongColumns(f"{name}: {words.error(error)}") from None
            rows.update(found.tolist())
    return np.array(sorted(rows), np.int64)


def without(batch: pa.RecordBatch, rows: NDArray[np.int64]) -> pa.RecordBatch:
    """Return a batch without some of its ascending rows; what these hold is not looked at."""
    edges = [-1, *rows.tolist(), batch.num_rows]
    runs = [batch.slice(a + 1, b - a - 1) for a, b in pairwise(edges) if b - a > 1]
    if not runs:
        return batch.slice(0, 0)
    if len(runs) == 1:
        return runs[0]
    [whole] = pa.Table.from_batches(runs).combine_chunks().to_batches()
    return whole


def _broken(column: pa.Array) -> NDArray[np.int64] | None:
    """Return the rows of a column that hold broken texts; None where something else is broken, or too much."""
    kind = column.type
    if pa.types.is_struct(kind):
        parts = [_broken(column.field(i)) for i in range(kind.num_fields)]
        if any(part is None for part in parts):
            return None
        return np.unique(np.concatenate([np.empty(0, np.int64), *(part for part in parts if part is not None)]))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _in_lists(column)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        found: list[int] = []
        for row in _texts(column, 0):
            found.append(row)
            if len(found) > MOST_BROKEN:
                return None
        return np.array(found, np.int64)
    return np.empty(0, np.int64) if _is_valid(column) else None


def _in_lists(column: pa.Array) -> NDArray[np.int64] | None:
    offsets = column.offsets.to_numpy()
    if (np.diff(offsets) < 0).any() or offsets[0] < 0 or offsets[-1] > len(column.values):
        return None
    inner = _broken(column.values.slice(offsets[0], offsets[-1] - offsets[0]))
    return None if inner is None else np.unique(np.searchsorted(offsets, inner + offsets[0], side="right") - 1)


def _texts(column: pa.Array, first: int) -> Iterator[int]:
    """Yield where broken texts stand, by halves."""
    if _is_valid(column):
        return
    if len(column) == 1:
        yield first
        return
    half = len(column) // 2
    yield from _texts(column.slice(0, half), first)
    yield from _texts(column.slice(half), first + half)


def _is_valid(column: pa.Array) -> bool:
    try:
        column.validate(full=True)
    except pa.ArrowException:
        return False
    return True
