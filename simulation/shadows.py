"""Shadows at the kerb: for some seconds of every minute the detector takes a guest's shadow for a part of him.

His box is larger meanwhile and its foot lies elsewhere; he stands where he stood, so
the truth knows nothing of it. It comes without noise, too: figures have to bear it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulation.tracks import PARKED, Objects, Tracks, tracks_of

EVERY: Final = 4
"""One guest in so many stands in a shadow; ours."""

LIES_US: Final = (40_000_000, 44_000_000)
MINUTE_US: Final = 60_000_000
"""When in a minute it lies there: RoadTrack's dark cars are seen otherwise for up to 4 s; ours."""

GROWN: Final = 0.3
"""What it adds to the right and below, in widths and heights of the box; ours."""


def cast(guests: Tracks, objects: Objects, t_us: NDArray[np.int64]) -> Objects:
    """Return the objects of a camera, guests in a shadow with larger boxes.

    Parameters
    ----------
    guests
        Those at the kerb: they stand from their second key point to their third.
    t_us
        (n,) times of the frames that `objects` refers to.
    """
    rows, track = tracks_of(objects, PARKED)
    now = t_us[objects.frame[rows]]
    stands = (now >= guests.t_us[track, 1]) & (now < guests.t_us[track, 2])
    lies = (now % MINUTE_US >= LIES_US[0]) & (now % MINUTE_US < LIES_US[1])
    dark = rows[stands & lies & (track % EVERY == 1)]
    box = objects.box.copy()
    box[dark, 2:] += np.rint(GROWN * (box[dark, 2:] - box[dark, :2]) * 10_000) / 10_000
    return objects._replace(box=np.minimum(box, 1.0))
