"""Streams that send no empty frames: after two periods without a frame, nobody is there.

Their gaps up to `silence_s` count as watched and empty. A frame with such a gap
behind it stands for two periods; a frame without objects, which nobody sent,
stands for the rest, so that no kernel keeps people where they were last seen.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from operators.arrays import Ordered
from operators.city import City

PERIODS = 2
"""Periods that a frame stands for at most (metrics.md, For every metric)."""


def told(city: City, ordered: Ordered) -> Ordered:
    """Return the frames with those that nobody sent, sorted by (camera, time) as before.

    What health says of frames and of time watched is said before: these frames are not counted.
    """
    most_ms = (PERIODS * city.period_us[ordered.camera]) // 1000
    long = np.flatnonzero(ordered.dt_ms > most_ms)
    if not len(long):
        return ordered
    place = long + 1
    whole = {
        name: np.insert(getattr(ordered, name), place, getattr(ordered, name)[long])
        for name in ("camera", "usable", "made_here", "width", "height")
    }
    dt_ms = ordered.dt_ms.copy()
    dt_ms[long] = most_ms[long]
    start_us = (ordered.t_us[long] // 1000 + most_ms[long]) * 1000
    return ordered._replace(
        **whole,
        t_us=np.insert(ordered.t_us, place, start_us),
        lag_ms=None if ordered.lag_ms is None else np.insert(ordered.lag_ms, place, np.int32(0)),
        dt_ms=np.insert(dt_ms, place, (ordered.dt_ms[long] - most_ms[long]).astype(np.int32)),
        first=np.insert(ordered.first, place, ordered.first[place]),
        signal_frame=_moved(ordered.signal_frame, long),
    )


def _moved(frame: NDArray[np.int64], long: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows of frames after one was put behind each of `long`."""
    return frame + np.searchsorted(long, frame, side="left")
