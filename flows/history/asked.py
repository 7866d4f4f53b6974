"""What a history is asked for, and what makes two the same statement."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Final

from flows.replay.asked import ReplayOptions
from flows.replay.identity import InputHash
from flows.settings import Settings
from schemas.counting import counted
from schemas.local_time import DAY_US, at_time
from schemas.registry import fingerprint

CAMERAS: Final = 60
"""The city's own public cameras have a twin each (`simulation.layout`)."""
MOST_DAYS: Final = 182
"""A camera's tracks of all its days are drawn at once: some 4 MB a day, 10 where it sends two frames a second; ours."""


def stated_by(settings: Settings, workers: int | None = None, *, replace: bool = False) -> ReplayOptions:
    """Return what settings say of how a history is stated; by a process a core unless `workers` says otherwise."""
    return ReplayOptions(
        paths=(),
        format="native",
        warehouse=settings.warehouse,
        calendar=settings.calendar,
        replace=replace,
        workers=workers or os.cpu_count() or 1,
        reorder_s=settings.reorder_s,
        lateness_s=settings.lateness_s,
    )


@dataclass(frozen=True)
class HistoryOptions:
    """What `tilik simulate --history` was asked for; times in microseconds UTC, whole minutes, half open."""

    since_us: int
    until_us: int
    cameras: int = CAMERAS
    seed: int = 0
    noiseless: bool = False
    twins: int = 0
    """Further cameras that repeat those that are played."""
    stating: ReplayOptions = field(default_factory=lambda: ReplayOptions((), "native", ""))
    """The warehouse, and what else decides about a statement: not its paths and registry, for there are none."""

    @property
    def days(self) -> float:
        """Return how long it is."""
        return (self.until_us - self.since_us) / DAY_US

    def hash(self) -> InputHash:
        """Return what it is known by: another city or span is another input."""
        made_of = "simulated history", self.cameras, self.seed, self.since_us, self.until_us, self.noiseless
        return InputHash(fingerprint((*made_of, self.twins) if self.twins else made_of), {})

    def in_words(self) -> str:
        """Return which city it is, and when."""
        since, until = (f"{at_time(t_us):%Y-%m-%dT%H:%MZ}" for t_us in (self.since_us, self.until_us))
        how = ", without noise" if self.noiseless else ""
        twins = f" and {counted(self.twins, 'twins')} of theirs" if self.twins else ""
        return f"simulated: {counted(self.cameras, 'cameras')}{twins}, seed {self.seed}, {since} to {until}{how}"
