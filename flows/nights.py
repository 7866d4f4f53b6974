"""What a shard remembers of cameras at a local midnight, for who makes a later day again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from connectors.archive.commits import STATES
from flows import saving, states
from flows.states import State, Wiring
from operators import city as cities
from operators.city import City
from operators.minutes import MINUTE_US
from operators.stage import cover, decided, names, ordered, windows
from operators.stage.decided import Decided
from operators.stage.nights import Crossing
from schemas.columns import METRICS
from schemas.errors import StateError
from schemas.local_time import midnight_us
from schemas.partitions import partition_of

if TYPE_CHECKING:
    from connectors.archive import Store

MOST_DAYS: Final = 8
"""Of a silence that lasts longer, the last days are remembered; ours."""


@dataclass
class Midnight:
    """What is remembered of some cameras at a local midnight.

    Attributes
    ----------
    state
        Of kernels; who goes on from it states nothing of the time before.
    waiting
        Frames that it has taken, of which it is not known yet how long they last.
    resumes_us
        (c,) With which frame on time each camera goes on that is none of these, where it lies before midnight.
    """

    state: State
    waiting: Decided
    resumes_us: NDArray[np.int64]


class Night(NamedTuple):
    """What is remembered of cameras of an archive's shard at the beginning of each of some local days, since 1970."""

    shard: int
    days: range
    of: Midnight


class Nightly(NamedTuple):
    """Who is told of nights, and into how many shards the archive's cameras fall."""

    shards: int
    tell: Callable[[Night], None]


def remembered(wiring: Wiring, state: State, crossing: Crossing, shards: int) -> Iterator[Night]:
    """Yield what a state remembers of cameras that are about to cross midnight, copied."""
    ids = [wiring.city.cameras[code].id for code in crossing.camera.tolist()]
    shard = np.array([partition_of(camera, shards) for camera in ids], np.int64)
    groups = np.stack([shard, crossing.first_day, crossing.last_day], axis=1)
    for group in np.unique(groups, axis=0):
        rows = np.flatnonzero((groups == group).all(axis=1))
        resumes_us = dict(zip(crossing.camera[rows].tolist(), crossing.last_us[rows].tolist(), strict=True))
        whose, first, last = group.tolist()
        night = _midnight(wiring, state, {ids[row] for row in rows}, resumes_us, last)
        yield Night(whose, range(max(first, last - MOST_DAYS + 1), last + 1), night)


def _midnight(wiring: Wiring, state: State, ids: set[str], resumes_us: dict[int, int], day: int) -> Midnight:
    wanted = np.array([camera.id in ids for camera in wiring.city.cameras], np.bool_)
    city = cities.subset(wiring.city, wanted)
    own = Wiring(city, wiring.thresholds)
    into = states.start(own, state.since_us)
    states.carry_from(into, own, state, wiring)
    names.carry(into.names, state.names)
    names.keep_held(into.names, states.holders(into))
    _forget_minutes(into, city, day)
    codes = np.flatnonzero(wanted).tolist()
    return Midnight(into, decided.none(), np.array([resumes_us.get(code, ordered.NEVER) for code in codes], np.int64))


def _forget_minutes(state: State, city: City, day: int) -> None:
    """Leave out minutes of the days before, and frames that are not taken yet: who goes on reads these again."""
    state.pools = {metric.name: windows.start(metric) for metric in METRICS}
    state.reached = windows.start(cover.REACHED)
    state.order = ordered.start(len(city.cameras))
    state.stated[:] = np.maximum(state.stated, midnight_us(day) // MINUTE_US)


class Nights(NamedTuple):
    """What an object of the archive holds."""

    each: list[Midnight]
    takes_too_late: bool
    """Frames that had come too late were taken in."""


def place(stream: str, shard: int, day: int) -> str:
    """Return how the names begin of what is remembered of a shard at the beginning of a day."""
    return f"{STATES}{stream}/{shard:02d}-{day}-"


def packed(each: Sequence[Midnight], *, takes_too_late: bool = False) -> bytes:
    """Return nights as an object of the archive."""
    return saving.packed(Nights(list(each), takes_too_late))


def read(store: Store, name: str, *, takes_too_late: bool) -> list[Midnight]:
    """Return the nights of an object; none of another version, of broken bytes, or with other frames taken in."""
    content = store.get(name)
    if content is None:
        return []
    try:
        found = saving.unpacked(content, Nights)
    except StateError:
        return []
    return found.each if found.takes_too_late == takes_too_late else []
