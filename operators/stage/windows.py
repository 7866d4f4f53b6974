"""Minute windows: parts merged by key and minute, however they arrive.

One pool a metric: rows of integers found through a hash of (key, minute) and
merged column by column as declared (sum, max, min), so that any split and any
order gives the same bits. Rows live until their camera's lateness has passed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import Parts
from schemas.parts import Metric

EMPTY = np.int64(-1)
SUM, MAX, MIN = 0, 1, 2
MINUTE_BITS = 32
SMALLEST = 64
"""Rows that a pool has room for from the start: an idle shard is stored often."""


@dataclass
class Pool:
    """Rows of one metric; `used` rows are filled, the table is a power of two."""

    combine: NDArray[np.uint8]  # (width,) SUM, MAX or MIN
    packed: NDArray[np.int64]  # (capacity,) key << 32 | minute
    values: NDArray[np.int64]  # (capacity, width)
    table: NDArray[np.int32]  # (2^k,) row or -1
    used: int = 0


def start(metric: Metric, capacity: int = SMALLEST) -> Pool:
    """Return an empty pool for a metric's parts."""
    combine = [
        code for part in metric.parts.values() for code in [("sum", "max", "min").index(part.combine)] * part.width
    ]
    return Pool(
        combine=np.array(combine, np.uint8),
        packed=np.empty(capacity, np.int64),
        values=np.empty((capacity, metric.width), np.int64),
        table=np.full(capacity * 2, -1, np.int32),
    )


def pack(key: NDArray[np.int32], minute: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return key and minute as one integer."""
    return (key.astype(np.int64) << MINUTE_BITS) | minute


@njit(cache=True)
def _place(table: NDArray[np.int32], packed: NDArray[np.int64], wanted: np.int64) -> int:
    """Return the place in `table` of a packed key, or of the hole where it belongs."""
    mask = len(table) - 1
    code = np.uint64(wanted) * np.uint64(0x9E3779B97F4A7C15)
    at = np.int64((code >> np.uint64(20)) & np.uint64(mask))
    while table[at] >= 0 and packed[table[at]] != wanted:
        at = (at + 1) & mask
    return int(at)


@njit(cache=True)
def _merge(
    table: NDArray[np.int32],
    packed: NDArray[np.int64],
    values: NDArray[np.int64],
    used: int,
    combine: NDArray[np.uint8],
    wanted: NDArray[np.int64],
    parts: NDArray[np.int64],
) -> int:
    for i in range(len(wanted)):
        at = _place(table, packed, wanted[i])
        row = table[at]
        if row < 0:
            table[at] = used
            packed[used] = wanted[i]
            values[used, :] = parts[i, :]
            used += 1
            continue
        for j in range(len(combine)):
            value = parts[i, j]
            if combine[j] == SUM:
                values[row, j] += value
            elif combine[j] == MAX:
                values[row, j] = max(values[row, j], value)
            else:
                values[row, j] = min(values[row, j], value)
    return used


@njit(cache=True)
def _find(
    table: NDArray[np.int32], packed: NDArray[np.int64], wanted: NDArray[np.int64], out: NDArray[np.int64]
) -> None:
    for i in range(len(wanted)):
        out[i] = table[_place(table, packed, wanted[i])]


@njit(cache=True)
def _fill(table: NDArray[np.int32], packed: NDArray[np.int64], used: int) -> None:
    for row in range(used):
        table[_place(table, packed, packed[row])] = row


def _resize(pool: Pool, keep: NDArray[np.bool_] | None, room: int) -> None:
    rows = slice(0, pool.used) if keep is None else np.flatnonzero(keep)
    packed, values = pool.packed[rows], pool.values[rows]
    pool.used = len(packed)
    capacity = max(SMALLEST, pool.used + max(room, pool.used // 4))
    pool.packed, pool.values = np.empty(capacity, np.int64), np.empty((capacity, values.shape[1]), np.int64)
    pool.packed[: pool.used], pool.values[: pool.used] = packed, values
    pool.table = np.full(1 << (2 * capacity - 1).bit_length(), -1, np.int32)
    _fill(pool.table, pool.packed, pool.used)


def merge(pool: Pool, parts: Parts) -> None:
    """Fold parts into the pool."""
    wanted = pack(parts.key, parts.minute)
    if pool.used + len(wanted) > len(pool.packed):
        fresh = int((_rows(pool, wanted) < 0).sum())  # most are there already
        if pool.used + fresh > len(pool.packed):
            _resize(pool, None, fresh)
    pool.used = _merge(pool.table, pool.packed, pool.values, pool.used, pool.combine, wanted, parts.values)


def _rows(pool: Pool, wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the row of each key and minute, -1 where there is none."""
    row = np.empty(len(wanted), np.int64)
    _find(pool.table, pool.packed, wanted, row)
    return row


def gather(pool: Pool, key: NDArray[np.int32], minute: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows of these keys and minutes (n, width); zeros where nothing was seen."""
    row = _rows(pool, pack(key, minute))
    out = np.zeros((len(key), len(pool.combine)), np.int64)
    out[row >= 0] = pool.values[row[row >= 0]]
    return out


def carry(into: Pool, source: Pool, at: NDArray[np.integer[Any]]) -> None:
    """Take along the rows of keys that go along; `at` says where each key goes, -1 for what stays behind."""
    packed = source.packed[: source.used]
    key = at[packed >> MINUTE_BITS]
    goes = key >= 0
    minute = packed[goes] & ((1 << MINUTE_BITS) - 1)
    merge(into, Parts(key[goes].astype(np.int32), minute, source.values[: source.used][goes]))


def forget(pool: Pool, before: NDArray[np.int64]) -> None:
    """Free rows older than ``before[key]`` (minutes), when they are at least half of all."""
    key = pool.packed[: pool.used] >> MINUTE_BITS
    live = (pool.packed[: pool.used] & ((1 << MINUTE_BITS) - 1)) >= before[key]
    if live.sum() * 2 <= pool.used:
        _resize(pool, live, 0)
