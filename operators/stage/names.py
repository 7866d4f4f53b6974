"""Track names behind their codes, for the few tracks that an incident shows.

Plain numbers are read back from the code itself. Other names are remembered
when first seen; at `MOST` names the memory is emptied, since living tracks are
seen again in their next frame.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from operators.stage.intake import NAMED

MOST = 1 << 20


def _table() -> NDArray[np.uint64]:
    return np.zeros(MOST * 2, np.uint64)


@dataclass
class Names:
    """Codes seen (a hash table) and their names."""

    known: dict[int, str] = field(default_factory=dict)
    table: NDArray[np.uint64] = field(default_factory=_table)


@njit(cache=True)
def _new(table: NDArray[np.uint64], codes: NDArray[np.uint64], out: NDArray[np.int64]) -> int:
    mask = np.uint64(len(table) - 1)
    n = 0
    for i in range(len(codes)):
        if codes[i] < NAMED:
            continue
        at = (codes[i] * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(20)) & mask
        while table[at] != 0 and table[at] != codes[i]:
            at = (at + np.uint64(1)) & mask
        if table[at] == 0:
            table[at] = codes[i]
            out[n] = i
            n += 1
    return n


def learn(names: Names, codes: NDArray[np.uint64], text: pl.Series) -> None:
    """Remember the names of codes not seen before; both have one entry an object."""
    if len(names.known) + len(codes) > MOST:
        names.known, names.table = {}, _table()
    rows = np.empty(len(codes), np.int64)
    rows = rows[: _new(names.table, codes, rows)]
    names.known.update(zip(codes[rows].tolist(), text.gather(rows).to_list(), strict=True))


def carry(into: Names, source: Names) -> None:
    """Take along the names of all tracks: what a code is called does not depend on its camera."""
    codes = np.fromiter(source.known, np.uint64, len(source.known))
    learn(into, codes, pl.Series(list(source.known.values()), dtype=pl.String))
