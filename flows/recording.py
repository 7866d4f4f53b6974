"""When a recording ends: its source has to know before any shard does."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from connectors.formats import Chunk
from flows.thresholds import Thresholds
from operators.city import City
from operators.stage import clocks, intake


class Coded(NamedTuple):
    """A chunk, and (n,) the codes of its frames' cameras: they are asked for once."""

    chunk: Chunk
    codes: NDArray[np.int32]


def coded(chunk: Chunk, city: City, index: intake.Lookup) -> Coded:
    """Return a chunk with the codes of its cameras."""
    return Coded(chunk, intake.camera_codes(chunk.batch.frames, city, index))


class Recording:
    """When a recording ends: with the last frame that is believed, by the clocks of all its cameras."""

    def __init__(self, city: City, thresholds: Thresholds, since_us: int) -> None:
        self.city, self.index = city, intake.lookup(city)
        self.last_us, self.came = since_us, 0
        limits = thresholds.reorder_us, thresholds.lateness_us, since_us
        self.rules, self.clocks = clocks.rules(city, *limits), clocks.believing(len(city.cameras))

    def take(self, chunk: Chunk) -> Coded:
        """Take frames as they come; return them with the codes of their cameras."""
        taken = coded(chunk, self.city, self.index)
        codes = taken.codes
        known = np.flatnonzero(codes >= 0)
        t_us = chunk.batch.frames["t_us"].to_numpy()[known]
        rows = self.came + known
        self.came += len(codes)
        self._last(clocks.judge(self.clocks, self.rules, rows, codes[known], t_us).t_us)
        return taken

    def ended(self) -> int:
        """Return when it ended [us]."""
        self._last(clocks.last(self.clocks, self.rules).t_us)
        return self.last_us

    def _last(self, t_us: NDArray[np.int64]) -> None:
        self.last_us = max(self.last_us, int(t_us.max(initial=self.last_us)))
