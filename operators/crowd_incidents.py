"""Crowds that are too dense: a zone's level of service drives the persistence machine.

An incident opens when a walkway reaches level E or a standing area level D; a
zone's own `on` [person/m2] names the first level whose densities all reach it.
The levels come with their own hysteresis (`operators.crowd`), so the machine adds none.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from operators import persistence
from operators.arrays import Changes
from operators.city import LIMITS, City
from operators.crowd import STANDING, WALKWAY, LevelSamples
from schemas.columns import LEVELS

VERSION: Final = 1
EXPIRE_US: Final = 6 * 3_600_000_000


def rule(city: City) -> persistence.Rule:
    """Return the level that opens an incident in each zone; rows are zone codes."""
    on = city.zone_limits[:, LIMITS.index("on")]
    default = np.where(city.zone_standing, LEVELS.index("D"), LEVELS.index("E"))
    named = np.where(city.zone_standing, np.searchsorted(STANDING, on), np.searchsorted(WALKWAY, on)) + 1
    level = np.where(np.isnan(on), default, np.minimum(named, len(LEVELS) - 1)).astype(np.float64)
    return persistence.rule("crowd", len(level), on=level, off=level, on_us=0, off_us=0, expire_us=EXPIRE_US)


def start(city: City) -> persistence.State:
    """Return one CLEAR key a zone."""
    zone = np.arange(len(city.zone_kind), dtype=np.int32)
    return persistence.start(city.zone_camera, zone, zone)


def step(state: persistence.State, limits: persistence.Rule, samples: LevelSamples) -> Changes:
    """Feed the levels of zones, in time order for each; severity is the level's index."""
    t_us = samples.t_us
    value = samples.level.astype(np.float64)
    keys = samples.zone.astype(np.int64)
    return persistence.advance(
        state, limits, persistence.Samples(keys, t_us, samples.dt_ms, t_us, t_us, value, samples.level)
    )


tick = persistence.tick
