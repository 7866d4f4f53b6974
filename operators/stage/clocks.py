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
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from operators import carrying
from operators.carrying import Moves
from operators.city import City
from operators.stage import beliefs
from operators.stage.arrived import Arrived, concat, moved_along, nothing, take
from operators.stage.beliefs import NEVER, ROOM, Belief, Rules


@dataclass
class Clocks:
    """What is known of `c` cameras' clocks; versions of one camera share the first one's place."""

    newest_us: NDArray[np.int64]  # (c,) newest time believed, `NEVER` before the first
    step_us: NDArray[np.int64]  # (c, 2) the last steps of the clock
    filled: NDArray[np.uint8]  # (c,) how many frames are held
    held_us: NDArray[np.int64]  # (h,) their times, by camera and in the order of their coming
    held_row: NDArray[np.int64]  # (h,) their numbers
    doubts: NDArray[np.uint8]  # (h,) frames believed since each of those that are far off came


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
    believed, refused = beliefs.last(belief, by, out_row, out_us, jumped)
    _closed(clocks, belief)
    order = np.argsort(out_row[:believed], kind="stable")
    return Judged(out_row[order], out_us[order], jumped[:refused])


def judge(
    clocks: Clocks, by: Rules, row: NDArray[np.int64], camera: NDArray[np.int32], t_us: NDArray[np.int64]
) -> Judged:
    """Judge frames (n,) in the order of their coming; `clocks` are changed in place."""
    plain = beliefs.plain(camera, t_us, clocks.newest_us, clocks.step_us, clocks.filled, by)
    if plain == len(row):
        return Judged(row, t_us, np.empty(0, np.int64))
    rest = slice(plain, None)
    out_row, out_us, jumped = (np.empty(len(row) - plain + len(clocks.held_us), np.int64) for _ in range(3))
    belief = _opened(clocks)
    believed, refused = beliefs.walk(row[rest], camera[rest], t_us[rest], belief, by, out_row, out_us, jumped)
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
