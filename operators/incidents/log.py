"""Where kernels write changes of incidents: a table that grows inside compiled loops."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import Changes


class Log(NamedTuple):
    """Changes as they are emitted."""

    length: NDArray[np.int64]  # (1,) rows in use
    whole: NDArray[np.int64]  # (capacity, 12) the integer columns of `Changes`, 64-bit hashes by their bits
    peak: NDArray[np.float64]  # (capacity,)
    box: NDArray[np.float32]  # (capacity, 4)


def new_log(capacity: int = 64) -> Log:
    """Return an empty log."""
    whole = np.empty((capacity, 12), np.int64)
    return Log(np.zeros(1, np.int64), whole, np.empty(capacity), np.empty((capacity, 4), np.float32))


@njit(cache=True)
def claim(log: Log) -> tuple[Log, int]:
    """Return the log, larger if it was full, and the row to write next."""
    at = log.length[0]
    if at == len(log.peak):
        size = 2 * at
        larger = Log(log.length, np.empty((size, 12), np.int64), np.empty(size), np.empty((size, 4), np.float32))
        larger.whole[:at] = log.whole
        larger.peak[:at] = log.peak
        larger.box[:at] = log.box
        log = larger
    log.length[0] = at + 1
    return log, at


def changes(log: Log) -> Changes:
    """Return what the log holds, column by column."""
    n = int(log.length[0])
    whole = np.ascontiguousarray(log.whole[:n].T)
    return Changes(
        kind=whole[0].astype(np.uint8),
        camera=whole[1].astype(np.int32),
        zone=whole[2].astype(np.int32),
        anchor=whole[3].view(np.uint64),
        step=whole[4].astype(np.int32),
        state=whole[5].astype(np.uint8),
        severity=whole[6].astype(np.uint8),
        t_us=whole[7],
        opened_us=whole[8],
        active_us=whole[9],
        closed_us=whole[10],
        peak=log.peak[:n].copy(),
        box=log.box[:n].copy(),
        track=whole[11].view(np.uint64),
    )
