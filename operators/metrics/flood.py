"""Flood: the wet share of a road zone, sampled every 30 s, drives the persistence machine.

A sample is the mean of a zone's signals within a slot of 30 s aligned to UTC; a
slot without a signal is no sample, and a slot counts once it is over. The wet
share is a trend index, not a depth (SOFI: Moy de Vitry et al. 2019, HESS
23:4621, doi:10.5194/hess-23-4621-2019).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators import carrying
from operators.arrays import Ordered, Parts, Told
from operators.carrying import Moves, among
from operators.city import City, on_off, zones_of
from operators.incidents import persistence
from operators.incidents.log import Log, changes, new_log
from operators.minutes import MINUTE_US
from schemas.columns import FLOOD

VERSION = 1


class Params(NamedTuple):
    """Thresholds of metrics.md; a zone's own limits come first."""

    on: float = 0.10  # wet share, 0..1
    off: float = 0.05
    k: int = 4
    n: int = 6
    sample_s: int = 30
    on_s: float = 180.0
    off_s: float = 900.0
    expire_s: float = 24 * 3600.0


class Plan(NamedTuple):
    """`f` flood zones of the city and their thresholds."""

    zone: NDArray[np.int32]  # (f,) dense zone code
    camera: NDArray[np.int32]  # (f,)
    key: NDArray[np.int32]  # (z,) zone code -> row here, -1 for other zones
    slot_us: int
    rule: persistence.Rule


class State(NamedTuple):
    """One machine and one open slot a flood zone."""

    machine: persistence.State
    slot: NDArray[np.int64]  # (f,) slot number t // slot_us
    signals: NDArray[np.int64]  # (f,) signals in the open slot, 0: none is open
    total: NDArray[np.float64]  # (f,) their sum
    first_us: NDArray[np.int64]  # (f,)
    seen_us: NDArray[np.int64]  # (f,)


def plan(city: City, params: Params | None = None) -> Plan:
    """Return the flood zones of cameras with metric flood, and their thresholds."""
    params = Params() if params is None else params
    zones = np.flatnonzero(zones_of(city, "flood", "flood")).astype(np.int32)
    key = np.full(len(city.zone_kind), -1, np.int32)
    key[zones] = np.arange(len(zones), dtype=np.int32)

    rule = persistence.rule(
        "flood",
        len(zones),
        **on_off(city, zones, params),
        k=params.k,
        n=params.n,
        expire_us=round(params.expire_s * 1e6),
    )
    return Plan(zones, city.zone_camera[zones], key, params.sample_s * 1_000_000, rule)


def start(plan: Plan) -> State:
    """Return the state before the first signal."""
    count = len(plan.zone)
    machine = persistence.start(plan.camera, plan.zone, np.arange(count, dtype=np.int32))
    whole = [np.zeros(count, np.int64) for _ in range(4)]
    return State(machine, whole[0], whole[1], np.zeros(count), whole[2], whole[3])


def measure(plan: Plan, ordered: Ordered) -> Parts:
    """Return parts of `FLOOD`: the signals of each zone and minute, from frames in any order, late ones too.

    Signals of frames that are not usable, and NaN, are not observations; a wet share
    lies within 0..1.
    """
    frame, zone, value = ordered.signal_frame, ordered.signal_zone, ordered.signal_value
    known = np.flatnonzero((zone >= 0) & ~np.isnan(value) & ordered.usable[frame])
    known = known[plan.key[zone[known]] >= 0]
    ppm = np.rint(np.clip(value[known], 0.0, 1.0) * 1e6).astype(np.int64)
    values = np.zeros((len(known), FLOOD.width), np.int64)
    values[:, FLOOD.offset("signals_n")] = 1
    values[:, FLOOD.offset("wet_ppm")] = ppm
    values[:, FLOOD.offset("wet_ppm_max")] = ppm
    return Parts(zone[known].astype(np.int32), ordered.t_us[frame[known]] // MINUTE_US, values)


def step(state: State, plan: Plan, ordered: Ordered) -> Told:
    """Feed the signals of flood zones; the state's arrays are updated in place."""
    return Told(None, changes(_step(state, plan, ordered, new_log())))


def tick(
    state: State, plan: Plan, cameras: NDArray[np.int32], t_us: NDArray[np.int64], *, ending: bool = False
) -> Told:
    """Close the slots of cameras whose clocks have come to `t_us` (c,), then judge their silence."""
    order = np.argsort(cameras, kind="stable")
    cameras, t_us = np.asarray(cameras, np.int32)[order], np.asarray(t_us, np.int64)[order]
    log = _close_slots(state, plan, cameras, t_us, new_log())
    return Told(None, changes(persistence.tick_log(state.machine.cell, plan.rule, cameras, t_us, log)))


def carry(into: State, plan: Plan, source: State, before: Plan, moved: Moves) -> None:
    """Take along what is remembered of cameras that go along."""
    at = among(before.zone, moved.zone, plan.zone)
    carrying.cells(into.machine.cell, source.machine.cell, at)
    carrying.fields(into[1:], source[1:], at)


@njit(cache=True)
def _step(state: State, plan: Plan, ordered: Ordered, log: Log) -> Log:
    for i in range(len(ordered.signal_frame)):
        frame, zone, value = ordered.signal_frame[i], ordered.signal_zone[i], ordered.signal_value[i]
        key = plan.key[zone] if zone >= 0 else -1
        if key < 0 or np.isnan(value) or not ordered.usable[frame]:
            continue
        t_us = ordered.t_us[frame]
        slot = t_us // plan.slot_us
        if state.signals[key] > 0 and slot != state.slot[key]:
            log = _close_slot(state, plan, key, log)
        if state.signals[key] == 0:
            state.slot[key], state.total[key], state.first_us[key] = slot, 0.0, t_us
        state.signals[key] += 1
        state.total[key] += value
        state.seen_us[key] = t_us
    return log


@njit(cache=True)
def _close_slots(state: State, plan: Plan, cameras: NDArray[np.int32], t_us: NDArray[np.int64], log: Log) -> Log:
    for key in range(len(state.slot)):
        at = np.searchsorted(cameras, plan.camera[key])
        if (
            state.signals[key] > 0
            and at < len(cameras)
            and cameras[at] == plan.camera[key]
            and t_us[at] >= (state.slot[key] + 1) * plan.slot_us
        ):
            log = _close_slot(state, plan, key, log)
    return log


@njit(cache=True)
def _close_slot(state: State, plan: Plan, key: int, log: Log) -> Log:
    mean = state.total[key] / state.signals[key]
    state.signals[key] = 0
    return persistence.observe(
        state.machine.cell, plan.rule, log, key, state.slot[key] * plan.slot_us, plan.slot_us // 1000,
        state.first_us[key], state.seen_us[key], mean, 0,
    )  # fmt: skip
