"""The loop of `operators.metrics.flow`: one record a track and line, one pass over the frames.

A frame is taken in two turns: first the tracks that are known, then those that
are born, so that an heir is only ever compared with tracks that this frame has
lost, in whatever order its objects stand. A crossing is held back for as long as
it may be taken back (`operators.tracking.crossed`), and told then.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import Ordered, Record
from operators.geometry import project
from operators.slots import Slots, find, insert
from operators.tracking.crossed import HELD, Chains, Rules, cross, take_over, tell
from schemas.columns import VEHICLES
from schemas.frames import CLASSES

NEVER_US: Final = -(1 << 61)

TRACK: Final = np.dtype(
    [
        ("track", np.uint64),
        ("owner", np.int32),  # the line
        ("before", np.int32),  # neighbours in the chain of tracks that may have an heir at the line
        ("after", np.int32),
        ("is_live", np.bool_),
        ("is_near", np.bool_),  # in that chain
        ("side", np.int8),  # where it belongs: 1 right hand, -1 left hand, 0 not known
        ("beyond", np.int8),  # the side where it was last seen beyond the band
        ("run", np.int8),  # in how many frames since it was beyond the other, at most `Rules.frames`
        ("is_beside", np.bool_),  # its last change of sides was beside the line
        ("flip_mmps", np.int32),  # speed then, -1 when not known
        ("flip_us", np.int64),  # time of it
        ("flip_x", np.float64),  # foot point then, in 0..1
        ("flip_y", np.float64),
        ("seen_us", np.int64),
        ("x", np.float64),  # foot point in 0..1
        ("y", np.float64),
        ("distance", np.float64),  # picture heights
        ("counted_us", np.int64, (2,)),  # last crossing counted to_right and to_left
        ("votes", np.uint32, (len(VEHICLES),)),  # confidence x 1e6; all are halved before one is full
        *HELD,
    ],
    align=True,
)
_CLASSES: Final = len(VEHICLES)
_FULL: Final = 1 << 31

_VOTE: Final = np.full(256, VEHICLES.index("other"), np.int8)
_VOTE[[CLASSES.index(name) for name in VEHICLES if name in CLASSES]] = [
    VEHICLES.index(name) for name in VEHICLES if name in CLASSES
]
_VOTE[CLASSES.index("garbage")] = -1


class Geometry(NamedTuple):
    """What of `operators.city.City` the loop needs."""

    is_watching: NDArray[np.bool_]  # (c,)
    aspect: NDArray[np.float64]  # (c,)
    homography: NDArray[np.float64]  # (c, 3, 3)
    line_first: NDArray[np.int64]  # (c + 1,)
    point_first: NDArray[np.int64]  # (l + 1,)
    point: NDArray[np.float64]  # (p, 2)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def walk(
    tracks: Slots, clock_us: NDArray[np.int64], chains: Chains, geometry: Geometry, rules: Rules, ordered: Ordered,
    begin: int, out: NDArray[np.void],
) -> tuple[int, int]:  # fmt: skip
    """Take frames from `begin` on, until they end or the next might not fit.

    Returns
    -------
    The frame to go on with (it may have been taken in part: what it told is not told again), and how many
    crossings `out` holds.
    """
    count = 0
    for i in range(begin, len(ordered.t_us)):
        camera, t_us = ordered.camera[i], ordered.t_us[i]
        lines = geometry.line_first[camera + 1] - geometry.line_first[camera]
        most = (ordered.first[i + 1] - ordered.first[i]) * lines
        if t_us - rules.turn_us >= chains.due_us[camera]:  # whatever this frame shows
            count = tell(tracks, chains, rules, camera, t_us - rules.turn_us, out, count)
        if tracks.used[0] + most > len(tracks.row) or count + most > len(out):
            return i, count
        clock_us[camera] = max(clock_us[camera], t_us)
        if geometry.is_watching[camera] and ordered.usable[i] and most > 0:
            count, births = _turn(tracks, chains, geometry, rules, ordered, i, False, out, count)
            if births > 0:
                count, births = _turn(tracks, chains, geometry, rules, ordered, i, True, out, count)
        if t_us >= chains.due_us[camera]:
            count = tell(tracks, chains, rules, camera, t_us, out, count)
            if count == len(out):
                return i, count
    return len(ordered.t_us), count


@njit(cache=True, _nrt=False, inline="always")  # type: ignore[call-overload]
def _turn(
    tracks: Slots, chains: Chains, geometry: Geometry, rules: Rules, ordered: Ordered, i: int, is_birth: bool,
    out: NDArray[np.void], count: int,
) -> tuple[int, int]:  # fmt: skip
    """Observe the tracks of a frame that are known, or bear those that are not."""
    camera, t_us, births = ordered.camera[i], ordered.t_us[i], 0
    aspect = geometry.aspect[camera]
    half_band = rules.band * math.sqrt(aspect * aspect + 1.0)
    for k in range(ordered.first[i], ordered.first[i + 1]):
        vote = _VOTE[ordered.cls[k]]
        if ordered.track[k] == 0 or vote < 0:
            continue
        x = (np.float64(ordered.box[k, 0]) + np.float64(ordered.box[k, 2])) / 2.0
        y = np.float64(ordered.box[k, 3])
        height = y - np.float64(ordered.box[k, 1])
        weight = 1_000_000 if np.isnan(ordered.confidence[k]) else np.int64(np.rint(ordered.confidence[k] * 1e6))
        for line in range(geometry.line_first[camera], geometry.line_first[camera + 1]):
            at = find(tracks, ordered.track[k], line)
            is_known = at >= 0 and tracks.row[at].is_live and t_us - tracks.row[at].seen_us <= rules.forget_us
            if is_known and tracks.row[at].seen_us == t_us:
                continue  # seen in the turn before, or twice in this frame
            start, end = geometry.point_first[line], geometry.point_first[line + 1]
            if not is_known:
                births += 1
                if not is_birth:
                    continue
                at = _bear(tracks, chains, rules, at, ordered.track[k], line, camera, t_us, x, y, height, aspect)
            row = tracks.row[at]
            seen = project(x, y, geometry.point, start, end, aspect)
            if row.seen_us > NEVER_US and (seen.distance > 0.0) != (row.distance > 0.0):
                _flip(row, t_us, x, y, seen.distance, geometry, line, camera)
            row.seen_us, row.x, row.y, row.distance = t_us, x, y, seen.distance
            _vote(row, vote, weight)
            away = abs(seen.distance)
            _rechain(tracks, chains.near, at, away <= half_band + rules.heir_heights * height)
            if away > half_band and _has_crossed(row, rules):
                count = cross(tracks, chains, rules, at, camera, np.argmax(row.votes), out, count)
    return count, births


@njit(cache=True, _nrt=False, inline="always")  # type: ignore[call-overload]
def _vote(row: Record, vote: int, weight: int) -> None:
    if row.votes[vote] >= _FULL:
        for each in range(_CLASSES):
            row.votes[each] >>= 1
    row.votes[vote] += weight


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _has_crossed(row: Record, rules: Rules) -> bool:
    """Take note of a track beyond the band, and tell whether it has come to belong to the other side over the line."""
    beyond = 1 if row.distance > 0.0 else -1
    row.run = min(row.run + 1, rules.frames) if row.beyond == beyond else 1
    row.beyond = beyond
    if row.run < rules.frames or row.side == beyond:
        return False
    was = row.side
    row.side = beyond
    if row.seen_us - row.flip_us > rules.told_us:
        row.flip_us = row.seen_us
    return bool(was != 0 and row.is_beside)


@njit(cache=True, _nrt=False, inline="always")  # type: ignore[call-overload]
def _flip(
    row: Record, t_us: int, x: float, y: float, distance: float, geometry: Geometry, line: int, camera: int
) -> None:
    """Note where, when and how fast a track changed sides since it was last seen."""
    share = row.distance / (row.distance - distance)
    row.flip_us = row.seen_us + np.int64(np.rint(share * (t_us - row.seen_us)))
    start, end = geometry.point_first[line], geometry.point_first[line + 1]
    row.flip_x, row.flip_y = row.x + share * (x - row.x), row.y + share * (y - row.y)
    row.is_beside = project(row.flip_x, row.flip_y, geometry.point, start, end, geometry.aspect[camera]).is_beside
    row.flip_mmps = _speed_mmps(geometry.homography[camera], row.x, row.y, x, y, t_us - row.seen_us)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _speed_mmps(m: NDArray[np.float64], x0: float, y0: float, x1: float, y1: float, dt_us: int) -> int:
    """Return the speed over ground [mm/s], -1 without a calibration or over its horizon."""
    w0, w1 = m[2, 0] * x0 + m[2, 1] * y0 + m[2, 2], m[2, 0] * x1 + m[2, 1] * y1 + m[2, 2]
    if not w0 * w1 > 0.0:
        return -1
    dx = (m[0, 0] * x1 + m[0, 1] * y1 + m[0, 2]) / w1 - (m[0, 0] * x0 + m[0, 1] * y0 + m[0, 2]) / w0
    dy = (m[1, 0] * x1 + m[1, 1] * y1 + m[1, 2]) / w1 - (m[1, 0] * x0 + m[1, 1] * y0 + m[1, 2]) / w0
    speed = np.rint(math.sqrt(dx * dx + dy * dy) * 1e9 / dt_us)
    return int(np.int64(speed) if speed < 2**31 else -1)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _bear(
    tracks: Slots, chains: Chains, rules: Rules, at: int, track: int, line: int, camera: int, t_us: int, x: float,
    y: float, height: float, aspect: float,
) -> int:  # fmt: skip
    """Return the row of a track not known: new, or the heir of one lost at the line."""
    if at < 0:
        at = insert(tracks, track, line)
        tracks.row[at].is_near, tracks.row[at].held_way = False, -1
    donor = _find_lost(tracks, chains.near, rules, at, line, t_us, x, y, height, aspect)
    row = tracks.row[at]
    _rechain(tracks, chains.near, at, False)
    row.is_live = True
    if donor < 0:
        row.side, row.beyond, row.run, row.is_beside = 0, 0, 0, False
        row.seen_us, row.distance, row.flip_us, row.flip_mmps = NEVER_US, 0.0, NEVER_US, -1
        row.flip_x, row.flip_y = 0.0, 0.0
        row.counted_us[:], row.votes[:] = 2 * NEVER_US, 0
        return at
    lost = tracks.row[donor]
    row.side, row.beyond, row.run, row.is_beside = lost.side, lost.beyond, lost.run, lost.is_beside
    row.seen_us, row.distance, row.flip_us, row.flip_mmps = lost.seen_us, lost.distance, lost.flip_us, lost.flip_mmps
    row.x, row.y, row.flip_x, row.flip_y = lost.x, lost.y, lost.flip_x, lost.flip_y
    for way in range(2):
        row.counted_us[way] = lost.counted_us[way]
    for vote in range(_CLASSES):  # element by element: a copy of the slice would allocate
        row.votes[vote] = lost.votes[vote]
    take_over(tracks, chains, camera, at, donor)
    _rechain(tracks, chains.near, donor, False)
    lost.is_live = False  # its state went on: should it come back, it is a new track
    return at


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _find_lost(
    tracks: Slots, near: NDArray[np.int32], rules: Rules, heir: int, line: int, t_us: int, x: float, y: float,
    height: float, aspect: float,
) -> int:  # fmt: skip
    """Return the nearest track lost at the line, -1 for none; the newest and then the smaller id among equals."""
    best, best_square = -1, (rules.heir_heights * height) ** 2
    at = near[line]
    while at >= 0:
        row = tracks.row[at]
        after = row.after
        if t_us - row.seen_us > rules.heir_us:
            _rechain(tracks, near, at, False)  # nobody's any more: chains stay short
        elif at != heir and row.seen_us < t_us:
            dx, dy = (row.x - x) * aspect, row.y - y
            square = dx * dx + dy * dy
            if square < best_square or (square == best_square and (best < 0 or _is_before(row, tracks.row[best]))):
                best, best_square = at, square
        at = after
    return best


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _is_before(a: Record, b: Record) -> bool:
    return bool(a.seen_us > b.seen_us or (a.seen_us == b.seen_us and a.track < b.track))


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _rechain(tracks: Slots, near: NDArray[np.int32], at: int, is_near: bool) -> None:
    """Put a track into the chain of those that may have an heir at its line, or take it out."""
    row = tracks.row[at]
    if row.is_near == is_near:
        return
    row.is_near = is_near
    if is_near:
        row.before, row.after = -1, near[row.owner]
        if row.after >= 0:
            tracks.row[row.after].before = at
        near[row.owner] = at
        return
    if row.after >= 0:
        tracks.row[row.after].before = row.before
    if row.before >= 0:
        tracks.row[row.before].after = row.after
    else:
        near[row.owner] = row.after
