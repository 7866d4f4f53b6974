"""Losses told apart from frames, so that frames that are played again out of an archive say the same `missed`.

A loss is told once it is over, camera by camera (`operators.stage.missed`). Who plays the frames again tells a
camera's loss between its last frame before and the first one after it: `cuts` says where one moment serves many.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from connectors.archive.commits import Lost
from flows.shard import Shard
from flows.states import State
from operators.city import FOREVER_US
from operators.stage import health


class Cut(NamedTuple):
    """A moment between frames, with losses to be told there."""

    us: int  # before the frames from here on
    lost: list[Lost]


def losing(state: State) -> NDArray[np.int64] | None:
    """Return (c,) the newest frames [us] while a loss is not over; None where there is none."""
    return state.order.newest_us.copy() if (state.missed.until_us == FOREVER_US).any() else None


def over(shard: Shard, state: State, newest_us: NDArray[np.int64]) -> list[Lost]:
    """Return the loss that is over by now, where one was and these were the newest frames (c,).

    One shorter than a silence, with a camera's own frames at both of its ends, says nothing of any minute.
    """
    missed = state.missed
    if (missed.until_us == FOREVER_US).any():
        return []
    is_between = (missed.since_us == newest_us) & (state.order.newest_us > newest_us)
    is_short = missed.until_us - missed.since_us <= health.stale_after_us(shard.city, shard.thresholds.health)
    return _told(shard, state, np.flatnonzero(~(is_between & is_short)))


def unending(shard: Shard, state: State) -> list[Lost]:
    """Return the loss that is not over."""
    return _told(shard, state, np.flatnonzero(state.missed.until_us == FOREVER_US))


def cuts(lost: Iterable[Lost]) -> list[Cut]:
    """Return the fewest moments at which to tell losses, each between its camera's frames before and after it."""
    found: list[Cut] = []
    for each in sorted(lost, key=_until_us):
        if not found or each.since_us >= found[-1].us:
            found.append(Cut(_until_us(each), []))
        found[-1].lost.append(each)
    return found


def tell(shard: Shard, state: State, lost: Sequence[Lost]) -> None:
    """Take note of losses of this shard's cameras, others left out."""
    of = {each.camera: each for each in lost}
    for at, camera in enumerate(shard.city.cameras):
        if camera.id in of:
            state.missed.since_us[at], state.missed.until_us[at] = of[camera.id].since_us, _until_us(of[camera.id])


def _told(shard: Shard, state: State, cameras: NDArray[np.int64]) -> list[Lost]:
    """Return the losses of cameras, of several versions of one as one."""
    city, found = shard.city, dict[str, tuple[int, int]]()
    for at in cameras.tolist():
        since_us, until_us = int(state.missed.since_us[at]), int(state.missed.until_us[at])
        if since_us < city.valid_to_us[at] and until_us > city.valid_from_us[at]:
            known = found.get(city.cameras[at].id, (since_us, until_us))
            found[city.cameras[at].id] = min(known[0], since_us), max(known[1], until_us)
    return [Lost(name, since, None if until == FOREVER_US else until) for name, (since, until) in found.items()]


def _until_us(lost: Lost) -> int:
    return FOREVER_US if lost.until_us is None else lost.until_us
