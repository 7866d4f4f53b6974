"""Vehicles that stop in a no-parking zone; truth: who stood where, from when to when, how severe.

Each of a few kerb places has one guest after another: some stop shorter than a
minute (no incident), some for 70 to 165 s (stopped), some longer (parked). In the
evening the kerb fills up: a full kerb is not a queue. Some drive off and another comes
within seconds: two guests.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.frames import CLASSES
from simulation.diurnal import share
from simulation.scene import Scene, live_span, overlaps_outage, random
from simulation.tracks import PARKED, Tracks, concat, no_tracks, numbers, picked
from simulation.watch import times

PLACES: Final = ((0.845, 0.63), (0.855, 0.70), (0.865, 0.77))
"""Foot points of the kerb places."""

GATE: Final = (0.80, 0.845)
"""Where guests come from and leave to: outside the zone, below the line and above the pavement."""

STAYS: Final = ((15, 45), (75, 165), (200, 2400))
CHANCES: Final = (0.35, 0.35, 0.30)
STOPPED_S: Final = 60
PARKED_S: Final = 180
"""Ranges of stays [s] clear of both thresholds, their chances, and the thresholds (docs/metrics.md)."""

PAUSE_S: Final = 5400.0
"""Mean time a place stays empty at the peak hour [s]; four times that at night."""

REPLACED: Final = 0.25
SOON_S: Final = (4.0, 15.0)
SLOWLY_US: Final = 5_000_000
"""Share of guests after whom another comes soon (none at the last place, too near the gate to be seen leaving),
how soon, and how long they are seen driving off at least; ours."""


def events(scene: Scene) -> Tracks:
    """Return the guests of all kerb places; none whose stay would meet an outage."""
    if not any(zone.kind == "no_parking" for zone in scene.camera.zone):
        return no_tracks(PARKED)
    rng = random(scene.seed, scene.number, "parking")
    tracks = concat(PARKED, [_guests(rng, scene, place) for place in PLACES])
    margin_us = 60_000_000
    hit = overlaps_outage(scene, tracks.t_us[:, 0] - margin_us, tracks.t_us[:, -1] + margin_us)
    return picked(tracks, ~hit)


def _guests(rng: np.random.Generator, scene: Scene, place: tuple[float, float]) -> Tracks:
    """Return the guests of one place, one after another."""
    spans, replaced = _spans(rng, scene, place)
    count = len(spans)
    names = [CLASSES.index(name) for name in ("car", "motorcycle", "truck")]
    cls = rng.choice(names, count, p=(0.7, 0.2, 0.1)).astype(np.uint8)
    cls[replaced & (cls == names[2])] = names[0]  # a truck at the gate still covers the place it left
    x = np.tile([GATE[0], place[0], place[0], GATE[0]], (count, 1))
    y = np.tile([GATE[1], place[1], place[1], GATE[1]], (count, 1))
    return Tracks(PARKED, cls, spans, x, y)


def _spans(
    rng: np.random.Generator, scene: Scene, place: tuple[float, float]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return when a place's guests come, stand, leave and are gone (k, 4) [us], and whom another replaces soon."""
    hurry = random(scene.seed, scene.number, "kerb", PLACES.index(place))
    drive_us = max(2_500_000, round(1.5 * scene.period_us))
    at, spans, replaced = scene.start_us + int(rng.exponential(PAUSE_S / 4) * 1e6), [], []
    while at < scene.end_us:
        low, high = STAYS[int(rng.choice(3, p=CHANCES))]
        leaves = at + drive_us + int(rng.uniform(low, high) * 1e6)
        busy = float(share("road", np.array([at]))[0])
        pause_s = 35 + rng.exponential(PAUSE_S * (4 - 3 * busy))
        soon = hurry.random() < REPLACED and place != PLACES[-1]
        if soon:
            pause_s = hurry.uniform(*SOON_S)
        spans.append((at, at + drive_us, leaves, leaves + (max(SLOWLY_US, drive_us) if soon else drive_us)))
        replaced.append(soon)
        at = spans[-1][3] + int(pause_s * 1e6)
    return np.array(spans, np.int64).reshape(len(spans), 4), np.array(replaced, np.bool_)


def truth(scene: Scene, tracks: Tracks) -> pl.DataFrame:
    """Return the stays that are incidents.

    Returns
    -------
    One row an incident: ``camera_id``, ``zone_id``, ``track``, ``severity`` (stopped or parked),
    ``opened_at`` and ``closed_at`` (first and last frame at the place), ``is_over`` (it left at least
    30 s before the span ends, so that the recording shows it closed).
    """
    if not len(tracks.cls) or not len(scene.t_us):
        return pl.DataFrame()
    last = len(scene.t_us) - 1
    first = np.clip(np.searchsorted(scene.t_us, tracks.t_us[:, 1], "left"), 0, last)
    final = np.clip(np.searchsorted(scene.t_us, tracks.t_us[:, 2], "right") - 1, 0, last)
    stood_s = (scene.t_us[final] - scene.t_us[first]) / 1e6
    number = numbers(PARKED, np.arange(len(first)), live_span(scene, scene.t_us[first]))
    zone = next(zone for zone in scene.camera.zone if zone.kind == "no_parking")
    return pl.DataFrame(
        {
            "camera_id": pl.repeat(scene.camera.id, len(first), eager=True),
            "zone_id": pl.repeat(zone.id, len(first), eager=True),
            "track": pl.Series(number).cast(pl.String),
            "severity": np.where(stood_s >= PARKED_S, "parked", "stopped"),
            "opened_at": times(scene.t_us[first]),
            "closed_at": times(scene.t_us[final]),
            "is_over": tracks.t_us[:, 2] + 40_000_000 < scene.t_us[last],
        }
    ).filter(stood_s >= STOPPED_S)
