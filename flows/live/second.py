"""The second flow beside a stream: outages, quarters, hours, days, mute detectors and trends, as minutes land.

It looks at stored rows alone. What has landed since it last looked is said by marks that
every flush of a stream leaves (`connectors.warehouse.landed`), so it needs no word from any
shard: one that is behind is told of once its minutes are there, and what is restated is
looked at again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from connectors.warehouse import ACROSS, Run, Span, Stream, Warehouse, calendar_days, landed
from flows.live.telling import Process
from flows.second import outages, renamed_days, trends
from flows.thresholds import Thresholds
from schemas.errors import WarehouseError
from schemas.local_time import OFFSET_US

EVERY_S: Final = 5.0
"""Between two looks, ours: what it tells is there within seconds of the minute's end."""
DAILY_S: Final = 600.0
"""Between two looks at what only whole hours and days can change; ours."""
HOUR_US: Final = 3_600_000_000
OFFSET: Final = timedelta(microseconds=OFFSET_US)


class Second:
    """Follows what a stream stores, in a thread of its own: no shard waits for it."""

    def __init__(self, warehouse: Warehouse, stream: Stream, thresholds: Thresholds) -> None:
        self.warehouse, self.stream, self.thresholds = warehouse, stream, thresholds
        self.looked_s = self.days_s = -DAILY_S
        self.thread: threading.Thread | None = None
        self.said = ""
        self.until_us = 0

    def turn(self, process: Process) -> None:
        """Look, if it is time to and nobody looks."""
        process.second, process.second_us = self.said, self.until_us
        if time.monotonic() - self.looked_s < EVERY_S:
            return
        if self.thread is None or not self.thread.is_alive():
            self.looked_s = time.monotonic()
            self.thread = threading.Thread(target=self._try, name="second flow", daemon=True)
            self.thread.start()

    def finish(self) -> None:
        """Look a last time, at all of it."""
        self.close()
        run = self.stream.follow()
        if run is not None:
            self._look(run, with_days=True)

    def close(self) -> None:
        """Wait for the look that is under way."""
        if self.thread is not None:
            self.thread.join()

    def _try(self) -> None:
        with_days = time.monotonic() - self.days_s >= DAILY_S
        try:
            run = self.stream.follow()
            if run is not None:
                self._look(run, with_days=with_days)
            self.said = ""
        except Exception as error:  # what it had not done is still marked
            self.said = str(error) if isinstance(error, WarehouseError) else f"{type(error).__name__}: {error}"
            return
        if with_days and run is not None:
            self.days_s = time.monotonic()

    def _look(self, run: Run, *, with_days: bool) -> None:
        if not with_days and not landed.read(self.warehouse):
            return
        with self.warehouse.lease(ACROSS):
            marks = landed.read(self.warehouse)
            hours = sorted({hour for hour, _ in marks})
            for span in self._spans(hours):
                outages.update(self.warehouse, self.thresholds, span, run)
                self.until_us = max(self.until_us, span.until_us)
            if hours:
                calendar_days.judge_anew(self.warehouse, sorted({(hour + OFFSET).date() for hour in hours}))
                landed.done(self.warehouse, marks)
                self.warehouse.roll()
            if with_days:
                renamed_days.update(self.warehouse, self.thresholds, run)
                self.warehouse.roll()
                trends.update(self.warehouse)

    def _spans(self, hours: Sequence[datetime]) -> Iterator[Span]:
        """Yield the minutes of all cameras in these hours, ascending: a run of hours is one span."""
        cameras = frozenset(camera.id for camera in self.stream.definitions.registry.camera)
        starts = [round(hour.timestamp() * 1e6) for hour in hours]
        first = 0
        for at in range(1, len(starts) + 1):
            if at == len(starts) or starts[at] - starts[at - 1] > HOUR_US:
                yield Span(cameras, starts[first], starts[at - 1] + HOUR_US)
                first = at
