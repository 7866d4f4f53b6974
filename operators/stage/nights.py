"""Where frames on time go past a local midnight: what is remembered there is kept, so that a day can be made again.

A camera's last frame before midnight reaches into the new day. So what is remembered is what stood before
that frame: who goes on from it takes that frame first.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from operators.stage.arrived import Arrived, nothing, take
from operators.stage.released import Part
from schemas.local_time import day_of


class Crossing(NamedTuple):
    """`k` cameras whose next frame is of another day than their last one."""

    camera: NDArray[np.int32]  # (k,) codes
    last_us: NDArray[np.int64]  # (k,) the last frame before
    first_day: NDArray[np.int64]  # (k,) the first local day that begins between, since 1970
    last_day: NDArray[np.int64]  # (k,) the last one


def cut(part: Part, frontier_us: NDArray[np.int64], crossed: NDArray[np.bool_]) -> tuple[Part, Part, Crossing]:
    """Return the frames before the first crossings, those from each crossing camera's last frame on, and who crosses.

    Parameters
    ----------
    part
        Frames by camera and time.
    frontier_us
        (c,) The next frame of each camera, behind those of `part`.
    crossed
        (c,) Cameras of which the first of these frames is one before a crossing that is known.
    """
    camera, t_us = part.frames.camera, part.frames.t_us
    is_last = np.diff(camera, append=-1) != 0
    next_us = np.append(t_us[1:], 0)
    next_us[is_last] = frontier_us[camera[is_last]]
    day, next_day = day_of(t_us), day_of(next_us)
    is_known = (np.diff(camera, prepend=-1) != 0) & crossed[camera]
    at = np.flatnonzero((next_day > day) & ~is_known)
    who, first = np.unique(camera[at], return_index=True)
    at = at[first]
    bound = np.full(len(frontier_us), len(camera))
    bound[who] = at
    is_after = np.arange(len(camera)) >= bound[camera]
    night = Crossing(who, t_us[at], day[at] + 1, next_day[at])
    return _rows(part, ~is_after), _rows(part, is_after), night


def _rows(part: Part, chosen: NDArray[np.bool_]) -> Part:
    rows = np.flatnonzero(chosen)
    if len(rows) == len(chosen):
        return part
    frames: Arrived = take(part.frames, rows)
    return Part(frames, part.dt_ms[rows], part.lag_ms[rows], nothing())
