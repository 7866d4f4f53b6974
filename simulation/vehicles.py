"""Vehicles that drive over the counting line, wait at red lights; truth: crossings by line, class and direction.

Both directions have Poisson arrivals that follow the day. Those coming down the
picture meet a signal: whoever arrives during red waits above the line and starts
in turn. A drive over the line is one straight piece at constant speed, slow
enough that the camera's clock sees it on both sides: the crossing interpolated
between two frames is the true one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.frames import CLASSES
from schemas.registry import Camera, Line
from simulation.crossing import crossings, measurable, off_minute_edges
from simulation.diurnal import arrivals
from simulation.scene import Scene, random
from simulation.tracks import VEHICLES, Tracks, concat, no_tracks
from simulation.views import SHAPE_OF
from simulation.watch import MINUTE_US, times

MIX: Final = {
    "road": {"motorcycle": 0.62, "car": 0.28, "truck": 0.05, "bus": 0.03, "bicycle": 0.02},
    "alley": {"motorcycle": 0.82, "car": 0.08, "bicycle": 0.10},
}
"""Shares of classes; ours, near to what Semarang's counts show."""

PEAK_PER_H: Final = {"road": 420.0, "alley": 60.0}
"""Arrivals a direction in the peak hour [1/h]; ours, low enough for a day to stay small."""

CYCLE_US: Final = 90_000_000
RED_US: Final = 40_000_000
HEADWAY_US: Final = 2_000_000
"""Signal cycle, its red time, and the time between two starts from a queue; ours."""

STOP_Y: Final = 0.36
TOP_Y: Final = 0.24
END_Y: Final = 0.82
QUEUED: Final = 8
"""Where the queue stands, where drives begin and end, and how many fit in the picture."""


def events(scene: Scene) -> Tracks:
    """Return the drives over the camera's lines during the span."""
    shape, lines = SHAPE_OF[scene.camera.category], flow_lines(scene.camera)
    if not lines or shape not in MIX:
        return no_tracks(VEHICLES)
    rng = random(scene.seed, scene.number, "vehicles")
    peak = PEAK_PER_H[shape] * rng.uniform(0.5, 1.6)
    signal = scene.camera.category == "atcs"
    drives = [_drives(rng, scene, shape, peak, down=True, signal=signal), _drives(rng, scene, shape, peak, down=False)]
    return off_minute_edges(scene, lines, concat(VEHICLES, drives))


def _drives(
    rng: np.random.Generator, scene: Scene, shape: str, peak: float, *, down: bool, signal: bool = False
) -> Tracks:
    came = arrivals(rng, shape, peak, scene.start_us - 60_000_000, scene.end_us)
    count = len(came)
    cls = rng.choice([CLASSES.index(name) for name in MIX[shape]], count, p=list(MIX[shape].values())).astype(np.uint8)
    approach = np.maximum(rng.uniform(2.5, 5.0, count) * 1e6, 3.2 * scene.period_us).astype(np.int64)
    drive = np.maximum(rng.uniform(7.0, 11.0, count) * 1e6, 6.5 * scene.period_us).astype(np.int64)
    there = came + approach
    go, place = _signal(rng, there) if signal else (there, np.zeros(count, np.int64))
    stop = STOP_Y - 0.012 * place
    ends = np.full(count, TOP_Y), stop, stop, np.full(count, END_Y)
    y = np.stack(ends, axis=1)
    t_us = np.stack([came, there, go, go + drive], axis=1)
    lane = rng.uniform(0.46, 0.70, count) if down else rng.uniform(0.12, 0.38, count)
    x = lane_x(lane[:, None], y)
    if not down:  # up the picture: the same drive, walked the other way, without a signal
        x, y = x[:, ::-1], y[:, ::-1]
        t_us = np.stack([came, came + drive, came + drive, came + drive + approach], axis=1)
    return Tracks(VEHICLES, cls, t_us, x, y)


def lane_x(lane: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where a lane, named by its place at the lower edge, is at other heights of the picture."""
    out: NDArray[np.float64] = 0.42 + (lane - 0.42) * (0.55 + 0.45 * (y - TOP_Y) / (END_Y - TOP_Y))
    return out


def _signal(rng: np.random.Generator, there: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return when each vehicle may go [us], and its place in the queue (0 = first, or none)."""
    offset = int(rng.integers(CYCLE_US))
    cycle, phase = np.divmod(there + offset, CYCLE_US)
    red = phase < RED_US
    rows = np.flatnonzero(red)
    starts = np.searchsorted(cycle[rows], cycle[rows], side="left")
    rank = np.zeros(len(there), np.int64)
    rank[rows] = np.arange(len(rows)) - starts
    green = (cycle * CYCLE_US) - offset + RED_US
    go = np.where(red, green + 800_000 + rank % QUEUED * HEADWAY_US, there)
    return np.maximum(go, there), np.minimum(rank, QUEUED)


def flow_lines(camera: Camera) -> tuple[Line, ...]:
    """Return the lines that vehicles are counted at."""
    return tuple(line for line in camera.line if line.role == "flow")


def truth(scene: Scene, drives: Sequence[Tracks]) -> pl.DataFrame:
    """Return crossings per minute, line, direction and class, of all phenomena whose vehicles pass.

    Returns
    -------
    One row where anybody passed: ``camera_id``, ``line_id``, ``direction`` (as the registry names it), ``class``,
    ``ts``, ``passed`` (all who drove over the line) and ``crossings`` (those with two frames beyond the dead
    band on each side within one life of the tracker: what can be measured).
    """
    rows = [_passed(scene, line, tracks) for line in flow_lines(scene.camera) for tracks in drives if len(tracks.cls)]
    if not rows:
        return pl.DataFrame()
    keys = ("line_id", "direction", "class", "ts")
    return (
        pl.concat(rows)
        .group_by(keys)
        .agg(passed=pl.len().cast(pl.Int64), crossings=pl.col("measurable").sum().cast(pl.Int64))
        .sort("line_id", "ts", "direction", "class")
        .select(pl.lit(scene.camera.id).alias("camera_id"), *keys, "passed", "crossings")
    )


def _passed(scene: Scene, line: Line, tracks: Tracks) -> pl.DataFrame:
    found = crossings(scene, line, tracks)
    inside = (found.t_us >= scene.start_us) & (found.t_us < scene.end_us)
    names = line.directions
    return pl.DataFrame(
        {
            "line_id": pl.repeat(line.id, len(found.t_us), eager=True),
            "direction": np.where(found.to_right, names.get("to_right", "to_right"), names.get("to_left", "to_left")),
            "class": np.array(CLASSES)[tracks.cls[found.track]],
            "ts": times(found.t_us // MINUTE_US * MINUTE_US),
            "measurable": measurable(scene, tracks, found),
        }
    ).filter(inside)
