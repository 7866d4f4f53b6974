"""Polygons agree on every point; lines know their sides."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from operators.geometry import GRID, inside, project, snap_corners, snap_point

UNIT = st.floats(0, 1, width=32)
SIDE = 3


@st.composite
def tilings(draw: st.DrawFn) -> list[np.ndarray]:
    """Tile the picture with quadrilaterals whose inner corners are shaken, half of them walked backwards."""
    corner = np.zeros((SIDE + 1, SIDE + 1, 2))
    for i in range(SIDE + 1):
        for j in range(SIDE + 1):
            shake = [draw(st.floats(-0.16, 0.16)) if 0 < k < SIDE else 0.0 for k in (i, j)]
            corner[i, j] = (i / SIDE + shake[0], j / SIDE + shake[1])
    cells = [(i, j) for i in range(SIDE) for j in range(SIDE)]
    quads = [np.array([corner[i, j], corner[i + 1, j], corner[i + 1, j + 1], corner[i, j + 1]]) for i, j in cells]
    return [q[::-1].copy() if draw(st.booleans()) else np.roll(q, draw(st.integers(0, 3)), 0) for q in quads]


def holders(tiles: list[np.ndarray], x: float, y: float) -> int:
    return sum(inside(snap_point(x), snap_point(y), snap_corners(tile), 0, len(tile)) for tile in tiles)


@settings(deadline=None, max_examples=200)
@given(tilings(), st.lists(st.tuples(UNIT, UNIT), min_size=5, max_size=20))
def test_zones_that_meet_share_nobody_and_lose_nobody(tiles: list, points: list[tuple[float, float]]) -> None:
    assert [holders(tiles, x, y) for x, y in points] == [1] * len(points)


@settings(deadline=None, max_examples=200)
@given(tilings(), st.data())
def test_a_point_on_a_shared_edge_or_corner_is_in_one_zone(tiles: list, data: st.DataObject) -> None:
    tile = data.draw(st.sampled_from(tiles))
    edge, share = data.draw(st.integers(0, 3)), data.draw(st.sampled_from([0.0, 0.25, 0.5, 1 / 3, 1.0]))
    x, y = np.float32(tile[edge] + share * (tile[(edge + 1) % 4] - tile[edge])).astype(float)
    assert holders(tiles, x, y) == 1


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(UNIT, UNIT), min_size=3, max_size=7), UNIT, UNIT)
def test_inside_is_the_even_odd_rule_in_exact_arithmetic(polygon: list, x: float, y: float) -> None:
    px, py = (Fraction(min(math.floor(v * GRID + 0.5), int(GRID) - 1)) for v in (x, y))
    corners = [tuple(Fraction(math.floor(v * GRID + 0.5)) for v in p) for p in polygon]
    odd = False
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        if (ay > py) != (by > py):
            odd ^= px < ax + (py - ay) * (bx - ax) / (by - ay)
    assert inside(snap_point(x), snap_point(y), snap_corners(np.array(polygon, float)), 0, len(polygon)) == odd


@pytest.mark.parametrize("foot", [(1.0, 1.0), (0.5, 1.0), (1.0, 0.3), (0.0, 0.0), (0.0, 1.0)])
def test_a_foot_on_the_border_of_the_picture_is_in_the_whole_image(foot: tuple[float, float]) -> None:
    assert holders([np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])], *foot) == 1


VERTICAL = np.array([[0.5, 0.0], [0.5, 1.0]])
BENT = np.array([[0.0, 0.5], [0.5, 0.5], [0.5, 1.0]])


@pytest.mark.parametrize(
    ("line", "point", "distance"),
    [
        pytest.param(VERTICAL, (0.4, 0.5), 0.2, id="walking down the screen the right hand is at smaller x"),
        pytest.param(VERTICAL, (0.6, 0.5), -0.2, id="left hand"),
        pytest.param(VERTICAL, (0.4, 1.0), 0.2, id="at the end"),
        pytest.param(VERTICAL[::-1].copy(), (0.4, 0.5), -0.2, id="walked the other way"),
        pytest.param(VERTICAL * 0.1, (0.05, 0.9), 0.0, id="on its extension"),
        pytest.param(BENT, (0.3, 0.6), 0.1, id="bent: right of the first piece"),
        pytest.param(BENT, (0.6, 0.9), -0.2, id="bent: left of the second piece"),
        pytest.param(BENT, (0.6, 0.4), -math.hypot(0.2, 0.1), id="bent: outside its corner"),
        pytest.param(BENT, (-0.5, 0.6), 0.1, id="bent: beside the extension of the first piece"),
    ],
)
def test_signed_distance_in_picture_heights(line: np.ndarray, point: tuple[float, float], distance: float) -> None:
    assert project(*point, line, 0, len(line), 2.0).distance == pytest.approx(distance, abs=1e-12)


@pytest.mark.parametrize(
    ("point", "is_beside"),
    [
        pytest.param((0.2, 0.6), True, id="beside the first piece"),
        pytest.param((0.6, 0.4), True, id="outside its corner"),
        pytest.param((-0.1, 0.6), False, id="before its first point"),
        pytest.param((0.4, 1.1), False, id="after its last point"),
        pytest.param((0.0, 0.5), True, id="its first point belongs to it"),
        pytest.param((0.5, 1.0), False, id="its last point does not"),
    ],
)
def test_beside_a_line_is_not_beyond_its_ends(point: tuple[float, float], is_beside: bool) -> None:
    assert project(*point, BENT, 0, 3, 2.0).is_beside == is_beside


@settings(deadline=None)
@given(st.floats(0.0, 1.0, exclude_max=True), st.floats(0.2, 0.8))
def test_a_point_on_a_chain_of_lines_is_beside_one_of_them(x: float, joint: float) -> None:
    chain = np.array([[0.0, 0.5], [joint, 0.5], [1.0, 0.5]])
    assert [project(x, 0.5, chain, k, k + 2, 1.5).is_beside for k in (0, 1)].count(True) == 1


@settings(deadline=None)
@given(st.tuples(UNIT, UNIT), st.tuples(UNIT, UNIT), UNIT, UNIT)
def test_a_line_walked_backwards_has_the_other_hand(a: tuple, b: tuple, x: float, y: float) -> None:
    assume(math.dist(a, b) > 1e-3)
    there, back = (project(x, y, np.array(ends), 0, 2, 1.5).distance for ends in ((a, b), (b, a)))
    assert there == pytest.approx(-back, abs=1e-9)
