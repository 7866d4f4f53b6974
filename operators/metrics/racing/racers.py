"""The loop of `operators.metrics.racing`: fast vehicles, and the watched time without any.

When a crossing is told depends on how the input was split. So all that it changes
depends on the crossings before it and on slots of time that were over when it
happened, and an incident ends only by slots in which no crossing can come any more.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import Ordered, Record
from operators.incidents import persistence
from operators.incidents.log import Log
from operators.local_hours import is_open
from operators.tracking.standing import is_on_ground, way

SLOT_US: Final = 10_000_000
TOLD_SLOTS: Final = 6
"""A crossing is told at most so much later (`flow.Rules.told_us`)."""
RING: Final = TOLD_SLOTS + 2
"""Slots in which crossings may still come, the open one among them, and one more."""
NEVER: Final = -(1 << 60)
ANY, THERE, QUIET = 1e-9, 0.0, -1.0
"""Signals: of a fast vehicle at least, of a camera that watches, of its five minutes without one."""

PASSED: Final = np.dtype(
    [
        ("track", np.uint64),  # 0: none yet
        ("line", np.int32),
        ("t_us", np.int64),
        ("x", np.float64),  # 0..1
        ("y", np.float64),
    ],
    align=True,
)
"""A vehicle's crossing."""
FAST: Final = np.dtype([("track", np.uint64), ("t_us", np.int64), ("speed_mps", np.float64)], align=True)
"""A vehicle above the limit; track 0: none yet."""


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


class Tracks(NamedTuple):
    """What is remembered of `r` cameras, changed in place; rings are written round and round."""

    passed: NDArray[np.void]  # (r, Params.passed) of PASSED
    fast: NDArray[np.void]  # (r, Params.fast) of FAST
    written: NDArray[np.int64]  # (r, 2) entries ever written to each
    slot: NDArray[np.int64]  # (r,) the open slot of 10 s
    watched_ms: NDArray[np.int64]  # (r, RING) watched time of the newest slots, by slot number modulo RING
    last: NDArray[np.int64]  # (r,) slot of the newest fast vehicle of the open incident
    quiet_ms: NDArray[np.int64]  # (r,) watched since then, in slots in which no crossing can come any more


def start(cameras: int, passed: int, fast: int) -> Tracks:
    """Return rings in which nothing was seen."""
    whole = [np.zeros((cameras, 2), np.int64), np.zeros((cameras, RING), np.int64), np.zeros(cameras, np.int64)]
    slot, last = (np.full(cameras, NEVER, np.int64) for _ in range(2))
    return Tracks(
        np.zeros((cameras, passed), PASSED), np.zeros((cameras, fast), FAST), whole[0], slot, whole[1], last, whole[2]
    )  # fmt: skip


@njit(cache=True)
def walk(
    tracks: Tracks, cell: persistence.Cells, plan: Plan, ordered: Ordered, crossing: NDArray[np.void], log: Log
) -> Log:
    """Take frames in order, and before each the crossings up to its time; returns the log."""
    begin, at = 0, 0
    while True:
        begin = _run(tracks, cell, plan, ordered, crossing, begin, at)
        if begin == len(ordered.camera):
            break
        camera, t_us = ordered.camera[begin], ordered.t_us[begin]
        while at < len(crossing) and _is_due(plan, crossing, at, camera, t_us):
            log = _cross(tracks, cell, plan, crossing[at], log)
            at += 1
        r = plan.row[camera]
        if r >= 0 and ordered.usable[begin]:
            log = settle(tracks, cell, plan, r, t_us // SLOT_US, log)
            if cell[r].phase != persistence.CLEAR:
                log = persistence.observe(cell, plan.rule, log, r, t_us, 0, t_us, t_us, THERE, 0)
            tracks.watched_ms[r, tracks.slot[r] % RING] += ordered.dt_ms[begin]
        begin += 1
    for rest in range(at, len(crossing)):
        log = _cross(tracks, cell, plan, crossing[rest], log)
    return log


@njit(cache=True)
def settle(tracks: Tracks, cell: persistence.Cells, plan: Plan, r: int, slot: int, log: Log) -> Log:
    """Count slots in which no crossing can come any more once `slot` is open, and open it; returns the log."""
    was = tracks.slot[r]
    if cell[r].phase != persistence.CLEAR:
        for q in range(was - TOLD_SLOTS, min(slot - TOLD_SLOTS, was + 1)):
            log = _count(tracks, cell, plan, r, q, log)
    _roll(tracks, r, slot)
    return log


@njit(cache=True)
def _count(tracks: Tracks, cell: persistence.Cells, plan: Plan, r: int, q: int, log: Log) -> Log:
    """Count slot `q` as quiet, and close the incident if that completes it; returns the log."""
    if q <= tracks.last[r] or cell[r].phase == persistence.CLEAR:
        return log
    tracks.quiet_ms[r] += tracks.watched_ms[r, q % RING]
    if tracks.quiet_ms[r] * 1000 < plan.rule.row[0].off_us:
        return log
    since = tracks.last[r] + 1
    seen_us = cell[r].seen_us
    dt_ms = (q + 1 - since) * SLOT_US // 1000
    return persistence.observe(cell, plan.rule, log, r, since * SLOT_US, dt_ms, seen_us, seen_us, QUIET, 0)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _run(
    tracks: Tracks, cell: persistence.Cells, plan: Plan, ordered: Ordered, crossing: NDArray[np.void], begin: int,
    at: int,
) -> int:  # fmt: skip
    """Take frames of cameras without an incident; return the first that has one, or before which a crossing is due.

    A log of changes that is carried through the loop over frames costs more than the loop.
    """
    for i in range(begin, len(ordered.camera)):
        camera, t_us = ordered.camera[i], ordered.t_us[i]
        if at < len(crossing) and _is_due(plan, crossing, at, camera, t_us):
            return i
        r = plan.row[camera]
        if r < 0 or not ordered.usable[i]:
            continue
        if cell[r].phase != persistence.CLEAR:
            return i
        if t_us // SLOT_US > tracks.slot[r]:
            _roll(tracks, r, t_us // SLOT_US)
        tracks.watched_ms[r, tracks.slot[r] % RING] += ordered.dt_ms[i]
    return len(ordered.camera)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _is_due(plan: Plan, crossing: NDArray[np.void], at: int, camera: int, t_us: int) -> bool:
    other = plan.line_camera[crossing[at].key // 2]
    return bool(other < camera or (other == camera and crossing[at].t_us <= t_us))


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _roll(tracks: Tracks, r: int, slot: int) -> None:
    for s in range(max(tracks.slot[r] + 1, slot - RING + 1), slot + 1):
        tracks.watched_ms[r, s % RING] = 0
    tracks.slot[r] = max(tracks.slot[r], slot)


@njit(cache=True)
def _cross(tracks: Tracks, cell: persistence.Cells, plan: Plan, crossing: Record, log: Log) -> Log:
    """Take a crossing of a motor vehicle over a flow line; returns the log."""
    line, t_us = crossing.key // 2, crossing.t_us
    r = plan.row[plan.line_camera[line]]
    speed_mps = crossing.speed_mmps / 1e3
    if plan.is_paired[r]:
        speed_mps = _pair_speed(tracks, plan, r, crossing, plan.homography[plan.line_camera[line]])
    if not speed_mps > plan.limit_mps[line] or not is_open(plan.hours, 0, 1, t_us, plan.offset_us):
        return log
    row = tracks.fast[r, tracks.written[r, 1] % tracks.fast.shape[1]]
    row.track, row.t_us, row.speed_mps = crossing.track, t_us, speed_mps
    tracks.written[r, 1] += 1
    slot = t_us // SLOT_US
    if cell[r].phase != persistence.CLEAR:
        for q in range(tracks.slot[r] - TOLD_SLOTS, min(slot, tracks.slot[r] + 1)):
            log = _count(tracks, cell, plan, r, q, log)
    if cell[r].phase == persistence.CLEAR:
        return _open(tracks, cell, plan, r, t_us, log)
    cell[r].peak = max(cell[r].peak, speed_mps)
    cell[r].track = crossing.track
    if slot > tracks.last[r]:
        tracks.last[r], tracks.quiet_ms[r] = slot, 0
    return log


@njit(cache=True)
def _pair_speed(tracks: Tracks, plan: Plan, r: int, crossing: Record, m: NDArray[np.float64]) -> float:
    """Return the speed [m/s] since the vehicle's last crossing, if that was of another line; else -1."""
    ring, line, speed_mps = tracks.passed[r], crossing.key // 2, -1.0
    newest = tracks.written[r, 0]
    for back in range(newest - 1, max(newest - 1 - len(ring), -1), -1):
        was = ring[back % len(ring)]
        if was.track == crossing.track:
            dt_us = crossing.t_us - was.t_us
            if was.line != line and dt_us > 0 and is_on_ground(m, was.x, was.y, crossing.x, crossing.y):
                way_mm = way(m, was.x, was.y, crossing.x, crossing.y)
                speed_mps = way_mm * 1e3 / dt_us if way_mm >= plan.params.base_mm else -1.0
            break
    now = ring[newest % len(ring)]
    now.track, now.line, now.t_us, now.x, now.y = crossing.track, line, crossing.t_us, crossing.x, crossing.y
    tracks.written[r, 0] += 1
    return speed_mps


@njit(cache=True)
def _open(tracks: Tracks, cell: persistence.Cells, plan: Plan, r: int, t_us: int, log: Log) -> Log:
    """Open an incident if the fast vehicle at `t_us` makes a race; it began with the first of them."""
    ring, first = tracks.fast[r], -1
    for i in range(len(ring)):
        is_before = ring[i].track != 0 and t_us - plan.params.within_us <= ring[i].t_us <= t_us
        if (
            is_before
            and (first < 0 or ring[i].t_us < ring[first].t_us)
            and _vehicles(ring, plan, i) >= plan.params.least
        ):
            first = i
    if first < 0:
        return log
    newest = first
    peak = 0.0
    for i in range(len(ring)):
        if ring[i].track != 0 and 0 <= ring[i].t_us - ring[first].t_us <= plan.params.within_us:
            peak = max(peak, ring[i].speed_mps)
            newest = i if ring[i].t_us > ring[newest].t_us else newest
    at_us = ring[newest].t_us
    persistence.open_pending(cell, r, ring[first].t_us, 0)
    cell[r].seen_us = max(cell[r].seen_us, at_us)
    cell[r].track = ring[newest].track
    tracks.last[r], tracks.quiet_ms[r] = at_us // SLOT_US, 0
    return persistence.observe(cell, plan.rule, log, r, at_us, 0, at_us, cell[r].seen_us, peak, 0)


@njit(cache=True)
def _vehicles(ring: NDArray[np.void], plan: Plan, first: int) -> int:
    """Return how many different vehicles were fast from one on, for as long as a race lasts at most."""
    count = 0
    for i in range(len(ring)):
        if ring[i].track == 0 or not 0 <= ring[i].t_us - ring[first].t_us <= plan.params.within_us:
            continue
        is_new = True
        for j in range(i):
            is_within = 0 <= ring[j].t_us - ring[first].t_us <= plan.params.within_us
            is_new = is_new and not (ring[j].track == ring[i].track and is_within)
        count += is_new
    return count
