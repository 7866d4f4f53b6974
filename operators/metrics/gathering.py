"""Gathering: many persons where few were minutes ago.

Persons in a zone are averaged over slots of 30 s aligned to UTC; a slot opens an
incident when its mean is high and has grown by half over the lowest of the ten
minutes before. A crowd that was always there is none, nor is one at the start of
input. It ends when the mean has been below half of the threshold for ten minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators import carrying
from operators.arrays import Ordered, Told
from operators.carrying import Moves, among
from operators.city import City, cameras_with, first_of, limit, zones_of
from operators.incidents import persistence
from operators.incidents.log import Log, changes, new_log
from operators.stage import feet
from schemas.columns import PUBLISHED_COVERAGE
from schemas.frames import CLASSES
from schemas.registry import MOST_ZONES, ZONE_KINDS

VERSION: Final = 1
"""Raised when the same input gives other figures."""

SLOT_MS: Final = 30_000
SLOT_US: Final = SLOT_MS * 1000
BEFORE: Final = 20
"""Slots that a mean is compared with: 10 min (metrics.md)."""
_RING: Final = BEFORE + 1
_LEAST_MS: Final = round(PUBLISHED_COVERAGE * SLOT_MS)
_PERSON: Final = CLASSES.index("person")
_NEVER: Final = -(1 << 60)
_READ_BY: Final = {"crowd": "crowd", "lane": "congestion"}
"""The metric that a kind of zone has its limits for; without it they are gathering's."""


class Params(NamedTuple):
    """Thresholds of metrics.md; a zone's own limits come first."""

    on: float = 20.0  # persons
    off_share: float = 0.5  # of `on` (ours)
    growth: float = 1.5  # times the lowest mean before
    on_s: float = 0.0
    off_s: float = 600.0  # (ours)
    expire_s: float = 6 * 3600.0


class Plan(NamedTuple):
    """`k` crowd and lane zones of cameras with metric gathering, grouped by camera."""

    zone: NDArray[np.int32]  # (k,) dense zone codes
    camera: NDArray[np.int32]  # (k,)
    first: NDArray[np.int64]  # (c + 1,) zones of camera i
    bit: NDArray[np.uint64]  # (k,) the zone's bit in `Ordered.zones`
    zones: NDArray[np.uint64]  # (c,) bits of all of them
    growth: float
    rule: persistence.Rule  # row k


class Windows(NamedTuple):
    """The last ten minutes of `k` zones of `c` cameras, changed in place."""

    mean: NDArray[np.float64]  # (k, 21) persons by slot number modulo 21, NaN where watched too little
    judged: NDArray[np.int64]  # (k,) last slot with a mean
    total: NDArray[np.int64]  # (k,) person ms of the open slot
    most: NDArray[np.int64]  # (k,) most persons in one of its frames
    slot: NDArray[np.int64]  # (c,) its number
    observed_ms: NDArray[np.int64]  # (c,) its watched time
    first_us: NDArray[np.int64]  # (c,) first sight within it, _NEVER while there is none
    seen_us: NDArray[np.int64]  # (c,) last


@dataclass(slots=True)
class State:
    """What is remembered of zones; bounded by the registry."""

    windows: Windows
    machine: persistence.State  # one key a zone


def plan(city: City, params: Params | None = None) -> Plan:
    """Return the zones where people may gather, and their thresholds.

    A zone's `on`, `off`, `on_s` and `off_s` are gathering's own, in persons, only
    where its camera does not read them for levels of crowds or for congestion.
    """
    params = Params() if params is None else params
    zone = np.flatnonzero(zones_of(city, "gathering", "crowd") | zones_of(city, "gathering", "lane"))
    camera = city.zone_camera[zone]
    is_own = np.zeros(len(zone), np.bool_)
    for kind, metric in _READ_BY.items():
        is_own |= (city.zone_kind[zone] == ZONE_KINDS.index(kind)) & ~cameras_with(city, metric)[camera]

    on = np.where(is_own, limit(city, zone, "on", params.on), params.on)
    off = np.where(is_own, limit(city, zone, "off", params.off_share * on), params.off_share * on)
    on_s = np.where(is_own, limit(city, zone, "on_s", params.on_s), params.on_s)
    off_s = np.where(is_own, limit(city, zone, "off_s", params.off_s), params.off_s)
    rule = persistence.rule(
        "gathering", len(zone), on=on, off=off, on_us=np.rint(on_s * 1e6), off_us=np.rint(off_s * 1e6),
        expire_us=round(params.expire_s * 1e6),
    )  # fmt: skip
    bits = feet.bits(city, zone)
    first = first_of(camera, len(city.cameras))
    return Plan(zone.astype(np.int32), camera, first, *bits, params.growth, rule)


def start(plan: Plan) -> State:
    """Return the state before the first frame."""
    count, cameras = len(plan.zone), len(plan.zones)
    never = [np.full(cameras, _NEVER, np.int64) for _ in range(3)]
    windows = Windows(
        mean=np.full((count, _RING), np.nan), judged=np.full(count, _NEVER, np.int64), total=np.zeros(count, np.int64),
        most=np.zeros(count, np.int64), slot=never[0], observed_ms=np.zeros(cameras, np.int64),
        first_us=never[1], seen_us=never[2],
    )  # fmt: skip
    return State(windows, persistence.start(plan.camera, plan.zone, np.arange(count, dtype=np.int32)))


def step(state: State, plan: Plan, ordered: Ordered) -> Told:
    """Count the persons in each zone. `state` is changed in place.

    Parameters
    ----------
    ordered
        On-time frames sorted by (camera, t), with zones; persons need no track.
        Frames that are not usable are silence.

    Returns
    -------
    Changes of incidents; their peak is the most persons in one frame.
    """
    return Told(None, changes(_step(state.windows, state.machine.cell, plan, ordered, new_log())))


def tick(
    state: State, plan: Plan, cameras: NDArray[np.int32], t_us: NDArray[np.int64], *, ending: bool = False
) -> Told:
    """Close the slots of cameras whose clocks have come to `t_us` (c,), then judge their silence.

    At the ending an open slot is judged as it is.
    """
    order = np.argsort(cameras, kind="stable")
    cameras, t_us = np.asarray(cameras, np.int32)[order], np.asarray(t_us, np.int64)[order]
    log = _finish(state.windows, state.machine.cell, plan, cameras, t_us, ending, new_log())
    return Told(None, changes(persistence.tick_log(state.machine.cell, plan.rule, cameras, t_us, log)))


def carry(into: State, plan: Plan, source: State, before: Plan, moved: Moves) -> None:
    """Take along what is remembered of cameras that go along."""
    at = among(before.zone, moved.zone, plan.zone)
    carrying.cells(into.machine.cell, source.machine.cell, at)
    carrying.fields(into.windows[:4], source.windows[:4], at)
    carrying.fields(into.windows[4:], source.windows[4:], moved.camera)


@njit(cache=True)
def _step(windows: Windows, cell: persistence.Cells, plan: Plan, ordered: Ordered, log: Log) -> Log:
    begin, count = 0, np.zeros(MOST_ZONES, np.int64)
    while True:
        begin = _run(windows, plan, ordered, begin, count)
        if begin == len(ordered.camera):
            return log
        camera = ordered.camera[begin]
        log = _close(windows, cell, plan, camera, log)
        _open_slot(windows, plan, camera, ordered.t_us[begin] // SLOT_US)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _run(windows: Windows, plan: Plan, ordered: Ordered, begin: int, count: NDArray[np.int64]) -> int:
    """Take frames of open slots; return the first that needs another slot.

    Without `_nrt=False` counting references costs more than counting persons.
    """
    for i in range(begin, len(ordered.camera)):
        camera, t_us = ordered.camera[i], ordered.t_us[i]
        start, end = plan.first[camera], plan.first[camera + 1]
        if start == end or not ordered.usable[i]:
            continue
        if t_us // SLOT_US > windows.slot[camera]:
            return i
        for k in range(start, end):
            count[k - start] = 0
        for o in range(ordered.first[i], ordered.first[i + 1]):
            if ordered.cls[o] == _PERSON and ordered.zones[o] & plan.zones[camera]:
                for k in range(start, end):
                    count[k - start] += ordered.zones[o] & plan.bit[k] != 0
        for k in range(start, end):
            windows.total[k] += count[k - start] * ordered.dt_ms[i]
            windows.most[k] = max(windows.most[k], count[k - start])
        windows.observed_ms[camera] += ordered.dt_ms[i]
        windows.seen_us[camera] = t_us
        if windows.first_us[camera] == _NEVER:
            windows.first_us[camera] = t_us
    return len(ordered.camera)


@njit(cache=True)
def _close(windows: Windows, cell: persistence.Cells, plan: Plan, camera: int, log: Log) -> Log:
    """Judge the open slot of a camera's zones; returns the log."""
    if windows.first_us[camera] != _NEVER:
        for k in range(plan.first[camera], plan.first[camera + 1]):
            log = _judge(windows, cell, plan, camera, k, log)
    windows.first_us[camera] = _NEVER
    return log


@njit(cache=True)
def _open_slot(windows: Windows, plan: Plan, camera: int, slot: int) -> None:
    """Open a camera's next slot; those in between were not watched."""
    for k in range(plan.first[camera], plan.first[camera + 1]):
        for at in range(max(windows.slot[camera] + 1, slot - BEFORE), slot + 1):
            windows.mean[k, at % _RING] = np.nan
        windows.total[k], windows.most[k] = 0, 0
    windows.slot[camera], windows.observed_ms[camera] = slot, 0


@njit(cache=True)
def _judge(windows: Windows, cell: persistence.Cells, plan: Plan, camera: int, k: int, log: Log) -> Log:
    slot, first_us, seen_us = windows.slot[camera], windows.first_us[camera], windows.seen_us[camera]
    if first_us - cell[k].seen_us >= plan.rule.unknown_after_us:
        log = persistence.silence(cell, plan.rule, log, k, first_us)
    observed_ms = windows.observed_ms[camera]
    if observed_ms < _LEAST_MS:
        if slot - windows.judged[k] <= BEFORE:  # around a gap: there, but no sample
            cell[k].seen_us = seen_us
        return log
    mean = windows.total[k] / observed_ms
    lowest = np.inf
    for at in range(slot - BEFORE, slot):
        lowest = np.fmin(lowest, windows.mean[k, at % _RING])
    windows.mean[k, slot % _RING], windows.judged[k] = mean, slot
    if cell[k].phase == persistence.CLEAR:
        if mean < plan.rule.row[k].on or mean < plan.growth * lowest:
            return log
        persistence.open_pending(cell, k, slot * SLOT_US, 0)
        cell[k].seen_us = first_us
    if mean >= plan.rule.row[k].off:
        cell[k].peak = max(cell[k].peak, np.float64(windows.most[k]))
    return persistence.observe(cell, plan.rule, log, k, slot * SLOT_US, observed_ms, first_us, seen_us, mean, 0)


@njit(cache=True)
def _finish(
    windows: Windows, cell: persistence.Cells, plan: Plan, cameras: NDArray[np.int32], t_us: NDArray[np.int64],
    ending: bool, log: Log,
) -> Log:  # fmt: skip
    for i in range(len(cameras)):
        camera = cameras[i]
        is_over = ending or t_us[i] >= (windows.slot[camera] + 1) * SLOT_US
        if plan.first[camera] < plan.first[camera + 1] and is_over:
            log = _close(windows, cell, plan, camera, log)
    return log
