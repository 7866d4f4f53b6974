"""Things that move: straight pieces between key points, sampled by the camera's clock.

A track walks its key points at constant speed from one to the next; two equal
points are a stop, two equal times at the end are one key. Sampling gives boxes whose bottom centre is the foot point,
rounded to 1/10,000 of the picture as a detector's output would be.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.frames import CLASSES
from simulation import sampling

KEYS: Final = 4
"""Key points of a track; a family may have more."""

PEOPLE, VEHICLES, PARKED, HEAPS, CARRIERS, VISITORS, NIGHT, GATHERED, JAMMED, RACERS = range(10)
FAMILIES: Final = 16
"""Families of track numbers, so that no two phenomena of a camera share one, and room for more."""

LIVES: Final = 16
"""Lives of the tracker that give one track different numbers, in turn."""

SIZES: Final = {
    # width, height in picture units at the lower edge (ours: a camera at 6 m that sees 60 m of road)
    "person": (0.028, 0.125),
    "rider": (0.028, 0.100),
    "bicycle": (0.040, 0.085),
    "motorcycle": (0.044, 0.090),
    "car": (0.110, 0.130),
    "bus": (0.150, 0.240),
    "truck": (0.140, 0.210),
    "garbage": (0.050, 0.050),
}
_SIZE: Final = np.array([SIZES[name] for name in CLASSES])


class Tracks(NamedTuple):
    """`k` tracks of one family."""

    family: int
    cls: NDArray[np.uint8]  # (k,) index into CLASSES
    t_us: NDArray[np.int64]  # (k, keys) ascending
    x: NDArray[np.float64]  # (k, keys) foot point, 0..1
    y: NDArray[np.float64]  # (k, keys)


class Objects(NamedTuple):
    """`m` objects seen, in frame order."""

    frame: NDArray[np.int64]  # (m,) row of the frame
    cls: NDArray[np.uint8]  # (m,)
    number: NDArray[np.int64]  # (m,) track number, unique within the camera
    box: NDArray[np.float64]  # (m, 4) multiples of 1/10,000


def no_tracks(family: int) -> Tracks:
    """Return no track at all."""
    none = np.empty((0, KEYS))
    return Tracks(family, np.empty(0, np.uint8), none.astype(np.int64), none, none)


def picked(tracks: Tracks, wanted: NDArray[Any]) -> Tracks:
    """Return the tracks at these rows, or where a mask (k,) is true."""
    return Tracks(tracks.family, tracks.cls[wanted], tracks.t_us[wanted], tracks.x[wanted], tracks.y[wanted])


def numbers(family: int, track: NDArray[np.int64], live: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the track numbers of a family's tracks in lives of the tracker, each (m,)."""
    return (track * FAMILIES + family) * LIVES + live % LIVES


def tracks_of(objects: Objects, family: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which objects belong to a family, and the row of each one's track."""
    of_family = objects.number // LIVES
    rows = np.flatnonzero(of_family % FAMILIES == family)
    return rows, of_family[rows] // FAMILIES


def sample(tracks: Tracks, t_us: NDArray[np.int64], live: NDArray[np.int64]) -> Objects:
    """Return the boxes of all tracks at the frames' times.

    Parameters
    ----------
    t_us
        (n,) frame times, ascending.
    live
        (n,) which live span a frame belongs to: a track gets a new number in each.
    """
    frame, track, box = sampling.sampled(t_us, tracks.t_us, tracks.x, tracks.y, _SIZE[tracks.cls])
    return Objects(frame, tracks.cls[track], numbers(tracks.family, track, live[frame]), box)


def positions(
    tracks: Tracks, track: NDArray[np.int64], t_us: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where tracks are [0..1] at times within their lives."""
    piece = np.zeros(len(t_us), np.int64)
    for key in range(1, tracks.t_us.shape[1] - 1):
        piece += t_us >= tracks.t_us[track, key]
    start, end = tracks.t_us[track, piece], tracks.t_us[track, piece + 1]
    part = (t_us - start) / np.maximum(end - start, 1)
    x = tracks.x[track, piece] + part * (tracks.x[track, piece + 1] - tracks.x[track, piece])
    y = tracks.y[track, piece] + part * (tracks.y[track, piece + 1] - tracks.y[track, piece])
    return x, y


def boxes(cls: NDArray[np.uint8], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (m, 4) boxes over foot points; things get smaller towards the top of the picture."""
    scale = 0.25 + 0.75 * y
    half, height = _SIZE[cls, 0] * scale / 2, _SIZE[cls, 1] * scale
    steps = np.stack([x - half, y - height, x + half, y], axis=1) * 10_000
    out: NDArray[np.float64] = np.clip(np.rint(steps), 0, 10_000) / 10_000
    return out


def at(objects: Objects, item: NDArray[np.int64]) -> Objects:
    """Return these objects."""
    return Objects(objects.frame[item], objects.cls[item], objects.number[item], objects.box[item])


def merged(parts: list[Objects]) -> Objects:
    """Return the objects of several phenomena in frame order."""
    frame = np.concatenate([part.frame for part in parts])
    order = sampling.by_frame(frame, int(frame.max(initial=-1)) + 1)
    columns: list[Any] = [np.concatenate(column)[order] for column in zip(*parts, strict=True)]
    return Objects(*columns)


def concat(family: int, parts: list[Tracks]) -> Tracks:
    """Return several lots of tracks of one family as one."""
    if not parts:
        return no_tracks(family)
    columns: list[Any] = [np.concatenate(column) for column in list(zip(*parts, strict=True))[1:]]
    return Tracks(family, *columns)
