"""The ordered stage: sort, deduplicate, measure gaps, give each frame its disposition.

Frames of a camera wait until `reorder_s` of the camera's own time has passed and
their successor is known, so that any split of the input and any displacement up
to `reorder_s` releases the same frames with the same `dt_ms`. Everything is
judged per camera, in arrival order: a frame behind the camera's newest by more
than `reorder_s` is late (it restates measured columns only), by more than
`lateness_s` too late. A late frame stands for what it alone covers
(`operators.stage.cover`). A frame is a duplicate, in time or late, when its camera has
sent one of its time and its number (`seq`) before; of one time and other numbers,
frames are others. A frame that is left out whole (`identity.UNSEEN`) goes the same way,
so that its camera is not silent, and counts nowhere. Memory: what waits, and `seen`,
about two bytes a frame for `lateness_s`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators import carrying
from operators.arrays import Ordered, frozen
from operators.carrying import Moves
from operators.city import City
from operators.stage import arrived, cover, identity, refused, seen
from operators.stage.arrived import Arrived, concat, moved_along, nothing, take
from operators.stage.cover import Late, Limits
from operators.stage.identity import Keys
from operators.stage.released import (
    DUPLICATE,
    LATE,
    ON_TIME,
    TOO_LATE,
    Copies,
    Left,
    Part,
    Pushed,
    Released,
    and_jumped,
)
from operators.stage.seen import Seen

__all__ = [
    "DUPLICATE",
    "LATE",
    "LEAST_BATCH",
    "NEVER",
    "ON_TIME",
    "TOO_LATE",
    "Copies",
    "Left",
    "OrderState",
    "Part",
    "Pushed",
    "Released",
    "and_jumped",
    "carry",
    "held",
    "lasting",
    "push",
    "released",
    "start",
]

NEVER: Final = -(1 << 62)
LEAST_BATCH = 1024
"""Frames to gather before the buffer is sorted again, unless the caller flushes."""


@dataclass
class OrderState:
    """Per camera clocks, the waiting frames, and the times seen within the lateness."""

    newest_us: NDArray[np.int64]  # (c,) newest capture time seen
    frontier_us: NDArray[np.int64]  # (c,) all frames before this are released
    waiting: Arrived | None = None
    incoming: list[Arrived] = field(default_factory=list)
    late: Late = field(default_factory=cover.none)  # that wait until what they cover is known
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
    limits: Limits,
    reorder_us: int,
    ending: NDArray[np.bool_],
    dt_ms: NDArray[np.int32],
    lag_ms: NDArray[np.int32],
    keep: NDArray[np.uint8],
) -> None:
    """Mark each row of `order`: 1 released (with `dt_ms` and `lag_ms`), 0 waits, 2 duplicate."""
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
        until = np.int64(0)
        if has_next and (ending[c] or t_us[order[j]] < newest_us[c] - reorder_us):
            until = min(t_us[order[j]] // 1000, t_us[row] // 1000 + limits.most_ms[c])
            keep[i] = 1
            frontier_us[c] = t_us[order[j]]
        elif ending[c]:
            until = (t_us[row] + period_us[c]) // 1000
            keep[i] = 1
            frontier_us[c] = t_us[row] + period_us[c]
        if keep[i] == 1:
            since = max(t_us[row] // 1000, limits.since_ms[c])
            dt_ms[i] = max(min(until, limits.until_ms[c]) - since, 0)
            lag_ms[i] = since - t_us[row] // 1000 if dt_ms[i] > 0 else 0
        i = j


def released(part: Part) -> Released | None:
    """Return sorted frames as kernels read them, None where there are none."""
    frames = part.frames
    if not len(frames.camera):
        return None
    known = frames.signal_zone >= 0
    frame = np.repeat(np.arange(len(frames.camera)), np.diff(frames.signal_first))
    ordered = Ordered(
        camera=frames.camera,
        t_us=frames.t_us,
        dt_ms=part.dt_ms,
        usable=np.ones(len(part.dt_ms), np.bool_),
        made_here=np.zeros(len(part.dt_ms), np.bool_),
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
        lag_ms=part.lag_ms,
    )
    left_out = refused.found(frame, frames.signal_zone, frames.signal_value)
    moved, sampled = (
        refused.says(condition, frame, frames.signal_zone, len(frames.camera))
        for condition in (refused.MOVED, refused.SAMPLED)
    )
    seen_of = frames.arrival_us, frames.luma, frames.sharpness, frames.image
    return Released(ordered, *seen_of, left_out, moved, arrived.unseen(frames), sampled)


def limits_of(city: City, since_us: int) -> Limits:
    """Return how long frames last, and between which times, in a recording that begins at `since_us`."""
    since_ms = np.maximum(city.valid_from_us, since_us) // 1000
    return Limits(city.silence_us // 1000, city.period_us // 1000, since_ms, city.valid_to_us // 1000)


def push(
    state: OrderState,
    city: City,
    frames: Arrived,
    *,
    reorder_us: int,
    lateness_us: int,
    since_us: int = NEVER,
    limits: Limits | None = None,
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
    since_us
        Where the recording begins: what frames cover before was not expected, and does not count [us].
    limits
        `limits_of` this city and beginning, where they were made before: they are the same at every push.
    flush
        True releases what is final now, however little has gathered: what is told of a frame stays the same.
    ending
        True at the end of input, or (c,) of cameras whose input is over: everything that waits is released, the last
        frame of a camera for one period.
    over
        (c,) cameras whose input was over before: what still comes of them is late.

    Returns
    -------
    Pushed: on-time frames sorted by (camera, time); late frames likewise, each standing for what it alone covers.
    """
    limits = limits_of(city, since_us) if limits is None else limits
    # as this push begins: its first late frames are judged by that, and what they cover by the frame before them
    oldest_us = state.newest_us - lateness_us - city.silence_us
    disposition = _judged(state, frames, reorder_us, lateness_us, over)
    _gather(state, frames, disposition, oldest_us)
    ends = np.broadcast_to(ending, len(state.newest_us))
    over = ends if over is None else ends | over
    late = _late(state, limits, frames, np.flatnonzero(disposition == LATE), oldest_us, reorder_us, over)
    new = sum(len(f.camera) for f in state.incoming)
    waiting = 0 if state.waiting is None else len(state.waiting.camera)
    is_due = ends.any() or (flush and new) or new >= max(LEAST_BATCH, waiting // 4)
    on_time = _sorted(state, city, limits, reorder_us, ends) if is_due else _NONE
    too_late = frames.row[disposition == TOO_LATE]
    return Pushed(
        released(on_time),
        released(late),
        disposition,
        _copies(on_time, late),
        _left(on_time, late, too_late),
        on_time,
    )


def _judged(
    state: OrderState, frames: Arrived, reorder_us: int, lateness_us: int, over: NDArray[np.bool_] | None
) -> NDArray[np.uint8]:
    """Return each frame's disposition, as far as clocks tell; the clocks move on."""
    disposition = np.empty(len(frames.camera), np.uint8)
    _judge(frames.camera, frames.t_us, state.newest_us, reorder_us, lateness_us, disposition)
    if over is not None:
        disposition[over[frames.camera] & (disposition == ON_TIME)] = LATE
    return disposition


def _gather(state: OrderState, frames: Arrived, disposition: NDArray[np.uint8], oldest_us: NDArray[np.int64]) -> None:
    """Let frames that come in time wait, and late ones that waited cover what these leave."""
    in_time = frames
    if (disposition != ON_TIME).any():
        in_time = take(frames, np.flatnonzero(disposition == ON_TIME))
    fresh = _keys(in_time)
    seen.remember(state.seen, fresh, oldest_us)
    state.incoming += [in_time] * bool(len(in_time.camera))
    state.late = cover.clip(state.late, fresh)


_NONE: Final = Part(nothing(), np.empty(0, np.int32), np.empty(0, np.int32), nothing())


def _share(late: Late) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return how long late frames stand (n,), and how much later than they that begins [ms]."""
    dt_ms = np.maximum(late.to_ms - late.from_ms, 0).astype(np.int32)
    lag_ms = np.where(dt_ms > 0, late.from_ms - late.frames.t_us // 1000, 0).astype(np.int32)
    return frozen(dt_ms), frozen(lag_ms)


def _left(on_time: Part, late: Part, too_late: NDArray[np.int64]) -> Left:
    rows = [on_time.frames.row, late.frames.row, on_time.copies.row, late.copies.row, too_late]
    sizes = [len(row) for row in rows]
    disposition = np.repeat(np.array([ON_TIME, LATE, DUPLICATE, DUPLICATE, TOO_LATE], np.uint8), sizes)
    uncounted = np.zeros(sum(sizes[2:]), np.int32)
    dt_ms = np.concatenate([on_time.dt_ms, late.dt_ms, uncounted])
    lag_ms = np.concatenate([on_time.lag_ms, late.lag_ms, uncounted])
    return Left(np.concatenate(rows), disposition, dt_ms, lag_ms)


def _copies(*parts: Part) -> Copies:
    camera, t_us, seq = (np.concatenate([getattr(part.copies, name) for part in parts]) for name in Keys._fields)
    counts = seq != identity.UNSEEN
    return Copies(camera[counts], t_us[counts])


def _late(
    state: OrderState,
    limits: Limits,
    frames: Arrived,
    rows: NDArray[np.int64],
    oldest_us: NDArray[np.int64],
    reorder_us: int,
    over: NDArray[np.bool_],
) -> Part:
    """Tell late frames from late copies, of two that come at once the first counts; release those that are final."""
    copies = nothing()
    if len(rows):
        rows = rows[identity.order(*_keys(frames, rows), len(oldest_us))]
        keys = _keys(frames, rows)
        is_copy = identity.is_again(keys) | seen.known(state.seen, keys, oldest_us)
        copies, fresh = take(frames, rows[is_copy]), take(frames, rows[~is_copy])
        found = cover.found(fresh, *seen.beside(state.seen, _keys(fresh)), limits)
        state.late = cover.joined(state.late, found)
        seen.remember(state.seen, _keys(fresh), oldest_us)
    final, state.late = cover.split(state.late, state.newest_us - reorder_us, over)
    return Part(final.frames, *_share(final), copies)


def _keys(frames: Arrived, rows: NDArray[np.int64] | slice = slice(None)) -> Keys:
    return identity.sealed(frames.camera[rows], frames.t_us[rows], frames.seq[rows])


def _sorted(state: OrderState, city: City, limits: Limits, reorder_us: int, ending: NDArray[np.bool_]) -> Part:
    batches = ([state.waiting] if state.waiting is not None else []) + state.incoming
    if not batches:
        return _NONE
    pool = concat(batches)
    order = identity.order(*_keys(pool), len(city.cameras))
    dt_ms, lag_ms = np.zeros(len(order), np.int32), np.zeros(len(order), np.int32)
    keep = np.zeros(len(order), np.uint8)
    _release(
        order,
        pool.camera,
        pool.t_us,
        pool.seq,
        state.newest_us,
        state.frontier_us,
        city.period_us,
        limits,
        reorder_us,
        ending,
        dt_ms,
        lag_ms,
        keep,
    )
    state.waiting, state.incoming = take(pool, order[keep == 0]), []
    out = take(pool, order[keep == 1])
    return Part(out, dt_ms[keep == 1], lag_ms[keep == 1], take(pool, order[keep == 2]))


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
    on_time = pushed.on_time._replace(ordered=frames._replace(dt_ms=frozen(dt_ms)))
    return pushed._replace(on_time=on_time, part=None)


def held(state: OrderState) -> NDArray[np.int64]:
    """Return the numbers of the frames that wait."""
    batches = state.incoming if state.waiting is None else [state.waiting, *state.incoming]
    return np.concatenate([np.empty(0, np.int64), *(batch.row for batch in batches), state.late.frames.row])


def carry(into: OrderState, source: OrderState, moved: Moves) -> None:
    """Take along clocks, waiting frames and the times seen of cameras that go along."""
    carrying.rows(into.newest_us, source.newest_us, moved.camera)
    carrying.rows(into.frontier_us, source.frontier_us, moved.camera)
    for held in source.incoming if source.waiting is None else [source.waiting, *source.incoming]:
        into.incoming.append(moved_along(held, moved))
    late = cover.chosen(source.late, np.flatnonzero(moved.camera[source.late.frames.camera] >= 0))
    into.late = cover.joined(into.late, late._replace(frames=moved_along(late.frames, moved)))
    seen.carry(into.seen, source.seen, moved.camera, len(into.newest_us))
