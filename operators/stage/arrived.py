"""Frames as they arrive: arrays with objects and signals as slices, and how to choose and to join them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import frozen
from operators.carrying import Moves
from operators.stage.identity import UNSEEN


class Arrived(NamedTuple):
    """`n` frames in arrival order with `m` objects and `k` signals as slices; sealed, so that copies share them."""

    row: NDArray[np.int64]  # (n,) the frame's number within its shard, ascending: what it is known by when it leaves
    camera: NDArray[np.int32]  # (n,) dense code, `intake.UNKNOWN` or `intake.NOT_VALID`
    t_us: NDArray[np.int64]  # (n,)
    seq: NDArray[np.int64]  # (n,) `identity.ABSENT` when absent, `identity.UNSEEN` of a frame that is left out whole
    arrival_us: NDArray[np.int64]  # (n,) -1 when absent
    width: NDArray[np.int32]  # (n,)
    height: NDArray[np.int32]  # (n,)
    luma: NDArray[np.float32]  # (n,) NaN when absent
    sharpness: NDArray[np.float32]  # (n,) NaN when absent
    image: NDArray[np.uint64]  # (n,) hash of the picture, 0 when absent
    first: NDArray[np.int64]  # (n + 1,) objects of frame i
    cls: NDArray[np.uint8]  # (m,)
    confidence: NDArray[np.float32]  # (m,)
    box: NDArray[np.float32]  # (m, 4)
    track: NDArray[np.uint64]  # (m,)
    face: NDArray[np.uint32]  # (m,)
    signal_first: NDArray[np.int64]  # (n + 1,) signals of frame i
    signal_zone: NDArray[np.int32]  # (k,) dense zone code; below -1 what was refused (`operators.stage.refused`)
    signal_value: NDArray[np.float64]  # (k,) NaN when not measured; how many were refused

    def __deepcopy__(self, memo: dict[int, Any]) -> Arrived:
        return self


def sealed(frames: Arrived) -> Arrived:
    """Return the frames with arrays that nobody can write to, wherever they come from."""
    return Arrived(*(frozen(getattr(frames, name)) for name in Arrived._fields))


def unseen(frames: Arrived) -> NDArray[np.bool_]:
    """Return (n,) which frames are left out whole: nobody knows what was in them."""
    return np.asarray(frames.seq == UNSEEN)


FRAME_FIELDS = ("row", "camera", "t_us", "seq", "arrival_us", "width", "height", "luma", "sharpness", "image")
OBJECT_FIELDS = ("cls", "confidence", "box", "track", "face")
SIGNAL_FIELDS = ("signal_zone", "signal_value")


def nothing() -> Arrived:
    """Return zero frames."""
    whole, small = np.empty(0, np.int64), np.empty(0, np.int32)
    real = np.empty(0, np.float32)
    none = Arrived(
        row=whole,
        camera=small,
        t_us=whole,
        seq=whole,
        arrival_us=whole,
        width=small,
        height=small,
        luma=real,
        sharpness=real,
        image=np.empty(0, np.uint64),
        first=np.zeros(1, np.int64),
        cls=np.empty(0, np.uint8),
        confidence=real,
        box=np.empty((0, 4), np.float32),
        track=np.empty(0, np.uint64),
        face=np.empty(0, np.uint32),
        signal_first=np.zeros(1, np.int64),
        signal_zone=small,
        signal_value=np.empty(0, np.float64),
    )
    return sealed(none)


@njit(cache=True)
def gather(rows: NDArray[np.int64], first: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the slices' items in the order of `rows`, and their new offsets."""
    offsets = np.zeros(len(rows) + 1, np.int64)
    for i in range(len(rows)):
        offsets[i + 1] = offsets[i] + first[rows[i] + 1] - first[rows[i]]
    items = np.empty(offsets[-1], np.int64)
    for i in range(len(rows)):
        for j in range(offsets[i + 1] - offsets[i]):
            items[offsets[i] + j] = first[rows[i]] + j
    return items, offsets


def take(frames: Arrived, rows: NDArray[np.int64]) -> Arrived:
    """Return these frames, in this order, with their objects and signals."""
    objects, first = _chosen(frames, rows)
    signals, signal_first = gather(rows, frames.signal_first)
    values: dict[str, NDArray[np.generic]] = {name: getattr(frames, name)[rows] for name in FRAME_FIELDS}
    values |= {name: getattr(frames, name)[signals] for name in SIGNAL_FIELDS}
    taken = Arrived(**values, **objects, first=first, signal_first=signal_first)  # type: ignore[arg-type]
    return sealed(taken)


def _chosen(frames: Arrived, rows: NDArray[np.int64]) -> tuple[dict[str, NDArray[np.generic]], NDArray[np.int64]]:
    """Return the objects of frames by column, and their offsets; all of them in their order are not copied."""
    first, is_whole = _offsets(rows, frames.first)
    columns = {name: getattr(frames, name) for name in OBJECT_FIELDS}
    if is_whole:
        return columns, first
    return {name: _slices(column, rows, frames.first, first) for name, column in columns.items()}, first


def _slices(
    column: NDArray[np.generic], rows: NDArray[np.int64], first: NDArray[np.int64], to: NDArray[np.int64]
) -> NDArray[np.generic]:
    """Return the slices of a column laid side by side."""
    out = np.empty((to[-1], *column.shape[1:]), column.dtype)
    if column.ndim == 1:
        _copy(rows, first, to, frozen(column), out)
    else:  # a box is 16 bytes, copied at once
        _copy(rows, first, to, frozen(column).view(np.complex128)[:, 0], out.view(np.complex128)[:, 0])
    return out


@njit(cache=True)
def _offsets(rows: NDArray[np.int64], first: NDArray[np.int64]) -> tuple[NDArray[np.int64], bool]:
    """Return the offsets of the rows' slices laid side by side, and whether these are all there is, in order."""
    offsets = np.zeros(len(rows) + 1, np.int64)
    end = 0
    for i in range(len(rows)):
        begin, size = first[rows[i]], first[rows[i] + 1] - first[rows[i]]
        offsets[i + 1] = offsets[i] + size
        if size:
            end = begin + size if begin == end else -1
    return offsets, end == first[-1]


@njit(cache=True)
def _copy(
    rows: NDArray[np.int64], first: NDArray[np.int64], to: NDArray[np.int64], column: NDArray[Any], out: NDArray[Any]
) -> None:
    """Copy slices one by one: an index for every object would be read more often than the objects."""
    for i in range(len(rows)):
        begin, at = np.uint64(first[rows[i]]), np.uint64(to[i])
        for j in range(np.uint64(to[i + 1]) - at):
            out[at + j] = column[begin + j]


def _joined(offsets: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    ends = np.cumsum([0, *(o[-1] for o in offsets)])
    return np.concatenate([[0], *(o[1:] + end for o, end in zip(offsets, ends, strict=False))]).astype(np.int64)


def concat(batches: list[Arrived]) -> Arrived:
    """Return the batches as one, in their order."""
    if len(batches) == 1:
        return batches[0]
    columns = dict(zip(Arrived._fields, zip(*batches, strict=True), strict=True))
    first, signal_first = _joined(list(columns.pop("first"))), _joined(list(columns.pop("signal_first")))
    values = {name: np.concatenate(parts) for name, parts in columns.items()}
    return sealed(Arrived(**values, first=first, signal_first=signal_first))


def moved_along(frames: Arrived, moved: Moves) -> Arrived:
    """Return the frames of cameras that go along, with the codes of where they go."""
    went = take(frames, np.flatnonzero(moved.camera[frames.camera] >= 0))
    known = went.signal_zone >= 0
    zone = went.signal_zone.copy()
    zone[known] = moved.zone[went.signal_zone[known]]
    return sealed(went._replace(camera=moved.camera[went.camera], signal_zone=zone))
