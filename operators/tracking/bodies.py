"""What a camera's track ids stand for, within physics: one body an id, in one place at a time.

Ids come from trackers that begin anew and give one id twice, with boxes that lose
feet. Here each id of a camera is followed as a body. Seen again further away than
it can have gone it is another body, and gets another code; twice in one frame, it
is the nearer of the two; a foot that its box does not show is where it was; a
person on a two-wheeler is a rider. Kernels read what is told here and need not ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from operators import carrying, slots
from operators.arrays import Ordered
from operators.carrying import Codes
from operators.city import City
from operators.tracking import riders
from operators.tracking.embody import BODY, Memory, Params, Place, Shown, walk

__all__ = ["VERSION", "Params", "State", "Told", "alone", "carry", "start", "step"]

VERSION: Final = 3
"""Raised when the same frames give other bodies."""


@dataclass(slots=True)
class State:
    """What is remembered of bodies; bounded by those seen within `Params.forget_us`; arrays are changed in place.

    Attributes
    ----------
    bodies
        Records of `operators.tracking.embody.BODY`, one an id and camera.
    clock_us
        (c,) each camera's newest frame.
    begun_us
        (c,) when its tracker began anew: ids not seen since are nobody's.
    head
        (c,) record of the first object of its last frame, -1 for none.
    """

    bodies: slots.Slots
    clock_us: NDArray[np.int64]
    begun_us: NDArray[np.int64]
    head: NDArray[np.int32]


class Told(NamedTuple):
    """Frames with bodies for ids, and codes that bodies got in place of their ids'."""

    frames: Ordered
    code: NDArray[np.uint64]  # (r,)
    track: NDArray[np.uint64]  # (r,) the code of the id that the stream gives it


def start(cameras: int) -> State:
    """Return the state in which nobody was seen."""
    never = [np.full(cameras, -(1 << 62), np.int64) for _ in range(2)]
    return State(slots.empty(BODY), never[0], never[1], np.full(cameras, -1, np.int32))


def step(state: State, city: City, ordered: Ordered, params: Params) -> Told:
    """Follow bodies. `state` is changed in place.

    Parameters
    ----------
    ordered
        On-time frames, sorted by (camera, t). Frames that are not usable are passed over.

    Returns
    -------
    The frames: each body's code for its id, 0 for an id's second box; boxes that end at the foot, seen or not;
    persons on two-wheelers as riders.
    """
    most = int(np.max(np.diff(ordered.first), initial=0))
    shown = Shown(
        ordered.track.copy(), ordered.cls.copy(), ordered.box.copy(), np.empty((len(ordered.cls), 2), np.uint64),
        np.zeros(1, np.int64),
    )  # fmt: skip
    memory, place = Memory(np.empty(most, np.int64), riders.mounts()), Place(city.period_us, city.aspect)
    done = 0
    while done < len(ordered.t_us):
        arrays = state.bodies, state.clock_us, state.begun_us, state.head
        done = walk(*arrays, place, params, ordered, done, memory, shown)
        if done < len(ordered.t_us):
            _make_room(state, params, most)
    renamed = shown.renamed[: shown.number[0]]
    return Told(ordered._replace(track=shown.track, cls=shown.cls, box=shown.box), renamed[:, 0], renamed[:, 1])


def alone(ordered: Ordered, params: Params) -> Ordered:
    """Return frames as far as each tells by itself: late ones, of which nobody knows what was between."""
    return riders.alone(ordered, params.riding)


def carry(into: State, source: State, camera: Codes) -> None:
    """Take along the bodies of cameras that go along."""
    carrying.rows(into.clock_us, source.clock_us, camera)
    carrying.rows(into.begun_us, source.begun_us, camera)
    into.bodies = carrying.records(into.bodies, source.bodies, camera)


def _make_room(state: State, params: Params, room: int) -> None:
    row = state.bodies.row[: state.bodies.used[0]]
    unseen_us = state.clock_us[row["owner"]] - row["seen_us"]
    state.bodies = slots.keep(state.bodies, unseen_us <= params.forget_us, room)
    state.head[:] = -1
