"""A store in memory, and the second flow over what a replay without a warehouse stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from connectors.warehouse import Run, Span
from flows.second.groups import Group, around, batches
from flows.second.outages import recompute
from flows.second.stored import HEALTH, HELD, Whose
from flows.thresholds import Thresholds
from schemas.incidents import OUTAGE_KINDS
from schemas.local_time import DAY_US
from schemas.registry import Camera

MINUTE_US = 60_000_000
RUN = Run(7, 0, 0, 0)


class Memory:
    """Keeps of each key the row with the highest revision, of equal ones the last."""

    def __init__(self) -> None:
        self.minutes = pl.DataFrame(schema=HEALTH)
        self.told = pl.DataFrame(schema=HELD)
        self.most = 0
        """Most rows that were asked for at once."""
        self.floor_us = 0
        """Before it, minutes were removed."""

    def state(self, health: pl.DataFrame) -> None:
        """Store minutes over those there are."""
        both = pl.concat([self.minutes, health.select(list(HEALTH)).cast(HEALTH)])  # type: ignore[arg-type]
        self.minutes = both.unique(["camera_id", "minute"], keep="last", maintain_order=True)

    def withdraw(self, camera_id: str, since: int, until: int) -> None:
        """Take minutes away."""
        mine = (pl.col("camera_id") == camera_id) & pl.col("minute").is_between(since, until, closed="left")
        self.minutes = self.minutes.filter(~mine)

    @property
    def live(self) -> pl.DataFrame:
        """What is told, without what only says how it came to be."""
        return self.told.filter(pl.col("deleted") == 0).drop("rev", "deleted").sort("camera_id", "incident_id")

    def days(self, whose: Whose, since_us: int) -> list[int]:
        mine = self.minutes.filter(pl.col("camera_id").is_in(whose.cameras))
        days = (mine["minute"] * MINUTE_US // DAY_US).unique().sort()
        return days.filter(days >= since_us // DAY_US).to_list()

    def health(self, whose: Whose, since_us: int, until_us: int) -> pl.DataFrame:
        is_mine = pl.col("camera_id").is_in(whose.cameras)
        within = (pl.col("minute") * MINUTE_US).is_between(since_us, until_us, closed="left")
        found = self.minutes.filter(is_mine & within)
        self.most = max(self.most, found.height)
        return found

    def incidents(
        self,
        whose: Whose,
        since_us: int,
        until_us: int,
        known: Sequence[str] = (),
        kinds: Sequence[str] = OUTAGE_KINDS,
    ) -> pl.DataFrame:
        opened, closed = (pl.col(name).dt.epoch("us") for name in ("opened_at", "closed_at"))
        near = (opened >= since_us) | (closed >= since_us).fill_null(value=True) | pl.col("incident_id").is_in(known)
        mine = pl.col("camera_id").is_in(whose.cameras) & pl.col("kind").is_in(kinds)
        return self.told.filter(mine & (opened < until_us) & near)

    def since_us(self) -> int:
        return self.floor_us

    def write(self, rows: pl.DataFrame) -> None:
        both = pl.concat([self.told, rows.select(list(HELD)).cast(HELD)]).sort("rev", maintain_order=True)  # type: ignore[arg-type]
        self.told = both.unique(["camera_id", "incident_id"], keep="last", maintain_order=True)


def computed(store: Any, cameras: Sequence[Camera], reach: Span, thresholds: Thresholds | None = None) -> int:
    """Run the second flow's outages over a store."""
    limits = Thresholds() if thresholds is None else thresholds
    groups: list[Group] = around(cameras, reach.cameras)
    return sum(recompute(store, batch, limits, reach, RUN) for batch in batches(groups))


def outages_of(minutes: pl.DataFrame, cameras: Sequence[Camera], thresholds: Thresholds) -> pl.DataFrame:
    """Return the incidents that the second flow makes of rows of `health_minute_log`."""
    store = Memory()
    came = pl.col("frames") + pl.col("misread")  # as `Stored` asks for it
    store.state(minutes.with_columns(minute=pl.col("ts").dt.epoch("s") // 60, frames=came))
    until_us = (store.minutes["minute"].max() + 1) * MINUTE_US  # type: ignore[operator]
    computed(store, cameras, Span(frozenset(camera.id for camera in cameras), 0, until_us), thresholds)
    return store.told.drop("deleted")
