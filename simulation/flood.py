"""Water on the road: a wet share every 30 s; truth: when an episode begins, its peak, its end.

An episode rises within minutes, stands, and falls. The camera goes on reporting
a small wet share on dry days: absence of water is a measurement too.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulation.scene import Scene, overlaps_outage, random

SAMPLE_US: Final = 30_000_000
ON: Final = 0.10
OFF: Final = 0.05
CLOSING_US: Final = 900_000_000
"""Thresholds of the wet share and the observed time below the lower one that ends it (docs/metrics.md)."""

DRY: Final = 0.015
PER_DAY: Final = 0.9
LEAST_US: Final = 40 * 60_000_000
"""Wet share of a dry road, episodes a camera and day, the shortest span that gets one; ours."""


class Signals(NamedTuple):
    """`k` samples of one zone."""

    frame: NDArray[np.int64]  # (k,) row of the frame that carries it
    value: NDArray[np.float64]  # (k,) wet share, 0..1


class Episodes(NamedTuple):
    """`e` episodes: key times of the wet share and its height."""

    t_us: NDArray[np.int64]  # (e, 4) begins to rise, full, begins to fall, dry
    peak: NDArray[np.float64]  # (e,)


def plan(scene: Scene) -> Episodes:
    """Return the episodes of the span, none that overlap."""
    none = Episodes(np.empty((0, 4), np.int64), np.empty(0))
    length = scene.end_us - scene.start_us
    if length < LEAST_US or _zone(scene) is None:
        return none
    rng = random(scene.seed, scene.number, "flood")
    wanted = max(int(rng.poisson(PER_DAY * length / 86_400_000_000)), int(rng.random() < 0.5))
    rows, peaks, free = [], [], scene.start_us
    for share in np.sort(rng.random(wanted)):
        scale = min(1.0, length / (6 * LEAST_US))
        steps = rng.uniform((15, 20, 20), (40, 120, 60)) * scale * 60e6
        begin = max(free, scene.start_us + int(share * (length - steps.sum() - 1.3 * CLOSING_US)))
        keys = begin + np.concatenate([[0], np.cumsum(steps)]).astype(np.int64)
        free = int(keys[-1]) + 2 * CLOSING_US
        rows.append(keys)
        peaks.append(rng.uniform(0.18, 0.6))
    return Episodes(np.array(rows, np.int64).reshape(len(rows), 4), np.array(peaks)) if rows else none


def events(scene: Scene) -> Signals:
    """Return the samples: each rides on the first frame of its 30 s."""
    if _zone(scene) is None or not len(scene.t_us):
        return Signals(np.empty(0, np.int64), np.empty(0))
    slot = scene.t_us // SAMPLE_US
    frame = np.flatnonzero(np.append(True, np.diff(slot) > 0))
    value = level(plan(scene), scene.t_us[frame])
    if not scene.noiseless:
        value = value + random(scene.seed, scene.number, "noise", 1).normal(0, 0.004, len(value))
    return Signals(frame, np.round(np.clip(value, 0, 1), 4).astype(np.float64))


def level(episodes: Episodes, t_us: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the true wet share at each time."""
    out = np.full(len(t_us), DRY)
    for keys, peak in zip(episodes.t_us, episodes.peak, strict=True):
        out = np.maximum(out, np.interp(t_us, keys, (DRY, peak, peak, DRY)))
    return out


def truth(scene: Scene) -> pl.DataFrame:
    """Return the episodes as sampled without noise.

    Returns
    -------
    One row an episode: ``camera_id``, ``zone_id``, ``opened_at`` (first sample at or above the upper
    threshold), ``closed_at`` (first below the lower one), ``peak``, ``is_over`` (15 minutes below were
    seen), ``interrupted`` (an outage falls in it: times are then bounds).
    """
    episodes = plan(scene)
    zone = _zone(scene)
    if zone is None or not len(episodes.peak) or not len(scene.t_us):
        return pl.DataFrame()
    frame = np.flatnonzero(np.append(True, np.diff(scene.t_us // SAMPLE_US) > 0))
    t_us = scene.t_us[frame]
    value = np.round(level(episodes, t_us), 4)
    rows = [_episode(t_us, value, int(keys[0]), int(keys[-1])) for keys in episodes.t_us]
    outage = overlaps_outage(scene, episodes.t_us[:, 0], episodes.t_us[:, 3] + CLOSING_US + SAMPLE_US)
    kept = [(row, bool(hit)) for row, hit in zip(rows, outage, strict=True) if row is not None]
    return (
        pl.DataFrame(
            [
                {
                    "camera_id": scene.camera.id,
                    "zone_id": zone,
                    "opened_at": opened,
                    "closed_at": closed,
                    "peak": peak,
                    "is_over": closed + CLOSING_US + SAMPLE_US < int(t_us[-1]),
                    "interrupted": hit,
                }
                for (opened, closed, peak), hit in kept
            ]
        ).with_columns(pl.col("^opened_at|closed_at$").cast(pl.Datetime("us", "UTC")))
        if kept
        else pl.DataFrame()
    )


def _episode(
    t_us: NDArray[np.int64], value: NDArray[np.float64], start: int, end: int
) -> tuple[int, int, float] | None:
    wet = np.flatnonzero((t_us >= start) & (t_us <= end) & (value >= ON))
    if not len(wet):
        return None
    dry = np.flatnonzero((t_us > t_us[wet[-1]]) & (value < OFF))
    closed = int(t_us[dry[0]]) if len(dry) else end
    return int(t_us[wet[0]]), closed, float(value[wet].max())


def _zone(scene: Scene) -> str | None:
    return next((zone.id for zone in scene.camera.zone if zone.kind == "flood"), None)
