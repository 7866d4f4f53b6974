"""Frames of which was decided before: what an archive holds is obeyed, not ordered and judged anew.

On time, frames of a camera come in their order here, whatever batches they come in: each is released once
the next one is known, up to which its silence reaches. Late ones and copies are told as they come.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from operators.city import City
from operators.stage import identity, ordered
from operators.stage.arrived import Arrived, concat, nothing, take
from operators.stage.ordered import OrderState, Part, Pushed
from operators.stage.released import DUPLICATE, LATE, ON_TIME, Copies, Left


class Decided(NamedTuple):
    """`n` frames and what was decided of them; a camera's, in the order of their times from batch to batch."""

    frames: Arrived
    disposition: NDArray[np.uint8]  # (n,) index into `DISPOSITIONS`
    dt_ms: NDArray[np.int32]  # (n,)
    lag_ms: NDArray[np.int32]  # (n,)


def none() -> Decided:
    """Return zero frames."""
    return Decided(nothing(), np.empty(0, np.uint8), np.empty(0, np.int32), np.empty(0, np.int32))


_NOBODY: Final = Left(np.empty(0, np.int64), np.empty(0, np.uint8), np.empty(0, np.int32))


def push(
    state: OrderState, city: City, waiting: Decided, came: Decided, ending: NDArray[np.bool_]
) -> tuple[Pushed, Decided]:
    """Release frames as was decided of them; what is too late or was not believed says nothing.

    Parameters
    ----------
    waiting
        The last frame on time of each camera, as the push before returned them.
    ending
        (c,) Cameras of which none follows: their last one is released, too.

    Returns
    -------
    What is released, and what waits.
    """
    pool = joined(waiting, _chosen(came, np.flatnonzero(came.disposition == ON_TIME)))
    frames = pool.frames
    pool = _chosen(pool, identity.order(frames.camera, frames.t_us, frames.seq, len(city.cameras)))
    camera, t_us = pool.frames.camera, pool.frames.t_us
    is_last = np.diff(camera, append=-1) != 0
    waits = is_last & ~ending[camera]
    rows = np.flatnonzero(~waits)
    followed = np.flatnonzero(~waits & ~is_last)
    state.frontier_us[camera[followed]] = t_us[followed + 1]
    over = np.flatnonzero(is_last & ~waits)
    state.frontier_us[camera[over]] = t_us[over] + city.period_us[camera[over]]
    np.maximum.at(state.newest_us, camera, t_us)
    late = _sorted(_chosen(came, np.flatnonzero(came.disposition == LATE)), city)
    pushed = Pushed(
        ordered.released(_part(_chosen(pool, rows))),
        ordered.released(_part(late)),
        came.disposition,
        _copies(came),
        _NOBODY,
    )
    return pushed, _chosen(pool, np.flatnonzero(waits))


def _part(of: Decided) -> Part:
    return Part(of.frames, of.dt_ms, of.lag_ms, nothing())


def _copies(came: Decided) -> Copies:
    again = (came.disposition == DUPLICATE) & (came.frames.seq != identity.UNSEEN)
    return Copies(came.frames.camera[again], came.frames.t_us[again])


def _chosen(of: Decided, rows: NDArray[np.int64]) -> Decided:
    return Decided(take(of.frames, rows), of.disposition[rows], of.dt_ms[rows], of.lag_ms[rows])


def _sorted(of: Decided, city: City) -> Decided:
    return _chosen(of, identity.order(of.frames.camera, of.frames.t_us, of.frames.seq, len(city.cameras)))


def joined(a: Decided, b: Decided) -> Decided:
    """Return both."""
    columns = [np.concatenate([one, other]) for one, other in zip(a[1:], b[1:], strict=True)]
    return Decided(concat([a.frames, b.frames]), *columns)
