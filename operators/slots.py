"""Where a track's state lives: a hash table from (track, owner) to a row of a record array.

Rows are dense and keep their place until the owner of the table rebuilds it; the
places are open addressing over row numbers. Kernels call `find` and `insert` while
there is room; growing and forgetting happen between their calls, in `keep`.
Any record type with the fields ``track`` (uint64) and ``owner`` (int32) will do;
an owner is whatever a track's state is kept for: a line, a zone, a camera.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray


class Slots(NamedTuple):
    """A table with room for `cap` rows, of which the first `used[0]` are taken."""

    row: NDArray[np.void]  # (cap,) records
    place: NDArray[np.int32]  # (2 cap,) row numbers, -1 where empty
    used: NDArray[np.int64]  # (1,)


def empty(record: np.dtype[np.void], capacity: int = 1024) -> Slots:
    """Return a table without rows; the capacity is a power of two."""
    if capacity < 1 or capacity & (capacity - 1):
        raise ValueError(f"expected a capacity that is a power of two, got {capacity}")
    return Slots(np.zeros(capacity, record), np.full(2 * capacity, -1, np.int32), np.zeros(1, np.int64))


def filled(rows: NDArray[np.void]) -> Slots:
    """Return a table of these records, no two with the same track and owner; half of it is free."""
    capacity = 1024
    while capacity < 2 * len(rows):
        capacity *= 2
    out = empty(rows.dtype, capacity)
    out.row[: len(rows)] = rows
    out.used[0] = len(rows)
    _index_all(out)
    return out


def keep(slots: Slots, wanted: NDArray[np.bool_], room: int) -> Slots:
    """Return a table of the wanted rows with room for at least `room` more.

    Parameters
    ----------
    wanted
        (used,) rows to keep; they move together, in order.
    room
        Rows that must fit beside them. The table doubles until half of it is free,
        so that rebuilding costs a constant a row; it never shrinks.
    """
    kept = slots.row[: slots.used[0]][wanted]
    capacity = len(slots.row)
    while capacity < 2 * len(kept) or capacity < len(kept) + room:
        capacity *= 2
    out = empty(slots.row.dtype, capacity)
    out.row[: len(kept)] = kept
    out.used[0] = len(kept)
    _index_all(out)
    return out


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _home(track: int, owner: int, size: int) -> np.int64:
    """Return where to look first (the finalizer of splitmix64)."""
    mixed = np.uint64(track) ^ (np.uint64(owner + 1) * np.uint64(0x9E3779B97F4A7C15))
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    return np.int64((mixed ^ (mixed >> np.uint64(27))) & np.uint64(size - 1))


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def find(slots: Slots, track: int, owner: int) -> int:
    """Return the row of a track and owner, -1 where there is none."""
    row, place = slots.row, slots.place
    at = _home(track, owner, len(place))
    while place[at] >= 0:
        if row[place[at]].track == track and row[place[at]].owner == owner:
            return int(place[at])
        at = (at + 1) & (len(place) - 1)
    return -1


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def insert(slots: Slots, track: int, owner: int) -> int:
    """Return a new row for a track and owner that have none; the caller has made room."""
    at = slots.used[0]
    slots.used[0] += 1
    slots.row[at].track = track
    slots.row[at].owner = owner
    _point(slots, at)
    return int(at)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _point(slots: Slots, row: int) -> None:
    at = _home(slots.row[row].track, slots.row[row].owner, len(slots.place))
    while slots.place[at] >= 0:
        at = (at + 1) & (len(slots.place) - 1)
    slots.place[at] = row


@njit(cache=True)
def _index_all(slots: Slots) -> None:
    for row in range(slots.used[0]):
        _point(slots, row)
