"""Cameras whose archived frames are obeyed together, day after day, and what is remembered of them between two days.

Cameras are independent of each other, so that any lanes give the same rows. A lane is what one
worker holds in memory: `MOST_FRAMES` frames of a day, or those of one camera.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Self

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from connectors.archive.commits import Lost
from flows import lost, states
from flows.nights import Midnight
from flows.obeying import decided_of
from flows.shard import Block, Shard
from flows.states import FORMAT, State
from flows.thresholds import Thresholds
from operators import carrying
from operators import city as cities
from operators.city import FOREVER_US, City
from operators.minutes import MINUTE_US
from operators.stage import arrived, decided
from operators.stage.decided import Decided
from operators.stage.ordered import NEVER
from schemas.frames import FrameBatch
from schemas.registry import Camera, Registry

MOST_FRAMES: Final = 400_000
"""Frames of a day that a lane has, ours: some 0.5 GB where each has ten objects."""


class Lane:
    """Some cameras of a recording, and the kernels that obey their frames."""

    def __init__(self, city: City, thresholds: Thresholds, since_us: int, losses: Iterable[Lost] = ()) -> None:
        self.city, self.shard = city, Shard(city, thresholds)
        self.state, self.waiting = self.shard.start(since_us), decided.none()
        self.first, self.last = min(c.id for c in city.cameras), max(c.id for c in city.cameras)
        self.resumes_us: dict[str, int] = {}
        """With which frame on time cameras go on that lies before `midnight_us`."""
        self.midnight_us = NEVER
        ids = {camera.id for camera in city.cameras}
        self.cuts = lost.cuts(each for each in losses if each.camera in ids)

    def obey(self, batch: FrameBatch, until_us: int) -> list[Block]:
        """Take all frames before a time that were not taken yet, by camera and time."""
        batch, blocks, due = self._new(batch), list[Block](), [cut for cut in self.cuts if cut.us < until_us]
        self.cuts = self.cuts[len(due) :]
        for number, piece in enumerate(_pieces(batch, [cut.us for cut in due])):
            if number:
                lost.tell(self.shard, self.state, due[number - 1].lost)
            came, tracks = decided_of(piece, self.shard)
            made, self.waiting = self.shard.obey(self.state, self.waiting, came, tracks)
            blocks += made
        return blocks

    def _new(self, batch: FrameBatch) -> FrameBatch:
        """Return frames without those that were taken before midnight; late ones may reach beyond it."""
        if not self.resumes_us or not len(batch) or batch.frames["t_us"].min() >= self.midnight_us:  # type: ignore[operator]
            return batch
        period_us = {camera.id: us for camera, us in zip(self.city.cameras, self.city.period_us.tolist(), strict=True)}
        of, t_us = pl.col("camera").replace_strict, pl.col("t_us")
        goes_on = of(self.resumes_us, default=FOREVER_US, return_dtype=pl.Int64)
        reaches = self.midnight_us - 2 * of(period_us, default=0, return_dtype=pl.Int64)
        least_us = pl.when(pl.col("disposition") == "on time").then(goes_on).otherwise(reaches)
        is_new = batch.frames.select((t_us >= pl.min_horizontal(least_us, self.midnight_us)).alias("is_new"))["is_new"]
        return batch.pick(np.flatnonzero(is_new.to_numpy()))

    def end(self, last_us: int) -> list[Block]:
        """Close everything: the recording ended with a frame at `last_us`."""
        for cut in self.cuts:
            lost.tell(self.shard, self.state, cut.lost)
        none = pl.Series([], dtype=pl.String)
        blocks, self.waiting = self.shard.obey(self.state, self.waiting, decided.none(), none, last_us)
        return blocks

    def settled_us(self) -> NDArray[np.int64]:
        """Return (c,) up to when nothing that comes restates a camera's minutes; of versions that have ended, for good.

        As `Shard` forgets its windows.
        """
        state, city = self.state, self.city
        reached_us = np.minimum(state.order.newest_us - self.shard.thresholds.lateness_us, state.health.last_us)
        settled_us = (reached_us - 2 * city.period_us) // MINUTE_US * MINUTE_US - 2 * MINUTE_US
        return np.where(state.over, FOREVER_US, settled_us)

    def unsettled_us(self, until_us: int) -> dict[str, int]:
        """Return from when on minutes before a time may still be restated, by camera that sent frames."""
        state, found = self.state, dict[str, int]()
        begun, settled_us = (state.order.newest_us != NEVER) & ~state.over, self.settled_us()
        for code in np.flatnonzero(begun & (settled_us < until_us)).tolist():
            camera = self.city.cameras[code].id
            found[camera] = min(found.get(camera, until_us), int(settled_us[code]))
        return found

    def night(self) -> Midnight:
        """Return what it remembers."""
        return Midnight(self.state, self.waiting, np.full(len(self.city.cameras), NEVER))

    def take(self, of: Midnight) -> None:
        """Go on from what this very lane remembered, or another one of some of its cameras."""
        mine = {camera.id for camera in self.city.cameras}
        self.resumes_us |= {camera: us for camera, us in resumes(of).items() if camera in mine}
        if of.state.header == self.shard.wiring.header:
            self.state, self.waiting = of.state, of.waiting
            return
        states.carry(self.state, self.shard.wiring, of.state)
        self.state.since_us = of.state.since_us
        self.waiting = decided.joined(self.waiting, _moved(of, self.city))

    @classmethod
    def at(
        cls, city: City, thresholds: Thresholds, midnight_us: int, night: Midnight, losses: Iterable[Lost] = ()
    ) -> Self:
        """Return a lane of cameras that a night remembers."""
        lane = cls(city, thresholds, night.state.since_us, losses)
        lane.cuts = [cut for cut in lane.cuts if cut.us >= midnight_us]
        if resumes(night):
            lane.shard.least_minute = midnight_us // MINUTE_US
        lane.midnight_us = midnight_us
        lane.take(night)
        return lane


def _pieces(batch: FrameBatch, edges_us: Sequence[int]) -> Iterator[FrameBatch]:
    """Cut frames at times; without any, they are one piece."""
    if not edges_us:
        yield batch
        return
    piece = np.searchsorted(edges_us, batch.frames["t_us"].to_numpy(), side="right")
    for number in range(len(edges_us) + 1):
        yield batch.pick(np.flatnonzero(piece == number))


def resumes(of: Midnight) -> dict[str, int]:
    """Return with which frame before midnight cameras go on, where they do."""
    cameras = msgspec.json.decode(of.state.header.cameras, type=tuple[Camera, ...])
    return {camera.id: us for camera, us in zip(cameras, of.resumes_us.tolist(), strict=True) if us != NEVER}


def _moved(of: Midnight, city: City) -> Decided:
    """Return frames that wait with the codes of a city's cameras; those of others are left out."""
    before = city_of(of.state)
    camera = carrying.moves(before, city).camera[of.waiting.frames.camera]
    rows = np.flatnonzero(camera >= 0)
    frames = arrived.take(of.waiting.frames, rows)._replace(camera=camera[rows].astype(np.int32))
    return Decided(frames, of.waiting.disposition[rows], of.waiting.dt_ms[rows], of.waiting.lag_ms[rows])


def city_of(state: State) -> City:
    """Return the cameras that a state remembers."""
    return cities.build(Registry(camera=msgspec.json.decode(state.header.cameras, type=tuple[Camera, ...])))


def known(night: Midnight, wiring: states.Wiring, at_us: int) -> set[str]:
    """Return the cameras of a wiring that were remembered at a time by the same rules and definitions."""
    now, before = wiring.header, night.state.header
    if before.format != FORMAT or before.rules != now.rules:
        return set()
    remembered = msgspec.json.decode(before.cameras, type=tuple[Camera, ...])
    was = {(c.id, c.valid_from): hashed for c, hashed in zip(remembered, before.definitions, strict=True)}
    ids = {camera.id for camera in remembered}
    changed = {
        camera.id
        for camera, hashed, from_us in zip(
            wiring.city.cameras, now.definitions, wiring.city.valid_from_us.tolist(), strict=True
        )
        if was.get((camera.id, camera.valid_from), hashed if from_us >= at_us else None) != hashed
    }
    return (ids & {camera.id for camera in wiring.city.cameras}) - changed


def cut(cameras: Sequence[str], frames: int) -> list[list[str]]:
    """Cut a shard's cameras, by id, into lanes; `frames` are those of its fullest day."""
    most = max(1, MOST_FRAMES * len(cameras) // max(frames, 1))
    ids = sorted(cameras)
    return [ids[first : first + most] for first in range(0, len(ids), most)]
