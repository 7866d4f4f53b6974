"""Tracks that cross lines: counts by class and direction, and speeds where the ground is known.

A track belongs to a side of a line once it was seen beyond the dead band there in
two frames, frames inside the band not counting and a frame beyond the other side
starting afresh. It crosses when it comes to belong to the other side, provided
that its path last changed sides beside the line and not beyond its ends. That
last change of sides is the crossing: its time, its minute and its speed. Its
class is the track's majority up to then. A crossing that is taken back within
`turn_us` leaves nothing either way, so that the crossings of a track are its
change of side: each is told when nothing takes it back any more, by its camera's
clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from operators import carrying, slots
from operators.arrays import Ordered, Parts
from operators.carrying import Moves
from operators.city import City
from operators.minutes import MINUTE_US
from operators.tracking.crossed import CROSSING, NONE_DUE_US, Chains, Rules, rechain, tell
from operators.tracking.crossing import TRACK, Geometry, walk
from schemas.cards import CARDS, METRIC_NAMES
from schemas.columns import FLOW, VEHICLES

__all__ = ["VERSION", "Rules", "State", "carry", "counts", "follow", "settle", "start"]

VERSION: Final = 3
"""Raised when the same input gives other figures."""

_METRICS: Final = [METRIC_NAMES.index(card.enabled_by) for card in CARDS if card.roles]
_COUNT: Final = FLOW.offset(f"{VEHICLES[0]}_n")
_SPEED_N: Final = FLOW.offset(f"{VEHICLES[0]}_speed_n")
_SPEED_SUM: Final = FLOW.offset(f"{VEHICLES[0]}_speed_sum")
_BUFFER: Final = 4096
_EVER_US: Final = 1 << 61


@dataclass(slots=True)
class State:
    """What is remembered of tracks near their lines; bounded by `Rules.forget_us`.

    Attributes
    ----------
    tracks
        Records of `operators.tracking.crossing.TRACK`, one a track and line.
    clock_us
        (c,) each camera's newest frame.
    chains
        Through the tracks: those lost at a line, and those whose crossing waits.
    """

    tracks: slots.Slots
    clock_us: NDArray[np.int64]
    chains: Chains


def start(city: City) -> State:
    """Return the state in which no track was seen."""
    clock = np.full(len(city.cameras), -(1 << 62), np.int64)
    near, held = np.full(len(city.line_ids), -1, np.int32), np.full(len(city.cameras), -1, np.int32)
    due_us = np.full(len(city.cameras), NONE_DUE_US, np.int64)
    return State(slots.empty(TRACK), clock, Chains(near, held, due_us))


def follow(state: State, city: City, ordered: Ordered, rules: Rules) -> NDArray[np.void]:
    """Follow tracks over lines. `state` is changed in place.

    Parameters
    ----------
    ordered
        On-time frames, sorted by (camera, t). Objects without a track and garbage
        never cross; frames that are not usable are passed over.

    Returns
    -------
    Crossings, records of `operators.tracking.crossed.CROSSING`, once nothing takes them back any more: their time
    lies up to `told_us` before the frame that told them.
    """
    geometry = _geometry(city)
    most = int(np.max(np.diff(ordered.first) * np.diff(city.line_first)[ordered.camera], initial=0))
    found, out = [], np.empty(max(_BUFFER, most), CROSSING)
    done = 0
    while done < len(ordered.t_us):
        done, count = walk(state.tracks, state.clock_us, state.chains, geometry, rules, ordered, done, out)
        found.append(out[:count].copy())
        if done < len(ordered.t_us) and count <= len(out) - most:
            _make_room(state, city, rules, most)
    return np.concatenate([out[:0], *found])


def settle(state: State, cameras: NDArray[np.integer[Any]], rules: Rules) -> NDArray[np.void]:
    """Return the crossings that wait at these cameras: no frame of theirs follows."""
    row = state.tracks.row[: state.tracks.used[0]]
    out = np.empty(int((row["held_way"] >= 0).sum()), CROSSING)
    count = 0
    for camera in cameras.tolist():
        count = tell(state.tracks, state.chains, rules, camera, _EVER_US, out, count)
    return out[:count]


def counts(crossing: NDArray[np.void]) -> Parts:
    """Return parts of `FLOW`, one a crossing, in its minute."""
    values = np.zeros((len(crossing), FLOW.width), np.int64)
    at, cls, has_speed = np.arange(len(crossing)), crossing["cls"], crossing["speed_mmps"] >= 0
    values[at, _COUNT + cls] = 1
    values[at, _SPEED_N + cls] = has_speed
    values[at, _SPEED_SUM + cls] = np.where(has_speed, crossing["speed_mmps"], 0)
    return Parts(crossing["key"].copy(), crossing["t_us"] // MINUTE_US, values)


def carry(into: State, city: City, source: State, moved: Moves) -> None:
    """Take along what is remembered of tracks near the lines of cameras that go along to `city`."""
    carrying.rows(into.clock_us, source.clock_us, moved.camera)
    into.tracks = carrying.records(into.tracks, source.tracks, moved.line)
    rechain(into.tracks, into.chains, city.line_camera)


def _make_room(state: State, city: City, rules: Rules, room: int) -> None:
    row = state.tracks.row[: state.tracks.used[0]]
    unseen_us = state.clock_us[city.line_camera[row["owner"]]] - row["seen_us"]
    is_known = row["is_live"] & (unseen_us <= rules.forget_us)
    state.tracks = slots.keep(state.tracks, is_known | (row["held_way"] >= 0), room)
    rechain(state.tracks, state.chains, city.line_camera)


def _watching(city: City) -> NDArray[np.bool_]:
    return np.asarray(city.enabled[:, _METRICS].any(1) & city.fixed)


def _geometry(city: City) -> Geometry:
    return Geometry(_watching(city), city.aspect, city.homography, city.line_first, city.point_first, city.point)
