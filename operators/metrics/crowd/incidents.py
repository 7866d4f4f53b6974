"""Incidents of kind crowd: a zone at or above the level that calls for attention.

The level comes with its own hysteresis (`operators.metrics.crowd.levels`), so the
machine opens and closes with it; what the machine adds is silence: a camera
that dies in a crowd leaves an incident that is unknown, then expires.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from operators import carrying
from operators.arrays import Changes
from operators.carrying import Moves, among
from operators.city import LIMITS, City
from operators.incidents import persistence
from operators.metrics.crowd import kernel as crowd

WALKWAY_LEVEL, STANDING_LEVEL = 4, 3
"""Level E on walkways, D where people stand (metrics.md, Crowd density)."""
EXPIRE_US = 6 * 3600 * 1_000_000


class Plan(NamedTuple):
    """`k` crowd zones and when each opens an incident."""

    zone: NDArray[np.int32]  # (k,) dense zone code
    camera: NDArray[np.int32]  # (k,)
    key: NDArray[np.int64]  # (z,) zone code -> row here, -1 for other zones
    rule: persistence.Rule


def opening_levels(city: City, zone: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the level (an index into LEVELS) that opens an incident in each zone.

    A zone's own ``limits.on`` is a density [person/m2]: the level above it opens.
    """
    standing = city.zone_standing[zone]
    levels = np.where(standing, STANDING_LEVEL, WALKWAY_LEVEL)
    own = city.zone_limits[zone, LIMITS.index("on")]
    for row in np.flatnonzero(~np.isnan(own)):
        table = crowd.STANDING if standing[row] else crowd.WALKWAY
        levels[row] = min(int(np.searchsorted(table, own[row])) + 1, len(table))
    return levels


def plan(city: City) -> Plan:
    """Return the crowd zones and their thresholds."""
    zone = crowd.zones(city)
    key = np.full(len(city.zone_ids), -1, np.int64)
    key[zone] = np.arange(len(zone))
    on = opening_levels(city, zone).astype(np.float64)
    rule = persistence.rule("crowd", len(zone), on=on, off=on, on_us=0, off_us=0, expire_us=EXPIRE_US)
    return Plan(zone, city.zone_camera[zone], key, rule)


def start(plan: Plan) -> persistence.State:
    """Return the state before any frame."""
    return persistence.start(plan.camera, plan.zone, np.arange(len(plan.zone), dtype=np.int32))


def step(state: persistence.State, plan: Plan, samples: crowd.LevelSamples) -> Changes:
    """Feed the levels of on-time frames; the state's arrays are updated in place."""
    value = samples.level.astype(np.float64)
    return persistence.advance(
        state,
        plan.rule,
        persistence.Samples(
            plan.key[samples.zone], samples.t_us, samples.dt_ms, samples.t_us, samples.t_us, value, samples.level
        ),
    )


def carry(into: persistence.State, plan: Plan, source: persistence.State, before: Plan, moved: Moves) -> None:
    """Take along what is remembered of cameras that go along."""
    carrying.cells(into.cell, source.cell, among(before.zone, moved.zone, plan.zone))


def tick(state: persistence.State, plan: Plan, cameras: NDArray[np.int32], t_us: NDArray[np.int64]) -> Changes:
    """Move the clocks of silent cameras to `t_us`."""
    return persistence.tick(state, plan.rule, cameras, t_us)
