"""The calibrated ground's metres seen in the picture.

Lines of equal ground metres are put through the inverse homography and kept
where they lie in the picture and on the near side of the horizon.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.ground import Matrix, depth, homography, to_ground
from schemas.registry import Camera

STEPS_M: Final = (1.0, 5.0, 25.0)
"""Sides of a square; the smallest that needs no more than `MOST` lines either way, else a multiple of the last."""
MOST: Final = 20
SAMPLES: Final = 200
LABELS: Final = 10
"""At most so many lines either way are labelled; ours, as the others."""


FAR: Final = 3.0
"""The grid reaches at most so many of the spans beyond the points: near the horizon, metres mean little; ours."""


class GroundLine(NamedTuple):
    """A line of equal metres on one axis; `start` and `end` are points of the image 0..1, `end` the lower one."""

    axis: str
    at_m: float
    start: tuple[float, float]
    end: tuple[float, float]
    labelled: bool


class Ground(NamedTuple):
    """The grid of a calibration."""

    step_m: float
    lines: list[GroundLine]


def ground_lines(camera: Camera) -> Ground | None:
    """Return the ground grid of a camera, None where it has no calibration.

    The grid covers the calibration's points and what is drawn of zones and lines.
    """
    if camera.calibration is None:
        return None
    image, ground = (np.array(p, np.float64) for p in (camera.calibration.image, camera.calibration.ground_m))
    span = np.hypot(*np.ptp(ground, axis=0))
    origin = ground.mean(axis=0)
    matrix = homography(image, (ground - origin) / span)
    if np.isnan(matrix).any():
        return None
    side = np.sign(depth(matrix, image)[0])
    shapes = [*(zone.polygon for zone in camera.zone), *(line.points for line in camera.line)]
    points = np.concatenate([image, *(np.array(shape, np.float64) for shape in shapes)])
    metres = to_ground(matrix, points[np.sign(depth(matrix, points)) == side]) * span + origin
    low, high = (
        np.clip(extreme, ground.min(axis=0) - FAR * span, ground.max(axis=0) + FAR * span)
        for extreme in (metres.min(axis=0), metres.max(axis=0))
    )
    low, high = np.minimum(low, ground.min(axis=0)), np.maximum(high, ground.max(axis=0))
    extent = float((high - low).max())
    step = next((s for s in STEPS_M if extent / s <= MOST), float(np.ceil(extent / MOST / STEPS_M[-1])) * STEPS_M[-1])
    back: Matrix = np.linalg.inv(matrix).astype(np.float64)
    lines: list[GroundLine] = []
    for axis in (0, 1):
        ticks = np.arange(np.floor(low[axis] / step), np.ceil(high[axis] / step) + 1) * step
        every = int(np.ceil(len(ticks) / LABELS))
        along = np.linspace(low[1 - axis], high[1 - axis], SAMPLES)
        for number, tick in enumerate(ticks):
            at = np.empty((SAMPLES, 2))
            at[:, axis], at[:, 1 - axis] = tick, along
            lines += [
                GroundLine("xy"[axis], float(tick), *_ends(run), number % every == 0 and first == 0)
                for first, run in enumerate(_seen(back, (at - origin) / span, side))
            ]
    return Ground(step, lines)


def _ends(run: Matrix) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return a run's ends, the lower one last: a straight line on the ground is one in the picture."""
    (ax, ay), (bx, by) = run[0].tolist(), run[-1].tolist()
    return ((ax, ay), (bx, by)) if ay <= by else ((bx, by), (ax, ay))


def _seen(back: Matrix, ground: NDArray[np.floating[Any]], side: float) -> list[Matrix]:
    """Return the runs of a sampled ground line that lie in the picture."""
    homogeneous = np.concatenate([ground, np.ones((len(ground), 1))], 1) @ back.T
    with np.errstate(divide="ignore", invalid="ignore"):
        image = homogeneous[:, :2] / homogeneous[:, 2:]
    near = np.sign(homogeneous[:, 2]) == side
    inside = near & ((image >= 0) & (image <= 1)).all(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8)))
    return [image[a:b] for a, b in edges.reshape(-1, 2) if b - a > 1]
