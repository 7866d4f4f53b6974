"""Hours of the local day within which a rule of a zone holds."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.minutes import MINUTE_US
from schemas.local_time import DAY_MINUTES


@njit(cache=True)
def is_open(hours: NDArray[np.int32], first: int, end: int, t_us: int, offset_us: int) -> bool:
    """Tell whether a time lies within any of ``hours[first:end]``; no hours mean always.

    Parameters
    ----------
    hours
        (h, 2) local minutes of the day, from and to, half open; to before from: over midnight.
    t_us, offset_us
        The time [us UTC], and local time - UTC [us].
    """
    if first == end:
        return True
    minute = (t_us + offset_us) // MINUTE_US % DAY_MINUTES
    for i in range(first, end):
        start, stop = hours[i, 0], hours[i, 1]
        if start < stop:
            if start <= minute < stop:
                return True
        elif minute >= start or minute < stop:
            return True
    return False
