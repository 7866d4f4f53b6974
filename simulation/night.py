"""Who is out at night in a place that is watched then; truth: who stayed for a minute or longer.

Between eleven and four some people linger there for minutes and others only pass.
Somebody who lingers in the evening, before the hours begin, is nobody's business.
Nobody meets: each has the place alone, minutes after the one before.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.frames import CLASSES
from schemas.registry import Zone
from simulation.people import feet, inside
from simulation.scene import Scene, days, live_span, random, within
from simulation.stays import gone_us, runs
from simulation.tracks import NIGHT, Tracks, concat, no_tracks, picked, sample
from simulation.watch import shares, times

HOURS_H: Final = (23.0, 28.0)
"""The night's hours, local (docs/metrics.md, Night watch)."""

EVENING_H: Final = (21.0, 22.5)
EVENING_CHANCE: Final = 0.5
"""Hours and chance of somebody who lingers before the night; ours."""

LINGER_CHANCES: Final = (0.35, 0.4, 0.25)
PASSERS: Final = (4, 11)
"""Chances of 0, 1 or 2 people who linger in a night, and how many pass, half open; ours."""

SLOT_US: Final = 15 * 60_000_000
LINGER_S, PASS_S, WALK_S = (180.0, 600.0), (4.0, 20.0), (4.0, 7.0)
"""Everybody has a quarter of an hour; how long people stay, and walk in and out [s]; ours."""

MARGIN_US: Final = 120_000_000
"""Watched time around a stay, so that its end is seen."""

EDGE_X: Final = 0.974
ON_S: Final = 60.0
BRIDGE_S: Final = 5.0
"""A stay so long is an incident; missed for longer, and for two periods, ends a stay (docs/metrics.md, Night watch)."""


def zone_of(scene: Scene) -> Zone | None:
    """Return the camera's night zone."""
    return next((zone for zone in scene.camera.zone if zone.kind == "night"), None)


def events(scene: Scene) -> Tracks:
    """Return the people of all nights; none whose stay would meet an outage."""
    zone = zone_of(scene)
    if zone is None:
        return no_tracks(NIGHT)
    rng = random(scene.seed, scene.number, "night")
    parts = []
    for start, _ in days(scene, *HOURS_H):
        slots = rng.permutation(round((HOURS_H[1] - HOURS_H[0]) * 3600e6 / SLOT_US))
        linger, passers = int(rng.choice(3, p=LINGER_CHANCES)), int(rng.integers(*PASSERS))
        parts.append(_stays(rng, zone, start + slots[:linger] * SLOT_US, LINGER_S))
        parts.append(_stays(rng, zone, start + slots[linger : linger + passers] * SLOT_US, PASS_S))
    for start, end in days(scene, *EVENING_H):
        if rng.random() < EVENING_CHANCE:
            parts.append(_stays(rng, zone, np.array([rng.integers(start, end)]), LINGER_S))
    tracks = concat(NIGHT, parts)
    return picked(tracks, within(scene, tracks.t_us[:, 0], tracks.t_us[:, -1], MARGIN_US))


def _stays(rng: np.random.Generator, zone: Zone, slot_us: NDArray[np.int64], stay_s: tuple[float, float]) -> Tracks:
    """Return one person a slot, who comes from the edge of the picture and goes back there."""
    count = len(slot_us)
    corners = np.array(zone.polygon)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    steps = np.stack([rng.uniform(5.0, 90.0, count), *(rng.uniform(*s, count) for s in (WALK_S, stay_s, WALK_S))], 1)
    t_us = slot_us[:, None] + (np.cumsum(steps, axis=1) * 1e6).astype(np.int64)
    place = rng.uniform(left + 0.03, right - 0.03, (count, 2))
    edge = np.full(count, EDGE_X)
    place[:, 1] = np.clip(place[:, 0] + rng.normal(0, 0.02, count), left + 0.03, right - 0.03)
    x = np.stack([edge, place[:, 0], place[:, 1], edge], axis=1)
    y = np.tile(rng.uniform(top + 0.02, bottom - 0.02, count)[:, None], 4)
    return Tracks(NIGHT, np.full(count, CLASSES.index("person"), np.uint8), t_us, x, y)


def truth(scene: Scene, tracks: Tracks) -> pl.DataFrame:
    """Return the stays of a minute or longer within the night's hours.

    Returns
    -------
    One row an incident: ``camera_id``, ``zone_id``, ``track``, ``opened_at`` (first sight in the zone),
    ``closed_at`` (first frame without), ``stay_s``.
    """
    zone = zone_of(scene)
    if zone is None or not len(tracks.cls) or not len(scene.t_us):
        return pl.DataFrame()
    seen = sample(tracks, scene.t_us, live_span(scene, scene.t_us))
    rows = np.flatnonzero(inside(zone, *feet(seen)))
    frame, number = seen.frame[rows], seen.number[rows]
    found = runs(number, scene.t_us[frame], gone_us(scene, BRIDGE_S))
    first, last = found.order[found.first], found.order[found.last]
    from_us, last_frame = scene.t_us[frame[first]], frame[last]
    stay_ms = scene.t_us[last_frame] // 1000 - from_us // 1000 + shares(scene)[last_frame]
    hit = stay_ms >= ON_S * 1000
    hit &= np.array([any(start <= t < end for start, end in days(scene, *HOURS_H)) for t in from_us], np.bool_)
    following = np.minimum(last_frame + 1, len(scene.t_us) - 1)
    return (
        pl.DataFrame(
            {
                "camera_id": pl.repeat(scene.camera.id, len(first), eager=True),
                "zone_id": pl.repeat(zone.id, len(first), eager=True),
                "track": pl.Series(number[first]).cast(pl.String),
                "opened_at": times(from_us),
                "closed_at": times(scene.t_us[following]),
                "stay_s": stay_ms / 1000,
            }
        )
        .filter(hit)
        .sort("opened_at")
    )
