"""The hours of a night zone as spans of time: what is open now, since when and until when.

Hours repeat every day, so a span is found by walking over whole minutes from the
time asked about; that is done when a zone's span is over, twice a night.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.city import City
from operators.local_hours import is_open
from operators.minutes import MINUTE_US
from schemas.local_time import DAY_MINUTES

ALWAYS_US: Final = 1 << 61
"""Edge of a span that never ends."""


class Hours(NamedTuple):
    """Local minutes of the day of `k` night zones: `span[first[k]:first[k + 1]]`."""

    first: NDArray[np.int64]  # (k + 1,)
    span: NDArray[np.int32]  # (h, 2) from and to
    offset_us: int  # local time - UTC


def hours(city: City, zone: NDArray[np.int32], default: tuple[int, int]) -> Hours:
    """Return the zones' own hours, and the default [local minutes of the day] where a zone has none."""
    spans = [city.hours[city.hours_first[z] : city.hours_first[z + 1]] for z in zone]
    spans = [own if len(own) else np.array([default], np.int32) for own in spans]
    first = np.cumsum([0, *(len(own) for own in spans)]).astype(np.int64)
    return Hours(first, np.concatenate([np.empty((0, 2), np.int32), *spans]), city.offset_us)


@njit(cache=True)
def span(hours: Hours, key: int, t_us: int) -> tuple[bool, int, int]:
    """Tell whether a zone is open at a time, and from when until when it is so [us]."""
    first, end, offset_us = hours.first[key], hours.first[key + 1], hours.offset_us
    now = is_open(hours.span, first, end, t_us, offset_us)
    since_us = until_us = t_us // MINUTE_US * MINUTE_US
    for _ in range(DAY_MINUTES):
        until_us += MINUTE_US
        if is_open(hours.span, first, end, until_us, offset_us) != now:
            break
    else:
        return now, -ALWAYS_US, ALWAYS_US
    while is_open(hours.span, first, end, since_us - MINUTE_US, offset_us) == now:
        since_us -= MINUTE_US
    return now, since_us, until_us
