"""One frame's boxes as the tracker looks at them: the surest first, doubles left out.

Beside them stand the camera's tracks. All of it is working memory: arrays made
once a call and used again for every frame.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import Ordered
from operators.tracking.tracks import overlap

TAKEN, UNSURE, SURE = range(3)
"""Standing of a box."""


class Scene(NamedTuple):
    """One camera's tracks (rows) and one frame's boxes (columns), in working memory reused by every frame."""

    slot: NDArray[np.int64]  # (most,) slot of each track
    box: NDArray[np.float64]  # (most, 4) where it is expected
    reach: NDArray[np.float64]  # (most,) how far around it to look
    least: NDArray[np.float64]  # (most,) least overlap with a sure box
    walks: NDArray[np.bool_]  # (most,) a person just seen, who may have walked away from all overlap
    missed: NDArray[np.bool_]  # (most,) not matched yet
    seen: NDArray[np.int64]  # (most,) object of each box
    standing: NDArray[np.int64]  # (most,) TAKEN, UNSURE or SURE
    rows: NDArray[np.int64]  # (most,) tracks of the round
    columns: NDArray[np.int64]  # (most,) boxes of the round
    gain: NDArray[np.float64]  # (most, most)
    match: NDArray[np.int64]  # (most,)


@njit(cache=True)
def working_memory(most: int) -> Scene:
    """Return a scene for up to `most` tracks and boxes."""
    return Scene(
        np.empty(most, np.int64),
        np.empty((most, 4)),
        np.empty(most),
        np.empty(most),
        np.empty(most, np.bool_),
        np.empty(most, np.bool_),
        np.empty(most, np.int64),
        np.empty(most, np.int64),
        np.empty(most, np.int64),
        np.empty(most, np.int64),
        np.empty((most, most)),
        np.empty(most, np.int64),
    )


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def confidence(ordered: Ordered, o: int) -> np.float32:
    """Return an object's confidence; a detector that gives none is sure."""
    c = ordered.confidence[o]
    return np.float32(1.0) if np.isnan(c) else c


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def look(
    ordered: Ordered, first: int, last: int, unsure: float, sure: float, duplicate: float, kind_of: NDArray[np.uint8],
    scene: Scene,
) -> int:  # fmt: skip
    """List a frame's boxes without id, surest first and less the doubles; return how many."""
    n = 0
    for o in range(first, last):
        c = confidence(ordered, o)
        if ordered.track[o] != 0 or c < unsure:
            continue
        if n == len(scene.seen):
            if confidence(ordered, scene.seen[n - 1]) >= c:
                continue
            n -= 1
        at = n
        while at > 0 and confidence(ordered, scene.seen[at - 1]) < c:
            scene.seen[at] = scene.seen[at - 1]
            at -= 1
        scene.seen[at] = o
        n += 1
    kept = 0
    for d in range(n):
        o, double = scene.seen[d], False
        for e in range(kept):
            other = scene.seen[e]
            double |= kind_of[ordered.cls[o]] == kind_of[ordered.cls[other]] and (
                overlap(ordered.box[o], ordered.box[other], 0.0) >= duplicate
            )
        if not double:
            scene.seen[kept] = o
            scene.standing[kept] = SURE if confidence(ordered, o) >= sure else UNSURE
            kept += 1
    return kept
