"""Why an outline crosses itself: which sides meet where, and which two corners to exchange."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import shapely

from schemas.registry.entries import Point


class Crossing(NamedTuple):
    """What is wrong with an outline, and what to do; corners are counted from 1."""

    came: str
    todo: str


def crossing_sides(polygon: tuple[Point, ...]) -> Crossing | None:
    """Return the first two sides that cross; None where no two do, as when one only touches another.

    Parameters
    ----------
    polygon
        At least three finite corners; the last may repeat the first.
    """
    corners = polygon[:-1] if polygon[0] == polygon[-1] else polygon
    count = len(corners)
    sides = [shapely.LineString((corners[i], corners[(i + 1) % count])) for i in range(count)]
    for i, j in combinations(range(count), 2):
        if sides[i].crosses(sides[j]):
            at = sides[i].intersection(sides[j])
            said = (
                f"one whose side from corner {i + 1} to {(i + 1) % count + 1} crosses the one from corner {j + 1} to "
            )
            said += f"{(j + 1) % count + 1} at [{at.x:.3g}, {at.y:.3g}]"
            return Crossing(said, _todo(corners))
    return None


def _todo(corners: tuple[Point, ...]) -> str:
    """Return which exchange of two corners makes the outline simple."""
    for i, j in sorted(
        combinations(range(len(corners)), 2), key=lambda pair: pair[0] == 0
    ):  # the first stays if it can
        turned = list(corners)
        turned[i], turned[j] = turned[j], turned[i]
        if shapely.Polygon(turned).is_valid:
            return f"exchange corner {i + 1} {list(corners[i])} and corner {j + 1} {list(corners[j])}"
    return "go round the zone corner by corner"
