"""Detectors that hang: for some hours of some days a camera's frames come without objects; truth: from when until when.

What passes then passes all the same: the other truths know of it. Without noise
no detector hangs.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulation.scene import Scene, days, random, within
from simulation.tracks import Objects
from simulation.watch import times

CHANCE: Final = 0.03
"""Of a camera and day; ours."""

BEGIN_H: Final = (9.0, 14.0)
LENGTH_H: Final = 3.0
"""Local hours within which a detector hangs, and for how long; ours."""

HOUR_US: Final = 3_600_000_000


def spans(scene: Scene) -> NDArray[np.int64]:
    """Return (k, 2) spans [us] in which the detector finds nothing; none meets an outage, or lies at an end."""
    if scene.noiseless:
        return np.zeros((0, 2), np.int64)
    rng, rows = random(scene.seed, scene.number, "mute"), []
    for start, end in days(scene, *BEGIN_H):
        hangs, begin = rng.random() < CHANCE, int(rng.integers(start, end))
        if hangs:
            rows.append((begin, begin + round(LENGTH_H * HOUR_US)))
    found = np.array(rows, np.int64).reshape(len(rows), 2)
    return found[within(scene, found[:, 0], found[:, 1], HOUR_US)]


def silenced(scene: Scene, objects: Objects, t_us: NDArray[np.int64]) -> Objects:
    """Return the objects that a detector which hangs now and then still finds.

    Parameters
    ----------
    t_us
        (n,) times of the frames that `objects` refers to.
    """
    hung = np.zeros(len(t_us), np.bool_)
    for begin, end in spans(scene):
        hung |= (t_us >= begin) & (t_us < end)
    if not hung.any():
        return objects
    kept = ~hung[objects.frame]
    return Objects(objects.frame[kept], objects.cls[kept], objects.number[kept], objects.box[kept])


def truth(scene: Scene) -> pl.DataFrame:
    """Return one row a time in which the detector hung: ``camera_id``, ``from``, ``to``."""
    found = spans(scene)
    if not len(found):
        return pl.DataFrame()
    return pl.DataFrame(
        {
            "camera_id": pl.repeat(scene.camera.id, len(found), eager=True),
            "from": times(found[:, 0]),
            "to": times(found[:, 1]),
        }
    )
