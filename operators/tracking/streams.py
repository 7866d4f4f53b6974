"""Whose tracks a camera has: its stream's own, or those that are made here.

A stream has ids from its first person or vehicle on that carries one. It has none
before, and none again once `BARE_OBJECTS` of them came in a row without, over
`BARE_US` and longer: a detector that is started again without its tracker. With
`tracker = "auto"` a camera is tracked here while its stream has none; what comes
without an id while the stream has them is seen and belongs to nobody. It is counted,
and so is what has the id of the object before it. Ids that name nobody (`nameless`) are
none. Only on-time frames decide, in their order, so that no cut of the input changes a decision. Frames
farther apart than `SPARSE_US` show too little for tracks that are made here: what
crosses and stays there is not known.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators import carrying
from operators.arrays import Ordered, Whose
from operators.city import City
from operators.stage.arrived import gather
from operators.tracking import nameless, tracker
from operators.tracking.tracker import TrackerParams, TrackerState
from schemas.frames import CLASSES
from schemas.registry.entries import TRACKERS

VERSION: Final = 2
BARE_US: Final = 60_000_000
BARE_OBJECTS: Final = 20
"""A stream that had ids has lost them after so long and so many persons and vehicles without; ours."""

SPARSE_US: Final = 1_000_000
"""Frames farther apart than this have no tracks made here that can be counted (docs/decisions/tracker.md)."""

_AUTO, _IOU, _NONE = range(len(TRACKERS))
_UNSEEN, _OWN, _BARE = range(3)
_FOLLOWED: Final = np.array([i < len(CLASSES) and CLASSES[i] != "garbage" for i in range(256)], np.bool_)
"""(256,) class codes that tracks are needed of."""


class Streams(NamedTuple):
    """What `c` streams have shown of ids; arrays are changed in place."""

    whose: NDArray[np.uint8]  # (c,) nothing seen yet, ids of their own, or none
    bare: NDArray[np.int64]  # (c,) persons and vehicles without id since the last one with
    since_us: NDArray[np.int64]  # (c,) when the first of them came
    ids: nameless.Said


class Modes(NamedTuple):
    """What the registry says of `c` cameras' tracks."""

    tracker: NDArray[np.uint8]  # (c,) codes of `TRACKERS`
    sparse: NDArray[np.bool_]  # (c,) frames are too far apart to count tracks that are made here


FRAME_FIELDS: Final = ("camera", "t_us", "dt_ms", "usable", "made_here", "width", "height")
OBJECT_FIELDS: Final = ("cls", "confidence", "box", "track", "face", "zones")


def modes(city: City) -> Modes:
    """Return what the registry says of each camera's tracks."""
    codes = [TRACKERS.index(camera.tracker) for camera in city.cameras]
    return Modes(np.array(codes, np.uint8), city.period_us > SPARSE_US)


def start(cameras: int) -> Streams:
    """Return the state before any frame."""
    bare, since_us = np.zeros((2, cameras), np.int64)
    return Streams(np.zeros(cameras, np.uint8), bare, since_us, nameless.start(cameras))


def step(state: Streams, modes: Modes, ordered: Ordered) -> tuple[Whose, NDArray[np.uint64]]:
    """Return whose tracks on-time frames have, and the ids that are some; the state is changed in place.

    Parameters
    ----------
    ordered
        Frames sorted by (camera, time).

    Returns
    -------
    The frames' tracks, and (m,) ids as they came, 0 where one names nobody.
    """
    out = _nobodys(len(ordered.camera))
    track, nobodys = nameless.step(state.ids, _FOLLOWED, ordered)
    _walk(
        state.whose, state.bare, state.since_us, modes.tracker, _FOLLOWED, ordered.camera, ordered.t_us, ordered.first,
        ordered.cls, track, nobodys, out.made_here, out.untracked, out.with_id, out.without_id,
    )  # fmt: skip
    return _counted(out, modes, ordered), track


def late(modes: Modes, ordered: Ordered) -> Whose:
    """Return whose tracks late frames have, by what each shows alone: they change no decision."""
    out = _nobodys(len(ordered.camera))
    _look(modes.tracker, _FOLLOWED, ordered.camera, ordered.first, ordered.cls, ordered.track, *out)
    return _counted(out, modes, ordered)


def tracked(
    state: TrackerState, city: City, ordered: Ordered, made_here: NDArray[np.bool_], params: TrackerParams
) -> tuple[TrackerState, NDArray[np.uint64]]:
    """Return the tracker's state and (m,) track ids; it sees the frames whose tracks are made here, and no other."""
    if not made_here.any():
        return state, ordered.track
    which = np.zeros(len(city.cameras), np.bool_)
    which[ordered.camera[made_here]] = True
    if (which[ordered.camera] == made_here).all():
        return tracker.step(state, city, ordered, which, params)
    rows = np.flatnonzero(made_here)  # a camera's ids begin or end within this batch
    items, first = gather(rows, ordered.first)
    frames = {name: getattr(ordered, name)[rows] for name in FRAME_FIELDS}
    objects = {name: getattr(ordered, name)[items] for name in OBJECT_FIELDS}
    state, ids = tracker.step(state, city, ordered._replace(**frames, **objects, first=first), which, params)
    track = ordered.track.copy()
    track[items] = ids
    return state, track


def carry(into: Streams, source: Streams, camera: NDArray[np.int32]) -> None:
    """Take along what the streams of cameras that go along have shown."""
    for mine, its in ((into[:3], source[:3]), (into.ids, source.ids)):
        carrying.fields(mine, its, camera)


def _counted(whose: Whose, modes: Modes, ordered: Ordered) -> Whose:
    """Return whose tracks frames have, less those made here of frames too far apart: they follow nobody for sure."""
    return whose._replace(untracked=whose.untracked | (whose.made_here & modes.sparse[ordered.camera]))


def _nobodys(frames: int) -> Whose:
    flags, counts = np.zeros((2, frames), np.bool_), np.zeros((2, frames), np.int64)
    return Whose(flags[0], flags[1], counts[0], counts[1])


@njit(cache=True)
def _count(
    followed: NDArray[np.bool_], first: int, last: int, cls: NDArray[np.uint8], track: NDArray[np.uint64]
) -> tuple[int, int, int]:
    """Return how many of a frame's persons and vehicles have an id, how many none, and how many that before them."""
    named = bare = shared = 0
    before = np.uint64(0)
    for o in range(first, last):
        if followed[cls[o]]:
            named += track[o] != 0
            bare += track[o] == 0
            shared += track[o] != 0 and track[o] == before
            before = track[o]
    return named, bare, shared


@njit(cache=True)
def _walk(
    whose: NDArray[np.uint8], bare: NDArray[np.int64], since_us: NDArray[np.int64], mode: NDArray[np.uint8],
    followed: NDArray[np.bool_], camera: NDArray[np.int32], t_us: NDArray[np.int64], first: NDArray[np.int64],
    cls: NDArray[np.uint8], track: NDArray[np.uint64], nobodys: NDArray[np.bool_], made_here: NDArray[np.bool_],
    untracked: NDArray[np.bool_], with_id: NDArray[np.int64], without_id: NDArray[np.int64],
) -> None:  # fmt: skip
    for i in range(len(camera)):
        c = camera[i]
        if nobodys[i]:
            whose[c] = _BARE
        named, without, shared = _count(followed, first[i], first[i + 1], cls, track)
        if named > 0:
            whose[c], bare[c] = _OWN, 0
        elif without > 0 and whose[c] != _OWN:
            whose[c] = _BARE
        elif without > 0:
            if bare[c] == 0:
                since_us[c] = t_us[i]
            bare[c] += without
            if bare[c] >= BARE_OBJECTS and t_us[i] - since_us[c] >= BARE_US:
                whose[c] = _BARE
        is_bare = whose[c] == _BARE
        made_here[i] = mode[c] == _IOU or (mode[c] == _AUTO and is_bare)
        untracked[i] = not made_here[i] and (is_bare or (named == 0 and without > 0))
        with_id[i], without_id[i] = named - shared, 0 if made_here[i] else without + shared


@njit(cache=True)
def _look(
    mode: NDArray[np.uint8], followed: NDArray[np.bool_], camera: NDArray[np.int32], first: NDArray[np.int64],
    cls: NDArray[np.uint8], track: NDArray[np.uint64], made_here: NDArray[np.bool_], untracked: NDArray[np.bool_],
    with_id: NDArray[np.int64], without_id: NDArray[np.int64],
) -> None:  # fmt: skip
    for i in range(len(camera)):
        c = camera[i]
        named, without, shared = _count(followed, first[i], first[i + 1], cls, track)
        made_here[i] = mode[c] == _IOU or (mode[c] == _AUTO and named == 0)
        untracked[i] = mode[c] == _NONE and named == 0 and without > 0
        with_id[i], without_id[i] = named - shared, 0 if made_here[i] else without + shared
