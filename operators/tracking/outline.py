"""Where a tracked object's foot is while its box does not show it.

Two things that boxes do and bodies do not. A lower edge that jumps upwards while
the upper edge goes on as before is a foot that something hides: the foot stays
one body height below the upper edge. And a vehicle that stands does not jump: a box
that is seen beside its place from one frame to the next, nearer than another would
be, and stands there too, has not moved until it moves on from there or is seen at
its place again. Edges that end at the picture's border are cut, not hidden.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import Record

OUTLINE: Final = [
    ("box", np.float32, (4,)),  # as last shown, 0..1
    ("speed", np.float32, (3,)),  # of centre, upper and lower edge [1/s]; smoothed
    ("height", np.float32),  # from head to foot while the foot is hidden, else 0
    ("rest", np.float32, (2,)),  # the place where the foot stands, 0..1
    ("shift", np.float32, (2,)),  # the box is seen so far beside it, (0, 0): at it
    ("hidden_us", np.int32),  # for so long the foot is hidden, ...
    ("rest_us", np.int32),  # ... it stands there, ...
    ("shift_us", np.int32),  # ... and the box is seen beside it; at most `_LONG_US`
]
"""What a record of a body remembers of its box."""

_GAIN: Final = 0.5  # share of a new speed in the speed remembered
_BORDER: Final = 0.998
_LONG_US: Final = 1 << 30


class Edges(NamedTuple):
    """How boxes fail, in sizes of the box (ours); a size is the longer of its sides."""

    hides: float = 0.2  # share of its height that the lower edge alone jumps up when the foot is hidden
    shown: float = 0.9  # share of the height at which the foot is seen again
    rests: float = 0.15  # what stands is seen within this of its place [sizes] ...
    rests_us: int = 1_000_000  # ... for so long
    jumps: float = 0.25  # seen farther off a frame later it has jumped; farther by what it can have driven meanwhile:
    often_s: float = 0.25  # where frames come as often; in slower streams a start looks the same
    drives: float = 2.0  # half the acceleration of what sets off [sizes/s2]: 5 m/s2 for a car of 1.5 m
    longest_us: int = 20_000_000  # no foot is hidden for longer, as far as we know


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def appear(row: Record, box: NDArray[np.float32]) -> None:
    """Take a body's first box."""
    for k in range(4):
        row.box[k] = box[k]
    for k in range(3):
        row.speed[k] = 0.0
    row.height, row.hidden_us = 0.0, 0
    row.rest[0], row.rest[1], row.rest_us = _middle(row), row.box[3], 0
    row.shift[0], row.shift[1], row.shift_us = 0.0, 0.0, 0


@njit(cache=True, _nrt=False, inline="always")  # type: ignore[call-overload]
def follow(
    row: Record, box: NDArray[np.float32], dt_us: int, period_us: int, aspect: float, is_vehicle: bool, edges: Edges
) -> None:
    """Take a body's next box; `row.box`, `row.height` and `row.shift` say where it is."""
    if dt_us <= 0:
        return
    dt = dt_us * 1e-6
    row.hidden_us, row.rest_us = min(row.hidden_us + dt_us, _LONG_US), min(row.rest_us + dt_us, _LONG_US)
    row.shift_us = min(row.shift_us + dt_us, _LONG_US)
    x = (np.float64(box[0]) + np.float64(box[2])) / 2.0
    if dt_us > 2 * period_us:  # what was not seen for a while is where it is seen
        _accept(row, x, np.float64(box[3]))
        row.height = 0.0
    else:
        if is_vehicle and row.height > 0.0 and row.box[2] > row.box[0]:  # it drives away, or comes nearer
            row.height *= (np.float64(box[2]) - box[0]) / (np.float64(row.box[2]) - row.box[0])
        _hide(row, box, dt, edges)
        y = np.float64(box[1]) + row.height if row.height > 0.0 else np.float64(box[3])
        _shift(row, x, y, dt, aspect, is_vehicle, edges)
    foot = np.float64(box[1]) + row.height if row.height > 0.0 else np.float64(box[3])
    often = 1.0 / dt
    row.speed[0] += _GAIN * ((x - _middle(row)) * often - row.speed[0])
    row.speed[1] += _GAIN * ((np.float64(box[1]) - row.box[1]) * often - row.speed[1])
    row.speed[2] += _GAIN * ((foot - row.box[3]) * often - row.speed[2])
    row.box[0], row.box[1], row.box[2], row.box[3] = box[0], box[1], box[2], foot


@njit(cache=True, _nrt=False, inline="always")  # type: ignore[call-overload]
def _hide(row: Record, box: NDArray[np.float32], dt: float, edges: Edges) -> None:
    """Note that the foot is hidden, or seen again."""
    seen = np.float64(box[3]) - np.float64(box[1])
    if row.height > 0.0:
        if seen >= edges.shown * row.height or row.hidden_us > edges.longest_us:
            row.height = 0.0
        return
    height = np.float64(row.box[3]) - row.box[1]
    up = row.box[3] + row.speed[2] * dt - np.float64(box[3])
    if up <= edges.hides * height or seen >= edges.shown * height or box[3] >= _BORDER:
        return
    width, shown = np.float64(row.box[2]) - row.box[0], np.float64(box[2]) - box[0]
    is_alone = abs(np.float64(box[1]) - row.box[1] - row.speed[1] * dt) < 0.5 * up
    if is_alone and abs(shown - width) < edges.hides * max(shown, width):
        row.height, row.hidden_us = height, 0


@njit(cache=True, _nrt=False, inline="always")  # type: ignore[call-overload]
def _shift(row: Record, x: float, y: float, dt: float, aspect: float, is_vehicle: bool, edges: Edges) -> None:
    """Note that what stands, its foot seen at (x, y), is seen beside its place, or back at it, or has moved on."""
    size = max((np.float64(row.box[2]) - row.box[0]) * aspect, np.float64(row.box[3]) - row.box[1])
    near = edges.rests * size
    off = _square((x - row.rest[0]) * aspect, y - row.rest[1])
    if row.shift[0] == 0.0 and row.shift[1] == 0.0:
        if off <= near * near:
            return
        stood = is_vehicle and dt <= edges.often_s and row.rest_us >= edges.rests_us
        far = (edges.jumps + edges.drives * dt * dt) * size
        if stood and off > far * far and _was_within(row, near, aspect):
            row.shift[0], row.shift[1], row.shift_us = x - row.rest[0], y - row.rest[1], 0
            return
        _accept(row, x, y)
        return
    far = edges.jumps * size
    moved = _square((x - row.rest[0] - row.shift[0]) * aspect, y - row.rest[1] - row.shift[1])
    if off <= near * near:
        row.shift[0], row.shift[1] = 0.0, 0.0
    elif moved > far * far or row.shift_us > edges.longest_us:
        _accept(row, x, y)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _was_within(row: Record, near: float, aspect: float) -> bool:
    return bool(_square((_middle(row) - row.rest[0]) * aspect, np.float64(row.box[3]) - row.rest[1]) <= near * near)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _middle(row: Record) -> float:
    return float((np.float64(row.box[0]) + row.box[2]) / 2.0)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _accept(row: Record, x: float, y: float) -> None:
    row.rest[0], row.rest[1], row.rest_us = x, y, 0
    row.shift[0], row.shift[1] = 0.0, 0.0


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _square(x: float, y: float) -> float:
    return float(x * x + y * y)
