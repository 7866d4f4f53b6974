"""Masks worn, by track: the unit is the person, not the frame.

The faces of a tracked person vote, weighed by the judgement's confidence, as
long as the person is seen in a mask zone; once the person is gone the votes
decide, and the person counts once, where and when last seen there. Where nobody
is tracked, faces are counted frame by frame, in columns of their own.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import Ordered, PartRows, Parts, Told, no_parts
from operators.carrying import Moves
from operators.city import City, zones_of
from operators.minutes import MINUTE_US
from operators.slots import Slots, find, insert
from operators.stage.faces import MASKED, UNMASKED, vote, weight, width_px
from operators.tracking import sojourn
from operators.tracking.sojourn import Asked, State
from schemas.columns import MASK
from schemas.frames import CLASSES

__all__ = ["VERSION", "Params", "Plan", "State", "carry", "measure", "plan", "start", "step", "tick"]

VERSION: Final = 1
"""Raised when the same input gives other figures."""

VOTES: Final = np.dtype(
    [
        *sojourn.FIELDS,
        ("zone", np.int32),  # of the last sight
        ("frames", np.int32),  # with a valid face
        ("masked", np.int64),  # sum of confidences x 1e6
        ("unmasked", np.int64),
    ],
    align=True,
)
"""What is known of a person; the record's owner is the camera."""

_PERSON: Final = CLASSES.index("person")
_MARGIN: Final = 1000
"""Margins are compared in thousandths: sums of 1e15 (millions of hours) still fit."""
_MASKED, _UNMASKED, _UNKNOWN = (MASK.offset(f"{name}_n") for name in ("masked", "unmasked", "unknown"))
_FRAME: Final = np.array([MASK.offset(f"frame_{name}_n") for name in ("unknown", "masked", "unmasked")])
"""Columns of frames by vote."""
_WIDTH: Final = MASK.width
assert (MASKED, UNMASKED) == (1, 2), "the order of _FRAME"


class Params(NamedTuple):
    """When a person is decided (metrics.md, "Mask compliance")."""

    face_px: int = 20  # width of a valid face
    frames: int = 5  # valid faces at least
    margin: float = 0.2  # (masked - unmasked) / (masked + unmasked), either way
    gone_s: float = 10.0  # unseen in the camera's mask zones for longer, a person is gone (ours)


class Plan(NamedTuple):
    """The crowd zones of cameras with metric mask."""

    asked: Asked
    cameras: NDArray[np.int32]  # (c,) every camera: owners of records
    face_px: int
    frames: int
    margin: int  # thousandths


def plan(city: City, params: Params | None = None) -> Plan:
    """Return the zones where masks are judged, and when a person is decided."""
    params = Params() if params is None else params
    return Plan(
        asked=sojourn.asked(city, zones_of(city, "mask", "crowd"), params.gone_s),
        cameras=np.arange(len(city.cameras), dtype=np.int32),
        face_px=params.face_px,
        frames=params.frames,
        margin=round(params.margin * _MARGIN),
    )


def start(plan: Plan) -> State:
    """Return the state in which nobody was seen."""
    return sojourn.start(VOTES, len(plan.cameras))


def measure(plan: Plan, ordered: Ordered) -> Parts:
    """Count the faces of untracked persons, frame by frame.

    Parameters
    ----------
    ordered
        Frames in any order, late ones too. A person in several zones belongs to the first.

    Returns
    -------
    Parts of `MASK` with the frame columns only, in the frame's minute.
    """
    rows = _rows(plan.asked, ordered.camera, ordered.t_us)
    if rows == 0:
        return no_parts(_WIDTH)
    key, minute, values = _measure(plan, ordered, rows)
    seen = values.any(axis=1)
    return Parts(key[seen], minute[seen], values[seen])


def step(state: State, plan: Plan, ordered: Ordered) -> Told:
    """Collect the votes of tracked persons. `state` is changed in place.

    Parameters
    ----------
    ordered
        On-time frames, sorted by (camera, t). Frames that are not usable are not
        looked at, but their time passes.

    Returns
    -------
    Parts of `MASK`, one a person who is gone; their minutes may have been stated before.
    """
    return Told(_decided(plan, sojourn.follow(state, _walk, plan, ordered, plan.asked, plan.cameras)), None)


def tick(
    state: State, plan: Plan, cameras: NDArray[np.int32], t_us: NDArray[np.int64], *, ending: bool = False
) -> Told:
    """Move the clocks of silent cameras to `t_us` (c,); at the end, everybody is decided."""
    sojourn.advance(state, cameras, t_us)
    return Told(
        _decided(plan, sojourn.leave_all(state) if ending else sojourn.leave(state, plan.asked, plan.cameras)), None
    )


def carry(into: State, plan: Plan, source: State, before: Plan, moved: Moves) -> None:
    """Take along what is remembered of cameras that go along."""
    sojourn.carry(into, source, moved.camera, moved.camera, zone=moved.zone)


def _decided(plan: Plan, gone: NDArray[np.void]) -> Parts:
    more, total = gone["masked"] - gone["unmasked"], gone["masked"] + gone["unmasked"]
    is_sure = (gone["frames"] >= plan.frames) & (np.abs(more) * _MARGIN >= plan.margin * total)
    values = np.zeros((len(gone), _WIDTH), np.int64)
    values[:, _MASKED] = is_sure & (more > 0)
    values[:, _UNMASKED] = is_sure & (more < 0)
    values[:, _UNKNOWN] = 1 - values[:, _MASKED] - values[:, _UNMASKED]
    return Parts(gone["zone"].copy(), gone["seen_us"] // MINUTE_US, values)


@njit(cache=True, inline="always")
def _valid_vote(face: int, least_px: int) -> int:
    return vote(face) if width_px(face) >= least_px else 0


@njit(cache=True, inline="always")
def _first_zone(here: np.uint64, first: int) -> int:
    while here & np.uint64(1) == 0:
        here >>= np.uint64(1)
        first += 1
    return first


@njit(cache=True)
def _walk(
    tracks: Slots, clock_us: NDArray[np.int64], plan: Plan, ordered: Ordered, begin: int, out: NDArray[np.void]
) -> tuple[int, int]:
    count, row, asked = 0, tracks.row, plan.asked
    for i in range(begin, len(ordered.t_us)):
        camera, t_us = ordered.camera[i], ordered.t_us[i]
        bits = asked.bits[camera]
        if bits == 0:
            continue
        clock_us[camera] = max(clock_us[camera], t_us)
        if not ordered.usable[i]:
            continue
        for o in range(ordered.first[i], ordered.first[i + 1]):
            here = ordered.zones[o] & bits
            if here == 0 or ordered.track[o] == 0 or ordered.cls[o] != _PERSON:
                continue
            at = find(tracks, ordered.track[o], camera)
            is_known = at >= 0 and row[at].is_live
            if is_known and row[at].seen_us == t_us:
                continue  # twice in this frame: one vote
            is_back = is_known and t_us - row[at].seen_us > asked.gone_us[camera]
            if (is_back and count == len(out)) or (at < 0 and tracks.used[0] == len(row)):
                return i, count
            if is_back:
                out[count] = row[at]
                count += 1
            if at < 0:
                at = insert(tracks, ordered.track[o], camera)
            if is_back or not is_known:
                row[at].is_live, row[at].first_us = True, t_us
                row[at].frames, row[at].masked, row[at].unmasked = 0, 0, 0
            row[at].seen_us, row[at].zone = t_us, _first_zone(here, asked.zone_first[camera])
            voted = _valid_vote(ordered.face[o], plan.face_px)
            row[at].frames += voted != 0
            row[at].masked += weight(ordered.face[o]) if voted == MASKED else 0
            row[at].unmasked += weight(ordered.face[o]) if voted == UNMASKED else 0
    return len(ordered.t_us), count


@njit(cache=True)
def _rows(asked: Asked, camera: NDArray[np.int32], t_us: NDArray[np.int64]) -> int:
    """Return how many rows hold all zones of each run of frames of one camera and minute."""
    rows, last_camera, last_minute = 0, -1, 0
    for i in range(len(camera)):
        minute = t_us[i] // MINUTE_US
        if asked.bits[camera[i]] != 0 and (camera[i] != last_camera or minute != last_minute):
            rows += asked.zone_first[camera[i] + 1] - asked.zone_first[camera[i]]
            last_camera, last_minute = camera[i], minute
    return rows


@njit(cache=True)
def _measure(plan: Plan, ordered: Ordered, rows: int) -> PartRows:
    asked = plan.asked
    key, minute = np.empty(rows, np.int32), np.empty(rows, np.int64)
    values = np.zeros((rows, _WIDTH), np.int64)
    at, end, last_camera, last_minute = 0, 0, -1, 0
    for i in range(len(ordered.camera)):
        camera, bits = ordered.camera[i], asked.bits[ordered.camera[i]]
        if bits == 0:
            continue
        first, now = asked.zone_first[camera], ordered.t_us[i] // MINUTE_US
        if camera != last_camera or now != last_minute:
            at, end, last_camera, last_minute = end, end + asked.zone_first[camera + 1] - first, camera, now
            for r in range(at, end):
                key[r], minute[r] = first + r - at, now
        if not ordered.usable[i] or ordered.made_here[i]:
            continue
        for o in range(ordered.first[i], ordered.first[i + 1]):
            here = ordered.zones[o] & bits
            if here != 0 and ordered.track[o] == 0 and ordered.cls[o] == _PERSON:
                voted = _valid_vote(ordered.face[o], plan.face_px)
                values[at + _first_zone(here, first) - first, _FRAME[voted]] += 1
    return key, minute, values
