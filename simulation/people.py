"""People who walk into a zone, stay a while, and walk on; truth: who was in which zone for how long.

Each crowd zone has Poisson arrivals that follow the day; a person comes from the
left or right edge of the picture, drifts slowly through the zone and leaves, so
that people pass from one zone to its neighbour over their common edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.frames import CLASSES
from schemas.registry import Zone
from simulation.diurnal import arrivals
from simulation.scene import Scene, live_span, random
from simulation.tracks import PEOPLE, Objects, Tracks, concat, merged, no_tracks, sample
from simulation.views import SHAPE_OF
from simulation.watch import Watch, cut, shares

PEAK_PER_H: Final = {"road": 40.0, "market": 420.0, "square": 330.0, "alley": 60.0}
"""Arrivals a zone in the peak hour [1/h]; ours."""

WALK_S: Final = (6.0, 14.0)
STAY_S: Final = 35.0
"""Mean stay in the zone [s], exponential; at least 5 s."""

EDGE: Final = 0.012
"""How far inside the picture a person appears [picture widths]."""


def events(scene: Scene) -> Tracks:
    """Return the tracks of everybody who walks by during the span."""
    zones = [zone for zone in scene.camera.zone if zone.kind == "crowd"]
    if not zones:
        return no_tracks(PEOPLE)
    rng = random(scene.seed, scene.number, "people")
    size = rng.uniform(0.5, 1.5)
    return concat(PEOPLE, [_walks(rng, scene, zone, size) for zone in zones])


def _walks(rng: np.random.Generator, scene: Scene, zone: Zone, size: float) -> Tracks:
    shape = SHAPE_OF[scene.camera.category]
    lead_us = 180_000_000  # people who are there when the recording begins
    came = arrivals(rng, shape, PEAK_PER_H[shape] * size, scene.start_us - lead_us, scene.end_us)
    count = len(came)
    corners = np.array(zone.polygon)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    inner = rng.uniform(left + 0.02, right - 0.02, (count, 2))
    inner[:, 1] = np.clip(inner[:, 0] + rng.normal(0, 0.06, count), 0.03, 0.97)
    sides = np.where(rng.random((count, 2)) < 0.5, EDGE + 0.014, 1 - EDGE - 0.014)
    x = np.stack([sides[:, 0], inner[:, 0], inner[:, 1], sides[:, 1]], axis=1)
    y = np.clip(rng.uniform(top + 0.01, bottom - 0.01, count), 0.15, 0.99)
    walk = rng.uniform(*WALK_S, (count, 2))
    stay = np.maximum(5.0, rng.exponential(STAY_S, count))
    steps = np.stack([np.zeros(count), walk[:, 0], stay, walk[:, 1]], axis=1)
    t_us = came[:, None] + (np.cumsum(steps, axis=1) * 1e6).astype(np.int64)
    return Tracks(PEOPLE, np.full(count, CLASSES.index("person"), np.uint8), t_us, x, np.repeat(y[:, None], 4, axis=1))


def inside(zone: Zone, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which points lie in the polygon by the even-odd rule, right and lower edges left out."""
    odd = np.zeros(len(x), np.bool_)
    corners = zone.polygon
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        if ay == by:
            continue
        spans = (ay > y) != (by > y)
        odd ^= spans & (x < ax + (y - ay) / (by - ay) * (bx - ax))
    return odd


class Seen(NamedTuple):
    """`m` persons as a perfect detector sees them over the whole span, and where they stand."""

    objects: Objects
    zones: tuple[Zone, ...]  # of kind crowd
    stands: NDArray[np.bool_]  # (z, m) in which of them


def seen(scene: Scene, parts: Sequence[Tracks]) -> Seen:
    """Return the persons of all phenomena that bring some."""
    live = live_span(scene, scene.t_us)
    objects = merged([sample(tracks, scene.t_us, live) for tracks in parts])
    x, y = feet(objects)
    zones = tuple(zone for zone in scene.camera.zone if zone.kind == "crowd")
    stands = np.array([inside(zone, x, y) for zone in zones], np.bool_).reshape(len(zones), len(x))
    return Seen(objects, zones, stands)


def feet(objects: Objects) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where objects stand, each (m,) 0..1."""
    return (objects.box[:, 0] + objects.box[:, 2]) / 2, objects.box[:, 3]


def truth(scene: Scene, persons: Seen, watch: Watch) -> pl.DataFrame:
    """Return persons per crowd zone and minute, weighed as the ordered stage weighs frames.

    Returns
    -------
    One row a zone and minute of the span: ``camera_id``, ``zone_id``, ``ts``, ``frames``,
    ``observed_ms``, ``person_ms``, ``persons_max``.
    """
    pieces = cut(scene.t_us, shares(scene))
    row = pieces.minute - watch.minute[0]
    tables = []
    for zone, stands in zip(persons.zones, persons.stands, strict=True):
        count = np.bincount(persons.objects.frame[stands], minlength=len(scene.t_us))
        person_ms = np.zeros(len(watch.minute), np.int64)
        most = np.zeros(len(watch.minute), np.int64)
        np.add.at(person_ms, row, count[pieces.frame] * pieces.ms)
        np.maximum.at(most, row, count[pieces.frame])
        tables.append(
            watch.table(scene).select(
                "camera_id",
                pl.lit(zone.id).alias("zone_id"),
                "ts",
                "frames",
                "observed_ms",
                pl.Series("person_ms", person_ms[:-1]),
                pl.Series("persons_max", most[:-1]),
            )
        )
    return pl.concat(tables) if tables else pl.DataFrame()
