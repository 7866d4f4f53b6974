"""Which detection belongs to which track: a matching of greatest total gain.

Pairs that are each other's only candidate are settled first; in a street scene
that is nearly all of them. What is left in dispute is solved to the optimum by
shortest augmenting paths with potentials (Jonker and Volgenant 1987,
doi:10.1007/BF02278710), so that crossing paths do not swap by order of arrival.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray


class Scratch(NamedTuple):
    """Working memory of `pair` for at most `k` rows and `k` columns."""

    row_count: NDArray[np.int64]  # (k,)
    column_count: NDArray[np.int64]  # (k,)
    rows: NDArray[np.int64]  # (k,) rows in dispute
    columns: NDArray[np.int64]  # (k,) columns in dispute
    price_row: NDArray[np.float64]  # (k + 1,) potentials
    price_column: NDArray[np.float64]  # (k + 1,)
    slack: NDArray[np.float64]  # (k + 1,)
    owner: NDArray[np.int64]  # (k + 1,) row that holds a column, from 1
    way: NDArray[np.int64]  # (k + 1,)
    used: NDArray[np.bool_]  # (k + 1,)


@njit(cache=True)
def scratch(size: int) -> Scratch:
    """Return working memory for `pair` with up to `size` rows and columns."""
    return Scratch(
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size + 1),
        np.empty(size + 1),
        np.empty(size + 1),
        np.empty(size + 1, np.int64),
        np.empty(size + 1, np.int64),
        np.empty(size + 1, np.bool_),
    )


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def pair(gain: NDArray[np.float64], rows: int, columns: int, match: NDArray[np.int64], memory: Scratch) -> None:
    """Match rows to columns so that the total gain is greatest.

    Parameters
    ----------
    gain
        (>= rows, >= columns); a pair may be matched when its gain is above 0.
    rows, columns
        How much of `gain` is meant.
    match
        (>= rows,) receives the column of each row, -1 when it stays alone.
    memory
        From `scratch`, at least max(rows, columns) wide.
    """
    for j in range(columns):
        memory.column_count[j] = 0
    for i in range(rows):
        match[i] = -1
        memory.row_count[i] = 0
        for j in range(columns):
            if gain[i, j] > 0:
                memory.row_count[i] += 1
                memory.column_count[j] += 1
    open_rows, open_columns = _settle(gain, rows, columns, match, memory)
    if open_rows <= open_columns:
        _solve(gain, memory.rows, open_rows, memory.columns, open_columns, False, match, memory)
    else:
        _solve(gain, memory.columns, open_columns, memory.rows, open_rows, True, match, memory)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _settle(
    gain: NDArray[np.float64], rows: int, columns: int, match: NDArray[np.int64], memory: Scratch
) -> tuple[int, int]:
    """Match mutual only candidates; list the rows and columns that are left."""
    open_rows = open_columns = 0
    for i in range(rows):
        if memory.row_count[i] == 0:
            continue
        if memory.row_count[i] == 1:
            j = 0
            while not gain[i, j] > 0:
                j += 1
            if memory.column_count[j] == 1:
                match[i] = j
                memory.column_count[j] = 0
                continue
        memory.rows[open_rows] = i
        open_rows += 1
    for j in range(columns):
        if memory.column_count[j] > 0:
            memory.columns[open_columns] = j
            open_columns += 1
    return open_rows, open_columns


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _solve(
    gain: NDArray[np.float64], short: NDArray[np.int64], n: int, long: NDArray[np.int64], m: int, flipped: bool,
    match: NDArray[np.int64], memory: Scratch,
) -> None:  # fmt: skip
    """Assign each of the `n` short side's to one of the `m >= n` long side's; a gain <= 0 is staying alone."""
    u, v, slack, owner, way, used = (
        memory.price_row,
        memory.price_column,
        memory.slack,
        memory.owner,
        memory.way,
        memory.used,
    )
    for i in range(n + 1):
        u[i] = 0.0
    for j in range(m + 1):
        v[j], owner[j] = 0.0, 0
    at = 0
    for i in range(1, n + 1):
        owner[0] = i
        at = 0
        for j in range(m + 1):
            slack[j], used[j] = np.inf, False
        while owner[at] != 0:
            used[at] = True
            row, step, best = owner[at], np.inf, 0
            for j in range(1, m + 1):
                if used[j]:
                    continue
                a, b = short[row - 1], long[j - 1]
                value = gain[b, a] if flipped else gain[a, b]
                reduced = -max(value, 0.0) - u[row] - v[j]
                if reduced < slack[j]:
                    slack[j], way[j] = reduced, at
                if slack[j] < step:
                    step, best = slack[j], j
            for j in range(m + 1):
                if used[j]:
                    u[owner[j]] += step
                    v[j] -= step
                else:
                    slack[j] -= step
            at = best
        while at != 0:
            owner[at] = owner[way[at]]
            at = way[at]
    for j in range(1, m + 1):
        if owner[j] == 0:
            continue
        i, k = (long[j - 1], short[owner[j] - 1]) if flipped else (short[owner[j] - 1], long[j - 1])
        if gain[i, k] > 0:
            match[i] = k
