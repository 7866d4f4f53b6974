"""Points, polygons and lines in the picture, exact enough to agree with each other.

Polygon tests snap corners and points to a grid of 2**-24 of the picture (about
1/8,000 px), where every product below fits a float64 without rounding: two zones
with a common edge decide a point on it by the same exact number, so exactly one
of them has it. Distances are in units of the picture's height: x is multiplied
by the aspect ratio first.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

GRID: Final = float(1 << 24)


@njit(cache=True)
def snap(value: float) -> float:
    """Return a coordinate (0..1) as a whole number of grid steps."""
    return math.floor(value * GRID + 0.5)


@njit(cache=True)
def snap_point(value: float) -> float:
    """Snap a point's coordinate into 0..1, the far edge left out.

    A foot on the picture's last row or column (a person cut off by the border) so
    lies in the zone that reaches that border.
    """
    return min(max(snap(value), 0.0), GRID - 1.0)


@njit(cache=True)
def inside(x: float, y: float, vertex: NDArray[np.float64], start: int, end: int) -> bool:
    """Tell whether a point lies in a polygon, by the half-open crossing rule.

    Parameters
    ----------
    x, y
        The point, from `snap_point`.
    vertex
        (v, 2) corners in 0..1; the polygon is ``vertex[start:end]``, in either sense.
    """
    odd = False
    bx, by = snap(vertex[end - 1, 0]), snap(vertex[end - 1, 1])
    for i in range(start, end):
        ax, ay = snap(vertex[i, 0]), snap(vertex[i, 1])
        if (ay > y) != (by > y):  # compared from the upper end, whichever way the edge is walked
            if ay < by:
                left = (bx - ax) * (y - ay) > (x - ax) * (by - ay)
            else:
                left = (ax - bx) * (y - by) > (x - bx) * (ay - by)
            odd ^= left
        bx, by = ax, ay
    return odd


@njit(cache=True)
def signed_distance(x: float, y: float, point: NDArray[np.float64], start: int, end: int, aspect: float) -> float:
    """Return the distance of a point to a line, positive on its right hand.

    Parameters
    ----------
    x, y
        The point in 0..1, y down.
    point
        (p, 2) points in 0..1; the line is ``point[start:end]``. Its first and last
        pieces go on for ever, so that everything has a side.
    aspect
        Width / height of the picture.

    Returns
    -------
    Distance in picture heights. Where a corner of the line is nearest, the piece
    seen more squarely decides the side.
    """
    best, square, out = math.inf, -1.0, 0.0
    for i in range(start, end - 1):
        ax, ay = point[i, 0] * aspect, point[i, 1]
        ux, uy = point[i + 1, 0] * aspect - ax, point[i + 1, 1] - ay
        px, py = x * aspect - ax, y - ay
        length = math.sqrt(ux * ux + uy * uy)
        across, along = (ux * py - uy * px) / length, (ux * px + uy * py) / length
        past = 0.0
        if along < 0.0 and i > start:
            past = -along
        elif along > length and i < end - 2:
            past = along - length
        near = abs(across) if past == 0.0 else math.sqrt(across * across + past * past)
        tie = abs(near - best) <= 1e-12
        if (tie and abs(across) > square) or (not tie and near < best):
            best, square = min(near, best), abs(across)
            out = near if across > 0.0 else -near
    return out


@njit(cache=True)
def crossing_share(
    x0: float, y0: float, x1: float, y1: float, point: NDArray[np.float64], start: int, end: int
) -> float:
    """Return where a path from (x0, y0) to (x1, y1) crosses a finite line, as a share of the path.

    Returns
    -------
    The last crossing, in 0..1; NaN when the path ends on the side where it began
    or passes beyond the line's ends. A path through the common end of two lines
    crosses one of them.
    """
    share, count = math.nan, 0
    for i in range(start, end - 1):
        ax, ay, bx, by = point[i, 0], point[i, 1], point[i + 1, 0], point[i + 1, 1]
        side0 = (bx - ax) * (y0 - ay) - (by - ay) * (x0 - ax)
        side1 = (bx - ax) * (y1 - ay) - (by - ay) * (x1 - ax)
        end_a = (x1 - x0) * (ay - y0) - (y1 - y0) * (ax - x0)
        end_b = (x1 - x0) * (by - y0) - (y1 - y0) * (bx - x0)
        if (side0 > 0.0) != (side1 > 0.0) and (end_a > 0.0) != (end_b > 0.0):
            count += 1
            at = side0 / (side0 - side1)
            share = at if count == 1 else max(share, at)
    return share if count % 2 == 1 else math.nan
