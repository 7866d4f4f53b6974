"""Visits: persons who cross a gate, once a track and direction.

The registry says which way over a gate's line is in. Somebody who steps over the
line and back five times came in once; who they are, and whether they came before,
no camera knows.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from operators.arrays import Parts
from operators.city import City, cameras_with
from operators.minutes import MINUTE_US
from schemas.columns import VEHICLES, VISITS

VERSION: Final = 1
"""Raised when the same input gives other figures."""

_PERSON: Final = VEHICLES.index("person")
_ENTRIES: Final = VISITS.offset("entries_n")
_EXITS: Final = VISITS.offset("exits_n")


def counts(city: City, crossing: NDArray[np.void]) -> Parts:
    """Return parts of `VISITS`, one a visit, in the minute of its crossing.

    Parameters
    ----------
    crossing
        Records of `operators.tracking.crossed.CROSSING`, from `operators.metrics.flow.follow`. Lines
        that are no gates, cameras without metric visits, classes other than person
        and tracks that crossed this way before are left out.
    """
    line, way = crossing["key"] // 2, 1 - 2 * (crossing["key"] % 2)
    is_asked = (cameras_with(city, "visits") & city.fixed)[city.line_camera[line]]
    entry = city.line_entry[line]
    wanted = is_asked & (entry != 0) & crossing["is_first"] & (crossing["cls"] == _PERSON)
    values = np.zeros((int(wanted.sum()), VISITS.width), np.int64)
    is_entry = (way == entry)[wanted]
    values[:, _ENTRIES], values[:, _EXITS] = is_entry, ~is_entry
    return Parts(line[wanted].astype(np.int32), crossing["t_us"][wanted] // MINUTE_US, values)
