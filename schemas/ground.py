"""The plane homography between a picture and the ground.

Four or more points that lie on the ground give the map from the image (0..1,
y down) to metres. It holds only on the near side of the horizon, the line where
the third homogeneous coordinate is zero.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def homography(image: Matrix, ground: Matrix) -> Matrix:
    """Fit the plane homography image -> ground by the direct linear transform.

    Hartley and Zisserman, Multiple View Geometry, 2nd ed., ch. 4.1, doi:10.1017/CBO9780511811685.

    Parameters
    ----------
    image, ground
        (k, 2), k >= 4 corresponding points; image in 0..1, ground in metres.

    Returns
    -------
    (3, 3) matrix with last element 1; NaN where the points do not fix one (three of four on a line).
    """
    zero, one = np.zeros(len(image)), np.ones(len(image))
    (x, y), (u, v) = image.T, ground.T
    rows = np.concatenate(
        [
            np.stack([x, y, one, zero, zero, zero, -u * x, -u * y, -u], 1),
            np.stack([zero, zero, zero, x, y, one, -v * x, -v * y, -v], 1),
        ]
    )
    _, sizes, vectors = np.linalg.svd(rows)
    matrix = vectors[-1].reshape(3, 3)
    if sizes[7] < 1e-9 * sizes[0] or abs(matrix[2, 2]) < 1e-12:
        return np.full((3, 3), np.nan)
    out: Matrix = matrix / matrix[2, 2]
    return out


def depth(matrix: Matrix, points: Matrix) -> Matrix:
    """Return the third homogeneous coordinate of (k, 2) image points; its sign changes at the horizon."""
    out: Matrix = points @ matrix[2, :2] + matrix[2, 2]
    return out


def to_ground(matrix: Matrix, points: Matrix) -> Matrix:
    """Map (k, 2) image points (0..1) to ground metres.

    Element by element: matrix products differ in the last bit with the batch's size.
    """
    (x, y), m = points.T, matrix
    w = m[2, 0] * x + m[2, 1] * y + m[2, 2]
    return np.stack([(m[0, 0] * x + m[0, 1] * y + m[0, 2]) / w, (m[1, 0] * x + m[1, 1] * y + m[1, 2]) / w], 1)
