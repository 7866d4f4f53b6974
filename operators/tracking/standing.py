"""Which tracked vehicles stand: one anchor a track, left when its foot point moves.

A vehicle moved when its foot point is 0.2 box widths from its anchor, and is then
anchored where it is; it stands when it did not move for 10 s of watched time. The
ground between successive anchors is its way. A track born beside one that was just
lost keeps that one's anchor, so that a tracker's switch of identities moves nobody.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import Ordered, Record
from operators.slots import Slots, find, insert

VEHICLES, TRACKED, STANDING, TIMED_MS, WAY_MM = range(5)
"""Columns of a tally."""
TRACK: Final = np.dtype(
    [
        ("track", np.uint64),
        ("owner", np.int32),  # the camera
        ("after", np.int32),  # next in the camera's chain, -1 at its end
        ("is_live", np.bool_),  # in the chain
        ("seen_us", np.int64),
        ("mark", np.int64),  # the camera's frame in which it was last seen
        ("x", np.float64),  # foot point when last seen, 0..1
        ("y", np.float64),
        ("anchor_x", np.float64),  # foot point of the anchor, 0..1
        ("anchor_y", np.float64),
        ("width", np.float64),  # of the anchor's box [picture heights]
        ("rest_ms", np.int64),  # the camera's watched time when it was anchored
    ],
    align=True,
)


CLOCK: Final = np.dtype(
    [
        ("frames", np.int64),  # usable ones, up to the newest
        ("watched_ms", np.int64),  # time of those before it
        ("newest_us", np.int64),
    ],
    align=True,
)
"""A camera's own time."""

Clocks: TypeAlias = NDArray[np.void]
"""(c,) records of `CLOCK`."""


class Rules(NamedTuple):
    """What moves and what stands."""

    moved: float = 0.2  # way of the foot point, in widths of the anchor's box (metrics.md)
    noise_px: float = 2.0  # no farther is detector noise (ours: boxes of far vehicles are 10 px wide)
    stands_ms: int = 10_000  # of watched time (metrics.md)
    forget_us: int = 2_000_000
    """Unseen for longer, and for 2 frames, a track is a new one and has no heir (as at lines: `flow.Rules.heir_us`)."""
    heir_widths: float = 0.5  # from a track just lost, in widths of the new box (metrics.md has heights, at lines)


class Look(NamedTuple):
    """How cameras look at their lanes."""

    first: NDArray[np.int64]  # (c + 1,) lanes of camera i
    bit: NDArray[np.uint64]  # (k,) the lane's bit in `Ordered.zones`
    classes: NDArray[np.uint16]  # (k,) bit i: CLASSES[i] is a vehicle there
    lanes: NDArray[np.uint64]  # (c,) bits of all lanes
    aspect: NDArray[np.float64]  # (c,)
    homography: NDArray[np.float64]  # (c, 3, 3), NaN when not calibrated
    forget_us: NDArray[np.int64]  # (c,) unseen for longer, a track is a new one


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def turn(
    tracks: Slots, chain: NDArray[np.int32], clock: Clocks, look: Look, rules: Rules, ordered: Ordered, i: int,
    is_birth: bool, tally: NDArray[np.int64],
) -> int:  # fmt: skip
    """Tally the vehicles of a frame that are known, or bear those that are not.

    Parameters
    ----------
    tracks
        Slots of `TRACK` with room for the frame's objects.
    chain
        (c,) the first live track of each camera, -1 for none.
    clock
        (c,) records of `CLOCK`, this frame counted as its camera's newest.
    tally
        (>= lanes of the camera, 5) added to in place.

    Returns
    -------
    How many vehicles of the frame are not known.
    """
    camera, t_us, births = ordered.camera[i], ordered.t_us[i], 0
    mark, watched_ms = clock[camera].frames, clock[camera].watched_ms
    begin, end, lanes = look.first[camera], look.first[camera + 1], look.lanes[camera]
    for o in range(ordered.first[i], ordered.first[i + 1]):
        zones, cls, track = ordered.zones[o] & lanes, ordered.cls[o], ordered.track[o]
        if zones == 0 or cls >= 16:
            continue
        is_vehicle = False
        for k in range(begin, end):
            if zones & look.bit[k] and look.classes[k] >> cls & 1:
                is_vehicle = True
                if not is_birth:
                    tally[k - begin, VEHICLES] += 1
        if not is_vehicle or track == 0:
            continue
        at = find(tracks, track, camera)
        is_known = at >= 0 and tracks.row[at].is_live and t_us - tracks.row[at].seen_us <= look.forget_us[camera]
        if is_known and tracks.row[at].mark == mark:
            continue  # seen in the turn before, or twice in this frame
        if not is_known and not is_birth:
            births += 1
            continue
        x = (np.float64(ordered.box[o, 0]) + np.float64(ordered.box[o, 2])) / 2.0
        y = np.float64(ordered.box[o, 3])
        width = (np.float64(ordered.box[o, 2]) - np.float64(ordered.box[o, 0])) * look.aspect[camera]
        if not is_known:
            at = _bear(tracks, chain, clock, look, rules, at, track, camera, x, y, width)
        row = tracks.row[at]
        timed_ms, way_mm = 0, 0
        if is_on_ground(look.homography[camera], row.anchor_x, row.anchor_y, x, y):
            timed_ms = t_us // 1000 - row.seen_us // 1000
        if _moved(row, rules, x, y, look.aspect[camera], ordered.height[i]):
            if is_on_ground(look.homography[camera], row.anchor_x, row.anchor_y, x, y):
                way_mm = way(look.homography[camera], row.anchor_x, row.anchor_y, x, y)
            row.anchor_x, row.anchor_y, row.width, row.rest_ms = x, y, width, watched_ms
        row.seen_us, row.mark, row.x, row.y = t_us, mark, x, y
        stands = watched_ms - row.rest_ms >= rules.stands_ms
        for k in range(begin, end):
            if zones & look.bit[k] and look.classes[k] >> cls & 1:
                tally[k - begin, TRACKED] += 1
                tally[k - begin, STANDING] += stands
                tally[k - begin, TIMED_MS] += timed_ms
                tally[k - begin, WAY_MM] += way_mm
    return births


@njit(cache=True)
def chained(tracks: Slots, chain: NDArray[np.int32]) -> None:
    """Chain each camera's live tracks anew, after the table moved them."""
    chain[:] = -1
    for at in range(tracks.used[0]):
        row = tracks.row[at]
        if row.is_live:
            row.after, chain[row.owner] = chain[row.owner], at


@njit(cache=True, inline="always")
def _moved(row: Record, rules: Rules, x: float, y: float, aspect: float, height_px: int) -> bool:
    dx, dy = (x - row.anchor_x) * aspect, y - row.anchor_y
    distance = math.sqrt(dx * dx + dy * dy)
    is_noise = height_px > 0 and distance * height_px <= rules.noise_px
    return distance >= rules.moved * max(row.width, 1e-9) and not is_noise


@njit(cache=True, inline="always")
def is_on_ground(m: NDArray[np.float64], x0: float, y0: float, x1: float, y1: float) -> bool:
    """Tell whether two points lie on the same side of a calibration's horizon; without one they do not."""
    return bool((m[2, 0] * x0 + m[2, 1] * y0 + m[2, 2]) * (m[2, 0] * x1 + m[2, 1] * y1 + m[2, 2]) > 0.0)


@njit(cache=True)
def way(m: NDArray[np.float64], x0: float, y0: float, x1: float, y1: float) -> int:
    """Return the ground distance of two image points on one side of the horizon [mm], at most 1 km.

    Parameters
    ----------
    m
        (3, 3) homography, image 0..1 to ground [m].
    """
    w0, w1 = m[2, 0] * x0 + m[2, 1] * y0 + m[2, 2], m[2, 0] * x1 + m[2, 1] * y1 + m[2, 2]
    dx = (m[0, 0] * x1 + m[0, 1] * y1 + m[0, 2]) / w1 - (m[0, 0] * x0 + m[0, 1] * y0 + m[0, 2]) / w0
    dy = (m[1, 0] * x1 + m[1, 1] * y1 + m[1, 2]) / w1 - (m[1, 0] * x0 + m[1, 1] * y0 + m[1, 2]) / w0
    return int(np.rint(min(math.sqrt(dx * dx + dy * dy) * 1e3, 1e6)))


@njit(cache=True)
def _bear(
    tracks: Slots, chain: NDArray[np.int32], clock: Clocks, look: Look, rules: Rules, at: int, track: int, camera: int,
    x: float, y: float, width: float,
) -> int:  # fmt: skip
    """Return the row of a track not known: new, or the heir of one lost beside it."""
    t_us, watched_ms = clock[camera].newest_us, clock[camera].watched_ms
    donor = _lost(tracks, chain, clock, look, rules, camera, track, x, y, width)
    if at < 0:
        at = insert(tracks, track, camera)
        tracks.row[at].is_live = False
    row = tracks.row[at]
    if not row.is_live:
        row.after, chain[camera] = chain[camera], at
        row.is_live = True
    row.seen_us, row.anchor_x, row.anchor_y, row.width, row.rest_ms = t_us, x, y, width, watched_ms
    if donor >= 0:
        lost = tracks.row[donor]
        row.seen_us, row.rest_ms = lost.seen_us, lost.rest_ms
        row.anchor_x, row.anchor_y, row.width = lost.anchor_x, lost.anchor_y, lost.width
        lost.seen_us = t_us - look.forget_us[camera] - 1  # its state went on: should it come back, it is a new track
    return at


@njit(cache=True)
def _lost(
    tracks: Slots, chain: NDArray[np.int32], clock: Clocks, look: Look, rules: Rules, camera: int, heir: int, x: float,
    y: float, width: float,
) -> int:  # fmt: skip
    """Return the nearest track just lost, -1 for none; the smaller id among equals. Forgotten ones leave the chain."""
    best, best_square = -1, (rules.heir_widths * width) ** 2
    before, at, t_us, aspect = -1, chain[camera], clock[camera].newest_us, look.aspect[camera]
    while at >= 0:
        row = tracks.row[at]
        after = row.after
        if t_us - row.seen_us > look.forget_us[camera]:
            row.is_live = False
            if before >= 0:
                tracks.row[before].after = after
            else:
                chain[camera] = after
            at = after
            continue
        if row.mark < clock[camera].frames and row.track != heir:
            dx, dy = (row.x - x) * aspect, row.y - y
            square = dx * dx + dy * dy
            is_nearer = square < best_square or (square == best_square and best < 0)
            if is_nearer or (square == best_square and row.track < tracks.row[best].track):
                best, best_square = at, square
        before, at = at, after
    return best
