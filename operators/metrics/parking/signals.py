"""What a vehicle's box says of its spot: it stands at the anchor, near it, at another, or at somebody's."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import Ordered, Record
from operators.incidents import persistence, spots
from operators.incidents.spots import Spots
from operators.metrics.parking.kerbs import Params, Plan

_SHIFTED: Final = 0.6  # a signal between off and on: still there, but it moved
_SIGHTS: Final = 1024  # boxes after which older ones weigh half (ours): night may not outweigh the day
_ROUNDING_PX: Final = 0.01  # edges are float32 shares of the picture: 2 px are never quite 2


class At(NamedTuple):
    """What of a frame a signal needs: as few values as can be, for they are handed on for every vehicle."""

    t_us: int
    dt_us: int
    width: int
    height: int
    aspect: float


@njit(cache=True, _nrt=False, inline="always")  # type: ignore[call-overload]
def at(plan: Plan, ordered: Ordered, i: int) -> At:
    """Return what signals need of frame `i`."""
    aspect = plan.aspect[ordered.camera[i]]
    return At(ordered.t_us[i], int(ordered.dt_ms[i]) * 1000, ordered.width[i], ordered.height[i], aspect)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def stands(state: Spots, plan: Plan, j: int) -> bool:
    """Tell whether a spot's vehicle stands: the spot is kept while it is hidden."""
    phase = state.cell[j].phase
    long = state.cell[j].held_us >= plan.params.still_s * 1e6
    return bool(state.spot[j].settled and (phase >= persistence.ACTIVE or (phase == persistence.PENDING and long)))


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def look(
    state: Spots, plan: Plan, frame: At, box: NDArray[np.float32], confidence: float, is_inside: bool, j: int,
    row: NDArray[np.int64], seen: NDArray[np.int64], n: int,
) -> float:  # fmt: skip
    """Return a vehicle's signal at its spot, anchored anew when it moved; -1 when the spot is none of its zone's.

    Parameters
    ----------
    is_inside
        The vehicle's foot is in the spot's zone: who has rolled out of it may stand where he likes.
    """
    spot = state.spot[j]
    gap_us = spot.missed_us if spot.missed_us <= plan.params.gap_s * 1e6 else 0
    spot.missed_us = 0
    for k in range(4):
        state.cell[j].box[k] = box[k]
    value = signal(plan.params, frame, box, spot.anchor) if spot.settled else 0.0
    if state.cell[j].phase >= persistence.ACTIVE:
        return max(value, spots.overlap(box, spot.anchor))
    _count(plan, confidence, spot)
    if value >= plan.params.same:
        state.cell[j].held_us += spot.shifted_us + gap_us  # seen there before and after, it stood there meanwhile
        spot.buffered, spot.shifted_us, spot.has_other = 0, 0, False
        return -1.0 if _resettles(state, plan, j, row, seen, n) else value
    if stands(state, plan, j) and spot.shifted_us < plan.params.left_s * 1e6:
        spot.shifted_us += frame.dt_us
        _stand_elsewhere(state, plan, frame, j, box)
        if spot.shifted_us > 0:
            return value
    elif spots.push(state, j, frame.t_us, frame.dt_us, box):
        since = _since(plan.params, frame, spot.buffer, spot.anchor)
        spots.settle(state, j, spot.buffer_t_us[since], spots.held_us(state, j, since))
    else:
        return value
    if not is_inside:
        return -1.0
    value = signal(plan.params, frame, box, spot.anchor)
    return -1.0 if _doubles(state, plan, j, row, seen, n) else value


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def is_doubtful(spot: Record) -> bool:
    """Tell whether the detector was unsure of most boxes: a sign or a wall is a vehicle to it now and then."""
    return bool(3 * spot.sure < spot.sights)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _count(plan: Plan, confidence: float, spot: Record) -> None:
    if spot.sights == _SIGHTS:
        spot.sights, spot.sure = spot.sights >> 1, spot.sure >> 1
    spot.sights += 1
    spot.sure += not confidence < plan.params.sure  # without confidence it is sure


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _since(params: Params, frame: At, boxes: NDArray[np.float32], anchor: NDArray[np.float64]) -> int:
    """Return the first of an anchor's boxes from which on all lie at it, the newest if it does not.

    Boxes of what still rolls have a median, too, and in slow streams five of them are seconds of driving.
    """
    since = len(boxes)
    while since > 0 and signal(params, frame, boxes[since - 1], anchor) >= params.same:
        since -= 1
    return min(since, len(boxes) - 1)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def signal(params: Params, frame: At, box: NDArray[np.float32], anchor: NDArray[np.float64]) -> float:
    """Return the overlap of a box with an anchor; within the detector's noise it is the same, elsewhere it moved."""
    value = spots.overlap(box, anchor)
    if spots.shift_px(box, anchor, frame.width, frame.height) <= params.noise_px + _ROUNDING_PX:
        return max(value, params.same)
    moved = spots.foot_moved(box, anchor, frame.aspect) >= params.moved
    return min(value, _SHIFTED) if moved else value


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _stand_elsewhere(state: Spots, plan: Plan, frame: At, j: int, box: NDArray[np.float32]) -> None:
    """Anchor a vehicle that is off its anchor, but near it, anew: it stood here for longer, or long enough."""
    spot, dt_us = state.spot[j], frame.dt_us
    rests = signal(plan.params, frame, box, spot.other) >= plan.params.same
    enough_us = min(plan.params.left_s * 1e6, plan.rule.row[state.cell[j].row].on_us)
    patience_us = min(enough_us, max(state.cell[j].held_us, plan.params.still_s * 1e6))
    if spots.elsewhere(state, j, frame.t_us, dt_us, box, rests, patience_us):
        since = _since(plan.params, frame, spot.buffer, spot.other)
        spot.other_us, spot.other_held_us = spot.buffer_t_us[since], spots.held_us(state, j, since) + dt_us


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _doubles(state: Spots, plan: Plan, j: int, row: NDArray[np.int64], seen: NDArray[np.int64], n: int) -> bool:
    """Tell whether a new anchor lies on that of a vehicle that stands; an orphaned incident there takes its track."""
    for r in range(n):
        other = row[r]
        if other < 0 or other == j or state.spot[other].left or not stands(state, plan, other):
            continue
        here, there = state.spot[j].anchor, state.spot[other].anchor
        if seen[r] >= 0:
            if spots.is_double(here, there, plan.params.same, plan.params.bridge):
                return True
        elif state.cell[other].phase >= persistence.ACTIVE and spots.overlap(here, there) >= plan.params.bridge:
            state.cell[other].track = state.cell[j].track
            return True
    return False


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _resettles(state: Spots, plan: Plan, j: int, row: NDArray[np.int64], seen: NDArray[np.int64], n: int) -> bool:
    """Tell whether a vehicle with an open incident stands again nearby; its incident then moves along."""
    if state.cell[j].held_us < plan.params.resettle_s * 1e6:
        return False
    for r in range(n):
        other = row[r]
        if other < 0 or seen[r] >= 0 or state.cell[other].phase < persistence.ACTIVE:
            continue
        if state.cell[other].track == state.cell[j].track:
            state.spot[other].left, state.spot[other].away_us = False, 0
            for k in range(4):
                state.spot[other].anchor[k] = state.spot[j].anchor[k]
            return True
    return False
