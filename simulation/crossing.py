"""When tracks pass a line, worked out from the ends of their straight pieces.

A crossing is the piece whose ends lie on different sides. It can be measured when
the camera saw the track twice beyond the dead band before it and twice after it,
in one life of the tracker (docs/metrics.md, Vehicle flow).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.registry import Line
from simulation.scene import Scene, live_span
from simulation.tracks import Tracks
from simulation.watch import MINUTE_US

BAND: Final = 0.01
"""Dead band on each side of the line, share of the frame's diagonal (docs/metrics.md)."""

EDGE_US: Final = 60_000
"""Crossings keep this distance from minute edges: rounding of boxes must not move them over."""

PASSES: Final = 4
"""Shifts until no crossing of a track lies near a minute edge; two lines need two at most, nearly always."""


class Crossings(NamedTuple):
    """`k` crossings by track, then time; where they are, and when the dead band around the line is passed."""

    track: NDArray[np.int64]  # (k,) row of the track
    t_us: NDArray[np.int64]
    band_in_us: NDArray[np.int64]
    band_out_us: NDArray[np.int64]
    to_right: NDArray[np.bool_]
    x: NDArray[np.float64]  # 0..1
    y: NDArray[np.float64]


def crossings(scene: Scene, line: Line, tracks: Tracks) -> Crossings:
    """Return all crossings of a straight line."""
    (ax, ay), (bx, by) = line.points
    aspect = scene.camera.size[0] / scene.camera.size[1]
    length = np.hypot((bx - ax) * aspect, by - ay)
    distance = ((bx - ax) * (tracks.y - ay) - (by - ay) * (tracks.x - ax)) * aspect / length
    row, piece = np.nonzero((distance[:, :-1] > 0) != (distance[:, 1:] > 0))
    d0, d1 = distance[row, piece], distance[row, piece + 1]
    t0, t1 = tracks.t_us[row, piece], tracks.t_us[row, piece + 1]
    per_unit = (t1 - t0) / (d1 - d0)
    band = BAND * np.hypot(aspect, 1.0) * np.sign(d1)
    at = [(t0 + (level - d0) * per_unit).astype(np.int64) for level in (np.zeros(len(row)), -band, band)]
    part = -d0 / (d1 - d0)
    x = tracks.x[row, piece] + part * (tracks.x[row, piece + 1] - tracks.x[row, piece])
    y = tracks.y[row, piece] + part * (tracks.y[row, piece + 1] - tracks.y[row, piece])
    return Crossings(row, at[0], at[1], at[2], d1 > 0, x, y)


def off_minute_edges(scene: Scene, lines: Sequence[Line], tracks: Tracks) -> Tracks:
    """Return the tracks a little later where one crosses a line at a minute's edge."""
    for _ in range(PASSES):
        move = np.zeros(len(tracks.cls), np.int64)
        for line in lines:
            found = crossings(scene, line, tracks)
            near = found.t_us % MINUTE_US
            late = np.where(near < EDGE_US, EDGE_US, np.where(near > MINUTE_US - EDGE_US, 2 * EDGE_US, 0))
            np.maximum.at(move, found.track, late)
        if not move.any():
            break
        tracks = tracks._replace(t_us=tracks.t_us + move[:, None])
    return tracks


def measurable(scene: Scene, tracks: Tracks, found: Crossings) -> NDArray[np.bool_]:
    """Tell which crossings can be measured: two frames beyond the band on each side, in one life of the tracker."""
    t_us = scene.t_us
    if not len(t_us):
        return np.zeros(len(found.t_us), np.bool_)
    live = live_span(scene, t_us)
    after = np.searchsorted(t_us, found.t_us, side="right")
    known = (after > 0) & (after < len(t_us))
    last, following = np.clip(after - 1, 0, len(t_us) - 1), np.clip(after, 0, len(t_us) - 1)
    together = known & (live[last] == live[following])
    life_start, life_end = np.searchsorted(live, live[last], "left"), np.searchsorted(live, live[last], "right")
    again = np.append(False, found.track[1:] == found.track[:-1])  # has crossed before
    since = np.where(again, np.roll(found.band_out_us, 1) + 1, tracks.t_us[found.track, 0])
    until = np.where(np.roll(again, -1), np.roll(found.band_in_us, -1) - 1, tracks.t_us[found.track, -1])
    before = np.searchsorted(t_us, found.band_in_us, "left") - np.maximum(
        np.searchsorted(t_us, since, "left"), life_start
    )
    beyond = np.minimum(np.searchsorted(t_us, until, "right"), life_end) - np.searchsorted(
        t_us, found.band_out_us, "right"
    )
    out: NDArray[np.bool_] = together & (before >= 2) & (beyond >= 2)
    return out
