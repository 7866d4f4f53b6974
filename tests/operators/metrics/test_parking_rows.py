"""Rows of parked cars at any slant, seen without ids: each is told once, and nobody who passes before them."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.operators.metrics.test_parking_places import Scene, stays, watch
from tests.operators.staged import Object

COUNT = 8
Box = tuple[float, float, float, float]


def boxes(size: float, height: float, step: float, angle: float) -> list[Box]:
    """Return a row around the picture's middle; `step` is the way to the next car, in box widths."""
    dx, dy = size * step * np.cos(angle), size * step * np.sin(angle)
    out = []
    for k in range(COUNT):
        x, y = 0.5 + dx * (k - 3.5), 0.45 + dy * (k - 3.5)
        out.append((x - size / 2, y - size * height, x + size / 2, y))
    return out


def hidden(box: Box, by: Box) -> float:
    """Return the share of a box that another before it hides."""
    width, height = min(box[2], by[2]) - max(box[0], by[0]), min(box[3], by[3]) - max(box[1], by[1])
    return max(width, 0.0) * max(height, 0.0) / ((box[2] - box[0]) * (box[3] - box[1]))


def row(cars: list[Box], shakes: float, missed: float, passes_s: float, larger: float, seed: int) -> Scene:
    """Return the row, shaken by a share of a box and not always seen, and who passes before it every `passes_s`."""
    random = np.random.default_rng(seed)
    width, height = cars[0][2] - cars[0][0], cars[0][3] - cars[0][1]
    foot = max(box[3] for box in cars) + 0.4 * height

    def scene(t: float) -> list[Object]:
        x = 0.1 * (t % passes_s) - 0.2
        front = (max(x, 0.0), max(foot - larger * height, 0.0), min(x + larger * width, 1.0), min(foot, 1.0))
        passing = front if front[2] - front[0] > width / 4 else (2.0, 2.0, 2.0, 2.0)
        out: list[Object] = [("truck" if larger > 1.5 else "car", 0.85, passing, 0)] if passing[0] < 1 else []
        for box in cars:
            seen = tuple(np.array(box) + random.normal(0, shakes, 4) * [width, height, width, height])
            wavers = random.random() < 0.05
            if random.random() >= missed and hidden(box, passing) < 0.7:
                out.append(("truck" if wavers else "car", min(random.normal(0.7, 0.12), 1.0), seen, 0))
        return out

    return scene


@settings(deadline=None, max_examples=40)
@given(
    size=st.floats(0.06, 0.11),
    height=st.floats(0.6, 1.2),
    step=st.floats(0.3, 0.9),
    angle=st.floats(-0.9, 0.9),
    shakes=st.floats(0.0, 0.02),
    missed=st.floats(0.0, 0.2),
    passes_s=st.floats(10.0, 25.0),
    larger=st.floats(1.0, 2.2),
    fps=st.sampled_from([2.0, 5.0, 10.0]),
    seed=st.integers(0, 1000),
)
def test_of_eight_in_a_row_eight_are_told_and_none_that_passed(
    size: float, height: float, step: float, angle: float, shakes: float, missed: float, passes_s: float,
    larger: float, fps: float, seed: int,
) -> None:  # fmt: skip
    scene = row(boxes(size, height, step, angle), shakes, missed, passes_s, larger, seed)
    told = stays(watch(scene, 300, fps, tracked=True))  # who is hidden is not seen standing meanwhile
    assert [stay.severity for stay in told] == [2] * COUNT
    assert all(stay.opened_s <= 30 for stay in told)
