"""Tracks that cross lines: counts by class and direction, and speeds where the ground is known.

A track belongs to a side of a line once it was seen beyond the dead band there in
two frames, frames inside the band not counting and a frame beyond the other side
starting afresh. It crosses when it comes to belong to the other side, provided
that its path last changed sides beside the line and not beyond its ends. That
last change of sides is the crossing: its time, its minute and its speed. Its
class is the track's majority up to then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators import slots
from operators.arrays import Ordered, Parts
from operators.city import City
from operators.crossing import CROSSING, TRACK, Geometry, walk
from operators.minutes import MINUTE_US, groups, segments
from schemas.columns import FLOW, VEHICLES
from schemas.registry import METRIC_NAMES

VERSION: Final = 1
"""Raised when the same input gives other figures."""

_METRICS: Final = [METRIC_NAMES.index(name) for name in ("flow", "visits")]
_COUNT: Final = FLOW.offset(f"{VEHICLES[0]}_n")
_SPEED_N: Final = FLOW.offset(f"{VEHICLES[0]}_speed_n")
_SPEED_SUM: Final = FLOW.offset(f"{VEHICLES[0]}_speed_sum")
_WIDTH: Final = FLOW.width
_BUFFER: Final = 4096


class Rules(NamedTuple):
    """What makes a crossing (metrics.md, "Vehicle flow")."""

    band: float = 0.01  # half the dead band, share of the frame's diagonal
    frames: int = 2  # beyond the band, on either side
    rearm_us: int = 10_000_000  # until a track may cross in the same direction again
    turn_us: int = 2_000_000  # until it may cross back: quicker is a tracker that flips (ours)
    heir_us: int = 2_000_000  # a track born so soon after one was lost inside the band ...
    heir_heights: float = 0.5  # ... and so near, in heights of its own box, goes on for it
    told_us: int = 60_000_000  # a crossing confirmed later than this is booked where it is confirmed (ours)
    forget_us: int = 30_000_000  # of its camera's time, after which an unseen track is a new one


@dataclass(slots=True)
class State:
    """What is remembered of tracks near their lines; bounded by `Rules.forget_us`.

    Attributes
    ----------
    tracks
        Records of `operators.crossing.TRACK`, one a track and line.
    clock_us
        (c,) each camera's newest frame.
    band
        (l,) first record of each line's chain of tracks inside its band, -1 for none.
    """

    tracks: slots.Slots
    clock_us: NDArray[np.int64]
    band: NDArray[np.int32]


def keys(city: City) -> NDArray[np.int32]:
    """Return the keys of flow rows: line * 2 + (0 to_right, 1 to_left), flow lines and gates alike."""
    line = np.flatnonzero(_watching(city)[city.line_camera])
    return np.stack([2 * line, 2 * line + 1], 1).ravel().astype(np.int32)


def start(city: City) -> State:
    """Return the state in which no track was seen."""
    clock = np.full(len(city.cameras), -(1 << 62), np.int64)
    return State(slots.empty(TRACK), clock, np.full(len(city.line_ids), -1, np.int32))


def watched(city: City, ordered: Ordered) -> Parts:
    """Return how long each line was watched, per direction.

    Parameters
    ----------
    ordered
        Frames in any order, late ones too.

    Returns
    -------
    Parts of `FLOW` with frames and observed_ms only, frames of a minute already merged.
    """
    cut = segments(ordered.t_us, ordered.dt_ms)
    lines = np.where(_watching(city), np.diff(city.line_first), 0)
    return Parts(*_watched(cut, ordered.camera, ordered.usable, 2 * lines[ordered.camera], city.line_first))


def step(state: State, city: City, ordered: Ordered, rules: Rules) -> Parts:
    """Follow tracks over lines. `state` is changed in place.

    Parameters
    ----------
    ordered
        On-time frames, sorted by (camera, t). Objects without a track and garbage
        never cross; frames that are not usable are passed over.

    Returns
    -------
    Parts of `FLOW`, one a crossing, in the minute of the crossing, which may lie
    before the frame that confirmed it.
    """
    geometry = _geometry(city)
    most = int(np.max(np.diff(ordered.first) * np.diff(city.line_first)[ordered.camera], initial=0))
    found, out = [], np.empty(max(_BUFFER, most), CROSSING)
    done = 0
    while done < len(ordered.t_us):
        done, count = walk(state.tracks, state.clock_us, state.band, geometry, rules, ordered, done, out)
        found.append(out[:count].copy())
        if done < len(ordered.t_us) and count <= len(out) - most:
            _make_room(state, city, rules, most)
    return _parts(np.concatenate([out[:0], *found]))


def _make_room(state: State, city: City, rules: Rules, room: int) -> None:
    row = state.tracks.row[: state.tracks.used[0]]
    unseen_us = state.clock_us[city.line_camera[row["owner"]]] - row["seen_us"]
    state.tracks = slots.keep(state.tracks, row["is_live"] & (unseen_us <= rules.forget_us), room)
    _chain(state.tracks, state.band)


def _watching(city: City) -> NDArray[np.bool_]:
    return np.asarray(city.enabled[:, _METRICS].any(1) & city.fixed)


def _geometry(city: City) -> Geometry:
    return Geometry(_watching(city), city.aspect, city.homography, city.line_first, city.point_first, city.point)


def _parts(crossing: NDArray[Any]) -> Parts:
    values = np.zeros((len(crossing), FLOW.width), np.int64)
    at, cls, has_speed = np.arange(len(crossing)), crossing["cls"], crossing["speed_mmps"] >= 0
    values[at, _COUNT + cls] = 1
    values[at, _SPEED_N + cls] = has_speed
    values[at, _SPEED_SUM + cls] = np.where(has_speed, crossing["speed_mmps"], 0)
    return Parts(crossing["key"].copy(), crossing["t_us"] // MINUTE_US, values)


@njit(cache=True)
def _chain(tracks, band):  # type: ignore[no-untyped-def]
    """Chain the tracks inside each line's band anew."""
    band[:] = -1
    for at in range(tracks.used[0]):
        row = tracks.row[at]
        if row.is_inside:
            row.before, row.after = -1, band[row.owner]
            if row.after >= 0:
                tracks.row[row.after].before = at
            band[row.owner] = at


@njit(cache=True)
def _watched(cut, camera, usable, width, line_first):  # type: ignore[no-untyped-def]
    row, rows = groups(cut, camera, width)
    key, minute = np.empty(rows, np.int32), np.empty(rows, np.int64)
    values = np.zeros((rows, _WIDTH), np.int64)
    for s in range(len(cut.frame)):
        i = cut.frame[s]
        for k in range(width[i]):
            at = row[s] + k
            key[at], minute[at] = 2 * line_first[camera[i]] + k, cut.minute[s]
            values[at, 0] += cut.is_first[s]
            values[at, 1] += cut.ms[s] if usable[i] else 0
    return key, minute, values
