"""From what a lane's frames tally to incidents of kind congestion.

A lane's time is kept in slots of 10 s aligned to UTC. Each slot that is over and
was watched is a sample: the mean share of standing vehicles over the 5 minutes up
to its end, or, where traffic has crawled in each third of 15 minutes, the
threshold itself. A window that was watched too little is no sample: the machine waits.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.incidents import persistence
from operators.incidents.log import Log
from operators.tracking.standing import STANDING, TIMED_MS, TRACKED, VEHICLES, WAY_MM
from schemas.columns import PUBLISHED_COVERAGE

SLOT_MS: Final = 10_000
SLOT_US: Final = SLOT_MS * 1000
SHORT: Final = 30
"""Slots of the window of standing vehicles: 5 min (metrics.md)."""
LONG: Final = 90
"""Slots of the window of speed: 15 min (metrics.md)."""
SHARE: Final = 1_000_000
_OBSERVED, _SHARE, _OCCUPIED, _TIMED, _WAY = range(5)
_NEVER: Final = -(1 << 60)


class Rules(NamedTuple):
    """When a lane is congested (metrics.md); a zone's own limits come first."""

    on: float = 0.7  # mean share of standing vehicles
    off: float = 0.5
    on_s: float = 60.0
    """The mean stays there for so long: with reds of 90 s it swings over the threshold for 40 s (ours)."""
    off_s: float = 600.0
    expire_s: float = 6 * 3600.0
    least: int = 5  # tracked vehicles; the share of fewer is 0
    slow: float = 0.4  # of free flow
    occupancy: float = 0.3  # with at least this share of time occupied (ours; a road may say otherwise)
    slow_least: float = 2.0  # and so many tracked vehicles on average: one slow cart is no jam (ours)


class Lanes(NamedTuple):
    """What the rules say of `k` lanes."""

    machine: persistence.Rule  # row k
    free_mps: NDArray[np.float64]  # (k,) NaN where not known
    occupancy: NDArray[np.float64]  # (k,)


class Windows(NamedTuple):
    """The last 15 minutes of `k` lanes of `c` cameras: bounded by the registry, changed in place."""

    ring: NDArray[np.int64]  # (k, 90, 5) a slot's watched ms, share of standing x 1e6 x ms, occupied ms, timed, way
    judged: NDArray[np.int64]  # (k,) last slot that was a sample
    slot: NDArray[np.int64]  # (c,) number of the open slot
    first_us: NDArray[np.int64]  # (c,) first sight within it, _NEVER while there is none
    seen_us: NDArray[np.int64]  # (c,) last


def start(lanes: int, cameras: int) -> Windows:
    """Return windows in which nothing was watched."""
    never = [np.full(n, _NEVER, np.int64) for n in (lanes, cameras, cameras, cameras)]
    return Windows(np.zeros((lanes, LONG, 5), np.int64), *never)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def add(
    windows: Windows, rules: Rules, begin: int, end: int, camera: int, t_us: int, dt_ms: int, tally: NDArray[np.int64]
) -> None:
    """Add a frame to the open slot of its camera's lanes, one row of the tally each.

    A frame belongs to the slot in which it begins. Called for every frame: without
    `_nrt=False` counting references costs more than the work.
    """
    column = windows.slot[camera] % LONG
    if windows.first_us[camera] == _NEVER:
        windows.first_us[camera] = t_us
    windows.seen_us[camera] = t_us
    for k in range(begin, end):
        at, share = k - begin, 0
        if tally[at, TRACKED] >= rules.least:
            share = tally[at, STANDING] * SHARE // tally[at, TRACKED]
        windows.ring[k, column, _OBSERVED] += dt_ms
        windows.ring[k, column, _SHARE] += share * dt_ms
        windows.ring[k, column, _OCCUPIED] += dt_ms if tally[at, VEHICLES] > 0 else 0
        windows.ring[k, column, _TIMED] += tally[at, TIMED_MS]
        windows.ring[k, column, _WAY] += tally[at, WAY_MM]


@njit(cache=True)
def close(
    windows: Windows, cell: persistence.Cells, lanes: Lanes, rules: Rules, begin: int, end: int, camera: int, log: Log
) -> Log:
    """Judge the open slot of a camera's lanes, which is over; returns the log."""
    if windows.first_us[camera] != _NEVER:
        for k in range(begin, end):
            log = _judge(windows, cell, lanes, rules, log, k, camera)
    windows.first_us[camera] = _NEVER
    return log


@njit(cache=True)
def open_slot(windows: Windows, begin: int, end: int, camera: int, slot: int) -> None:
    """Open a camera's next slot; those in between were not watched."""
    for at in range(max(windows.slot[camera] + 1, slot - LONG + 1), slot + 1):
        for k in range(begin, end):
            windows.ring[k, at % LONG, :] = 0
    windows.slot[camera] = slot


@njit(cache=True)
def _judge(windows: Windows, cell: persistence.Cells, lanes: Lanes, rules: Rules, log: Log, k: int, camera: int) -> Log:
    slot, first_us, seen_us = windows.slot[camera], windows.first_us[camera], windows.seen_us[camera]
    dt_ms = windows.ring[k, slot % LONG, _OBSERVED]
    if dt_ms == 0:
        return log
    if first_us - cell[k].seen_us >= lanes.machine.unknown_after_us:
        log = persistence.silence(cell, lanes.machine, log, k, first_us)
    mean = _standing(windows.ring, k, slot)
    is_slow = True
    for back in range(0, LONG, SHORT):  # throughout: a mean of all would open within a jam's first minutes
        is_slow = is_slow and _is_slow(windows.ring, lanes, rules, k, slot - back)
    on = lanes.machine.row[k].on
    if np.isnan(mean) and not is_slow:
        if slot - windows.judged[k] <= 2 * SHORT:  # a window that is refilling after a gap: there, but no sample
            cell[k].seen_us = seen_us
        return log
    windows.judged[k] = slot
    value = mean if not is_slow else on if np.isnan(mean) else max(mean, on)
    if cell[k].phase == persistence.CLEAR and value >= on:
        length, held_us = (SHORT, 0) if mean >= on else (LONG, lanes.machine.row[k].on_us)
        persistence.open_pending(cell, k, _since(windows.ring, k, slot, length) * SLOT_US, held_us)
        cell[k].seen_us = first_us
    return persistence.observe(cell, lanes.machine, log, k, slot * SLOT_US, dt_ms, first_us, seen_us, value, 0)


@njit(cache=True)
def _standing(ring: NDArray[np.int64], k: int, slot: int) -> float:
    """Return the mean share of standing vehicles over 5 minutes, NaN where too little was watched."""
    observed, share = 0, 0
    for at in range(slot - SHORT + 1, slot + 1):
        observed += ring[k, at % LONG, _OBSERVED]
        share += ring[k, at % LONG, _SHARE]
    return share / (observed * SHARE) if observed >= PUBLISHED_COVERAGE * SHORT * SLOT_MS else np.nan


@njit(cache=True)
def _is_slow(ring: NDArray[np.int64], lanes: Lanes, rules: Rules, k: int, slot: int) -> bool:
    """Tell whether traffic crawled on an occupied lane in the 5 minutes up to the end of a slot."""
    if np.isnan(lanes.free_mps[k]):
        return False
    observed, occupied, timed, way_mm = 0, 0, 0, 0
    for at in range(slot - SHORT + 1, slot + 1):
        observed += ring[k, at % LONG, _OBSERVED]
        occupied += ring[k, at % LONG, _OCCUPIED]
        timed += ring[k, at % LONG, _TIMED]
        way_mm += ring[k, at % LONG, _WAY]
    return bool(
        observed >= PUBLISHED_COVERAGE * SHORT * SLOT_MS
        and occupied >= lanes.occupancy[k] * observed
        and timed >= rules.slow_least * observed
        and way_mm < rules.slow * lanes.free_mps[k] * timed
    )


@njit(cache=True)
def _since(ring: NDArray[np.int64], k: int, slot: int, length: int) -> int:
    """Return the first slot of the window that was watched."""
    at = slot - length + 1
    while ring[k, at % LONG, _OBSERVED] == 0 and at < slot:
        at += 1
    return at
