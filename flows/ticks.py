"""The second door of a shard: time has moved.

A tick releases what is final, however little has gathered, and says of cameras
that are silent what their silence means so far: rows of minutes that are over,
incidents that nobody sees. That is said from a copy of what is remembered of them
and forgotten again. So a tick never changes what a frame will be told, and the
rows that frames state in the end are those of a replay, which has no ticks. They
come before all that a clock said; of that, what is written later counts.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from flows import states
from flows.incidents import taken_back
from flows.shard import Block, Pushed, Shard
from flows.states import State
from operators import city as cities
from operators.minutes import MINUTE_US
from operators.stage import missed, ordered

GRACE_US: Final = 1_000_000
"""Time on its way that a frame is given beyond `reorder_s`, or two periods of its camera if that is longer; ours.

A stream that is late by more is said to be silent, minute by minute, and corrected by its frames when they come.
"""


class Ticks:
    """Ticks of one shard; the part of it that is silent is compiled once and kept while it stays the same."""

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self.wait_us = shard.thresholds.reorder_us + np.maximum(GRACE_US, 2 * shard.city.period_us)
        self.quiet: tuple[bytes, Shard] | None = None

    def tick(self, state: State, now_us: int) -> tuple[Pushed, list[Block]]:
        """Let the shard's clock come to `now_us`; never back.

        Returns
        -------
        What frames said that had gathered, and what silent cameras' clocks say, provisionally.
        """
        missed.all_is_read(state.missed, now_us)
        pushed = self.shard.flush(state)
        said, newest_us = state.said, state.order.newest_us
        moved = newest_us != said.ticked_us
        said.ticked_us[moved], said.moved_us[moved] = newest_us[moved], now_us
        again = (now_us - said.moved_us >= self.wait_us) & (newest_us != said.newest_us)
        before_us = np.where(again, ordered.NEVER, said.until_us)
        begin = np.maximum(state.stated, before_us // MINUTE_US)
        due = self._due(now_us)
        wanted = begin < due
        blocks = self._take_back(state, said.incidents & (again | (newest_us > said.until_us)))
        blocks += self._say(state, wanted, begin, before_us, due * MINUTE_US) if wanted.any() else []
        said.until_us[wanted] = due[wanted] * MINUTE_US
        said.newest_us[wanted & again] = newest_us[wanted & again]
        return pushed, blocks

    def _due(self, now_us: int) -> NDArray[np.int64]:
        """Return (c,) the minute before which each camera's minutes are over, frames on their way included."""
        return np.asarray(np.minimum(now_us - self.wait_us, self.shard.city.valid_to_us) // MINUTE_US)

    def _take_back(self, state: State, disproved: NDArray[np.bool_]) -> list[Block]:
        """Say again what frames told last of the incidents of cameras whose silence they have disproved."""
        state.said.incidents[disproved] = False
        names = [self.shard.city.cameras[i].id for i in np.flatnonzero(disproved)]
        rows = state.told.filter(pl.col("camera_id").is_in(names))
        return [Block("incidents_log", taken_back(rows))] if rows.height else []

    def _say(
        self,
        state: State,
        wanted: NDArray[np.bool_],
        begin: NDArray[np.int64],
        before_us: NDArray[np.int64],
        until_us: NDArray[np.int64],
    ) -> list[Block]:
        """Say from a copy what silence means (c,): minutes from `begin` to `until_us`, changes after `before_us`."""
        part = self._part(wanted)
        copy = states.start(part.wiring, state.since_us)
        states.carry_from(copy, part.wiring, state, self.shard.wiring)
        copy.names = state.names  # they are only read
        copy.stated[:] = begin[wanted]
        blocks = part.silent(copy, until_us[wanted]).blocks
        out = [b if b.table != "incidents_log" else _new(b, part, before_us[wanted]) for b in blocks]
        told = {name for b in out if b.table == "incidents_log" for name in b.rows["camera_id"]}
        state.said.incidents[:] |= np.array([camera.id in told for camera in self.shard.city.cameras], np.bool_)
        return out

    def _part(self, wanted: NDArray[np.bool_]) -> Shard:
        """Return the silent cameras as a shard of their own."""
        which = wanted.tobytes()
        if self.quiet is None or self.quiet[0] != which:
            self.quiet = which, Shard(cities.subset(self.shard.city, wanted), self.shard.thresholds)
        return self.quiet[1]


def _new(block: Block, part: Shard, before_us: NDArray[np.int64]) -> Block:
    """Return the changes of incidents that the clock has not told before, of silences that it knows already."""
    names = [camera.id for camera in part.city.cameras]
    told = pl.DataFrame({"camera_id": names, "before": before_us}).group_by("camera_id").max()
    rows = block.rows.join(told, on="camera_id", how="left", maintain_order="left")
    return Block(block.table, rows.filter(pl.col("updated_at").dt.epoch("us") > pl.col("before")).drop("before"))
