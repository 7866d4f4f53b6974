"""Track ids for streams that carry none: boxes of one object, joined over time.

Per camera, as ByteTrack does (Zhang et al. 2022, doi:10.1007/978-3-031-20047-2_1):
expect every track where its speed takes it, match the sure boxes first and the
unsure ones to what is left, by overlap; among boxes that overlap alike the one on the
track's course is its own (OC-SORT, Cao et al. 2023, doi:10.1109/CVPR52729.2023.00934),
and what its speed took out of the picture is gone. A frame's doubles, noise and whatever
exceeds the room for tracks stay untracked: they are seen, but nobody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import Ordered
from operators.city import City
from operators.tracking import tracks
from operators.tracking.assign import Scratch, pair, scratch
from operators.tracking.scene import SURE, TAKEN, UNSURE, Scene, confidence, look, working_memory
from operators.tracking.tracks import (
    TrackerState,
    ahead,
    bear,
    drop,
    empty,
    expect,
    follow,
    grown,
    heading,
    is_outside,
    misses,
    overlap,
    stands,
)
from schemas.frames import CLASSES

__all__ = ["DEFAULTS", "MODEL", "TrackerParams", "TrackerState", "carry", "label", "start", "step"]

MODEL: Final = "tilik-iou/3"
"""What rows say of tracks that are made here."""

_KINDS: Final = {"person": 0, "rider": 0, "bicycle": 1, "motorcycle": 1, "car": 2, "bus": 2, "truck": 2}
KIND: Final = np.array([_KINDS.get(CLASSES[i], 3) if i < len(CLASSES) else 3 for i in range(256)], np.uint8)
"""(256,) group of each class code: within a group detectors waver, so a track may change its class."""

_GROWN, _FRESH, _NEWBORN, _WALKED = range(4)
"""Rounds of a frame: sure boxes to grown tracks, unsure to those just seen or standing, sure to newborns, and what is
left of sure boxes to persons who walked farther than boxes overlap."""
_PERSON: Final = _KINDS["person"]


class TrackerParams(NamedTuple):
    """Thresholds; tried on what `benchmarks.tracking` plays and on RoadTrack's development sequences alone."""

    sure: float = 0.3
    """Confidence of the first round; a box without confidence is sure."""
    unsure: float = 0.1
    """Confidence of the second round (ByteTrack); below it a box stays untracked."""
    birth: float = 0.4
    """Confidence that starts a track."""
    overlap: float = 0.2
    """Least IoU in the rounds of sure boxes (ByteTrack)."""
    overlap_unsure: float = 0.5
    """Least IoU in the round of unsure boxes (ByteTrack)."""
    farthest: float = 0.5
    """Boxes are widened by up to this share on every side (C-BIoU, doi:10.1109/WACV56688.2023.00478)."""
    course: float = 0.1
    """What the course is worth beside the overlap: all of it ahead, none across, less behind (OC-SORT: 0.2)."""
    duplicate: float = 0.7
    """IoU from which two boxes of one group in a frame are one object; the surer one is kept."""
    apart_s: float = 0.45
    """Frames so far apart show a walker's boxes beside each other: 3 widths a second, and they meet up to 4/3."""
    pace: float = 1.0
    """Box sizes a second by which persons stray from their way then (ours; 2 is worse in invented crowds)."""
    stray: float = 3.0
    """Standard deviations up to which a person's box may lie off the way."""
    lost_s: float = 6.0
    """How long what moves is searched for, but at least three of the camera's periods."""
    hidden_s: float = 2.0
    """Hidden for longer, but for three periods at least, what stood is looked for where it stood, not on its way."""
    lost_still_s: float = 30.0
    """How long what stands is searched for: parking's longest occlusion."""
    overlap_still: float = 0.5
    """IoU to the anchor from which an object rests, and is found again: as parking bridges."""
    still_s: float = 2.0
    """Resting this long makes an object a standing one."""
    away_s: float = 1.0
    """Boxes off the anchor for longer mean that the object left it."""
    most: int = 256
    """Tracks of one camera, and boxes looked at in one frame: the surest."""


DEFAULTS: Final = TrackerParams()


def start(cameras: int, params: TrackerParams = DEFAULTS, names: Sequence[str] = ()) -> TrackerState:
    """Return a state without tracks; it grows with the tracks alive.

    Parameters
    ----------
    cameras
        Number `c` of cameras.
    params
        Thresholds.
    names
        (c,) ids of the cameras. An id of a track is made of its camera's name, so that
        it does not change when other cameras are registered; without names, of its code.
    """
    if not 0 <= params.unsure <= params.sure <= params.birth or params.most < 1:
        raise ValueError(f"expected 0 <= unsure <= sure <= birth and most >= 1, got {params}")
    digests = [blake2b(name.encode(), digest_size=8).digest() for name in names or map(str, range(cameras))]
    return empty(np.array([int.from_bytes(d, "little") for d in digests], np.uint64))


def step(
    state: TrackerState, city: City, ordered: Ordered, which: NDArray[np.bool_], params: TrackerParams = DEFAULTS
) -> tuple[TrackerState, NDArray[np.uint64]]:
    """Give an id to the objects of some cameras that carry none.

    Parameters
    ----------
    state
        From `start` or the last call; updated in place, go on with the returned one.
    city
        Its `period_us` bounds how soon an object counts as lost, and says whose boxes cannot overlap.
    ordered
        Frames sorted by (camera, time).
    which
        (c,) cameras to track.
    params
        Thresholds, the same in every call.

    Returns
    -------
    The state and (m,) ids: a given id stays as it is; 0 remains where an object
    is too unsure to track, doubles another box, or its camera is not tracked.
    """
    track = ordered.track.copy()
    lost_us, hidden_us = (np.maximum(round(s * 1e6), 3 * city.period_us) for s in (params.lost_s, params.hidden_s))
    walk_us = np.where(city.period_us >= params.apart_s * 1e6, 5 * city.period_us // 2, 0)  # one missed between two
    at, given, room = 0, (lost_us, hidden_us, walk_us), (working_memory(params.most), scratch(params.most))
    while (at := _track(state, at, ordered, which, *given, params, KIND, *room, track)) < len(ordered.camera):
        state = grown(state, max(len(state.slot), params.most))
    return state, track


def carry(into: TrackerState, source: TrackerState, camera: NDArray[np.int32]) -> TrackerState:
    """Return the state with the tracks of cameras that go along; see `operators.tracking.tracks.carry`."""
    used = int(source.held[camera >= 0].sum())
    if used > into.free[1]:
        into = grown(into, used)
    tracks.carry(into, source, camera)
    return into


def label(track: int) -> str:
    """Render a track id for people."""
    return f"t-{track:x}"


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _track(
    state: TrackerState, begin: int, ordered: Ordered, which: NDArray[np.bool_], lost_us: NDArray[np.int64],
    hidden_us: NDArray[np.int64], walk_us: NDArray[np.int64], params: TrackerParams, kind_of: NDArray[np.uint8],
    scene: Scene, memory: Scratch, track: NDArray[np.uint64],
) -> int:  # fmt: skip
    """Track frames from `begin` on; return the first frame that the pool has no room for, or the end."""
    for i in range(begin, len(ordered.camera)):
        camera, now = ordered.camera[i], ordered.t_us[i]
        if not which[camera]:
            continue
        first, last = ordered.first[i], ordered.first[i + 1]
        if state.free[1] < min(last - first, params.most):
            return i
        n = look(ordered, first, last, params.unsure, params.sure, params.duplicate, kind_of, scene)
        m = _recall(state, camera, now, lost_us[camera], hidden_us[camera], walk_us[camera], params, scene)
        for turn in range(4):
            a, b = _line_up(state, ordered, now, m, n, turn, params, kind_of, scene)
            if a == 0 or b == 0:
                continue
            pair(scene.gain, a, b, scene.match, memory)
            for p in range(a):
                if scene.match[p] >= 0:
                    r, d = scene.rows[p], scene.columns[scene.match[p]]
                    slot, o = state.slot[scene.slot[r]], scene.seen[d]
                    follow(slot, ordered.box[o], now, params.overlap_still, params.away_s * 1e6)
                    track[o] = slot.id
                    scene.missed[r], scene.standing[d] = False, TAKEN
        _miss(state, camera, m, scene)
        births = 0
        for d in range(n):
            o = scene.seen[d]
            if scene.standing[d] == TAKEN or confidence(ordered, o) < params.birth:
                continue
            if state.held[camera] < params.most:
                track[o] = bear(state, camera, now, births, ordered.box[o], kind_of[ordered.cls[o]])
                births += 1
    return len(ordered.camera)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _recall(
    state: TrackerState,
    camera: int,
    now: int,
    lost_us: int,
    hidden_us: int,
    walk_us: int,
    params: TrackerParams,
    scene: Scene,
) -> int:
    """Drop the camera's tracks that are too old or have left the picture; list the others, return how many."""
    still_us, lost_still_us = params.still_s * 1e6, max(params.lost_still_s * 1e6, lost_us)
    m, before, at = 0, -1, state.head[camera]
    while at >= 0:
        slot = state.slot[at]
        after = slot.next
        if now - slot.seen_us > (lost_still_us if stands(slot, still_us) else lost_us):
            drop(state, camera, before, at)
        else:
            scene.slot[m], scene.missed[m] = at, True
            hides = stands(slot, still_us) and now - slot.seen_us > hidden_us
            scene.reach[m] = expect(slot, now, hides, still_us, params.farthest, scene.box[m])
            scene.least[m] = params.overlap_still if hides else params.overlap
            is_here = not is_outside(scene.box[m])
            scene.walks[m] = is_here and slot.kind == _PERSON and now - slot.seen_us <= walk_us
            if slot.fresh or is_here:
                m, before = m + 1, at
            else:
                drop(state, camera, before, at)
        at = after
    return m


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _line_up(
    state: TrackerState, ordered: Ordered, now: int, m: int, n: int, turn: int, params: TrackerParams,
    kind_of: NDArray[np.uint8], scene: Scene,
) -> tuple[int, int]:  # fmt: skip
    """List the tracks and boxes of a round with the gain of each pair: its overlap less the least."""
    a = b = 0
    for d in range(n):
        if scene.standing[d] == (UNSURE if turn == _FRESH else SURE):
            scene.columns[b] = d
            b += 1
    if b == 0:
        return 0, 0
    for r in range(m):
        slot = state.slot[scene.slot[r]]
        known = turn != _FRESH or slot.fresh or stands(slot, params.still_s * 1e6)
        wanted = scene.walks[r] if turn == _WALKED else known and (slot.hits == 1) == (turn == _NEWBORN)
        if scene.missed[r] and wanted:
            scene.rows[a] = r
            a += 1
    for p in range(a):
        r = scene.rows[p]
        kind, least, reach = state.slot[scene.slot[r]].kind, scene.least[r], scene.reach[r]
        if turn == _FRESH:
            least, reach = params.overlap_unsure, 0.0
        x, y = heading(state.slot[scene.slot[r]])
        for q in range(b):
            o = scene.seen[scene.columns[q]]
            scene.gain[p, q] = 0.0
            if kind_of[ordered.cls[o]] != kind:
                continue
            if turn == _WALKED:
                scene.gain[p, q] = params.stray**2 - misses(state.slot[scene.slot[r]], now, ordered.box[o], params.pace)
            else:
                value = overlap(scene.box[r], ordered.box[o], reach)
                if value > 0.0 and reach > 0.0:
                    value += params.course * ahead(state.slot[scene.slot[r]], ordered.box[o], x, y)
                scene.gain[p, q] = value - least
    return a, b


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _miss(state: TrackerState, camera: int, m: int, scene: Scene) -> None:
    """Drop newborns that nobody confirmed; the other tracks without a box are lost, to be found again."""
    before = -1
    for r in range(m):
        at = scene.slot[r]
        if scene.missed[r] and state.slot[at].hits == 1:
            drop(state, camera, before, at)
            continue
        state.slot[at].fresh = not scene.missed[r]
        before = at
