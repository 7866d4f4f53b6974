"""The kernel: fast vehicles that come together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators import carrying
from operators.arrays import Ordered, Told
from operators.carrying import Moves, among
from operators.city import City, cameras_with
from operators.incidents import persistence
from operators.incidents.log import Log, changes, new_log
from operators.metrics.racing import racers
from operators.tracking.crossed import CROSSING
from schemas.columns import VEHICLES

__all__ = ["VERSION", "Params", "Plan", "State", "carry", "plan", "start", "step", "tick"]

Params = racers.Params
Plan = racers.Plan

VERSION: Final = 1
"""Raised when the same input gives other figures."""

_RACERS: Final = np.array([VEHICLES.index(name) for name in ("motorcycle", "car", "bus", "truck")])


@dataclass(slots=True)
class State:
    """Bounded by the registry's cameras and by `Params.passed` and `Params.fast`."""

    tracks: racers.Tracks
    machine: persistence.State  # one key a camera


def plan(city: City, params: Params | None = None) -> Plan:
    """Return the cameras on which racing can be told: fixed, calibrated, asked, with a flow line."""
    params = Params() if params is None else params
    is_flow = city.line_entry == 0
    lines = np.bincount(city.line_camera[is_flow], minlength=len(city.cameras))
    is_calibrated = ~np.isnan(city.homography).any(axis=(1, 2))
    camera = np.flatnonzero(cameras_with(city, "racing") & city.fixed & is_calibrated & (lines > 0)).astype(np.int32)
    row = np.full(len(city.cameras), -1, np.int32)
    row[camera] = np.arange(len(camera))
    rule = persistence.rule(
        "racing", 1, on=racers.ANY, off=racers.THERE, on_us=0, off_us=round(params.quiet_s * 1e6),
        expire_us=round(params.expire_s * 1e6),
    )  # fmt: skip
    limit = np.where(np.isnan(city.line_limit_mps), params.limit_kmh / 3.6, city.line_limit_mps)
    return Plan(
        params=params,
        camera=camera,
        row=row,
        is_paired=lines[camera] > 1,
        line_camera=city.line_camera,
        is_flow=is_flow,
        limit_mps=limit,
        homography=city.homography,
        hours=np.array([[params.from_minute, params.to_minute]], np.int32),
        offset_us=city.offset_us,
        rule=rule,
    )


def start(plan: Plan) -> State:
    """Return the state before the first frame."""
    count = len(plan.camera)
    machine = persistence.start(plan.camera, np.full(count, -1, np.int32), np.zeros(count, np.int32))
    return State(racers.start(count, plan.params.passed, plan.params.fast), machine)


def step(state: State, plan: Plan, ordered: Ordered, crossing: NDArray[np.void]) -> Told:
    """Watch for fast vehicles. `state` is changed in place.

    Parameters
    ----------
    ordered
        On-time frames sorted by (camera, t): they are the cameras' clocks; those
        that are not usable are silence.
    crossing
        Records of `operators.tracking.crossed.CROSSING` that `operators.metrics.flow.follow` told
        of the same frames, in its order.

    Returns
    -------
    Changes of incidents, zone -1; their peak is the highest speed [m/s], and the
    last change may be told a minute after it is due.
    """
    line = crossing["key"] // 2
    wanted = plan.is_flow[line] & (plan.row[plan.line_camera[line]] >= 0) & np.isin(crossing["cls"], _RACERS)
    chosen = np.ascontiguousarray(crossing[wanted], CROSSING)
    return Told(None, changes(racers.walk(state.tracks, state.machine.cell, plan, ordered, chosen, new_log())))


def tick(
    state: State, plan: Plan, cameras: NDArray[np.int32], t_us: NDArray[np.int64], *, ending: bool = False
) -> Told:
    """Move the clocks of silent cameras to `t_us` (c,); at the ending no crossing can come any more."""
    order = np.argsort(cameras, kind="stable")
    cameras, t_us = np.asarray(cameras, np.int32)[order], np.asarray(t_us, np.int64)[order]
    log = _settle(state.tracks, state.machine.cell, plan, cameras, t_us, ending, new_log())
    return Told(None, changes(persistence.tick_log(state.machine.cell, plan.rule, cameras, t_us, log)))


def carry(into: State, plan: Plan, source: State, before: Plan, moved: Moves) -> None:
    """Take along what is remembered of cameras that go along."""
    at = among(before.camera, moved.camera, plan.camera)
    carrying.cells(into.machine.cell, source.machine.cell, at)
    carrying.fields(into.tracks, source.tracks, at)
    passed = into.tracks.passed[at[at >= 0]]
    passed["line"] = moved.line[passed["line"]]
    into.tracks.passed[at[at >= 0]] = passed


@njit(cache=True)
def _settle(
    tracks: racers.Tracks, cell: persistence.Cells, plan: Plan, cameras: NDArray[np.int32], t_us: NDArray[np.int64],
    ending: bool, log: Log,
) -> Log:  # fmt: skip
    for i in range(len(cameras)):
        r = plan.row[cameras[i]]
        if r >= 0:
            slot = t_us[i] // racers.SLOT_US
            log = racers.settle(tracks, cell, plan, r, max(slot, tracks.slot[r]), log)
            if ending:
                log = racers.settle(tracks, cell, plan, r, tracks.slot[r] + racers.RING, log)
    return log
