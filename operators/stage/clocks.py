"""Which frames are believed: a jump of a camera's clock counts once several frames agree.

A frame that says a time its camera could have come to is believed at once. One that is
further ahead is held until the clock comes there by itself, or until `AGREE` held frames
lie within the lateness of each other: then time has passed, or the clock was set. One
that is further back than any delivery takes is held likewise. What is far off and alone
after `PATIENCE` frames that were believed never was at that time: a clock jump. Memory:
25 bytes a camera, and fewer than `ROOM` frames of one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators import carrying
from operators.carrying import Moves
from operators.city import City
from operators.stage.arrived import Arrived, concat, moved_along, nothing, take

AGREE: Final = 3
"""Frames that make a jump: one bad stamp is common, two happen (a frame sent twice); ours."""
ROOM: Final = 5
"""Places for frames that are held: one comes to two that agree, or to two others; ours."""
PATIENCE: Final = 8
"""Believed frames after which one that is far off and alone is given up: a backlog may come between; ours."""
BEFORE_US: Final = 86_400_000_000
"""A time a day before the recording begins is none of it, however many agree: a clock that was never set; ours."""
BACK_US: Final = 3_600_000_000
"""Further behind than an hour, or than the lateness if that is longer, a lone frame was not delivered late; ours."""
NEVER: Final = -(1 << 62)


@dataclass
class Clocks:
    """What is known of `c` cameras' clocks; versions of one camera share the first one's place."""

    newest_us: NDArray[np.int64]  # (c,) newest time believed, `NEVER` before the first
    step_us: NDArray[np.int64]  # (c, 2) the last steps of the clock
    filled: NDArray[np.uint8]  # (c,) how many frames are held
    held_us: NDArray[np.int64]  # (h,) their times, by camera and in the order of their coming
    held_row: NDArray[np.int64]  # (h,) their numbers
    doubts: NDArray[np.uint8]  # (h,) frames believed since each of those that are far off came


class Belief(NamedTuple):
    """The same with room for what comes."""

    newest_us: NDArray[np.int64]  # (c,)
    step_us: NDArray[np.int64]  # (c, 2)
    filled: NDArray[np.uint8]  # (c,)
    held_us: NDArray[np.int64]  # (c, ROOM)
    held_row: NDArray[np.int64]  # (c, ROOM)
    doubts: NDArray[np.uint8]  # (c, ROOM)


class Rules(NamedTuple):
    """What decides."""

    home: NDArray[np.int32]  # (c,) the place of each camera's clock
    silence_us: NDArray[np.int64]  # (c,) how long a frame of it lasts
    reorder_us: int
    lateness_us: int
    since_us: int  # the recording begins


@dataclass
class ClockState:
    """Clocks, and the frames that are held, in the order of their coming."""

    clocks: Clocks
    held: Arrived = field(default_factory=nothing)
    number: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))  # (h,) of each that is held
    came: int = 0  # the number of the next frame


class Judged(NamedTuple):
    """Numbers of frames in the order in which they are believed, their times, and numbers of those that never are."""

    row: NDArray[np.int64]
    t_us: NDArray[np.int64]
    jumped: NDArray[np.int64]


class Admitted(NamedTuple):
    """Frames that are believed, in the order in which they are, and the rows of those that never are."""

    frames: Arrived
    jumped: NDArray[np.int64]


def start(cameras: int) -> ClockState:
    """Return the state before any frame."""
    return ClockState(believing(cameras))


def believing(cameras: int) -> Clocks:
    """Return clocks of which nothing is known."""
    none, few = np.empty(0, np.int64), np.zeros(cameras, np.uint8)
    return Clocks(np.full(cameras, NEVER), np.zeros((cameras, 2), np.int64), few, none, none, few[:0])


def _opened(clocks: Clocks) -> Belief:
    """Return clocks with room: pages that nothing is written to take no memory."""
    count = len(clocks.filled)
    whole, small = (np.zeros((count, ROOM), kind) for kind in (np.int64, np.uint8))
    belief = Belief(clocks.newest_us, clocks.step_us, clocks.filled, whole, np.zeros_like(whole), small)
    if len(clocks.held_us):
        place = np.arange(ROOM) < clocks.filled[:, None]
        belief.held_us[place], belief.held_row[place] = clocks.held_us, clocks.held_row
        belief.doubts[place] = clocks.doubts
    return belief


def _closed(clocks: Clocks, belief: Belief) -> None:
    """Keep what is held, and no room."""
    some = np.flatnonzero(belief.filled)
    place = np.arange(ROOM) < belief.filled[some, None]
    clocks.held_us, clocks.held_row = belief.held_us[some][place], belief.held_row[some][place]
    clocks.doubts = belief.doubts[some][place]


def rules(city: City, reorder_us: int, lateness_us: int, since_us: int = NEVER) -> Rules:
    """Return a city's rules for a recording that begins at `since_us`."""
    return Rules(homes(city), city.silence_us, reorder_us, lateness_us, since_us)


def homes(city: City) -> NDArray[np.int32]:
    """Return (c,) the first version of each camera's id: versions of an id stand side by side."""
    ids = [camera.id for camera in city.cameras]
    return np.array(_firsts(ids), np.int32)


def _firsts(ids: list[str]) -> list[int]:
    out: list[int] = []
    for code, name in enumerate(ids):
        out.append(out[-1] if code and ids[code - 1] == name else code)
    return out


def admit(state: ClockState, by: Rules, frames: Arrived) -> Admitted:
    """Take frames in the order of their coming."""
    number = np.arange(state.came, state.came + len(frames.row))
    state.came += len(number)
    judged = judge(state.clocks, by, number, frames.camera, frames.t_us)
    if judged.row is number:
        return Admitted(frames, judged.jumped)
    return _taken(state, frames, number, judged)


def finish(state: ClockState, by: Rules) -> Admitted:
    """Say of frames that are held what they are when none follows."""
    return _taken(state, nothing(), state.number[:0], last(state.clocks, by))


def last(clocks: Clocks, by: Rules) -> Judged:
    """Judge frames that are held when none follows: where no clock is known, they are all there is."""
    out_row, out_us, jumped = (np.empty(len(clocks.held_us), np.int64) for _ in range(3))
    belief = _opened(clocks)
    believed, refused = _last(belief, by, out_row, out_us, jumped)
    _closed(clocks, belief)
    order = np.argsort(out_row[:believed], kind="stable")
    return Judged(out_row[order], out_us[order], jumped[:refused])


def judge(
    clocks: Clocks, by: Rules, row: NDArray[np.int64], camera: NDArray[np.int32], t_us: NDArray[np.int64]
) -> Judged:
    """Judge frames (n,) in the order of their coming; `clocks` are changed in place."""
    plain = _plain(camera, t_us, clocks.newest_us, clocks.step_us, clocks.filled, by)
    if plain == len(row):
        return Judged(row, t_us, np.empty(0, np.int64))
    rest = slice(plain, None)
    out_row, out_us, jumped = (np.empty(len(row) - plain + len(clocks.held_us), np.int64) for _ in range(3))
    belief = _opened(clocks)
    believed, refused = _walk(row[rest], camera[rest], t_us[rest], belief, by, out_row, out_us, jumped)
    _closed(clocks, belief)
    return Judged(
        np.concatenate([row[:plain], out_row[:believed]]),
        np.concatenate([t_us[:plain], out_us[:believed]]),
        jumped[:refused],
    )


def held(state: ClockState) -> NDArray[np.int64]:
    """Return the rows of the frames that are held."""
    return state.held.row


def _taken(state: ClockState, frames: Arrived, number: NDArray[np.int64], judged: Judged) -> Admitted:
    """Return the frames that are believed, and keep those that are held."""
    pool = concat([part for part in (state.held, frames) if len(part.row)] or [nothing()])
    numbers = np.concatenate([state.number, number])
    kept = np.flatnonzero(~np.isin(numbers, np.concatenate([judged.row, judged.jumped])))
    state.held, state.number = take(pool, kept) if len(kept) else nothing(), numbers[kept]
    jumped = pool.row[np.searchsorted(numbers, judged.jumped)]
    return Admitted(take(pool, np.searchsorted(numbers, judged.row)), jumped)


def carry(into: ClockState, source: ClockState, moved: Moves, before: City, after: City) -> None:
    """Take along the clocks and held frames of cameras that go along."""
    was, now = homes(before), homes(after)
    place = np.full(len(was), -1, np.int64)
    stays = np.flatnonzero(moved.camera >= 0)
    place[was[stays]] = now[moved.camera[stays]]
    theirs, ours = _opened(source.clocks), _opened(into.clocks)
    carrying.fields(ours, theirs, place)
    went = moved_along(source.held, moved)
    number = source.number[moved.camera[source.held.camera] >= 0]
    shift = _shift(into.number, number)
    ours.held_row[np.unique(place[place >= 0])] += shift
    _closed(into.clocks, ours)
    into.came = max(into.came, source.came)
    both = np.concatenate([into.number, number + shift])
    order = np.argsort(both, kind="stable")
    into.held = take(concat([into.held, went]), order) if len(both) else nothing()
    into.number = both[order]


def _shift(there: NDArray[np.int64], coming: NDArray[np.int64]) -> int:
    """Return what tells the numbers of frames that come from another shard from those that are there: 0 if they do."""
    if not np.isin(coming, there).any():
        return 0
    return int(min(there.min(), 0) - coming.max() - 1)


@njit(cache=True)
def _plain(
    camera: NDArray[np.int32],
    t_us: NDArray[np.int64],
    newest_us: NDArray[np.int64],
    step_us: NDArray[np.int64],
    filled: NDArray[np.uint8],
    by: Rules,
) -> int:
    """Return how many frames are believed before the first of which more has to be asked."""
    back_us = max(by.lateness_us, BACK_US)
    for i in range(len(camera)):
        c = by.home[camera[i]]
        ahead_us = t_us[i] - newest_us[c]
        reach_us = _reach(step_us, by, c, by.silence_us[camera[i]])
        known = filled[c] == 0 and newest_us[c] != NEVER and t_us[i] >= by.since_us - BEFORE_US
        if not known or not -back_us <= ahead_us <= reach_us:
            return i
        if ahead_us > 0:
            newest_us[c] = t_us[i]
            step_us[c, 0], step_us[c, 1] = step_us[c, 1], ahead_us
    return len(camera)


@njit(cache=True)
def _walk(
    row: NDArray[np.int64],
    camera: NDArray[np.int32],
    t_us: NDArray[np.int64],
    belief: Belief,
    by: Rules,
    out_row: NDArray[np.int64],
    out_us: NDArray[np.int64],
    jumped: NDArray[np.int64],
) -> tuple[int, int]:
    n, refused = 0, 0
    back_us = max(by.lateness_us, BACK_US)
    for i in range(len(row)):
        c = by.home[camera[i]]
        if t_us[i] < by.since_us - BEFORE_US:
            jumped[refused] = row[i]
            refused += 1
            continue
        reach_us = _reach(belief.step_us, by, c, by.silence_us[camera[i]])
        ahead_us = t_us[i] - belief.newest_us[c]
        if belief.newest_us[c] != NEVER and -back_us <= ahead_us <= reach_us:
            out_row[n], out_us[n] = row[i], t_us[i]
            n += 1
            _move(belief, c, t_us[i])
            if belief.filled[c]:
                n, refused = _review(belief, by, c, by.silence_us[camera[i]], 1, out_row, out_us, n, jumped, refused)
            continue
        at = belief.filled[c]
        belief.held_us[c, at], belief.held_row[c, at], belief.doubts[c, at] = t_us[i], row[i], 0
        belief.filled[c] += 1
        near_us = max(by.lateness_us, reach_us)
        if _agree(belief, c, t_us[i], near_us):
            if belief.newest_us[c] != NEVER and ahead_us < 0:  # delivered late, and no single one
                n = _release(belief, c, t_us[i], near_us, out_row, out_us, n)
            else:
                _jump(belief, c, t_us[i], near_us)
                n, refused = _review(belief, by, c, by.silence_us[camera[i]], 0, out_row, out_us, n, jumped, refused)
        if belief.filled[c] == ROOM:
            jumped[refused] = belief.held_row[c, 0]
            refused += 1
            _drop(belief, c, 0)
    return n, refused


@njit(cache=True)
def _last(
    belief: Belief, by: Rules, out_row: NDArray[np.int64], out_us: NDArray[np.int64], jumped: NDArray[np.int64]
) -> tuple[int, int]:
    n, refused = 0, 0
    for c in range(len(belief.filled)):
        if belief.filled[c] and belief.newest_us[c] == NEVER:
            n = _release(belief, c, 0, 1 << 62, out_row, out_us, n)
        elif belief.filled[c]:
            n, refused = _review(belief, by, c, by.silence_us[c], 0, out_row, out_us, n, jumped, refused)
        while belief.filled[c]:
            jumped[refused] = belief.held_row[c, 0]
            refused += 1
            _drop(belief, c, 0)
    return n, refused


@njit(cache=True)
def _reach(step_us: NDArray[np.int64], by: Rules, c: int, silence_us: int) -> int:
    """Return how far ahead of its clock a camera's next frame may be: by what the registry says, or its own pace."""
    pace_us = min(step_us[c, 0], step_us[c, 1])
    return int(by.reorder_us + max(silence_us, 2 * pace_us))


@njit(cache=True)
def _move(belief: Belief, c: int, t_us: int) -> None:
    step_us = t_us - belief.newest_us[c]
    if step_us > 0:
        belief.newest_us[c] = t_us
        belief.step_us[c, 0] = belief.step_us[c, 1]
        belief.step_us[c, 1] = step_us


@njit(cache=True)
def _drop(belief: Belief, c: int, at: int) -> None:
    for j in range(at, belief.filled[c] - 1):
        belief.held_us[c, j] = belief.held_us[c, j + 1]
        belief.held_row[c, j] = belief.held_row[c, j + 1]
        belief.doubts[c, j] = belief.doubts[c, j + 1]
    belief.filled[c] -= 1


@njit(cache=True)
def _agree(belief: Belief, c: int, t_us: int, near_us: int) -> bool:
    """Tell whether enough held frames, the newest among them, lie near each other."""
    agree = 0
    for j in range(belief.filled[c]):
        agree += abs(belief.held_us[c, j] - t_us) <= near_us
    return agree >= AGREE


@njit(cache=True)
def _jump(belief: Belief, c: int, t_us: int, near_us: int) -> None:
    """Set a clock by frames that agree: to the last but one of them, so that one that is off sets none."""
    near = np.empty(ROOM, np.int64)
    k = 0
    for j in range(belief.filled[c]):
        if abs(belief.held_us[c, j] - t_us) <= near_us:
            near[k] = belief.held_us[c, j]
            k += 1
    near = np.sort(near[:k])
    belief.newest_us[c] = near[k - 2]
    belief.step_us[c, :] = np.min(np.diff(near))


@njit(cache=True)
def _release(
    belief: Belief, c: int, t_us: int, near_us: int, out_row: NDArray[np.int64], out_us: NDArray[np.int64], n: int
) -> int:
    """Let frames go that agree on a time long past: they are no single one's mistake."""
    j = 0
    while j < belief.filled[c]:
        if abs(belief.held_us[c, j] - t_us) > near_us:
            j += 1
            continue
        out_row[n], out_us[n] = belief.held_row[c, j], belief.held_us[c, j]
        n += 1
        _drop(belief, c, j)
    return n


@njit(cache=True)
def _review(
    belief: Belief,
    by: Rules,
    c: int,
    silence_us: int,
    doubt: int,
    out_row: NDArray[np.int64],
    out_us: NDArray[np.int64],
    n: int,
    jumped: NDArray[np.int64],
    refused: int,
) -> tuple[int, int]:
    """Look at held frames again after the clock has moved.

    `doubt` is 1 where a frame was believed without them: then the clock must come to them, so that they make no
    other frame late.
    """
    back_us = max(by.lateness_us, BACK_US)
    for behind in range(2):  # those far behind the clock last: no frame after them seems to follow a gap
        j = 0
        while j < belief.filled[c]:
            ahead_us = belief.held_us[c, j] - belief.newest_us[c]
            pace_us = _reach(belief.step_us, by, c, silence_us)
            least_us, most_us = -back_us if behind else -pace_us, by.reorder_us if doubt else pace_us
            if least_us <= ahead_us <= most_us:
                out_row[n], out_us[n] = belief.held_row[c, j], belief.held_us[c, j]
                n += 1
                _move(belief, c, belief.held_us[c, j])
                _drop(belief, c, j)
                j = 0  # the clock may have come to others
            else:
                j += 1
    j = 0
    while j < belief.filled[c]:
        ahead_us = belief.held_us[c, j] - belief.newest_us[c]
        is_far = ahead_us > by.lateness_us or ahead_us < -back_us
        belief.doubts[c, j] += doubt if is_far else 0
        if belief.doubts[c, j] >= PATIENCE:
            jumped[refused] = belief.held_row[c, j]
            refused += 1
            _drop(belief, c, j)
            continue
        j += 1
    return n, refused
