"""The kernel: lanes' parts, and the jams that begin and end in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators import carrying, slots
from operators.arrays import Ordered, PartRows, Parts, Told
from operators.carrying import Moves, among
from operators.city import City, first_of, on_off, zones_of
from operators.incidents import persistence
from operators.incidents.log import Log, changes, new_log
from operators.metrics.congestion import jams
from operators.minutes import Segments, groups, segments
from operators.stage import feet
from operators.tracking import standing
from schemas.columns import CONGESTION
from schemas.frames import MOTOR_CLASSES
from schemas.registry import MOST_ZONES

VERSION: Final = 1
"""Raised when the same input gives other figures."""

_OCCUPIED_MS: Final = CONGESTION.offset("occupied_ms")
_VEHICLE_MS: Final = CONGESTION.offset("vehicle_ms")
_TRACKED_MS: Final = CONGESTION.offset("tracked_ms")
_STANDING_MS: Final = CONGESTION.offset("standing_ms")
_TIMED_MS: Final = CONGESTION.offset("timed_ms")
_WAY_MM: Final = CONGESTION.offset("way_mm")
_WIDTH: Final = CONGESTION.width


class Params(NamedTuple):
    """Thresholds, each with its source where it stands."""

    vehicles: standing.Rules = standing.Rules()
    jams: jams.Rules = jams.Rules()


class Plan(NamedTuple):
    """`k` lanes of the city, grouped by camera, and their thresholds."""

    params: Params
    zone: NDArray[np.int32]  # (k,) dense zone codes
    camera: NDArray[np.int32]  # (k,)
    look: standing.Look
    lanes: jams.Lanes


@dataclass(slots=True)
class State:
    """What is remembered of lanes and of the vehicles in them.

    Bounded by the registry's lanes and by `standing.Rules.forget_us`.
    """

    tracks: slots.Slots  # records of `operators.tracking.standing.TRACK`, one a track and camera
    chain: NDArray[np.int32]  # (c,) first live track of each camera, -1 for none
    clock: standing.Clocks
    windows: jams.Windows  # the last 15 minutes of each lane
    machine: persistence.State  # one key a lane


def plan(city: City, params: Params | None = None) -> Plan:
    """Return the lanes of cameras with metric congestion, and their thresholds."""
    params = Params() if params is None else params
    zone = np.flatnonzero(zones_of(city, "congestion", "lane")).astype(np.int32)
    camera = city.zone_camera[zone]
    bits = feet.bits(city, zone)
    classes = np.where(city.zone_classes == 0, feet.flags(MOTOR_CLASSES), city.zone_classes).astype(np.uint16)
    look = standing.Look(
        first=first_of(camera, len(city.cameras)),
        bit=bits.of_zone,
        classes=classes[zone],
        lanes=bits.of_camera,
        aspect=city.aspect,
        homography=np.where(city.fixed[:, None, None], city.homography, np.nan),
        forget_us=np.maximum(params.vehicles.forget_us, 2 * city.period_us),
    )
    return Plan(params, zone, camera, look, _lanes(city, zone, params.jams))


def _lanes(city: City, zone: NDArray[np.int32], rules: jams.Rules) -> jams.Lanes:
    machine = persistence.rule(
        "congestion", len(zone), **on_off(city, zone, rules), expire_us=round(rules.expire_s * 1e6)
    )
    own = city.zone_occupancy[zone]
    return jams.Lanes(machine, city.zone_free_mps[zone], np.where(np.isnan(own), rules.occupancy, own))


def start(plan: Plan) -> State:
    """Return the state before the first frame."""
    cameras, count = len(plan.look.lanes), len(plan.zone)
    return State(
        tracks=slots.empty(standing.TRACK),
        chain=np.full(cameras, -1, np.int32),
        clock=np.zeros(cameras, standing.CLOCK),
        windows=jams.start(count, cameras),
        machine=persistence.start(plan.camera, plan.zone, np.arange(count, dtype=np.int32)),
    )


def measure(plan: Plan, ordered: Ordered) -> Parts:
    """Weigh each lane's vehicles, tracked or not, by how long the frame lasted.

    Parameters
    ----------
    ordered
        Frames in any order, late ones too; those that are not usable are passed over.

    Returns
    -------
    Parts of `CONGESTION`: `occupied_ms` and `vehicle_ms`.
    """
    look = plan.look
    cut = segments(ordered.t_us, ordered.dt_ms, ordered.lag_ms)
    return Parts(
        *_measure(
            cut, ordered.camera, ordered.usable, ordered.first, ordered.cls, ordered.zones,
            look.first, look.bit, look.classes, look.lanes, plan.zone,
        )
    )  # fmt: skip


def step(state: State, plan: Plan, ordered: Ordered) -> Told:
    """Follow the tracked vehicles of the lanes. `state` is changed in place.

    Parameters
    ----------
    ordered
        On-time frames sorted by (camera, t), with track ids and zones. Objects
        without a track never stand; frames that are not usable are silence.

    Returns
    -------
    Parts of `CONGESTION` (what `measure` leaves out), and changes of incidents.
    """
    cut = segments(ordered.t_us, ordered.dt_ms, ordered.lag_ms)
    row, rows = groups(cut, ordered.camera, np.diff(plan.look.first)[ordered.camera])
    parts = Parts(np.zeros(rows, np.int32), np.zeros(rows, np.int64), np.zeros((rows, _WIDTH), np.int64))
    most, log, at, piece = int(np.diff(ordered.first).max(initial=0)), new_log(), 0, 0
    while at < len(ordered.camera):
        log, at, piece = _step(
            state.tracks, state.chain, state.clock, state.windows, state.machine.cell,
            plan, ordered, cut, row, parts, at, piece, log,
        )  # fmt: skip
        if at < len(ordered.camera):
            _make_room(state, plan, most)
    return Told(parts, changes(log))


def tick(
    state: State, plan: Plan, cameras: NDArray[np.int32], t_us: NDArray[np.int64], *, ending: bool = False
) -> Told:
    """Close the slots of cameras whose clocks have come to `t_us` (c,), then judge their silence.

    At the ending an open slot is judged as it is.
    """
    order = np.argsort(cameras, kind="stable")
    cameras, t_us = np.asarray(cameras, np.int32)[order], np.asarray(t_us, np.int64)[order]
    log = _finish(state.windows, state.machine.cell, plan, cameras, t_us, ending, new_log())
    log = persistence.tick_log(state.machine.cell, plan.lanes.machine, cameras, t_us, log)
    return Told(None, changes(log))


def carry(into: State, plan: Plan, source: State, before: Plan, moved: Moves) -> None:
    """Take along what is remembered of cameras that go along."""
    at = among(before.zone, moved.zone, plan.zone)
    carrying.cells(into.machine.cell, source.machine.cell, at)
    carrying.fields(into.windows[:2], source.windows[:2], at)
    carrying.fields(into.windows[2:], source.windows[2:], moved.camera)
    carrying.rows(into.clock, source.clock, moved.camera)
    into.tracks = carrying.records(into.tracks, source.tracks, moved.camera)
    standing.chained(into.tracks, into.chain)


def _make_room(state: State, plan: Plan, room: int) -> None:
    row = state.tracks.row[: state.tracks.used[0]]
    unseen_us = state.clock["newest_us"][row["owner"]] - row["seen_us"]
    state.tracks = slots.keep(state.tracks, row["is_live"] & (unseen_us <= plan.look.forget_us[row["owner"]]), room)
    standing.chained(state.tracks, state.chain)


@njit(cache=True)
def _measure(
    cut: Segments, camera: NDArray[np.int32], usable: NDArray[np.bool_], objects: NDArray[np.int64],
    cls: NDArray[np.uint8], zones: NDArray[np.uint64], first: NDArray[np.int64], bit: NDArray[np.uint64],
    classes: NDArray[np.uint16], lanes: NDArray[np.uint64], zone: NDArray[np.int32],
) -> PartRows:  # fmt: skip
    width = np.empty(len(camera), np.int64)
    for i in range(len(camera)):
        width[i] = first[camera[i] + 1] - first[camera[i]]
    row, rows = groups(cut, camera, width)
    key, minute = np.zeros(rows, np.int32), np.zeros(rows, np.int64)
    values = np.zeros((rows, _WIDTH), np.int64)
    vehicles = np.zeros(MOST_ZONES, np.int64)
    for s in range(len(cut.frame)):
        i = cut.frame[s]
        begin, end = first[camera[i]], first[camera[i] + 1]
        if begin == end:
            continue
        if cut.is_first[s]:
            vehicles[: end - begin] = 0
            for o in range(objects[i], objects[i + 1] if usable[i] else objects[i]):
                if zones[o] & lanes[camera[i]] and cls[o] < 16:
                    for k in range(begin, end):
                        vehicles[k - begin] += zones[o] & bit[k] != 0 and classes[k] >> cls[o] & 1
        for k in range(begin, end):
            at, n = row[s] + k - begin, vehicles[k - begin]
            key[at], minute[at] = zone[k], cut.minute[s]
            values[at, _OCCUPIED_MS] += cut.ms[s] if n > 0 else 0
            values[at, _VEHICLE_MS] += n * cut.ms[s]
    return key, minute, values


@njit(cache=True)
def _step(
    tracks: slots.Slots, chain: NDArray[np.int32], clock: standing.Clocks, windows: jams.Windows,
    cell: persistence.Cells, plan: Plan, ordered: Ordered, cut: Segments, row: NDArray[np.int64], parts: Parts,
    begin: int, piece: int, log: Log,
) -> tuple[Log, int, int]:  # fmt: skip
    """Take frames from `begin` on, until they end or the table of tracks might not hold the next one's."""
    first, rules, tally = plan.look.first, plan.params.jams, np.zeros((MOST_ZONES, 5), np.int64)
    while True:
        begin, piece = _run(tracks, chain, clock, windows, plan, ordered, cut, row, parts, begin, piece, tally)
        if begin == len(ordered.camera):
            return log, begin, piece
        camera, slot = ordered.camera[begin], ordered.t_us[begin] // jams.SLOT_US
        if slot <= windows.slot[camera]:
            return log, begin, piece
        log = jams.close(windows, cell, plan.lanes, rules, first[camera], first[camera + 1], camera, log)
        jams.open_slot(windows, first[camera], first[camera + 1], camera, slot)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _run(
    tracks: slots.Slots, chain: NDArray[np.int32], clock: standing.Clocks, windows: jams.Windows, plan: Plan,
    ordered: Ordered, cut: Segments, row: NDArray[np.int64], parts: Parts, begin: int, piece: int,
    tally: NDArray[np.int64],
) -> tuple[int, int]:  # fmt: skip
    """Take frames of open slots; return the first that needs another slot, or room, and its first piece.

    A log of changes that is carried through the loop over frames costs more than the loop.
    """
    look, first = plan.look, plan.look.first
    for i in range(begin, len(ordered.camera)):
        camera = ordered.camera[i]
        lanes = first[camera + 1] - first[camera]
        for k in range(lanes):
            tally[k, :] = 0
        if lanes > 0 and ordered.usable[i]:
            objects = ordered.first[i + 1] - ordered.first[i]
            is_full = tracks.used[0] + objects > len(tracks.row)
            if is_full or ordered.t_us[i] // jams.SLOT_US > windows.slot[camera]:
                return i, piece
            clock[camera].newest_us = ordered.t_us[i]
            clock[camera].frames += 1
            if standing.turn(tracks, chain, clock, look, plan.params.vehicles, ordered, i, False, tally) > 0:
                standing.turn(tracks, chain, clock, look, plan.params.vehicles, ordered, i, True, tally)
            clock[camera].watched_ms += ordered.dt_ms[i]
            jams.add(
                windows, plan.params.jams, first[camera], first[camera + 1], camera,
                ordered.t_us[i], ordered.dt_ms[i], tally,
            )  # fmt: skip
        while piece < len(cut.frame) and cut.frame[piece] == i:
            for k in range(lanes):
                at = row[piece] + k
                parts.key[at], parts.minute[at] = plan.zone[first[camera] + k], cut.minute[piece]
                parts.values[at, _TRACKED_MS] += tally[k, standing.TRACKED] * cut.ms[piece]
                parts.values[at, _STANDING_MS] += tally[k, standing.STANDING] * cut.ms[piece]
                if cut.is_first[piece]:
                    parts.values[at, _TIMED_MS] += tally[k, standing.TIMED_MS]
                    parts.values[at, _WAY_MM] += tally[k, standing.WAY_MM]
            piece += 1
    return len(ordered.camera), piece


@njit(cache=True)
def _finish(
    windows: jams.Windows, cell: persistence.Cells, plan: Plan, cameras: NDArray[np.int32], t_us: NDArray[np.int64],
    ending: bool, log: Log,
) -> Log:  # fmt: skip
    first = plan.look.first
    for i in range(len(cameras)):
        camera = cameras[i]
        if first[camera] < first[camera + 1] and (ending or t_us[i] >= (windows.slot[camera] + 1) * jams.SLOT_US):
            log = jams.close(windows, cell, plan.lanes, plan.params.jams, first[camera], first[camera + 1], camera, log)
    return log
