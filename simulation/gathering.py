"""People who gather on a protocol road once a day; truth: when they come, how many, when they go.

Within minutes a pavement with a few walkers holds more than thirty persons, who
stay and then leave together. They stand in a crowd zone and are counted there.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.frames import CLASSES
from simulation.people import Seen
from simulation.scene import Scene, days, random, within
from simulation.tracks import GATHERED, Tracks, concat
from simulation.watch import times

DAYTIME_H: Final = (9.0, 17.0)
"""Local hours within which people gather; ours."""

PERSONS: Final = (34, 46)
COME_S, STAY_S, GO_S = (300.0, 480.0), (900.0, 1800.0), (120.0, 300.0)
WALK_S: Final = (5.0, 10.0)
"""How many, half open; over how long they come, stay and go, and how long one walks [s]; ours."""

MANY: Final = 20
"""Persons from which a crowd may be a gathering (docs/metrics.md, Night watch and public order)."""

MARGIN_US: Final = 900_000_000
TRIES: Final = 8
"""Watched time around a gathering, which shows the crowd before and its end; times drawn until one is watched."""

SIDES: Final = (0.026, 0.974)


def events(scene: Scene) -> Tracks:
    """Return the people of all gatherings; no gathering meets an outage."""
    return concat(GATHERED, [tracks for _, tracks in _gatherings(scene)])


def _gatherings(scene: Scene) -> list[tuple[NDArray[np.int64], Tracks]]:
    """Return key times [us] (first comes, all are there, first goes, all are gone) and people of each."""
    if "gathering" not in scene.camera.metrics:
        return []
    zone = next(zone for zone in scene.camera.zone if zone.kind == "crowd")
    corners = np.array(zone.polygon)
    rng, out = random(scene.seed, scene.number, "gathering"), []
    for start, end in days(scene, *DAYTIME_H):
        steps = np.cumsum([0.0, *(rng.uniform(*span) for span in (COME_S, STAY_S, GO_S))]) * 1e6
        begin = rng.integers(start, end - int(steps[-1]), TRIES)
        count, draws = int(rng.integers(*PERSONS)), rng.random((6, PERSONS[1]))
        free = np.flatnonzero(within(scene, begin, begin + int(steps[-1]), MARGIN_US))
        if len(free):
            keys = begin[free[0]] + steps.astype(np.int64)
            out.append((keys, _people(draws[:, :count], keys, corners)))
    return out


def _people(draws: NDArray[np.float64], keys: NDArray[np.int64], corners: NDArray[np.float64]) -> Tracks:
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    count = draws.shape[1]
    there = keys[0] + ((keys[1] - keys[0]) * np.sort(draws[0])).astype(np.int64)
    leaves = keys[2] + ((keys[3] - keys[2]) * draws[1]).astype(np.int64)
    walk_us = ((WALK_S[0] + (WALK_S[1] - WALK_S[0]) * draws[2]) * 1e6).astype(np.int64)
    t_us = np.stack([there - walk_us, there, leaves, leaves + walk_us], axis=1)
    place = left + 0.03 + (right - left - 0.06) * draws[3]
    y = top + 0.01 + (bottom - top - 0.02) * draws[4]
    side = np.where(draws[5] < 0.5, *SIDES)
    x = np.stack([side, place, np.clip(place + 0.02, left + 0.03, right - 0.03), side], axis=1)
    return Tracks(GATHERED, np.full(count, CLASSES.index("person"), np.uint8), t_us, x, np.tile(y[:, None], 4))


def truth(scene: Scene, persons: Seen) -> pl.DataFrame:
    """Return the gatherings.

    Returns
    -------
    One row a gathering: ``camera_id``, ``zone_id``, ``grows_at`` (the first comes), ``many_at`` (first frame
    with `MANY` persons in the zone), ``leaves_at`` (the first goes), ``ends_at`` (all are gone), ``persons_max``.
    """
    rows = []
    for keys, _ in _gatherings(scene):
        zone = next(i for i, zone in enumerate(persons.zones) if zone.kind == "crowd")
        first, last = np.searchsorted(scene.t_us, keys[[0, 3]])
        frame = persons.objects.frame[persons.stands[zone]]
        count = np.bincount(frame, minlength=len(scene.t_us))[first:last]
        many = np.flatnonzero(count >= MANY)
        rows.append((persons.zones[zone].id, keys, scene.t_us[first + many[0]], count.max()))
    if not rows:
        return pl.DataFrame()
    at = np.array([keys for _, keys, _, _ in rows], np.int64)
    return pl.DataFrame(
        {
            "camera_id": [scene.camera.id] * len(rows),
            "zone_id": [zone for zone, _, _, _ in rows],
            "grows_at": times(at[:, 0]),
            "many_at": times(np.array([many for _, _, many, _ in rows], np.int64)),
            "leaves_at": times(at[:, 2]),
            "ends_at": times(at[:, 3]),
            "persons_max": [int(most) for _, _, _, most in rows],
        }
    )
