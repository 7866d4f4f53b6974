"""The kernel: fast vehicles that come together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators import carrying
from operators.arrays import Ordered, Told
from operators.carrying import Moves, among
from operators.city import City, cameras_with
from operators.incidents import persistence
from operators.incidents.log import changes, new_log
from operators.metrics.racing import racers
from operators.tracking.crossing import CROSSING
from schemas.columns import VEHICLES

VERSION: Final = 1
"""Raised when the same input gives other figures."""

_RACERS: Final = np.array([VEHICLES.index(name) for name in ("motorcycle", "car", "bus", "truck")])


class Params(NamedTuple):
    """What racing is (metrics.md, "Night watch and public order")."""

    least: int = 3  # different vehicles
    within_us: int = 60_000_000
    from_minute: int = 22 * 60  # of the local day
    to_minute: int = 5 * 60
    limit_kmh: float = 80.0
    """Where a line has none (ours: in towns 50 km/h is the law, PP 79/2013 art. 23, and driven past every night)."""
    base_mm: int = 5_000  # lines crossed nearer to each other give no speed (ours: 80 km/h is 2 frames there)
    quiet_s: float = 300.0  # watched without a fast vehicle (ours)
    expire_s: float = 6 * 3600.0
    passed: int = 64  # crossings remembered of a camera (ours: half a minute of the busiest road)
    fast: int = 32  # fast vehicles remembered of a camera


class Plan(NamedTuple):
    """The calibrated cameras with metric racing, and the thresholds."""

    params: Params
    camera: NDArray[np.int32]  # (r,)
    row: NDArray[np.int32]  # (c,) camera -> row here, -1 for others
    is_paired: NDArray[np.bool_]  # (r,) has two flow lines or more
    line_camera: NDArray[np.int32]  # (l,)
    is_flow: NDArray[np.bool_]  # (l,)
    limit_mps: NDArray[np.float64]  # (l,)
    homography: NDArray[np.float64]  # (c, 3, 3)
    hours: NDArray[np.int32]  # (1, 2)
    offset_us: int
    rule: persistence.Rule  # one row


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


def step(state: State, plan: Plan, ordered: Ordered, crossing: NDArray[Any]) -> Told:
    """Watch for fast vehicles. `state` is changed in place.

    Parameters
    ----------
    ordered
        On-time frames sorted by (camera, t): they are the cameras' clocks; those
        that are not usable are silence.
    crossing
        Records of `operators.tracking.crossing.CROSSING` that `operators.metrics.flow.follow` told
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
def _settle(tracks, cell, plan, cameras, t_us, ending, log):  # type: ignore[no-untyped-def]
    for i in range(len(cameras)):
        r = plan.row[cameras[i]]
        if r >= 0:
            slot = t_us[i] // racers.SLOT_US
            log = racers.settle(tracks, cell, plan, r, max(slot, tracks.slot[r]), log)
            if ending:
                log = racers.settle(tracks, cell, plan, r, tracks.slot[r] + racers.RING, log)
    return log
