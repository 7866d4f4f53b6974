"""Crossings that are held back until nothing can take them back any more.

A track that comes to belong to the other side of a line has crossed it. Coming
back within `turn_us`, or within `rearm_us` of its last crossing the same way,
it takes that crossing back, and neither is told: what remains of a track's
crossings is always its change of side. So a crossing waits for so long by its
camera's clock before it is told; what was told stays.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import Record
from operators.slots import Slots

HELD: Final = [
    ("held_way", np.int8),  # the crossing that waits: 0 to_right, 1 to_left, -1 none
    ("held_cls", np.int8),
    ("held_mmps", np.int32),
    ("held_us", np.int64),
    ("held_until_us", np.int64),  # a return that begins before this takes it back
    ("held_after_us", np.int64),  # the last crossing the same way before it
    ("held_x", np.float64),
    ("held_y", np.float64),
    ("held_before", np.int32),  # neighbours in the chain of the camera's
    ("held_after", np.int32),
]
"""What a record of a track remembers of a crossing that waits."""

CROSSING: Final = np.dtype(
    [
        ("key", np.int32),  # line * 2 + (0 to_right, 1 to_left)
        ("is_first", np.bool_),  # of its track in this direction
        ("t_us", np.int64),
        ("cls", np.int64),  # index into VEHICLES
        ("speed_mmps", np.int64),  # -1 when not known
        ("track", np.uint64),
        ("x", np.float64),  # where, in 0..1
        ("y", np.float64),
    ],
    align=True,
)
"""A crossing."""

NEVER_US: Final = -(1 << 61)
NONE_DUE_US: Final = 1 << 62


class Rules(NamedTuple):
    """What makes a crossing (metrics.md, "Vehicle flow")."""

    band: float = 0.01  # half the dead band, share of the frame's diagonal
    frames: int = 2  # beyond the band, on either side
    rearm_us: int = 10_000_000  # until a track may cross in the same direction again
    turn_us: int = 2_000_000  # coming back so soon it has not crossed: that is a tracker that flips (ours)
    heir_us: int = 2_000_000  # a track born so soon after one was lost inside the band or beside it ...
    heir_heights: float = 0.5  # ... and so near, in heights of its own box, goes on for it
    told_us: int = 60_000_000  # a crossing confirmed later than this is booked where it is confirmed (ours)
    forget_us: int = 30_000_000  # of its camera's time, after which an unseen track is a new one


class Chains(NamedTuple):
    """Where chains through the records begin, -1 for an empty one; changed in place."""

    near: NDArray[np.int32]  # (l,) tracks last seen so near to each line that an heir may be beyond it
    held: NDArray[np.int32]  # (c,) tracks with a crossing that is held back
    due_us: NDArray[np.int64]  # (c,) not before this is one of them told


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def cross(
    tracks: Slots, chains: Chains, rules: Rules, at: int, camera: int, cls: int, out: NDArray[np.void], count: int
) -> int:
    """Let a track that has just changed sides take its last crossing back, or hold a new one; return `count`."""
    row = tracks.row[at]
    way = 0 if row.side > 0 else 1
    if row.held_way == 1 - way and row.flip_us < row.held_until_us:
        row.counted_us[1 - way] = row.held_after_us
        _unchain(tracks, chains.held, camera, at)
        return count
    if row.held_way == way:  # it came back around the line's end
        return count
    if row.held_way >= 0:
        count = _write(tracks, chains.held, camera, at, out, count)
    elif row.flip_us - row.counted_us[way] < rules.rearm_us and row.counted_us[way] >= row.counted_us[1 - way]:
        return count  # as above
    row.held_way, row.held_cls, row.held_mmps = way, cls, row.flip_mmps
    row.held_us, row.held_x, row.held_y = row.flip_us, row.flip_x, row.flip_y
    row.held_until_us = max(row.flip_us + rules.turn_us, row.counted_us[1 - way] + rules.rearm_us)
    row.held_after_us, row.counted_us[way] = row.counted_us[way], row.flip_us
    _chain(tracks, chains.held, camera, at)
    chains.due_us[camera] = min(chains.due_us[camera], row.held_until_us)
    return count


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def take_over(tracks: Slots, chains: Chains, camera: int, heir: int, lost: int) -> None:
    """Let an heir have the crossing that waits, too."""
    mine, its = tracks.row[heir], tracks.row[lost]
    if its.held_way < 0:
        return
    mine.held_way, mine.held_cls, mine.held_mmps = its.held_way, its.held_cls, its.held_mmps
    mine.held_us, mine.held_until_us, mine.held_after_us = its.held_us, its.held_until_us, its.held_after_us
    mine.held_x, mine.held_y = its.held_x, its.held_y
    way = its.held_way
    _unchain(tracks, chains.held, camera, lost)
    mine.held_way = way
    _chain(tracks, chains.held, camera, heir)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def tell(tracks: Slots, chains: Chains, rules: Rules, camera: int, t_us: int, out: NDArray[np.void], count: int) -> int:
    """Write the camera's crossings that nothing takes back any more at `t_us` to `out`, while there is room.

    They come by time, line and track, so that their order does not depend on what is remembered beside them.
    """
    while count < len(out):
        best, due_us, at = -1, NONE_DUE_US, chains.held[camera]
        while at >= 0:
            row = tracks.row[at]
            if not _is_over(row, rules, t_us):
                due_us = min(due_us, max(row.held_until_us, t_us + 1))
            elif best < 0 or _is_before(row, tracks.row[best]):
                best = at
            at = row.held_after
        if best < 0:
            chains.due_us[camera] = due_us
            break
        count = _write(tracks, chains.held, camera, best, out, count)
    return count


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def rechain(tracks: Slots, chains: Chains, line_camera: NDArray[np.int32]) -> None:
    """Chain all records anew: they have moved."""
    chains.near[:], chains.held[:], chains.due_us[:] = -1, -1, NONE_DUE_US
    for at in range(tracks.used[0]):
        row = tracks.row[at]
        if row.is_near:
            row.before, row.after = -1, chains.near[row.owner]
            if row.after >= 0:
                tracks.row[row.after].before = at
            chains.near[row.owner] = at
        if row.held_way >= 0:
            camera = line_camera[row.owner]
            _chain(tracks, chains.held, camera, at)
            chains.due_us[camera] = min(chains.due_us[camera], row.held_until_us)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _is_over(row: Record, rules: Rules, t_us: int) -> bool:
    """Tell whether a crossing stands; one whose track began to come back in time is waited for, as long again."""
    if t_us < row.held_until_us:
        return False
    is_coming_back = (row.distance > 0.0) != (row.side > 0) and row.flip_us < row.held_until_us
    return not is_coming_back or t_us >= row.held_until_us + rules.turn_us


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _is_before(a: Record, b: Record) -> bool:
    if a.held_us != b.held_us:
        return bool(a.held_us < b.held_us)
    return bool(a.owner < b.owner or (a.owner == b.owner and a.track < b.track))


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _write(tracks: Slots, held: NDArray[np.int32], camera: int, at: int, out: NDArray[np.void], count: int) -> int:
    row = tracks.row[at]
    told = out[count]
    told.key, told.is_first = 2 * row.owner + row.held_way, row.held_after_us < NEVER_US
    told.t_us, told.cls, told.speed_mmps = row.held_us, row.held_cls, row.held_mmps
    told.track, told.x, told.y = row.track, row.held_x, row.held_y
    _unchain(tracks, held, camera, at)
    return count + 1


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _chain(tracks: Slots, held: NDArray[np.int32], camera: int, at: int) -> None:
    row = tracks.row[at]
    row.held_before, row.held_after = -1, held[camera]
    if row.held_after >= 0:
        tracks.row[row.held_after].held_before = at
    held[camera] = at


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _unchain(tracks: Slots, held: NDArray[np.int32], camera: int, at: int) -> None:
    """Take a track out of its camera's chain; it holds no crossing any more."""
    row = tracks.row[at]
    if row.held_after >= 0:
        tracks.row[row.held_after].held_before = row.held_before
    if row.held_before >= 0:
        tracks.row[row.held_before].held_after = row.held_after
    else:
        held[camera] = row.held_after
    row.held_way = -1
