"""How sure a detector is, on its own scale: one that never says 0.4 is not unsure of everything.

Tracks begin, and parked vehicles are believed, at a confidence of `SURE`, which three
boxes of four of a vehicle reach that stands. Some detectors never reach it: where
fewer than one in a thousand of the persons, two-wheelers or larger vehicles that a
camera showed so far do, their confidences are stretched so that three in four would; where
that takes those of 0, all are taken as sure.
Only on-time frames decide, in their order, each by those before it: no cut of the
input changes what is read.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators import carrying
from operators.arrays import Ordered
from schemas.frames import CLASSES

VERSION: Final = 2
SURE: Final = 0.4
"""Confidence that starts a track and that a parked vehicle is believed at."""
LEAST: Final = 500
"""Boxes of a kind before its scale is judged; ours: minutes of a busy street."""
RARE: Final = 1_000
"""A detector reaches `SURE` where one of so many boxes does; ours. What is a vehicle to it alone did so in 1 of 7."""
_SHARE: Final = (3, 4)  # of boxes is sure on its own scale, as it is of vehicles that people marked
_BINS: Final = 20  # below `SURE`, 0.02 wide, and one above
_MOST: Final = 1 << 20  # boxes after which older ones weigh half: a night's, so that no day is forgotten
ALL: Final = 0.0
"""Stands for a stretch without end: what says 0 is as sure as its detector gets."""
_UP: Final = 1 + 1e-6  # what lies on the bar is not rounded below `SURE`

_KINDS: Final = {"person": 0, "rider": 0, "bicycle": 1, "motorcycle": 1, "car": 2, "bus": 2, "truck": 2}
_KIND: Final = np.array([_KINDS.get(CLASSES[i], -1) if i < len(CLASSES) else -1 for i in range(256)], np.int64)
"""(256,) by class code, what is judged together; -1 is left as it comes."""


class Seen(NamedTuple):
    """What `c` detectors have said; arrays are changed in place."""

    many: NDArray[np.int32]  # (c, kinds) boxes
    bins: NDArray[np.int32]  # (c, kinds, bins) of them, by confidence


def start(cameras: int) -> Seen:
    """Return the state before any frame."""
    kinds = _KIND.max() + 1
    return Seen(np.zeros((cameras, kinds), np.int32), np.zeros((cameras, kinds, _BINS + 1), np.int32))


def read(state: Seen, ordered: Ordered) -> NDArray[np.float32]:
    """Return (m,) confidences as kernels take them, of on-time frames sorted by (camera, time).

    `state` is changed in place. Where every detector reaches `SURE` they are those that came.
    """
    stretch = np.ones((len(ordered.camera), _KIND.max() + 1))
    if not _walk(state, _KIND, ordered.camera, ordered.first, ordered.cls, ordered.confidence, stretch):
        return ordered.confidence
    kind = _KIND[ordered.cls]
    by = np.repeat(stretch, np.diff(ordered.first), axis=0)[np.arange(len(kind)), kind]
    stretched = np.where(by == ALL, 1, np.minimum(ordered.confidence * by, 1))
    return np.where((kind >= 0) & (by != 1), stretched, ordered.confidence).astype(np.float32)


def carry(into: Seen, source: Seen, camera: NDArray[np.int32]) -> None:
    """Take along what the detectors of cameras that go along have said."""
    carrying.fields(into, source, camera)


@njit(cache=True)
def _walk(
    state: Seen, kind: NDArray[np.int64], camera: NDArray[np.int32], first: NDArray[np.int64],
    cls: NDArray[np.uint8], confidence: NDArray[np.float32], stretch: NDArray[np.float64],
) -> bool:  # fmt: skip
    """Write by how much each frame's confidences are stretched, by kind; tell whether any are."""
    found = False
    for i in range(len(camera)):
        many, bins = state.many[camera[i]], state.bins[camera[i]]
        for k in range(len(many)):
            if many[k] >= _MOST:
                _fade(many, bins, k)
            if many[k] >= LEAST and bins[k, _BINS] * RARE < many[k]:
                bar = _bar(bins[k], many[k])
                stretch[i, k] = ALL if bar == 0 else SURE / bar * _UP
                found = True
        for o in range(first[i], first[i + 1]):
            k = kind[cls[o]]
            if k >= 0:
                is_sure = not confidence[o] < SURE  # one that says none is sure
                bins[k, _BINS if is_sure else max(0, int(confidence[o] / SURE * _BINS))] += 1
                many[k] += 1
    return found


@njit(cache=True)
def _fade(many: NDArray[np.int32], bins: NDArray[np.int32], k: int) -> None:
    """Let what was seen weigh half."""
    many[k] = 0
    for b in range(_BINS + 1):
        bins[k, b] >>= 1
        many[k] += bins[k, b]


@njit(cache=True)
def _bar(bins: NDArray[np.int32], many: int) -> float:
    """Return the confidence that at least three in four reach, the lower edge of its bin."""
    above, b = bins[_BINS], _BINS
    while b > 0 and above * _SHARE[1] < many * _SHARE[0]:
        b -= 1
        above += bins[b]
    return b * SURE / _BINS
