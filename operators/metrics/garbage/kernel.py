"""The kernel: heaps followed from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators import carrying
from operators.arrays import Ordered, PartRows, Parts, Told
from operators.carrying import Moves, among
from operators.incidents import persistence
from operators.incidents.log import Log, changes, new_log
from operators.incidents.spots import overlap
from operators.metrics.garbage.heaps import Params, Plan, plan
from operators.minutes import Segments, groups, segments
from operators.stage.feet import is_in
from schemas.columns import GARBAGE
from schemas.frames import CLASSES

__all__ = ["VERSION", "Params", "Plan", "State", "carry", "measure", "plan", "start", "step", "tick"]

VERSION: Final = 1
_PERSON, _RIDER = (CLASSES.index(name) for name in ("person", "rider"))
_MS: Final = GARBAGE.offset("garbage_ms")
_MAX: Final = GARBAGE.offset("garbage_max")
_WIDTH: Final = GARBAGE.width
_STEPS: Final = 1023.0
"""Grid of an anchor's box in its incident's identity."""

SPOT: Final = np.dtype(
    [
        ("is_taken", np.bool_),
        ("anchor", np.float64, (4,)),
        ("slot", np.int64),  # number of the open minute, t // slot_us
        ("first_us", np.int64),  # first judged frame of it, -1 when none
        ("last_us", np.int64),  # newest frame of it
        ("judged_ms", np.int64),  # time without a person near
        ("seen_ms", np.int64),  # of it, with a match
        ("weighted", np.int64),  # confidence x 1e6 x ms of the matches
        ("here", np.float64),  # confidence of this frame's best match, -1 when none
    ],
    align=True,
)

Spots: TypeAlias = NDArray[np.void]
"""Records of `SPOT`."""


@dataclass(slots=True)
class State:
    """`g * most` cells of the machine and their spots: bounded by the registry."""

    cell: persistence.Cells
    spot: Spots
    held: NDArray[np.int32]  # (c,) spots taken before each camera


def start(plan: Plan) -> State:
    """Return the state before the first frame."""
    row = np.repeat(np.arange(len(plan.zone), dtype=np.int32), plan.params.most)
    machine = persistence.start(plan.camera[row], plan.zone[row], row)
    return State(machine.cell, np.zeros(len(row), SPOT), np.zeros(len(plan.aspect), np.int32))


def measure(plan: Plan, ordered: Ordered) -> Parts:
    """Return parts of `GARBAGE`: objects in each zone, weighed by how long the frame lasted.

    Parameters
    ----------
    ordered
        Frames in any order, late ones too, with `zones`. Objects surer than the off threshold count.
    """
    cut = segments(ordered.t_us, ordered.dt_ms, ordered.lag_ms)
    width = np.diff(plan.first)[ordered.camera]
    row, rows = groups(cut, ordered.camera, width)
    counted = ordered.cls, ordered.confidence, ordered.zones
    return Parts(
        *_measure(
            cut, row, rows, width, ordered.camera, ordered.usable, ordered.first, *counted, plan.first, plan.zone,
            plan.zone_first, plan.classes, plan.rule.row["off"],
        )
    )  # fmt: skip


def step(state: State, plan: Plan, ordered: Ordered) -> Told:
    """Follow the garbage of each zone; the state is changed in place.

    Parameters
    ----------
    ordered
        On-time frames sorted by (camera, t), with `zones`. Frames that are not usable are silence.
    """
    return Told(None, changes(_step(state.cell, state.spot, state.held, plan, ordered, new_log())))


def tick(
    state: State, plan: Plan, cameras: NDArray[np.int32], t_us: NDArray[np.int64], *, ending: bool = False
) -> Told:
    """Close the minutes of cameras whose clocks have come to `t_us` (c,), then judge their silence."""
    return Told(None, changes(_tick(state.cell, state.spot, state.held, plan, cameras, t_us, new_log())))


def carry(into: State, plan: Plan, source: State, before: Plan, moved: Moves) -> None:
    """Take along what is remembered of cameras that go along."""
    zone, most = among(before.zone, moved.zone, plan.zone), plan.params.most
    at = np.where(zone[:, None] >= 0, zone[:, None] * most + np.arange(most), -1).ravel()
    carrying.cells(into.cell, source.cell, at)
    carrying.rows(into.spot, source.spot, at)
    carrying.rows(into.held, source.held, moved.camera)


@njit(cache=True)
def _measure(
    cut: Segments, row: NDArray[np.int64], rows: int, width: NDArray[np.int64], camera: NDArray[np.int32],
    usable: NDArray[np.bool_], first: NDArray[np.int64], cls: NDArray[np.uint8], confidence: NDArray[np.float32],
    zones: NDArray[np.uint64], zone_row: NDArray[np.int64], zone: NDArray[np.int32], zone_first: NDArray[np.int64],
    classes: NDArray[np.uint16], off: NDArray[np.float64],
) -> PartRows:  # fmt: skip
    key, minute = np.empty(rows, np.int32), np.empty(rows, np.int64)
    values = np.zeros((rows, _WIDTH), np.int64)
    for s in range(len(cut.frame)):
        i = cut.frame[s]
        for k in range(width[i]):
            g = zone_row[camera[i]] + k
            z = zone[g]
            key[row[s] + k], minute[row[s] + k] = z, cut.minute[s]
            if not usable[i]:
                continue
            count = 0
            for o in range(first[i], first[i + 1]):
                if zones[o] and cls[o] < 16 and classes[z] >> cls[o] & 1 and not confidence[o] < off[g]:
                    count += is_in(zones[o], z, zone_first[camera[i]])
            values[row[s] + k, _MS] += count * cut.ms[s]
            values[row[s] + k, _MAX] = max(values[row[s] + k, _MAX], count)
    return key, minute, values


@njit(cache=True)
def _step(cell: persistence.Cells, spot: Spots, held: NDArray[np.int32], plan: Plan, ordered: Ordered, log: Log) -> Log:
    most = plan.params.most
    for i in range(len(ordered.camera)):
        camera = ordered.camera[i]
        begin, end = plan.first[camera], plan.first[camera + 1]
        if begin == end or not ordered.usable[i]:
            continue
        t_us, taken = ordered.t_us[i], 0
        for j in range(begin * most, end * most if held[camera] > 0 else begin * most):
            if spot[j].is_taken:
                if t_us // plan.slot_us != spot[j].slot:
                    log = _close(cell, spot, plan, j, t_us, log)
                    spot[j].slot = t_us // plan.slot_us
                spot[j].here = -1.0
                taken += spot[j].is_taken
        for o in range(ordered.first[i], ordered.first[i + 1]):
            if ordered.zones[o] != 0 and ordered.cls[o] < 16 and plan.camera_classes[camera] >> ordered.cls[o] & 1:
                taken += _match(cell, spot, plan, begin, end, camera, t_us, o, ordered)
        held[camera] = taken
        if taken > 0:
            _look(spot, plan, ordered, i, begin * most, end * most)
    return log


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _look(spot: Spots, plan: Plan, ordered: Ordered, i: int, begin: int, end: int) -> None:
    """Note the frame at every spot that nobody minds."""
    for j in range(begin, end):
        if spot[j].is_taken:
            spot[j].last_us = ordered.t_us[i]
            if not _is_minded(spot[j].anchor, plan, ordered, i):
                _note(spot, j, ordered.t_us[i], ordered.dt_ms[i])


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _match(
    cell: persistence.Cells, spot: Spots, plan: Plan, begin: int, end: int, camera: int, t_us: int, o: int,
    ordered: Ordered,
) -> int:  # fmt: skip
    """Give an object to the spot of its zone that it fits best, or to a new one; return how many are new."""
    sure = 1.0 if np.isnan(ordered.confidence[o]) else np.float64(ordered.confidence[o])
    for g in range(begin, end):
        z = plan.zone[g]
        if not plan.classes[z] >> ordered.cls[o] & 1 or not is_in(ordered.zones[o], z, plan.zone_first[camera]):
            continue
        best, at, free = plan.params.same, -1, -1
        for j in range(g * plan.params.most, (g + 1) * plan.params.most):
            if spot[j].is_taken:
                value = overlap(ordered.box[o], spot[j].anchor)
                if value >= best and (at < 0 or value > best):
                    best, at = value, j
            elif free < 0:
                free = j
        is_new = at < 0 and free >= 0 and sure >= plan.rule.row[g].on
        if is_new:
            at = free
            _take(cell, spot, at, t_us, t_us // plan.slot_us, ordered.box[o])
        if at >= 0:
            spot[at].here = max(spot[at].here, sure)
        return 1 if is_new else 0  # an object lies in one zone
    return 0


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _take(cell: persistence.Cells, spot: Spots, j: int, t_us: int, slot: int, box: NDArray[np.float32]) -> None:
    """Begin a spot where an object lies; its box on a grid is part of the incident's identity."""
    spot[j].is_taken, spot[j].slot, spot[j].first_us, spot[j].last_us = True, slot, -1, t_us
    spot[j].judged_ms, spot[j].seen_ms, spot[j].weighted, spot[j].here = 0, 0, 0, -1.0
    anchor = np.uint64(1)
    for k in range(4):
        spot[j].anchor[k] = box[k]
        cell[j].box[k] = box[k]
        anchor = (anchor << np.uint64(10)) | np.uint64(np.rint(min(max(box[k], 0.0), 1.0) * _STEPS))
    cell[j].anchor = anchor
    cell[j].phase, cell[j].seen_us = persistence.CLEAR, t_us


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _is_minded(anchor: NDArray[np.float64], plan: Plan, ordered: Ordered, i: int) -> bool:
    """Tell whether a person's foot is within `near` sizes of a spot's foot."""
    aspect = plan.aspect[ordered.camera[i]]
    size = max((anchor[2] - anchor[0]) * aspect, anchor[3] - anchor[1])
    for o in range(ordered.first[i], ordered.first[i + 1]):
        if ordered.cls[o] == _PERSON or ordered.cls[o] == _RIDER:
            dx = ((ordered.box[o, 0] + ordered.box[o, 2]) - (anchor[0] + anchor[2])) / 2.0 * aspect
            dy = ordered.box[o, 3] - anchor[3]
            if dx * dx + dy * dy <= (plan.params.near * size) ** 2:
                return True
    return False


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _note(spot: Spots, j: int, t_us: int, dt_ms: int) -> None:
    """Add a judged frame to the spot's open minute."""
    if spot[j].first_us < 0:
        spot[j].first_us = t_us
        spot[j].judged_ms, spot[j].seen_ms, spot[j].weighted = 0, 0, 0
    spot[j].judged_ms += dt_ms
    if spot[j].here >= 0.0:
        spot[j].seen_ms += dt_ms
        spot[j].weighted += np.int64(np.rint(spot[j].here * 1e6)) * dt_ms


@njit(cache=True)
def _close(cell: persistence.Cells, spot: Spots, plan: Plan, j: int, now_us: int, log: Log) -> Log:
    """Feed a spot's minute, which is over, to the machine, then judge the silence until now.

    A minute in which somebody was near all along is no sample. A spot that the machine
    does not follow is free again.
    """
    if spot[j].first_us >= 0 and spot[j].judged_ms > 0:
        value = 0.0
        if spot[j].seen_ms >= plan.params.seen * spot[j].judged_ms:
            value = spot[j].weighted / spot[j].seen_ms / 1e6
        log = persistence.observe(
            cell, plan.rule, log, j, spot[j].first_us, spot[j].judged_ms, spot[j].first_us, spot[j].last_us,
            value, 0,
        )  # fmt: skip
    cell[j].seen_us, spot[j].first_us = spot[j].last_us, -1
    if now_us - cell[j].seen_us >= plan.rule.unknown_after_us:
        log = persistence.silence(cell, plan.rule, log, j, now_us)
    spot[j].is_taken = cell[j].phase != persistence.CLEAR
    return log


@njit(cache=True)
def _tick(
    cell: persistence.Cells, spot: Spots, held: NDArray[np.int32], plan: Plan, cameras: NDArray[np.int32],
    t_us: NDArray[np.int64], log: Log,
) -> Log:  # fmt: skip
    for c in range(len(cameras)):
        for j in range(plan.first[cameras[c]] * plan.params.most, plan.first[cameras[c] + 1] * plan.params.most):
            if spot[j].is_taken and t_us[c] >= (spot[j].slot + 1) * plan.slot_us:
                log = _close(cell, spot, plan, j, t_us[c], log)
                held[cameras[c]] -= not spot[j].is_taken
    return log
