"""Points, polygons and lines in the picture, exact enough to agree with each other.

Polygon tests snap corners and points to a grid of 2**-24 of the picture (about
1/8,000 px), where every product below fits a float64 without rounding: two zones
with a common edge decide a point on it by the same exact number, so exactly one
of them has it. Distances are in units of the picture's height: x is multiplied
by the aspect ratio first.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

GRID: Final = float(1 << 24)
TIE: Final = 1e-12
"""Two pieces of a line are equally near when their distances differ by less than this [picture heights]."""


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def snap(value: float) -> float:
    """Return a coordinate (0..1) as a whole number of grid steps."""
    return math.floor(value * GRID + 0.5)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def snap_point(value: float) -> float:
    """Snap a point's coordinate into 0..1, the far edge left out.

    A foot on the picture's last row or column (a person cut off by the border) so
    lies in the zone that reaches that border.
    """
    return float(min(max(snap(value), 0.0), GRID - 1.0))


def snap_corners(vertex: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (v, 2) corners in 0..1 as whole numbers of grid steps."""
    return np.asarray(np.floor(vertex * GRID + 0.5))


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def inside(x: float, y: float, vertex: NDArray[np.float64], start: int, end: int) -> bool:
    """Tell whether a point lies in a polygon, by the half-open crossing rule.

    Parameters
    ----------
    x, y
        The point, from `snap_point`.
    vertex
        (v, 2) corners, from `snap_corners`; the polygon is ``vertex[start:end]``, in either sense.
    """
    odd = False
    bx, by = vertex[end - 1, 0], vertex[end - 1, 1]
    for i in range(start, end):
        ax, ay = vertex[i, 0], vertex[i, 1]
        if (ay > y) != (by > y):  # compared from the upper end, whichever way the edge is walked
            if ay < by:
                left = (bx - ax) * (y - ay) > (x - ax) * (by - ay)
            else:
                left = (ax - bx) * (y - by) > (x - bx) * (ay - by)
            odd ^= left
        bx, by = ax, ay
    return odd


class Projection(NamedTuple):
    """A point seen from a line."""

    distance: float  # picture heights, positive on the line's right hand
    is_beside: bool  # beside the line itself, not beyond its ends


@njit(cache=True, _nrt=False, inline="always")  # type: ignore[call-overload]
def project(x: float, y: float, point: NDArray[np.float64], start: int, end: int, aspect: float) -> Projection:
    """Return the `Projection` of a point on a line.

    Parameters
    ----------
    x, y
        The point in 0..1, y down.
    point
        (p, 2) points in 0..1; the line is ``point[start:end]``. Its first and last
        pieces go on for ever, so that everything has a side. Where a corner is
        nearest, the piece seen more squarely decides the side.
    aspect
        Width / height of the picture.
    """
    best, squarest, distance, is_beside = math.inf, -1.0, math.inf, False
    for i in range(start, end - 1):
        ax, ay = point[i, 0] * aspect, point[i, 1]
        ux, uy = point[i + 1, 0] * aspect - ax, point[i + 1, 1] - ay
        px, py = x * aspect - ax, y - ay
        square_length, dot = ux * ux + uy * uy, ux * px + uy * py
        if square_length == 0.0:
            continue  # a point given twice
        length = math.sqrt(square_length)
        across, past = (ux * py - uy * px) / length, 0.0
        if dot < 0.0 and i > start:
            past = -dot / length
        elif dot > square_length and i < end - 2:
            past = dot / length - length
        near = abs(across) if past == 0.0 else math.sqrt(across * across + past * past)
        is_tie = abs(near - best) <= TIE
        if (is_tie and abs(across) > squarest) or (not is_tie and near < best):
            best, squarest = min(near, best), abs(across)
            distance = near if across > 0.0 else -near
            is_beside = (dot >= 0.0 or i > start) and (dot < square_length or i < end - 2)
    return Projection(distance, is_beside)
