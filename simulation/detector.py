"""What a detector makes of the scene: confidence, jitter, misses, wrong classes.

Without noise everything is seen with confidence 0.9. Even then the upper edge of
each box wavers by one step: boxes that never change are the mark of a frozen
picture.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.frames import CLASSES
from simulation.scene import Scene, random
from simulation.tracks import Objects

STEP: Final = 0.0001
MISSED: Final = 0.03
MISTAKEN: Final = 0.01
JITTER: Final = 0.02
"""Shares of objects missed and of a wrong class, jitter in box widths (standard deviation); ours."""

_CONFUSED: Final = {"car": "truck", "truck": "car", "motorcycle": "bicycle", "bicycle": "motorcycle", "bus": "truck"}
_WRONG: Final = np.array([CLASSES.index(_CONFUSED.get(name, name)) for name in CLASSES], np.uint8)


class Seen(NamedTuple):
    """`m` detections in frame order."""

    objects: Objects
    confidence: NDArray[np.float32]  # (m,) two decimals


def detect(scene: Scene, objects: Objects, seq: NDArray[np.int64], part: int) -> Seen:
    """Return what the detector reports.

    Parameters
    ----------
    seq
        (n,) frame numbers of the frames that `objects` refers to.
    part
        Which hour it is: each has its own random numbers.
    """
    box = objects.box.copy()
    box[:, 1] = np.maximum(box[:, 1] - STEP * (seq[objects.frame] & 1), 0.0)
    if scene.noiseless:
        return Seen(objects._replace(box=box), np.full(len(box), 0.9, np.float32))
    rng = random(scene.seed, scene.number, "noise", part)
    count = len(box)
    shift = rng.normal(0.0, JITTER, (count, 2)) * (box[:, 2:3] - box[:, 0:1])
    moved = np.clip(np.rint((box + np.tile(shift, 2)) / STEP), 0, 1 / STEP) * STEP
    cls = np.where(rng.random(count) < MISTAKEN, _WRONG[objects.cls], objects.cls)
    confidence = np.round(np.clip(rng.normal(0.8, 0.1, count), 0.3, 0.99), 2).astype(np.float32)
    whole = (moved[:, 2] > moved[:, 0]) & (moved[:, 3] > moved[:, 1])
    kept = (rng.random(count) >= MISSED) & whole
    return Seen(Objects(objects.frame[kept], cls[kept], objects.number[kept], moved[kept]), confidence[kept])
