"""People who walk through a gate, in or out; truth: entries and exits, once a track.

Those who come in walk on over the plaza, so they are counted in its crowd too.
A few turn in the gate, look back and come in after all: one visit, one exit.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.frames import CLASSES
from schemas.registry import Line
from simulation.crossing import Crossings, crossings, measurable, off_minute_edges
from simulation.diurnal import arrivals
from simulation.scene import Scene, live_span, random
from simulation.tracks import VISITORS, Tracks, concat, no_tracks
from simulation.views import SHAPE_OF
from simulation.watch import MINUTE_US, times

PEAK_PER_H: Final = 90.0
"""Who comes in, and who goes out, in the peak hour [1/h]; ours."""

FLIP_SHARE: Final = 0.06
"""Share of those who turn in the gate; ours."""

OUTSIDE_Y, INSIDE_Y = 0.17, 0.42
"""Where people appear outside the gate, and where they are through it; the plaza's zones begin below."""

GATE_S: Final = (8.0, 14.0)
PLAZA_S: Final = (8.0, 40.0)
"""Time in the gate and over the plaza [s]; ours. In the gate long enough for the camera to see both sides."""

X: Final = (0.3, 0.7)
SIDES: Final = (0.026, 0.974)
"""Where people pass the gate, and where they leave the picture."""


def events(scene: Scene) -> Tracks:
    """Return the people at the camera's gate."""
    lines = gate_lines(scene)
    if not lines:
        return no_tracks(VISITORS)
    rng = random(scene.seed, scene.number, "gates")
    into, out = _walks(rng, scene), _walks(rng, scene)
    return off_minute_edges(scene, lines, concat(VISITORS, [into, _backwards(out)]))


def gate_lines(scene: Scene) -> tuple[Line, ...]:
    """Return the camera's gates."""
    return tuple(line for line in scene.camera.line if line.role == "gate")


def _walks(rng: np.random.Generator, scene: Scene) -> Tracks:
    """Draw people who come in: six key points, of which most need four."""
    came = arrivals(rng, SHAPE_OF[scene.camera.category], PEAK_PER_H, scene.start_us - 120_000_000, scene.end_us)
    count = len(came)
    gate_x, plaza_x = rng.uniform(*X, (count, 3)), rng.uniform(0.12, 0.88, count)
    plaza_y, side = rng.uniform(0.5, 0.9, count), np.where(rng.random(count) < 0.5, *SIDES)
    gate_s = np.maximum(rng.uniform(*GATE_S, (count, 3)), 6.5 * scene.period_us / 1e6)
    plaza_s = rng.uniform(*PLAZA_S, (count, 2))
    flips = rng.random(count) < FLIP_SHARE
    outside, inside = np.full(count, OUTSIDE_Y), np.full(count, INSIDE_Y)
    x = np.stack([*gate_x.T, gate_x[:, 1], plaza_x, side], axis=1)
    y = np.stack([outside, inside, outside, inside, plaza_y, plaza_y], axis=1)
    steps = np.concatenate([np.zeros((count, 1)), gate_s, plaza_s], axis=1)
    straight = ~flips  # key points 2 and 3 are the first way through again
    x[straight, 2:4], y[straight, 2:4], steps[straight, 2:4] = x[straight, 1:2], y[straight, 1:2], 0.0
    t_us = came[:, None] + (np.cumsum(steps, axis=1) * 1e6).astype(np.int64)
    return Tracks(VISITORS, np.full(count, CLASSES.index("person"), np.uint8), t_us, x, y)


def _backwards(tracks: Tracks) -> Tracks:
    """Return the same walks, walked the other way in the same time."""
    t_us = (tracks.t_us[:, :1] + tracks.t_us[:, -1:]) - tracks.t_us[:, ::-1]
    return tracks._replace(t_us=t_us, x=tracks.x[:, ::-1], y=tracks.y[:, ::-1])


def truth(scene: Scene, tracks: Tracks) -> pl.DataFrame:
    """Return entries and exits per minute.

    Returns
    -------
    One row a gate and minute in which anybody was counted: ``camera_id``, ``line_id``, ``ts``, ``entries``
    and ``exits``: the first measurable way in and the first out of a track in a life of the tracker.
    """
    rows = [_passed(scene, line, tracks) for line in gate_lines(scene)]
    if not rows or not len(tracks.cls):
        return pl.DataFrame()
    return (
        pl.concat(rows)
        .group_by("line_id", "ts")
        .agg(entries=pl.col("is_entry").sum().cast(pl.Int64), exits=(~pl.col("is_entry")).sum().cast(pl.Int64))
        .sort("line_id", "ts")
        .select(pl.lit(scene.camera.id).alias("camera_id"), "line_id", "ts", "entries", "exits")
    )


def _passed(scene: Scene, line: Line, tracks: Tracks) -> pl.DataFrame:
    found = crossings(scene, line, tracks)
    kept = measurable(scene, tracks, found) & (found.t_us >= scene.start_us) & (found.t_us < scene.end_us)
    entry = found.to_right == (line.entry == "to_right")
    rows = _firsts(scene, found, entry, np.flatnonzero(kept))
    return pl.DataFrame(
        {
            "line_id": pl.repeat(line.id, len(rows), eager=True),
            "ts": times(found.t_us[rows] // MINUTE_US * MINUTE_US),
            "is_entry": entry[rows],
        }
    )


def _firsts(scene: Scene, found: Crossings, entry: NDArray[np.bool_], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first of the crossings `rows` of each track, life and direction."""
    key = np.stack([found.track[rows], live_span(scene, found.t_us[rows]), entry[rows]], axis=1)
    _, first = np.unique(key, axis=0, return_index=True)
    out: NDArray[np.int64] = rows[first]
    return out
