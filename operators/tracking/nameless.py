"""Ids that name nobody: one that everybody bears, or one for every box.

A sender without a tracker may write 0 for all its objects, or a new number with each
of them. An id that all persons and vehicles of a frame of several bear, `BORE` of them
without another id between, is a word for "no id", until another comes. Where of
`FRESH` persons and vehicles, over `FRESH_US` and longer, none bears an id of the frame
before, not farther than `NEAR_US` apart, ids are numbers of boxes, until one comes
again. On-time frames decide, each by itself and those before it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import Ordered

BORE: Final = 20
FRESH: Final = 200
FRESH_US: Final = 60_000_000
NEAR_US: Final = 1_000_000
"""Ours: a doubled box is no word, and of 200 bodies that a tracker follows one is seen twice within a second."""
KEPT: Final = 8
"""Ids of a frame that are looked for in the next."""


class Said(NamedTuple):
    """What `c` streams have shown of their ids; arrays are changed in place."""

    word: NDArray[np.uint64]  # (c,) the id that all objects of a frame of several bore, 0 where another came since
    times: NDArray[np.int64]  # (c,) how many objects bore it beside the first of their frame
    kept: NDArray[np.uint64]  # (c, KEPT) ids of the last frame with some, 0 where there are fewer
    kept_us: NDArray[np.int64]  # (c,) its time
    fresh: NDArray[np.int64]  # (c,) objects since an id came again
    since_us: NDArray[np.int64]  # (c,) when the first of them came


def start(cameras: int) -> Said:
    """Return the state before any frame."""
    times, kept_us, fresh, since_us = np.zeros((4, cameras), np.int64)
    kept = np.zeros((cameras, KEPT), np.uint64)
    return Said(np.zeros(cameras, np.uint64), times, kept, kept_us, fresh, since_us)


def step(state: Said, followed: NDArray[np.bool_], ordered: Ordered) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Return ids without those that name nobody; the state is changed in place.

    Parameters
    ----------
    followed
        (256,) classes, by code, that have tracks.
    ordered
        On-time frames sorted by (camera, time).

    Returns
    -------
    (m,) ids, 0 where one names nobody, and (n,) whether a frame's ids do not.
    """
    track, nobodys = ordered.track.copy(), np.zeros(len(ordered.camera), np.bool_)
    _walk(*state, followed, ordered.camera, ordered.t_us, ordered.first, ordered.cls, track, nobodys)
    return track, nobodys


@njit(cache=True)
def _walk(
    word: NDArray[np.uint64], times: NDArray[np.int64], kept: NDArray[np.uint64], kept_us: NDArray[np.int64],
    fresh: NDArray[np.int64], since_us: NDArray[np.int64], followed: NDArray[np.bool_], camera: NDArray[np.int32],
    t_us: NDArray[np.int64], first: NDArray[np.int64], cls: NDArray[np.uint8], track: NDArray[np.uint64],
    nobodys: NDArray[np.bool_],
) -> None:  # fmt: skip
    ids = np.empty(KEPT, np.uint64)
    for i in range(len(camera)):
        c = camera[i]
        named, is_one, again, one = 0, True, False, np.uint64(0)
        ids[:] = 0
        for o in range(first[i], first[i + 1]):
            if not followed[cls[o]] or track[o] == 0:
                continue
            is_one &= named == 0 or track[o] == one
            one = track[o]
            if named < KEPT:
                ids[named] = one
            for k in range(KEPT):
                again |= kept[c, k] == one
            named += 1
        if named > 0:
            if not is_one or one != word[c]:
                word[c], times[c] = one if is_one and named > 1 else np.uint64(0), 0
            if is_one:
                times[c] += named - 1
            if again:
                fresh[c] = 0
            elif kept[c, 0] != 0 and t_us[i] - kept_us[c] <= NEAR_US:
                since_us[c] = t_us[i] if fresh[c] == 0 else since_us[c]
                fresh[c] += named
            kept[c], kept_us[c] = ids, t_us[i]
        nobodys[i] = times[c] >= BORE or (fresh[c] >= FRESH and t_us[i] - since_us[c] >= FRESH_US)
        if nobodys[i]:
            for o in range(first[i], first[i + 1]):
                if followed[cls[o]]:
                    track[o] = 0
