"""Vehicles that drive over the counting line, wait at red lights; truth: crossings by class and direction.

Both directions have Poisson arrivals that follow the day. Those coming down the
picture meet a signal: whoever arrives during red waits above the line and starts
in turn. A drive over the line is one straight piece at constant speed, slow
enough that the camera's clock sees it on both sides: the crossing interpolated
between two frames is the true one.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from connectors.simulate.diurnal import arrivals
from connectors.simulate.layout import SHAPE_OF
from connectors.simulate.scene import Scene, live_span, random
from connectors.simulate.tracks import VEHICLES, Tracks, concat, no_tracks
from connectors.simulate.watch import MINUTE_US, times
from schemas.frames import CLASSES

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

EDGE_US: Final = 60_000
"""Crossings keep this distance from minute edges: rounding of boxes must not move them over."""

BAND: Final = 0.01
"""Dead band on each side of the line, share of the frame's diagonal (docs/metrics.md)."""


class Crossing(NamedTuple):
    """When `k` tracks pass the line, and the dead band around it [us]."""

    t_us: NDArray[np.int64]
    band_in_us: NDArray[np.int64]
    band_out_us: NDArray[np.int64]
    to_right: NDArray[np.bool_]


def events(scene: Scene) -> Tracks:
    """Return the drives over the camera's line during the span."""
    shape = SHAPE_OF[scene.camera.category]
    if not scene.camera.line or shape not in MIX:
        return no_tracks(VEHICLES)
    rng = random(scene.seed, scene.number, "vehicles")
    peak = PEAK_PER_H[shape] * rng.uniform(0.5, 1.6)
    signal = scene.camera.category == "atcs"
    drives = [_drives(rng, scene, shape, peak, down=True, signal=signal), _drives(rng, scene, shape, peak, down=False)]
    return _off_minute_edges(scene, concat(VEHICLES, drives))


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
    x = 0.42 + (lane[:, None] - 0.42) * (0.55 + 0.45 * (y - TOP_Y) / (END_Y - TOP_Y))
    if not down:  # up the picture: the same drive, walked the other way, without a signal
        x, y = x[:, ::-1], y[:, ::-1]
        t_us = np.stack([came, came + drive, came + drive, came + drive + approach], axis=1)
    return Tracks(VEHICLES, cls, t_us, x, y)


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


def crossings(scene: Scene, tracks: Tracks) -> Crossing:
    """Return when the straight piece over the line passes it, worked out from its ends."""
    (ax, ay), (bx, by) = scene.camera.line[0].points
    aspect = scene.camera.size[0] / scene.camera.size[1]
    length = np.hypot((bx - ax) * aspect, by - ay)
    distance = ((bx - ax) * (tracks.y - ay) - (by - ay) * (tracks.x - ax)) * aspect / length
    piece = ((distance[:, :-1] > 0) != (distance[:, 1:] > 0)).argmax(axis=1)
    row = np.arange(len(piece))
    d0, d1 = distance[row, piece], distance[row, piece + 1]
    t0, t1 = tracks.t_us[row, piece], tracks.t_us[row, piece + 1]
    per_unit = (t1 - t0) / (d1 - d0)
    band = BAND * np.hypot(aspect, 1.0) * np.sign(d1)
    at = [(t0 + (level - d0) * per_unit).astype(np.int64) for level in (np.zeros(len(row)), -band, band)]
    return Crossing(at[0], at[1], at[2], d1 > 0)


def _off_minute_edges(scene: Scene, tracks: Tracks) -> Tracks:
    near = crossings(scene, tracks).t_us % MINUTE_US
    move = np.where(near < EDGE_US, EDGE_US, np.where(near > MINUTE_US - EDGE_US, 2 * EDGE_US, 0))
    return tracks._replace(t_us=tracks.t_us + move[:, None])


def truth(scene: Scene, tracks: Tracks) -> pl.DataFrame:
    """Return crossings per minute, direction and class.

    Returns
    -------
    One row where anybody passed: ``camera_id``, ``line_id``, ``direction`` (as the registry names it), ``class``,
    ``ts``, ``passed`` (all who drove over the line) and ``crossings`` (those with two frames beyond the dead
    band on each side within one life of the tracker: what can be measured).
    """
    if not len(tracks.cls):
        return pl.DataFrame()
    found = crossings(scene, tracks)
    inside = (found.t_us >= scene.start_us) & (found.t_us < scene.end_us)
    names = scene.camera.line[0].directions
    rows = pl.DataFrame(
        {
            "ts": times(found.t_us // MINUTE_US * MINUTE_US),
            "direction": np.where(found.to_right, names.get("to_right", "to_right"), names.get("to_left", "to_left")),
            "class": np.array(CLASSES)[tracks.cls],
            "measurable": _measurable(scene, tracks, found),
        }
    ).filter(inside)
    return (
        rows.group_by("ts", "direction", "class")
        .agg(passed=pl.len().cast(pl.Int64), crossings=pl.col("measurable").sum().cast(pl.Int64))
        .sort("ts", "direction", "class")
        .select(
            pl.lit(scene.camera.id).alias("camera_id"),
            pl.lit(scene.camera.line[0].id).alias("line_id"),
            "direction",
            "class",
            "ts",
            "passed",
            "crossings",
        )
    )


def _measurable(scene: Scene, tracks: Tracks, found: Crossing) -> NDArray[np.bool_]:
    t_us = scene.t_us
    if not len(t_us):
        return np.zeros(len(found.t_us), np.bool_)
    live = live_span(scene, t_us)
    after = np.searchsorted(t_us, found.t_us, side="right")
    known = (after > 0) & (after < len(t_us))
    last, following = np.clip(after - 1, 0, len(t_us) - 1), np.clip(after, 0, len(t_us) - 1)
    together = known & (live[last] == live[following])
    life_start, life_end = np.searchsorted(live, live[last], "left"), np.searchsorted(live, live[last], "right")
    before = np.searchsorted(t_us, found.band_in_us, "left") - np.maximum(
        np.searchsorted(t_us, tracks.t_us[:, 0], "left"), life_start
    )
    beyond = np.minimum(np.searchsorted(t_us, tracks.t_us[:, -1], "right"), life_end) - np.searchsorted(
        t_us, found.band_out_us, "right"
    )
    out: NDArray[np.bool_] = together & (before >= 2) & (beyond >= 2)
    return out
