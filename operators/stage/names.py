"""Track names behind their codes, as they are stored, for the few tracks that an incident shows.

Plain numbers are read back from the code itself. Other names, which may be plates, are
learned as hashes (`schemas.track_names`) when their frame comes, and kept while anything
that a shard remembers holds the code: a frame that waits, a track in view, an incident.
What nothing holds cannot be shown, so it does not matter when its name is dropped.
Memory: twice the names that are held.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from operators import carrying
from operators.arrays import frozen
from operators.stage.intake import track_name
from operators.stage.texts import NAMED
from schemas import track_names

LEAST: Final = 1 << 16
"""Names for which looking through a shard's state is not worth while (some 10 MB); ours."""
SMALLEST: Final = 64


def _empty(names: int = 0) -> NDArray[np.uint64]:
    return np.zeros(max(SMALLEST, 1 << (4 * names).bit_length()), np.uint64)


@dataclass
class Names:
    """Codes seen (a hash table, a power of two, never half full) and their names."""

    known: dict[int, str] = field(default_factory=dict)
    table: NDArray[np.uint64] = field(default_factory=_empty)
    due: int = 0  # names that may be known before the next look at what is held


def learn(names: Names, codes: NDArray[np.uint64], text: pl.Series, holders: Iterable[object] | None = None) -> None:
    """Remember the names of codes not seen before; both have one entry an object.

    Parameters
    ----------
    holders
        All that may hold codes of earlier frames: names that it does not hold are dropped, once they have become
        many. None keeps all.
    """
    if holders is not None and len(names.known) >= max(names.due, LEAST):
        keep_held(names, holders)
    if 2 * (len(names.known) + len(codes)) > len(names.table):
        fresh = int((codes >= NAMED).sum())
        if 2 * (len(names.known) + fresh) > len(names.table):
            _rebuild(names, fresh)
    rows = np.empty(len(codes), np.int64)
    rows = rows[: _new(names.table, codes, rows)]
    names.known.update(zip(codes[rows].tolist(), track_names.column(text.gather(rows)).to_list(), strict=True))


def rename(
    names: Names, codes: NDArray[np.uint64], before: NDArray[np.uint64], holders: Iterable[object] | None = None
) -> None:
    """Let tracks that got another code keep the name that the stream gives them: `codes` and `before`, one each."""
    if len(codes):
        text = [track_name(code, names.known) for code in before.tolist()]
        learn(names, codes, pl.Series(text, dtype=pl.String), holders)


def held(thing: object) -> Iterator[NDArray[np.uint64]]:
    """Yield every array of 64 bits, unsigned, that a state is made of: codes of tracks are such."""
    for array in carrying.arrays(thing):
        for column in _columns(array):
            if column.dtype == np.uint64:
                yield frozen(np.ascontiguousarray(column).reshape(-1))


def _columns(array: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Yield the columns of records, and an array of anything else as it is."""
    names = array.dtype.names
    if names is None:
        yield array
    else:
        for name in names:
            yield from _columns(array[name])


def carry(into: Names, source: Names) -> None:
    """Take along the names of all tracks: what a code is called does not depend on its camera."""
    codes = np.fromiter(source.known, np.uint64, len(source.known))
    learn(into, codes, pl.Series(list(source.known.values()), dtype=pl.String))


def keep_held(names: Names, holders: Iterable[object]) -> None:
    """Forget the names of tracks that nothing holds."""
    is_held = np.zeros(len(names.table), np.bool_)
    for holder in holders:
        for codes in held(holder):
            _mark(names.table, codes, is_held)
    names.known = {code: names.known[code] for code in names.table[is_held].tolist()}
    names.due = 2 * len(names.known)
    _rebuild(names, 0)


def _rebuild(names: Names, room: int) -> None:
    names.table = _empty(len(names.known) + room)
    codes = np.fromiter(names.known, np.uint64, len(names.known))
    _new(names.table, codes, np.empty(len(codes), np.int64))


Place = Any  # an int64 as numba sees it


@njit(cache=True)
def _place(table: NDArray[np.uint64], code: Any) -> Place:
    """Return where a code stands, or would."""
    mask = np.uint64(len(table) - 1)
    at = (code * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(20)) & mask
    while table[at] != 0 and table[at] != code:
        at = (at + np.uint64(1)) & mask
    return at


@njit(cache=True)
def _new(table: NDArray[np.uint64], codes: NDArray[np.uint64], out: NDArray[np.int64]) -> int:
    n = 0
    for i in range(len(codes)):
        if codes[i] < NAMED:
            continue
        at = _place(table, codes[i])
        if table[at] == 0:
            table[at] = codes[i]
            out[n] = i
            n += 1
    return n


@njit(cache=True)
def _mark(table: NDArray[np.uint64], codes: NDArray[np.uint64], is_held: NDArray[np.bool_]) -> None:
    for i in range(len(codes)):
        if codes[i] >= NAMED:
            at = _place(table, codes[i])
            is_held[at] |= table[at] == codes[i]
