"""Whose spot a vehicle stands at: its own, one whose vehicle vanished there, or a new one.

Ids come first where the box agrees; right on the anchor of a spot sits its vehicle,
whoever has its id. A spot passes to another track only where its own vanished: once
it was seen driving off, the spot is nobody else's.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import Ordered
from operators.incidents import spots
from operators.incidents.spots import Spots
from operators.local_hours import is_open
from operators.metrics.parking import signals
from operators.metrics.parking.kerbs import Plan
from operators.stage.feet import is_in

_COVERS: Final = 0.3  # share of a spot that a vehicle before it hides (ours): who is behind cannot be told
_NOBODY, _IGNORED = -1, -2  # owners of an object


@njit(cache=True, _nrt=False, inline="always")  # type: ignore[call-overload]
def own(
    state: Spots, plan: Plan, ordered: Ordered, i: int, row: NDArray[np.int64], seen: NDArray[np.int64],
    away: NDArray[np.int64], stands: NDArray[np.bool_], track: NDArray[np.uint64], n: int, owner: NDArray[np.int64],
) -> None:  # fmt: skip
    """Put each tracked object on its track's spot; a vehicle far from the spot where it stood is away from it."""
    first, classes, frame = ordered.first[i], plan.camera_classes[ordered.camera[i]], signals.at(plan, ordered, i)
    for o in range(first, ordered.first[i + 1]):
        counts = ordered.cls[o] < 16 and classes >> ordered.cls[o] & 1
        if ordered.track[o] == 0 or not counts:
            owner[o - first] = _IGNORED
            continue
        owner[o - first] = _NOBODY
        best = -1.0
        for r in range(n):
            j = row[r]
            if track[r] != ordered.track[o] or seen[r] >= 0:
                continue
            value = 0.0
            if state.spot[j].settled:
                value = signals.signal(plan.params, frame, ordered.box[o], state.spot[j].anchor)
            if value < plan.params.bridge and stands[r]:
                away[r] = o
            elif value > best:
                best, owner[o - first] = value, r
        at = owner[o - first]
        if at < 0:
            continue
        if stands[at] and best < plan.params.same and _sits_elsewhere(state, plan, ordered.box[o], row, stands, n, at):
            owner[o - first] = _NOBODY  # a tracker that swapped the ids of neighbours moved neither
        else:
            seen[at] = o


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _sits_elsewhere(
    state: Spots, plan: Plan, box: NDArray[np.float32], row: NDArray[np.int64], stands: NDArray[np.bool_], n: int,
    own: int,
) -> bool:  # fmt: skip
    """Tell whether a box lies right on the anchor of another vehicle that stands."""
    for r in range(n):
        if r != own and stands[r] and spots.overlap(box, state.spot[row[r]].anchor) >= plan.params.same:
            return True
    return False


@njit(cache=True, _nrt=False, inline="always")  # type: ignore[call-overload]
def others(
    state: Spots, plan: Plan, ordered: Ordered, i: int, row: NDArray[np.int64], seen: NDArray[np.int64],
    stands: NDArray[np.bool_], n: int, owner: NDArray[np.int64],
) -> None:  # fmt: skip
    """Bridge orphaned spots with objects that have none, leave out doubles, give the rest spots of their own."""
    camera, first = ordered.camera[i], ordered.first[i]
    for o in range(first, ordered.first[i + 1]):
        if owner[o - first] != _NOBODY or _bridges(state, plan, ordered, o, row, seen, stands, n, owner, first):
            continue
        zone = _zone(plan, ordered.zones[o], ordered.cls[o], camera)
        if zone >= 0 and state.used[camera] < plan.params.most and holds(plan, zone, ordered.t_us[i]):
            j = spots.take(state, camera, zone, ordered.track[o])
            state.cell[j].seen_us = ordered.t_us[i]
            spots.push(state, j, ordered.t_us[i], ordered.dt_ms[i] * 1000, ordered.box[o])


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _bridges(
    state: Spots, plan: Plan, ordered: Ordered, o: int, row: NDArray[np.int64], seen: NDArray[np.int64],
    stands: NDArray[np.bool_], n: int, owner: NDArray[np.int64], first: int,
) -> bool:  # fmt: skip
    """Tell whether an object belongs to a spot: an orphaned one it takes over, on another it is a double.

    A spot that its vehicle was seen leaving is nobody else's. Right on the anchor of a spot sits its vehicle,
    whoever has its id: what merely overlaps it then waits for the next frame.
    """
    box = ordered.box[o]
    best, at, most, on = plan.params.bridge, -1, plan.params.bridge, -1
    for r in range(n):
        if not stands[r] or state.spot[row[r]].left:
            continue
        value = spots.overlap(box, state.spot[row[r]].anchor)
        if seen[r] < 0 and (value > best or (value == best and at < 0)):
            best, at = value, r
        elif seen[r] >= 0 and (value > most or (value == most and on < 0)):
            most, on = value, r
    if on >= 0 and (at < 0 or most > best):
        there = ordered.box[seen[on]]
        sits = most >= plan.params.same and spots.overlap(there, state.spot[row[on]].anchor) < plan.params.same
        if sits:
            owner[seen[on] - first] = _IGNORED
            at = on
        elif most >= plan.params.same or spots.is_double(box, there, plan.params.same, plan.params.bridge):
            owner[o - first] = on
            return True
    if at >= 0:
        seen[at], owner[o - first] = o, at
        state.cell[row[at]].track = ordered.track[o]
    return at >= 0


@njit(cache=True, _nrt=False, inline="always")  # type: ignore[call-overload]
def leave(
    state: Spots, plan: Plan, ordered: Ordered, i: int, row: NDArray[np.int64], seen: NDArray[np.int64],
    away: NDArray[np.int64], stands: NDArray[np.bool_], n: int, owner: NDArray[np.int64],
) -> None:  # fmt: skip
    """Mark spots whose vehicle is seen driving off: its track elsewhere, nobody at the place or before it."""
    for r in range(n):
        spot = state.spot[row[r]]
        if seen[r] >= 0:
            spot.away_us, spot.left = 0, False
        elif away[r] >= 0 and _is_bare(state, ordered, i, row[r], away[r], stands, owner):
            spot.away_us += ordered.dt_ms[i] * 1000
            spot.left |= spot.away_us >= plan.params.away_s * 1e6


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _is_bare(
    state: Spots, ordered: Ordered, i: int, j: int, away: int, stands: NDArray[np.bool_], owner: NDArray[np.int64]
) -> bool:
    """Tell whether a spot is in plain view: nothing covers it but others that stand at spots of their own."""
    first = ordered.first[i]
    for o in range(first, ordered.first[i + 1]):
        on = owner[o - first]
        if (o == away or on < 0 or not stands[on]) and spots.covered(state.spot[j].anchor, ordered.box[o]) >= _COVERS:
            return False
    return True


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _zone(plan: Plan, zones: np.uint64, cls: int, camera: int) -> np.int32:
    """Return the first zone that an object stands in and its class counts in, else -1.

    Called for every object: without `_nrt=False` counting references costs more than the search.
    """
    if zones != 0 and cls < 16:
        for k in range(plan.first[camera], plan.first[camera + 1]):
            z = plan.zone[k]
            if plan.classes[z] >> cls & 1 and is_in(zones, z, plan.zone_first[camera]):
                return np.int32(z)
    return np.int32(-1)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def holds(plan: Plan, zone: int, t_us: int) -> bool:
    """Tell whether a zone's rule holds now: outside its hours nobody is in the way."""
    return is_open(plan.hours, plan.hours_first[zone], plan.hours_first[zone + 1], t_us, plan.offset_us)
