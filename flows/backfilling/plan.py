"""What a backfill makes again, and by what: all that its workers have to know."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import msgspec
import numpy as np

from connectors.archive.commits import Lost, Part
from flows.thresholds import Thresholds
from operators import city as cities
from operators.city import City
from schemas.cards import BY_NAME, INCIDENTS
from schemas.columns import METRICS
from schemas.incidents import ACROSS_KINDS
from schemas.local_time import DAY_US, day_number, day_of, midnight_us
from schemas.partitions import partition_of
from schemas.registry import Registry, fingerprint

TABLES: Final = {metric.name: f"{metric.name}_minute_log" for metric in METRICS}
INCIDENT_TABLE: Final = "incidents_log"


class Recording(NamedTuple):
    """A stream of the archive: since when it goes, and until when where it has ended [us]."""

    stream: str
    since_us: int
    last_us: int | None
    parts: tuple[Part, ...]
    lost: tuple[Lost, ...] = ()
    first_day: int = 0
    """Local days before this one, since 1970, were removed."""

    def days(self, shard: int) -> list[int]:
        """Return the local days of a shard's frames, as numbers since 1970."""
        return sorted({_number(part) for part in self.parts if part.shard == shard})

    def files(self, shard: int, day: int) -> list[Part]:
        """Return the files of a shard's day."""
        return [part for part in self.parts if part.shard == shard and _number(part) == day]

    def fullest(self, shard: int) -> int:
        """Return the frames of a shard's fullest day."""
        return max((sum(part.frames for part in self.files(shard, day)) for day in self.days(shard)), default=0)


class Chain(NamedTuple):
    """A shard of a recording: its days follow each other."""

    recording: int  # its place among the plan's
    shard: int


@dataclass(frozen=True)
class Plan:
    """What is made again: minutes that begin, and incidents that open, in [since, until).

    Attributes
    ----------
    registry
        As JSON: what a worker gets of it.
    cameras
        Ids of those that are asked for.
    metrics
        Names of cards.
    takes_too_late
        Frames that came too late count like late ones.
    warm_up_us
        So long before `since_us` cameras begin of which nothing fitting is remembered.
    """

    archive: str
    shards: int
    recordings: tuple[Recording, ...]
    registry: bytes
    thresholds: Thresholds
    definitions: int
    since_us: int
    until_us: int
    cameras: tuple[str, ...]
    metrics: tuple[str, ...]
    takes_too_late: bool = False
    warm_up_us: int = DAY_US

    @cached_property
    def id(self) -> int:
        """A hash of what is asked for: the same backfill again goes on with what it left."""
        streams = tuple(recording.stream for recording in self.recordings)
        asked = self.since_us, self.until_us, self.cameras, self.metrics, self.takes_too_late, self.warm_up_us
        return fingerprint(self.archive, streams, self.definitions, asked)

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of incidents that are made again; what the second flow tells it tells anew by itself."""
        made = {each.kind for name in self.metrics for each in BY_NAME[name].incidents}
        return tuple(kind for kind in INCIDENTS if kind in made and kind not in ACROSS_KINDS)

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """Minute tables that are made again."""
        return tuple(table for metric, table in TABLES.items() if metric in self.metrics)

    def chains(self) -> list[Chain]:
        """Return what can be made beside each other."""
        by_shard = sorted({partition_of(camera, self.shards) for camera in self.cameras})
        return [Chain(i, shard) for i in range(len(self.recordings)) for shard in by_shard]

    def ids(self, shard: int) -> list[str]:
        """Return the cameras of a shard that are asked for."""
        return [camera for camera in self.cameras if partition_of(camera, self.shards) == shard]

    @cached_property
    def city(self) -> City:
        """All that is registered."""
        return cities.build(msgspec.json.decode(self.registry, type=Registry))

    def city_of(self, ids: list[str]) -> City:
        """Return the city of some cameras alone."""
        wanted = set(ids)
        return cities.subset(self.city, np.array([camera.id in wanted for camera in self.city.cameras], np.bool_))

    def begins_us(self, chain: Chain) -> int:
        """Return from when on cameras are read of which nothing is remembered: a local midnight, or the beginning."""
        recording = self.recordings[chain.recording]
        first_day = max(day_of(self.since_us - self.warm_up_us), recording.first_day)
        return max(recording.since_us, midnight_us(first_day))


def _number(part: Part) -> int:
    return day_number(part.day)
