"""Riders: persons whom the detector sees on two-wheelers; truth: they cross lines as riders.

Most two-wheelers that drive have somebody on them whom the detector boxes as a
person of his own track, also while they wait at a red light. Parked ones have
nobody. Without noise a detector sees the two-wheeler alone.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from schemas.frames import CLASSES
from simulation.tracks import FAMILIES, JAMMED, LIVES, RACERS, VEHICLES, Objects, Tracks, merged

SEEN: Final = 0.6
"""Share of two-wheelers whose rider is boxed; ours."""

ABOVE, TALL, WIDE = 0.25, 1.35, 0.7
"""A rider's box in the two-wheeler's: how far above its lower edge it ends, its height and width; ours."""

FAMILY: Final = {VEHICLES: 10, JAMMED: 11, RACERS: 12}
"""Family of the riders' numbers, by that of what they ride."""

_RIDDEN: Final = np.array([name in ("bicycle", "motorcycle") for name in CLASSES])


def ridden(tracks: Tracks) -> NDArray[np.bool_]:
    """Return (k,) which tracks have a rider who is seen."""
    return _ridden(tracks, np.arange(len(tracks.cls)))


def _ridden(tracks: Tracks, track: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which of the tracks at these rows (m,) have a rider who is seen."""
    out: NDArray[np.bool_] = _RIDDEN[tracks.cls[track]] & (track * 2_654_435_761 % 1_000 < 1_000 * SEEN)
    return out


def riders(tracks: Tracks, wanted: NDArray[np.bool_] | None = None) -> Tracks:
    """Return the riders of these tracks as tracks of class rider, for the truth: they are where their vehicles are."""
    chosen = ridden(tracks) if wanted is None else wanted
    cls = np.full(int(chosen.sum()), CLASSES.index("rider"), np.uint8)
    return Tracks(tracks.family, cls, tracks.t_us[chosen], tracks.x[chosen], tracks.y[chosen])


def bodies(tracks: Tracks) -> Tracks:
    """Return all tracks under the numbers that riders have."""
    return tracks._replace(family=FAMILY[tracks.family])


def mounts(number: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the numbers of what bodies ride, their own where they ride nothing, and which ride (m,)."""
    family = number // LIVES % FAMILIES
    out, rides = number.copy(), np.zeros(len(number), np.bool_)
    for ridden_family, own in FAMILY.items():
        of_family = family == own
        out[of_family] += (ridden_family - own) * LIVES
        rides |= of_family
    return out, rides


def behind(cut: float) -> float:
    """Return the share of a rider's box that is hidden by what hides this share of the two-wheeler's."""
    return max(cut - ABOVE, 0.0) / TALL


def with_riders(objects: Objects, tracks: Tracks) -> Objects:
    """Return the objects of these tracks with those of their riders, as persons."""
    track = objects.number // LIVES // FAMILIES
    at = np.flatnonzero(_ridden(tracks, track))
    box, height = objects.box[at], objects.box[at, 3] - objects.box[at, 1]
    width, x, foot = box[:, 2] - box[:, 0], (box[:, 0] + box[:, 2]) / 2, box[:, 3] - ABOVE * height
    edges = np.stack([x - width * WIDE / 2, foot - TALL * height, x + width * WIDE / 2, foot], axis=1)
    number = (track[at] * FAMILIES + FAMILY[tracks.family]) * LIVES + objects.number[at] % LIVES
    person = np.full(len(at), CLASSES.index("person"), np.uint8)
    return merged([objects, Objects(objects.frame[at], person, number, np.clip(np.rint(edges * 1e4), 0, 1e4) / 1e4)])
