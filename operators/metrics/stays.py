"""How long persons stay in view in a zone: the plaza view, where there are no gates.

A stay runs from a track's first sight in the zone to the end of its last, and is
told when the track is gone from there, in the minute of that last sight. A stay
that still goes on when the input ends is not counted, since its length is not
known; one that a camera's death cuts off counts as far as it was seen. A track that
is made here has stayed once two frames showed it in the zone: a detector's doubles and
false boxes begin tracks, too, that no second frame knows.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import Ordered, Parts, Told
from operators.carrying import Moves
from operators.city import City, zones_of
from operators.minutes import MINUTE_US
from operators.slots import Slots, find, insert
from operators.tracking import sojourn
from operators.tracking.sojourn import Asked, State
from schemas.columns import STAY_EDGES_S, STAYS
from schemas.frames import CLASSES

__all__ = ["VERSION", "Params", "Plan", "State", "carry", "plan", "start", "step", "tick"]

VERSION: Final = 2
"""Raised when the same input gives other figures."""

STAY: Final = np.dtype([*sojourn.FIELDS, ("share_ms", np.int32), ("made_here", np.bool_)], align=True)
"""A stay; its owner is the zone, `share_ms` is what the last sight stands for, and whose track it is."""

_PERSON: Final = CLASSES.index("person")
_EDGES_MS: Final = np.array(STAY_EDGES_S, np.int64) * 1000
_N: Final = STAYS.offset("stays_n")
_MS: Final = STAYS.offset("stay_ms")
_HIST: Final = STAYS.offset("stays_hist")


class Params(NamedTuple):
    """Thresholds; ours."""

    gone_s: float = 10.0  # unseen in the zone for longer ends a stay


class Plan(NamedTuple):
    """The crowd zones of cameras with metric visits."""

    asked: Asked
    zone_camera: NDArray[np.int32]  # (z,)


def plan(city: City, params: Params | None = None) -> Plan:
    """Return the zones where stays are measured."""
    params = Params() if params is None else params
    return Plan(sojourn.asked(city, zones_of(city, "visits", "crowd"), params.gone_s), city.zone_camera)


def start(plan: Plan) -> State:
    """Return the state in which nobody was seen."""
    return sojourn.start(STAY, len(plan.asked.bits))


def step(state: State, plan: Plan, ordered: Ordered) -> Told:
    """Follow tracked persons in the zones. `state` is changed in place.

    Parameters
    ----------
    ordered
        On-time frames, sorted by (camera, t). Persons without a track have no stay;
        frames that are not usable are not looked at, but their time passes.

    Returns
    -------
    Parts of `STAYS`, one a stay that is over; their minutes may have been stated before.
    """
    return Told(_parts(sojourn.follow(state, _walk, plan, ordered, plan.asked, plan.zone_camera)), None)


def tick(
    state: State, plan: Plan, cameras: NDArray[np.int32], t_us: NDArray[np.int64], *, ending: bool = False
) -> Told:
    """Move the clocks of silent cameras to `t_us` (c,); at the end, stays that go on are dropped."""
    sojourn.advance(state, cameras, t_us)
    over = sojourn.leave(state, plan.asked, plan.zone_camera)
    if ending:
        sojourn.leave_all(state)
    return Told(_parts(over), None)


def carry(into: State, plan: Plan, source: State, before: Plan, moved: Moves) -> None:
    """Take along what is remembered of cameras that go along."""
    sojourn.carry(into, source, moved.camera, moved.zone)


def _parts(over: NDArray[np.void]) -> Parts:
    over = over[~over["made_here"] | (over["seen_us"] > over["first_us"])]
    length_ms = over["seen_us"] // 1000 - over["first_us"] // 1000 + over["share_ms"]
    values = np.zeros((len(over), STAYS.width), np.int64)
    values[:, _N] = 1
    values[:, _MS] = length_ms
    values[np.arange(len(over)), _HIST + np.searchsorted(_EDGES_MS, length_ms, side="right") - 1] = 1
    return Parts(over["owner"].copy(), over["seen_us"] // MINUTE_US, values)


@njit(cache=True)
def _walk(
    tracks: Slots, clock_us: NDArray[np.int64], plan: Plan, ordered: Ordered, begin: int, out: NDArray[np.void]
) -> tuple[int, int]:
    count, row, asked = 0, tracks.row, plan.asked
    for i in range(begin, len(ordered.t_us)):
        camera, t_us = ordered.camera[i], ordered.t_us[i]
        bits = asked.bits[camera]
        if bits == 0:
            continue
        clock_us[camera] = max(clock_us[camera], t_us)
        if not ordered.usable[i]:
            continue
        share_ms = min(np.int64(ordered.dt_ms[i]), asked.share_ms[camera])
        for o in range(ordered.first[i], ordered.first[i + 1]):
            here = ordered.zones[o] & bits
            if here == 0 or ordered.track[o] == 0 or ordered.cls[o] != _PERSON:
                continue
            zone = asked.zone_first[camera] - 1
            while here != 0:
                zone += 1
                is_here, here = here & np.uint64(1), here >> np.uint64(1)
                if is_here == 0:
                    continue
                at = find(tracks, ordered.track[o], zone)
                is_back = at >= 0 and row[at].is_live and t_us - row[at].seen_us > asked.gone_us[camera]
                if (is_back and count == len(out)) or (at < 0 and tracks.used[0] == len(row)):
                    return i, count
                if is_back:
                    out[count] = row[at]
                    count += 1
                if at < 0:
                    at = insert(tracks, ordered.track[o], zone)
                    row[at].is_live = False
                if is_back or not row[at].is_live:
                    row[at].is_live, row[at].first_us = True, t_us
                row[at].seen_us, row[at].share_ms, row[at].made_here = t_us, share_ms, ordered.made_here[i]
    return len(ordered.t_us), count
