"""Tracks while they stay: one record a track and zone, or a track and camera, until it is gone.

A track is gone when it was not seen where it is asked about for longer than
`gone_us` of its camera's time, and seen again later it is a new one. It does not
matter what reveals that: its own return, the end of a batch, or a tick. The
compiled loops that keep the records stop when there is no room and go on with
the same frame, so they must bear seeing it twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators import carrying, slots
from operators.arrays import Ordered
from operators.carrying import Codes
from operators.city import City
from operators.stage import feet

NEVER_US: Final = -(1 << 61)
_BUFFER: Final = 4096

FIELDS: Final = [
    ("track", np.uint64),
    ("owner", np.int32),  # zone or camera
    ("is_live", np.bool_),  # not gone yet; the row of one that is gone waits to be used again
    ("first_us", np.int64),  # first sight
    ("seen_us", np.int64),  # last sight
]
"""What every record of this kind has."""


Plan = TypeVar("Plan")
Walk: TypeAlias = Callable[[slots.Slots, NDArray[np.int64], Plan, Ordered, int, NDArray[np.void]], tuple[int, int]]
"""A compiled loop over frames (`follow`)."""


class Asked(NamedTuple):
    """Where tracks are asked about, and how long they may be missing."""

    zone_first: NDArray[np.int64]  # (c + 1,) zones of camera i
    bits: NDArray[np.uint64]  # (c,) bit i: its zone zone_first[c] + i is asked about
    gone_us: NDArray[np.int64]  # (c,) unseen for longer, a track is gone
    share_ms: NDArray[np.int64]  # (c,) two periods: the most that a sight stands for, even where gaps count as empty


@dataclass(slots=True)
class State:
    """Bounded by the tracks seen within `Asked.gone_us` of the last frame or tick; arrays are changed in place.

    Attributes
    ----------
    tracks
        Records with `FIELDS`.
    clock_us
        (c,) each camera's newest frame or tick.
    """

    tracks: slots.Slots
    clock_us: NDArray[np.int64]


def asked(city: City, wanted: NDArray[np.bool_], gone_s: float) -> Asked:
    """Return what is asked about in the wanted zones.

    Parameters
    ----------
    wanted
        (z,) zones.
    gone_s
        A track is gone after so long [s], but not before it missed two periods of its camera.
    """
    bits = feet.bits(city, np.flatnonzero(wanted)).of_camera
    gone_us = np.maximum(round(gone_s * 1e6), 2 * city.period_us)
    return Asked(city.zone_first, bits, gone_us, 2 * city.period_us // 1000)


def start(record: np.dtype[np.void], cameras: int) -> State:
    """Return the state in which no track was seen."""
    return State(slots.empty(record), np.full(cameras, NEVER_US, np.int64))


def follow(
    state: State,
    walk: Walk[Plan],
    plan: Plan,
    ordered: Ordered,
    asked: Asked,
    owner_camera: NDArray[np.int32],
) -> NDArray[np.void]:
    """Take frames through a compiled loop and return the records of tracks that are gone, in no order.

    Parameters
    ----------
    walk
        ``walk(tracks, clock_us, plan, ordered, begin, out)`` takes frames from `begin`
        on, moves the clocks, writes tracks that came back as new ones to `out`, and
        returns the frame to go on with and how many it wrote. It stops at a frame when
        `out` or the table of tracks is full.
    owner_camera
        The camera of each possible owner of a record.
    """
    found, out, done = [], np.empty(_BUFFER, state.tracks.row.dtype), 0
    while done < len(ordered.t_us):
        done, count = walk(state.tracks, state.clock_us, plan, ordered, done, out)
        found.append(out[:count].copy())
        if done < len(ordered.t_us) and count < len(out):
            make_room(state)
    found.append(leave(state, asked, owner_camera))
    return np.concatenate(found)


def carry(into: State, source: State, camera: Codes, owner: Codes, **codes: Codes) -> None:
    """Take along the records whose owners go along; see `operators.carrying.records`."""
    carrying.rows(into.clock_us, source.clock_us, camera)
    into.tracks = carrying.records(into.tracks, source.tracks, owner, **codes)


def advance(state: State, cameras: NDArray[np.int32], t_us: NDArray[np.int64]) -> None:
    """Move the clocks of cameras on to `t_us`, both (c,)."""
    np.maximum.at(state.clock_us, np.asarray(cameras, np.int32), np.asarray(t_us, np.int64))


def leave(state: State, asked: Asked, owner_camera: NDArray[np.int32]) -> NDArray[np.void]:
    """Return the records of tracks that are gone by now; they live no longer."""
    row = state.tracks.row[: state.tracks.used[0]]
    gone = np.empty(len(row), np.bool_)
    _find_gone(row, state.clock_us, owner_camera, asked.gone_us, gone)
    out: NDArray[np.void] = row[gone]
    return out


def leave_all(state: State) -> NDArray[np.void]:
    """Return the records of all tracks that are not gone: no frame ever follows."""
    row = state.tracks.row[: state.tracks.used[0]]
    last: NDArray[np.void] = row[row["is_live"]]
    row["is_live"] = False
    return last


def make_room(state: State) -> None:
    """Forget the tracks that are gone; the table is larger where that is not enough."""
    row = state.tracks.row[: state.tracks.used[0]]
    state.tracks = slots.keep(state.tracks, row["is_live"], 1)


@njit(cache=True)
def _find_gone(
    row: NDArray[np.void], clock_us: NDArray[np.int64], owner_camera: NDArray[np.int32], gone_us: NDArray[np.int64],
    gone: NDArray[np.bool_],
) -> None:  # fmt: skip
    for at in range(len(row)):
        camera = owner_camera[row[at].owner]
        gone[at] = row[at].is_live and clock_us[camera] - row[at].seen_us > gone_us[camera]
        if gone[at]:
            row[at].is_live = False
