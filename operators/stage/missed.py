"""Time of which nobody knows what cameras sent: their frames went before they were read.

A camera's last loss is a span from its last frame to the first that came after the loss; of
one that sends nothing any more, to the first of another camera, for from there on all
was read. One that had already been silent for so long that it was down stays so up to
the newest frame of all.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from operators.city import FOREVER_US
from operators.stage.ordered import NEVER


class Missed(NamedTuple):
    """The last loss of `c` cameras [us]; changed in place."""

    since_us: NDArray[np.int64]  # (c,)
    until_us: NDArray[np.int64]  # (c,) FOREVER_US while nothing has been read since


def start(cameras: int) -> Missed:
    """Return no loss."""
    return Missed(np.full(cameras, NEVER), np.full(cameras, NEVER))


def lose(missed: Missed, newest_us: NDArray[np.int64], down_us: NDArray[np.int64], begin_us: int) -> None:
    """Take note that frames of all cameras are lost which were not read yet.

    Parameters
    ----------
    newest_us
        (c,) The newest frame of each.
    down_us
        (c,) A longer silence is an outage.
    begin_us
        When the recording began.
    """
    last_us = int(newest_us.max(initial=begin_us))
    is_open = missed.until_us == FOREVER_US
    since_us = np.where(newest_us >= last_us - down_us, newest_us, last_us)
    missed.since_us[~is_open], missed.until_us[:] = since_us[~is_open], FOREVER_US


def come(missed: Missed, camera: NDArray[np.int32], t_us: NDArray[np.int64]) -> None:
    """End a loss with the first frames that came after it."""
    is_open = missed.until_us == FOREVER_US
    after = is_open[camera] & (t_us > missed.since_us[camera]) if is_open.any() else is_open[:0]
    if after.any():
        first_us = np.full(len(is_open), FOREVER_US)
        np.minimum.at(first_us, camera[after], t_us[after])
        others_us = np.maximum(first_us.min(), missed.since_us)
        _end(missed, np.where(first_us < FOREVER_US, first_us, others_us))


def all_is_read(missed: Missed, now_us: int) -> None:
    """End a loss after which nothing came up to now."""
    _end(missed, np.maximum(now_us, missed.since_us))


def _end(missed: Missed, until_us: NDArray[np.int64]) -> None:
    is_open = missed.until_us == FOREVER_US
    missed.until_us[is_open] = until_us[is_open]
