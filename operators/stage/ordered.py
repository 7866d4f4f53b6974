"""The ordered stage: sort, deduplicate, measure gaps, give each frame its disposition.

Frames of a camera wait until `reorder_s` of the camera's own time has passed and
their successor is known, so that any split of the input and any displacement up
to `reorder_s` releases the same frames with the same `dt_ms`. Everything is
judged per camera, in arrival order: a frame behind the camera's newest by more
than `reorder_s` is late (it restates measured columns only), by more than
`lateness_s` too late. A frame is a duplicate, in time or late, when its camera has
sent one of its time and its number (`seq`) before; of one time and other numbers,
frames are others. Memory: what waits, and `seen`, about two bytes a frame for `lateness_s`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators import carrying
from operators.arrays import Ordered, frozen
from operators.carrying import Moves
from operators.city import City
from operators.minutes import MINUTE_US
from operators.stage import identity, refused, seen
from operators.stage.arrived import Arrived, concat, nothing, sealed, take
from operators.stage.identity import Keys
from operators.stage.refused import Refused
from operators.stage.seen import Seen

DISPOSITIONS: Final = ("on time", "late", "duplicate", "too late")
ON_TIME, LATE, DUPLICATE, TOO_LATE = range(4)
NEVER = np.int64(-(1 << 62))
LEAST_BATCH = 1024
"""Frames to gather before the buffer is sorted again, unless the caller flushes."""


class Released(NamedTuple):
    """Frames that are final in order (or late), with what health needs beside `Ordered`."""

    ordered: Ordered
    arrival_us: NDArray[np.int64]  # (n,) -1 when absent
    luma: NDArray[np.float32]  # (n,)
    sharpness: NDArray[np.float32]  # (n,)
    image: NDArray[np.uint64]  # (n,)
    refused: Refused


class Copies(NamedTuple):
    """`n` frames that came again and are not counted, newly found."""

    camera: NDArray[np.int32]  # (n,)
    t_us: NDArray[np.int64]  # (n,)


class Left(NamedTuple):
    """`n` frames whose disposition and time are final: each frame that came in leaves once."""

    row: NDArray[np.int64]  # (n,) number of the frame
    disposition: NDArray[np.uint8]  # (n,) index into `DISPOSITIONS`
    dt_ms: NDArray[np.int32]  # (n,) time it stands for; 0 for frames that are not counted


class Pushed(NamedTuple):
    """What one push released."""

    on_time: Released | None
    late: Released | None
    disposition: NDArray[np.uint8]  # (n,) of the pushed frames, in arrival order, as far as clocks tell: no copies
    copies: Copies
    left: Left  # on time and late as they are above, then copies and what is too late


@dataclass
class OrderState:
    """Per camera clocks, the waiting frames, and the times seen within the lateness."""

    newest_us: NDArray[np.int64]  # (c,) newest capture time seen
    frontier_us: NDArray[np.int64]  # (c,) all frames before this are released
    waiting: Arrived | None = None
    incoming: list[Arrived] = field(default_factory=list)
    seen: Seen = field(default_factory=Seen)


def start(cameras: int) -> OrderState:
    """Return the state before any frame."""
    return OrderState(np.full(cameras, NEVER), np.full(cameras, NEVER))


@njit(cache=True)
def _judge(
    camera: NDArray[np.int32],
    t_us: NDArray[np.int64],
    newest_us: NDArray[np.int64],
    reorder_us: int,
    lateness_us: int,
    out: NDArray[np.uint8],
) -> None:
    for i in range(len(camera)):
        behind = newest_us[camera[i]] - t_us[i]
        if behind < 0:
            newest_us[camera[i]] = t_us[i]
        out[i] = ON_TIME if behind <= reorder_us else LATE if behind <= lateness_us else TOO_LATE


@njit(cache=True)
def _release(
    order: NDArray[np.int64],
    camera: NDArray[np.int32],
    t_us: NDArray[np.int64],
    seq: NDArray[np.int64],
    newest_us: NDArray[np.int64],
    frontier_us: NDArray[np.int64],
    period_us: NDArray[np.int64],
    silence_us: NDArray[np.int64],
    reorder_us: int,
    ending: NDArray[np.bool_],
    dt_ms: NDArray[np.int32],
    keep: NDArray[np.uint8],
) -> None:
    """Mark each row of `order`: 1 released (with `dt_ms`), 0 waits, 2 duplicate."""
    n = len(order)
    i = 0
    while i < n:
        row = order[i]
        c = camera[row]
        j = i + 1
        while j < n and camera[order[j]] == c and t_us[order[j]] == t_us[row] and seq[order[j]] == seq[row]:
            keep[j] = 2
            j += 1
        has_next = j < n and camera[order[j]] == c
        if has_next and (ending[c] or t_us[order[j]] < newest_us[c] - reorder_us):
            gap = t_us[order[j]] // 1000 - t_us[row] // 1000
            dt_ms[i] = min(gap, silence_us[c] // 1000)
            keep[i] = 1
            frontier_us[c] = t_us[order[j]]
        elif ending[c]:
            dt_ms[i] = (t_us[row] + period_us[c]) // 1000 - t_us[row] // 1000
            keep[i] = 1
            frontier_us[c] = t_us[row] + period_us[c]
        i = j


def _released(frames: Arrived, dt_ms: NDArray[np.int32]) -> Released | None:
    """Return sorted frames as kernels read them, None where there are none."""
    if not len(frames.camera):
        return None
    known = frames.signal_zone >= 0
    frame = np.repeat(np.arange(len(frames.camera)), np.diff(frames.signal_first))
    ordered = Ordered(
        camera=frames.camera,
        t_us=frames.t_us,
        dt_ms=dt_ms,
        usable=np.ones(len(dt_ms), np.bool_),
        made_here=np.zeros(len(dt_ms), np.bool_),
        width=frames.width,
        height=frames.height,
        first=frames.first,
        cls=frames.cls,
        confidence=frames.confidence,
        box=frames.box,
        track=frames.track,
        face=frames.face,
        zones=np.zeros(len(frames.cls), np.uint64),
        signal_frame=frame[known],
        signal_zone=frames.signal_zone[known],
        signal_value=frames.signal_value[known],
    )
    left_out = refused.found(frame, frames.signal_zone, frames.signal_value)
    return Released(ordered, frames.arrival_us, frames.luma, frames.sharpness, frames.image, left_out)


def push(
    state: OrderState,
    city: City,
    frames: Arrived,
    *,
    reorder_us: int,
    lateness_us: int,
    flush: bool = False,
    ending: bool | NDArray[np.bool_] = False,
    over: NDArray[np.bool_] | None = None,
) -> Pushed:
    """Take frames of known cameras in arrival order, release what has become final.

    Parameters
    ----------
    frames
        Arrived frames; every `camera` is a code of `city`.
    reorder_us, lateness_us
        How far behind its camera's newest frame one may come and still be in order, or count at all [us].
    flush
        True releases what is final now, however little has gathered: what is told of a frame stays the same.
    ending
        True at the end of input, or (c,) of cameras whose input is over: everything that waits is released, the last
        frame of a camera for one period.
    over
        (c,) cameras whose input was over before: what still comes of them is late.

    Returns
    -------
    Pushed: on-time frames sorted by (camera, time); late frames likewise, each weighing one
    period, within its minute.
    """
    disposition = np.empty(len(frames.camera), np.uint8)
    oldest_us = state.newest_us - lateness_us  # as this push begins: its first late frames are judged by that
    _judge(frames.camera, frames.t_us, state.newest_us, reorder_us, lateness_us, disposition)
    if over is not None:
        disposition[over[frames.camera] & (disposition == ON_TIME)] = LATE
    in_time, late = frames, _NONE
    if (disposition != ON_TIME).any():
        in_time = take(frames, np.flatnonzero(disposition == ON_TIME))
    seen.remember(state.seen, _keys(in_time), oldest_us)
    state.incoming += [in_time] * bool(len(in_time.camera))
    if (disposition == LATE).any():
        late = _late(state, city, frames, np.flatnonzero(disposition == LATE), oldest_us)
    ends = np.broadcast_to(ending, len(state.newest_us))
    new = sum(len(f.camera) for f in state.incoming)
    waiting = 0 if state.waiting is None else len(state.waiting.camera)
    on_time = _NONE
    if ends.any() or (flush and new) or new >= max(LEAST_BATCH, waiting // 4):
        on_time = _sorted(state, city, reorder_us, ends)
    copies = (on_time.copies, late.copies)
    too_late = frames.row[disposition == TOO_LATE]
    return Pushed(
        _released(on_time.frames, on_time.dt_ms),
        _released(late.frames, late.dt_ms),
        disposition,
        Copies(np.concatenate([c.camera for c in copies]), np.concatenate([c.t_us for c in copies])),
        _left(on_time, late, too_late),
    )


class _Part(NamedTuple):
    """Frames that leave, in order, and copies of frames."""

    frames: Arrived
    dt_ms: NDArray[np.int32]
    copies: Arrived


_NONE: Final = _Part(nothing(), np.empty(0, np.int32), nothing())


def _left(on_time: _Part, late: _Part, too_late: NDArray[np.int64]) -> Left:
    rows = [on_time.frames.row, late.frames.row, on_time.copies.row, late.copies.row, too_late]
    sizes = [len(row) for row in rows]
    disposition = np.repeat(np.array([ON_TIME, LATE, DUPLICATE, DUPLICATE, TOO_LATE], np.uint8), sizes)
    uncounted = np.zeros(sum(sizes[2:]), np.int32)
    return Left(np.concatenate(rows), disposition, np.concatenate([on_time.dt_ms, late.dt_ms, uncounted]))


def _late(
    state: OrderState, city: City, frames: Arrived, rows: NDArray[np.int64], oldest_us: NDArray[np.int64]
) -> _Part:
    """Tell late frames from late copies; of two that come at once the first counts."""
    rows = rows[identity.order(*_keys(frames, rows), len(city.cameras))]
    keys = _keys(frames, rows)
    is_copy = identity.is_again(keys) | seen.known(state.seen, keys, oldest_us)
    chosen = take(frames, rows[~is_copy])
    seen.remember(state.seen, _keys(chosen), oldest_us)
    minute_us = (chosen.t_us // MINUTE_US + 1) * MINUTE_US  # a minute's row restates by its own frames alone
    until_us = np.minimum(chosen.t_us + city.period_us[chosen.camera], minute_us)
    dt_ms = (until_us // 1000 - chosen.t_us // 1000).astype(np.int32)
    return _Part(chosen, dt_ms, take(frames, rows[is_copy]))


def _keys(frames: Arrived, rows: NDArray[np.int64] | slice = slice(None)) -> Keys:
    return identity.sealed(frames.camera[rows], frames.t_us[rows], frames.seq[rows])


def _sorted(state: OrderState, city: City, reorder_us: int, ending: NDArray[np.bool_]) -> _Part:
    batches = ([state.waiting] if state.waiting is not None else []) + state.incoming
    if not batches:
        return _NONE
    pool = concat(batches)
    order = identity.order(*_keys(pool), len(city.cameras))
    dt_ms, keep = np.zeros(len(order), np.int32), np.zeros(len(order), np.uint8)
    _release(
        order,
        pool.camera,
        pool.t_us,
        pool.seq,
        state.newest_us,
        state.frontier_us,
        city.period_us,
        city.silence_us,
        reorder_us,
        ending,
        dt_ms,
        keep,
    )
    state.waiting, state.incoming = take(pool, order[keep == 0]), []
    out = take(pool, order[keep == 1])
    return _Part(out, dt_ms[keep == 1], take(pool, order[keep == 2]))


def lasting(pushed: Pushed, city: City, until_us: NDArray[np.int64]) -> Pushed:
    """Return what was released at an ending, each camera's last frame as if none came before `until_us` (c,)."""
    if pushed.on_time is None:
        return pushed
    frames = pushed.on_time.ordered
    ends = np.flatnonzero(np.diff(frames.camera, append=-1))
    camera = frames.camera[ends]
    dt_ms = frames.dt_ms.copy()
    gap = until_us[camera] // 1000 - frames.t_us[ends] // 1000
    dt_ms[ends] = np.minimum(gap, city.silence_us[camera] // 1000)
    return pushed._replace(on_time=pushed.on_time._replace(ordered=frames._replace(dt_ms=frozen(dt_ms))))


def held(state: OrderState) -> NDArray[np.int64]:
    """Return the numbers of the frames that wait."""
    batches = state.incoming if state.waiting is None else [state.waiting, *state.incoming]
    return np.concatenate([np.empty(0, np.int64), *(batch.row for batch in batches)])


def carry(into: OrderState, source: OrderState, moved: Moves) -> None:
    """Take along clocks, waiting frames and the times seen of cameras that go along."""
    carrying.rows(into.newest_us, source.newest_us, moved.camera)
    carrying.rows(into.frontier_us, source.frontier_us, moved.camera)
    for held in source.incoming if source.waiting is None else [source.waiting, *source.incoming]:
        went = take(held, np.flatnonzero(moved.camera[held.camera] >= 0))
        known = went.signal_zone >= 0
        zone = went.signal_zone.copy()
        zone[known] = moved.zone[went.signal_zone[known]]
        into.incoming.append(sealed(went._replace(camera=moved.camera[went.camera], signal_zone=zone)))
    seen.carry(into.seen, source.seen, moved.camera, len(into.newest_us))
