"""The second flow beside a stream: outages, quarters, hours, days, mute detectors and trends, as minutes land.

It looks at stored rows alone. What has landed since it last looked is said by marks that
every flush of a stream leaves (`connectors.warehouse.landed`), so it needs no word from any
shard: one that is behind is told of once its minutes are there, and what is restated is
looked at again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
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
RESTS: Final = 3.0
"""How many times as long as it took to sum up hours and days the next time waits, ours: a quarter of the engine."""
NEAR: Final = timedelta(minutes=10)
"""Minutes so near to each other are looked at together; ours."""
OFFSET: Final = timedelta(microseconds=OFFSET_US)


class Second:
    """Follows what a stream stores, in a thread of its own: no shard waits for it."""

    def __init__(self, warehouse: Warehouse, stream: Stream, thresholds: Thresholds) -> None:
        self.warehouse, self.stream, self.thresholds = warehouse, stream, thresholds
        self.looked_s = self.days_s = -DAILY_S
        self.thread: threading.Thread | None = None
        self.said = ""
        self.registers = False
        """Another registry holds, which is to be stored."""
        self.until_us = 0
        self.judged: set[date] = set()  # days that are marked to be judged
        self.is_rolled = False
        self.rest_until_s = 0.0

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
        self._register()
        run = self.stream.follow()
        if run is not None:
            self._look(run, with_days=True)

    def close(self, limit_s: float | None = None) -> None:
        """Wait for the look that is under way, so long at most."""
        if self.thread is not None:
            self.thread.join(limit_s)

    def _try(self) -> None:
        with_days = time.monotonic() - self.days_s >= DAILY_S
        try:
            self._register()
            run = self.stream.follow()
            if run is not None:
                self._look(run, with_days=with_days)
            self.said = ""
        except Exception as error:  # what it had not done is still marked
            self.said = str(error) if isinstance(error, WarehouseError) else f"{type(error).__name__}: {error}"
            return
        if with_days and run is not None:
            self.days_s = time.monotonic()

    def _register(self) -> None:
        if self.registers:
            self.stream.register()
            self.registers = False

    def _look(self, run: Run, *, with_days: bool) -> None:
        may_roll = not self.is_rolled and time.monotonic() >= self.rest_until_s
        if not (with_days or may_roll or landed.read(self.warehouse)):
            return
        if with_days:
            self.judged.clear()  # they are judged below: what has landed since they were marked has to be told
        with self.warehouse.lease(ACROSS):
            self._minutes(run, landed.read(self.warehouse))
            if with_days or may_roll:
                self._roll()
            if with_days:
                renamed_days.update(self.warehouse, self.thresholds, run)
                self.judged.clear()
                self._roll()
                trends.update(self.warehouse)

    def _minutes(self, run: Run, marks: Sequence[landed.Mark]) -> None:
        """Look at minutes that have landed."""
        self._outages(run, spans(marks))
        if not marks:
            return
        days = {(edge + OFFSET).date() for one in marks for edge in (one.since, one.until)} - self.judged
        if days:
            calendar_days.judge_anew(self.warehouse, sorted(days))
            self.judged |= days
        landed.done(self.warehouse, marks)
        self.is_rolled = False

    def _outages(self, run: Run, times: Sequence[tuple[datetime, datetime]]) -> None:
        cameras = frozenset(camera.id for camera in self.stream.definitions.registry.camera)
        for since, until in times:
            span = Span(cameras, round(since.timestamp() * 1e6), round(until.timestamp() * 1e6))
            outages.update(self.warehouse, self.thresholds, span, run)
            self.until_us = max(self.until_us, span.until_us)

    def _roll(self) -> None:
        """Sum hours and days up; the next time waits longer where that takes long."""
        began_s = time.monotonic()
        self.warehouse.roll()
        now_s = time.monotonic()
        self.is_rolled, self.rest_until_s = True, now_s + RESTS * (now_s - began_s)


def spans(marks: Iterable[landed.Mark]) -> list[tuple[datetime, datetime]]:
    """Return the time of marks, ascending; what lies near to each other is one span."""
    out: list[tuple[datetime, datetime]] = []
    for one in sorted(marks, key=lambda mark: mark.since):
        if out and one.since - out[-1][1] <= NEAR:
            out[-1] = out[-1][0], max(out[-1][1], one.until)
        else:
            out.append((one.since, one.until))
    return out
