"""When a recording ends: its source has to know before any shard does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flows.thresholds import Thresholds
from operators.city import City
from operators.stage import clocks, intake
from schemas.frames import FrameBatch


class Recording:
    """When a recording ends: with the last frame that is believed, by the clocks of all its cameras."""

    def __init__(self, city: City, thresholds: Thresholds, since_us: int) -> None:
        self.city, self.index = city, intake.lookup(city)
        self.last_us, self.came = since_us, 0
        limits = thresholds.reorder_us, thresholds.lateness_us, since_us
        self.rules, self.clocks = clocks.rules(city, *limits), clocks.believing(len(city.cameras))

    def take(self, batch: FrameBatch) -> None:
        """Take frames as they come."""
        codes = intake.camera_codes(batch.frames, self.city, self.index)
        known = np.flatnonzero(codes >= 0)
        t_us = batch.frames["t_us"].to_numpy()[known]
        rows = self.came + known
        self.came += len(codes)
        self._last(clocks.judge(self.clocks, self.rules, rows, codes[known], t_us).t_us)

    def ended(self) -> int:
        """Return when it ended [us]."""
        self._last(clocks.last(self.clocks, self.rules).t_us)
        return self.last_us

    def _last(self, t_us: NDArray[np.int64]) -> None:
        self.last_us = max(self.last_us, int(t_us.max(initial=self.last_us)))
