"""The kernel: persons' stays in night zones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators import carrying
from operators.arrays import Ordered, Record, Told
from operators.carrying import Moves, among
from operators.city import City, limit, zones_of
from operators.incidents import persistence
from operators.incidents.log import Log, changes, new_log
from operators.metrics.night.hours import Hours, hours, span
from operators.slots import Slots, find, insert
from operators.tracking import sojourn
from operators.tracking.sojourn import NEVER_US, Asked

__all__ = ["VERSION", "Params", "Plan", "State", "carry", "plan", "start", "step", "tick"]

VERSION: Final = 1
"""Raised when the same input gives other figures."""

STAY: Final = np.dtype(sojourn.FIELDS, align=True)
"""A tracked person's stay; its owner is the zone."""

ZONE: Final = np.dtype(
    [
        ("from_us", np.int64),  # the span of the newest frame, during which ...
        ("until_us", np.int64),
        ("is_open", np.bool_),  # ... the zone's hours hold, or do not
        ("first_us", np.int64),  # somebody untracked has been there since
        ("seen_us", np.int64),  # and until
        ("since_us", np.int64),  # within one frame: the longest stay's start
        ("who", np.int64),  # and its object, -1 for nobody
    ],
    align=True,
)

Zones: TypeAlias = NDArray[np.void]
"""Records of `ZONE`."""

_NOBODY: Final = -1.0
"""Signal of an empty zone: below that of a stay of 0 s."""


class Params(NamedTuple):
    """Thresholds; a zone's own hours, `on_s` and `off_s` come first."""

    hours: tuple[int, int] = (23 * 60, 4 * 60)  # local minutes of the day
    on_s: float = 60.0  # a stay so long
    off_s: float = 60.0  # nobody there for so long (ours)
    bridge_s: float = 5.0  # missed for longer ends a stay (ours)
    expire_s: float = 6 * 3600.0  # metrics.md, "Persistence"


class Plan(NamedTuple):
    """`k` night zones of cameras with metric night, and their thresholds."""

    camera: NDArray[np.int32]  # (k,)
    zone: NDArray[np.int32]  # (k,) dense zone code
    key: NDArray[np.int32]  # (z,) zone code -> row here, -1 for other zones
    zone_camera: NDArray[np.int32]  # (z,)
    asked: Asked
    hours: Hours
    rule: persistence.Rule


@dataclass(slots=True)
class State:
    """Bounded by the night zones and the tracks seen there; arrays are changed in place.

    Attributes
    ----------
    machine
        One key a night zone.
    zone
        (k,) the night zones.
    stays
        Records of STAY, forgotten once they are gone and their room is needed.
    """

    machine: persistence.State
    zone: Zones
    stays: sojourn.State


def plan(city: City, params: Params | None = None) -> Plan:
    """Return the zones of kind night where the metric is measured."""
    params = Params() if params is None else params
    wanted = zones_of(city, "night", "night")
    zone = np.flatnonzero(wanted).astype(np.int32)
    key = np.full(len(city.zone_kind), -1, np.int32)
    key[zone] = np.arange(len(zone), dtype=np.int32)
    rule = persistence.rule(
        "night", len(zone), on=limit(city, zone, "on_s", params.on_s), off=0.0, on_us=0,
        off_us=np.rint(limit(city, zone, "off_s", params.off_s) * 1e6), expire_us=round(params.expire_s * 1e6),
    )  # fmt: skip
    return Plan(
        camera=city.zone_camera[zone],
        zone=zone,
        key=key,
        zone_camera=city.zone_camera,
        asked=sojourn.asked(city, wanted, params.bridge_s),
        hours=hours(city, zone, params.hours),
        rule=rule,
    )


def start(plan: Plan) -> State:
    """Return the state in which nobody was seen."""
    zone = np.zeros(len(plan.zone), ZONE)
    zone["seen_us"] = NEVER_US
    machine = persistence.start(plan.camera, plan.zone, np.arange(len(zone), dtype=np.int32))
    return State(machine, zone, sojourn.start(STAY, len(plan.asked.bits)))


def step(state: State, plan: Plan, ordered: Ordered) -> Told:
    """Watch the night zones. `state` is changed in place.

    Parameters
    ----------
    ordered
        On-time frames, sorted by (camera, t). Objects of the zone's classes count,
        persons where it names none; frames that are not usable are silence.

    Returns
    -------
    Changes of incidents of kind night. ``opened_us`` is the start of the stay within
    the hours, ``peak`` the longest stay [s], ``track`` and ``box`` those of who stays longest.
    """
    log, done, stays = new_log(), 0, state.stays
    while done < len(ordered.t_us):
        cell = state.machine.cell
        log, done = _walk(cell, state.zone, stays.tracks, stays.clock_us, plan, ordered, done, log)
        if done < len(ordered.t_us):
            sojourn.leave(stays, plan.asked, plan.zone_camera)
            sojourn.make_room(stays)
    return Told(None, changes(log))


def tick(
    state: State, plan: Plan, cameras: NDArray[np.int32], t_us: NDArray[np.int64], *, ending: bool = False
) -> Told:
    """Judge the silence of cameras until `t_us` (c,); what is open when the input ends stays open.

    The end of the hours is seen by a frame, not by a clock: a camera that died at
    night has not seen them end.
    """
    sojourn.advance(state.stays, cameras, t_us)
    if ending:
        sojourn.leave_all(state.stays)
    return Told(None, persistence.tick(state.machine, plan.rule, np.asarray(cameras, np.int32), t_us))


def carry(into: State, plan: Plan, source: State, before: Plan, moved: Moves) -> None:
    """Take along what is remembered of cameras that go along."""
    at = among(before.zone, moved.zone, plan.zone)
    carrying.cells(into.machine.cell, source.machine.cell, at)
    carrying.rows(into.zone, source.zone, at)
    sojourn.carry(into.stays, source.stays, moved.camera, moved.zone)


@njit(cache=True)
def _walk(
    cell: persistence.Cells, zone: Zones, stays: Slots, clock_us: NDArray[np.int64], plan: Plan, ordered: Ordered,
    begin: int, log: Log,
) -> tuple[Log, int]:  # fmt: skip
    """Take frames from `begin` on, until they end or the table of stays is full."""
    asked = plan.asked
    for i in range(begin, len(ordered.t_us)):
        camera, t_us = ordered.camera[i], ordered.t_us[i]
        if asked.bits[camera] == 0 or not ordered.usable[i]:
            continue
        clock_us[camera] = max(clock_us[camera], t_us)
        first, end, opened = asked.zone_first[camera], asked.zone_first[camera + 1], np.uint64(0)
        for z in range(first, end):
            k = plan.key[z]
            if k < 0:
                continue
            if t_us < zone[k].from_us or t_us >= zone[k].until_us:
                log = _turn(cell, zone, plan, k, t_us, log)
            if zone[k].is_open:
                opened |= np.uint64(1) << np.uint64(z - first)
                zone[k].who = -1
        if opened == 0:
            continue
        for o in range(ordered.first[i], ordered.first[i + 1]):
            here = ordered.zones[o] & opened
            if here != 0 and not _look(zone, stays, plan, ordered, i, o, here):
                return log, i
        for z in range(first, end):
            k = plan.key[z]
            if k >= 0 and zone[k].is_open and (zone[k].who >= 0 or cell[k].phase != persistence.CLEAR):
                log = _feed(cell, zone, plan, ordered, i, k, log)
    return log, len(ordered.t_us)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _look(zone: Zones, stays: Slots, plan: Plan, ordered: Ordered, i: int, o: int, here: np.uint64) -> bool:
    """Take note of who is in open zones, and of the longest stay of each; False when there is no room.

    Called for every object: without `_nrt=False` counting references costs more than the look.
    """
    camera, t_us, track = ordered.camera[i], ordered.t_us[i], ordered.track[o]
    z = plan.asked.zone_first[camera] - 1
    if track == 0 and ordered.made_here[i]:
        return True
    while here != 0:
        z += 1
        is_here, here = here & np.uint64(1), here >> np.uint64(1)
        if is_here == 0:
            continue
        k = plan.key[z]
        if track == 0:
            since_us = _go_on(zone[k], t_us, zone[k].from_us, plan.asked.gone_us[camera])
        else:
            at = find(stays, track, z)
            if at < 0:
                if stays.used[0] == len(stays.row):
                    return False
                at = insert(stays, track, z)
                stays.row[at].seen_us = NEVER_US
            stays.row[at].is_live = True
            since_us = _go_on(stays.row[at], t_us, zone[k].from_us, plan.asked.gone_us[camera])
        if zone[k].who < 0 or since_us < zone[k].since_us:
            zone[k].who, zone[k].since_us = o, since_us
    return True


@njit(cache=True, inline="always")
def _go_on(stay: Record, t_us: int, from_us: int, gone_us: int) -> int:
    """Prolong a stay, or begin it anew after a break; return its start within the hours."""
    if t_us - stay.seen_us > gone_us or stay.first_us < from_us:
        stay.first_us = t_us
    stay.seen_us = t_us
    return int(stay.first_us)


@njit(cache=True)
def _feed(cell: persistence.Cells, zone: Zones, plan: Plan, ordered: Ordered, i: int, k: int, log: Log) -> Log:
    """Tell the machine of a zone what a frame saw there."""
    camera, t_us = ordered.camera[i], ordered.t_us[i]
    dt_ms = min(np.int64(ordered.dt_ms[i]), zone[k].until_us // 1000 - t_us // 1000)
    if cell[k].phase != persistence.CLEAR:
        log = persistence.silence(cell, plan.rule, log, k, t_us)
    if zone[k].who < 0:
        return _observe(cell, plan.rule, log, k, t_us, dt_ms, t_us, _NOBODY)
    share_ms = min(dt_ms, plan.asked.share_ms[camera])
    stay_ms = t_us // 1000 - zone[k].since_us // 1000 + share_ms
    value = stay_ms / 1000.0
    if cell[k].phase == persistence.CLEAR and value < plan.rule.row[k].on:
        return log
    cell[k].track = ordered.track[zone[k].who]
    for j in range(4):
        cell[k].box[j] = ordered.box[zone[k].who, j]
    if cell[k].phase == persistence.CLEAR:
        log = _observe(cell, plan.rule, log, k, zone[k].since_us, stay_ms, t_us, value)
    else:
        log = _observe(cell, plan.rule, log, k, t_us, share_ms, t_us, value)
    if dt_ms > share_ms:  # a stream that sends nothing while nobody is there
        log = _observe(cell, plan.rule, log, k, t_us + share_ms * 1000, dt_ms - share_ms, t_us, _NOBODY)
    return log


@njit(cache=True)
def _turn(cell: persistence.Cells, zone: Zones, plan: Plan, k: int, t_us: int, log: Log) -> Log:
    """Begin another span of a zone's hours; an incident of the span before ends with it."""
    over_us = zone[k].until_us
    zone[k].is_open, zone[k].from_us, zone[k].until_us = span(plan.hours, k, t_us)
    if cell[k].phase == persistence.CLEAR:
        return log
    log = persistence.silence(cell, plan.rule, log, k, t_us)
    if cell[k].phase == persistence.CLEAR:
        return log
    if cell[k].phase != persistence.CLEARING:
        cell[k].phase, cell[k].below_us = persistence.CLEARING, over_us
    cell[k].off_us, cell[k].unknown, cell[k].seen_us = plan.rule.row[k].off_us, False, t_us
    return _observe(cell, plan.rule, log, k, t_us, 0, t_us, _NOBODY)


@njit(cache=True)
def _observe(
    cell: persistence.Cells, rule: persistence.Rule, log: Log, k: int, t_us: int, dt_ms: int, sight_us: int,
    value: float,
) -> Log:  # fmt: skip
    return persistence.observe(cell, rule, log, k, t_us, dt_ms, sight_us, sight_us, value, 0)
