"""Where a track's state lives: a hash table from (track, owner) to a row of a record array.

Rows are dense and keep their place until the owner of the table rebuilds it; the
places are open addressing over row numbers. Kernels call `find` and `insert` while
there is room; growing and forgetting happen between their calls, in `keep`.
Any record type with the fields ``track`` (uint64) and ``owner`` (int32) will do;
an owner is whatever a track's state is kept for: a line, a zone, a camera.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

SPARE: Final = 256
"""Rows that are free at least after a table was rebuilt."""


class Slots(NamedTuple):
    """A table with room for `cap` rows, of which the first `used[0]` are taken."""

    row: NDArray[np.void]  # (cap,) records
    place: NDArray[np.int32]  # (2^k,) row numbers, -1 where empty; at least twice as many as rows
    used: NDArray[np.int64]  # (1,)


def empty(record: np.dtype[np.void], capacity: int = 1024) -> Slots:
    """Return a table without rows, with room for `capacity`."""
    places = 1 << (2 * capacity - 1).bit_length()
    return Slots(np.zeros(capacity, record), np.full(places, -1, np.int32), np.zeros(1, np.int64))


def filled(rows: NDArray[np.void], room: int = 0) -> Slots:
    """Return a table of these records, no two with the same track and owner.

    Parameters
    ----------
    room
        Rows that must fit beside them, as many as the caller asks for at a time. Twice that, or a quarter of what there
        is, is free afterwards: so rebuilding costs a constant a row, and memory stays near what is kept.
    """
    out = empty(rows.dtype, len(rows) + max(len(rows) // 4, 2 * room, SPARE))
    out.row[: len(rows)] = rows
    out.used[0] = len(rows)
    _index_all(out)
    return out


def keep(slots: Slots, wanted: NDArray[np.bool_], room: int) -> Slots:
    """Return a table of the wanted (used,) rows, which move together in order, with room for at least `room` more."""
    return filled(slots.row[: slots.used[0]][wanted], room)


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
