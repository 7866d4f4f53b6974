"""What leaves the ordered stage: frames that are final, copies, and what was decided of every one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from operators.arrays import Ordered
from operators.stage.arrived import Arrived
from operators.stage.refused import Refused
from schemas.frames import DISPOSITIONS

ON_TIME, LATE, DUPLICATE, TOO_LATE, CLOCK_JUMP = range(len(DISPOSITIONS))


class Released(NamedTuple):
    """Frames that are final in order (or late), with what health needs beside `Ordered`."""

    ordered: Ordered
    arrival_us: NDArray[np.int64]  # (n,) -1 when absent
    luma: NDArray[np.float32]  # (n,)
    sharpness: NDArray[np.float32]  # (n,)
    image: NDArray[np.uint64]  # (n,)
    refused: Refused
    moved: NDArray[np.bool_]  # (n,) the camera says that its scene is another one
    unseen: NDArray[np.bool_]  # (n,) left out whole: a dead letter, of which the time alone counts
    sampled: NDArray[np.bool_]  # (n,) made of tracks' lives


class Part(NamedTuple):
    """Frames that leave, in order, and copies of frames."""

    frames: Arrived
    dt_ms: NDArray[np.int32]
    lag_ms: NDArray[np.int32]
    copies: Arrived


class Copies(NamedTuple):
    """`n` frames that came again and are not counted, newly found."""

    camera: NDArray[np.int32]  # (n,)
    t_us: NDArray[np.int64]  # (n,)


class Left(NamedTuple):
    """`n` frames whose disposition and time are final: each frame that came in leaves once."""

    row: NDArray[np.int64]  # (n,) number of the frame
    disposition: NDArray[np.uint8]  # (n,) index into `DISPOSITIONS`
    dt_ms: NDArray[np.int32]  # (n,) time it stands for; 0 for frames that are not counted
    lag_ms: NDArray[np.int32] | None = None  # (n,) how much later than the frame that begins; None: not at all


class Pushed(NamedTuple):
    """What one push released."""

    on_time: Released | None
    late: Released | None
    disposition: NDArray[np.uint8]  # (n,) of the pushed frames, in arrival order, as far as clocks tell: no copies
    copies: Copies
    left: Left  # on time and late as they are above, then copies, what is too late, and what never was at its time
    part: Part | None = None  # the frames on time as they came, of who orders them


def and_jumped(left: Left, row: NDArray[np.int64]) -> Left:
    """Return what left, and frames that are not believed (`operators.stage.clocks`)."""
    if not len(row):
        return left
    uncounted = np.zeros(len(row), np.int32)
    lag_ms = np.zeros(len(left.row), np.int32) if left.lag_ms is None else left.lag_ms
    return Left(
        np.concatenate([left.row, row]),
        np.concatenate([left.disposition, np.full(len(row), CLOCK_JUMP, np.uint8)]),
        np.concatenate([left.dt_ms, uncounted]),
        np.concatenate([lag_ms, uncounted]),
    )
