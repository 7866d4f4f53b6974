"""What frames are told apart and ordered by: camera, time and number; copies of a frame stay as they came."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import frozen

UNSEEN: Final = np.iinfo(np.int64).min
"""The number of a frame that is left out whole: of one time it comes first, and takes none of the time."""

ABSENT: Final = UNSEEN + 1
"""The number of a frame that came without one; the least that a sender can give."""

PATIENCE: Final = 16
"""Moves a frame for which insertion is tried; what is in greater disorder is merged. Ours: in time, it is below 2."""


class Keys(NamedTuple):
    """What `n` frames are told apart by; arrays that nobody writes to."""

    camera: NDArray[np.int32]  # (n,)
    t_us: NDArray[np.int64]  # (n,)
    seq: NDArray[np.int64]  # (n,)

    def __deepcopy__(self, memo: dict[int, Any]) -> Keys:
        return self


def sealed(camera: NDArray[np.int32], t_us: NDArray[np.int64], seq: NDArray[np.int64]) -> Keys:
    """Return columns as keys that nobody can write to."""
    return Keys(frozen(camera), frozen(t_us), frozen(seq))


def chosen(frames: Keys, rows: NDArray[Any]) -> Keys:
    """Return these of the frames, or those where `rows` is true."""
    return sealed(frames.camera[rows], frames.t_us[rows], frames.seq[rows])


def together(parts: list[Keys]) -> Keys:
    """Return frames as one, in their order."""
    camera, t_us, seq = zip(*parts, strict=True)
    return sealed(np.concatenate(camera), np.concatenate(t_us), np.concatenate(seq))


@njit(cache=True)
def order(
    camera: NDArray[np.int32], t_us: NDArray[np.int64], seq: NDArray[np.int64], cameras: int
) -> NDArray[np.int64]:
    """Return (n,) rows in order: a counting sort, then insertion in runs that are almost sorted."""
    first = np.zeros(cameras + 1, np.int64)
    for c in camera:
        first[c + 1] += 1
    for c in range(cameras):
        first[c + 1] += first[c]
    rows = np.empty(len(camera), np.int64)
    fill = first[:-1].copy()
    for i in range(len(camera)):
        rows[fill[camera[i]]] = i
        fill[camera[i]] += 1
    for c in range(cameras):
        run = rows[first[c] : first[c + 1]]
        if not _insert(run, t_us, seq):
            run.sort()
            by_seq = run[np.argsort(seq[run], kind="mergesort")]
            run[:] = by_seq[np.argsort(t_us[by_seq], kind="mergesort")]
    return rows


@njit(cache=True)
def _insert(run: NDArray[np.int64], t_us: NDArray[np.int64], seq: NDArray[np.int64]) -> bool:
    """Sort rows of one camera; False, and in any order, where that takes more than `PATIENCE` moves a frame."""
    moves = PATIENCE * len(run)
    for k in range(1, len(run)):
        row, j = run[k], k
        while j > 0 and (
            t_us[run[j - 1]] > t_us[row] or (t_us[run[j - 1]] == t_us[row] and seq[run[j - 1]] > seq[row])
        ):
            run[j] = run[j - 1]
            j -= 1
        run[j] = row
        moves -= k - j
        if moves < 0:
            return False
    return True


def is_again(frames: Keys) -> NDArray[np.bool_]:
    """Return (n,) whether each of the sorted frames is the one before it, come again."""
    again = np.zeros(len(frames.camera), np.bool_)
    if len(again):
        again[1:] = np.logical_and.reduce([column[1:] == column[:-1] for column in frames])
    return again
