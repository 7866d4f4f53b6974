"""Motorcycles that race at night over two lines of a calibrated road; truth: when, how many, how fast.

Three to five of them come down the road within a minute, far above its limit,
while the other traffic drives on below it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.frames import CLASSES
from schemas.ground import homography, to_ground
from simulation.crossing import crossings, measurable, off_minute_edges
from simulation.scene import Scene, days, random, within
from simulation.tracks import RACERS, Tracks, concat, no_tracks
from simulation.vehicles import flow_lines, lane_x
from simulation.watch import times

HOURS_H: Final = (22.0, 29.0)
CHANCE: Final = 0.75
"""The night's hours, local (docs/metrics.md, racing), and the chance of a race in a night; ours."""

RACERS_N: Final = (3, 6)
WITHIN_S: Final = 45.0
DRIVE_S: Final = (3.7, 4.2)
"""How many race, half open; within how long they pass, and how long one is in the picture [s]; ours."""

TRIES: Final = 8
MARGIN_US: Final = 180_000_000
"""Times drawn until one is watched, and the watched time around a race."""

TOP_Y: Final = 0.22
END_Y: Final = 0.84


def events(scene: Scene) -> Tracks:
    """Return all who race."""
    if "racing" not in scene.camera.metrics:
        return no_tracks(RACERS)
    rng, parts = random(scene.seed, scene.number, "racing"), []
    for start, end in days(scene, *HOURS_H):
        comes, count = rng.random() < CHANCE, int(rng.integers(*RACERS_N))
        begin, draws = rng.integers(start + MARGIN_US, end - MARGIN_US, TRIES), rng.random((3, RACERS_N[1]))
        free = np.flatnonzero(within(scene, begin, begin + 60_000_000, MARGIN_US))
        if comes and len(free):
            parts.append(_race(int(begin[free[0]]), draws[:, :count]))
    return off_minute_edges(scene, flow_lines(scene.camera), concat(RACERS, parts))


def _race(begin_us: int, draws: NDArray[np.float64]) -> Tracks:
    """Return one race: straight down the picture, each in a lane of its own."""
    count = draws.shape[1]
    came = begin_us + (WITHIN_S * 1e6 * np.sort(draws[0])).astype(np.int64)
    drive_us = (DRIVE_S[0] + (DRIVE_S[1] - DRIVE_S[0]) * draws[1]) * 1e6
    parts = np.linspace(0.0, 1.0, 4)
    t_us = came[:, None] + (drive_us[:, None] * parts).astype(np.int64)
    y = np.tile(TOP_Y + (END_Y - TOP_Y) * parts, (count, 1))
    x = lane_x((0.48 + 0.2 * draws[2])[:, None], y)
    return Tracks(RACERS, np.full(count, CLASSES.index("motorcycle"), np.uint8), t_us, x, y)


def truth(scene: Scene, tracks: Tracks) -> pl.DataFrame:
    """Return the races.

    Returns
    -------
    One row a race: ``camera_id``, ``first_at`` and ``last_at`` (who comes first and last passes the second
    line), ``vehicles`` (seen well enough on both lines), ``kmh_min`` and ``kmh_max`` (between the lines).
    """
    if not len(tracks.cls):
        return pl.DataFrame()
    far, near = (crossings(scene, line, tracks) for line in flow_lines(scene.camera))
    calibration = scene.camera.calibration
    assert calibration is not None, "the racing road is calibrated"
    matrix = homography(np.array(calibration.image), np.array(calibration.ground_m))
    way = to_ground(matrix, np.stack([near.x, near.y], 1)) - to_ground(matrix, np.stack([far.x, far.y], 1))
    rows = pl.DataFrame(
        {
            "race": np.cumsum(np.append(True, np.diff(far.t_us) > WITHIN_S * 1e6 * 2)),
            "at": times(near.t_us),
            "kmh": np.hypot(way[:, 0], way[:, 1]) / ((near.t_us - far.t_us) / 1e6) * 3.6,
            "is_seen": measurable(scene, tracks, far) & measurable(scene, tracks, near),
        }
    )
    return (
        rows.group_by("race", maintain_order=True)
        .agg(
            first_at=pl.col("at").min(),
            last_at=pl.col("at").max(),
            vehicles=pl.col("is_seen").sum().cast(pl.Int64),
            kmh_min=pl.col("kmh").min(),
            kmh_max=pl.col("kmh").max(),
        )
        .select(pl.lit(scene.camera.id).alias("camera_id"), pl.exclude("race"))
    )
