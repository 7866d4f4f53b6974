"""What `tilik backfill` was asked for, checked against the archive and the registry."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import msgspec

from connectors import archive as archives
from connectors import calendar as calendars
from connectors import registry as registries
from connectors.archive import Store, commits, reading
from connectors.warehouse import Definitions
from connectors.warehouse.backfills import Asked
from flows.backfilling import days
from flows.backfilling.plan import Plan, Recording
from flows.console import note
from flows.replay import identity
from flows.thresholds import Thresholds
from schemas.cards import CARDS
from schemas.errors import UsageError
from schemas.geo import lies_in
from schemas.incidents import ACROSS_KINDS
from schemas.local_time import DAY_US, MINUTE_US, at_time, day_number, midnight_us
from schemas.registry import Registry
from schemas.registry.mistakes import did_you_mean


@dataclass(frozen=True)
class BackfillOptions:
    """What is to be made again; times in microseconds since 1970 UTC."""

    since_us: int
    until_us: int
    archive: str
    warehouse: str
    registry: str
    calendar: str | None = None
    cameras: tuple[str, ...] = ()
    """Ids; none is all."""
    areas: tuple[str, ...] = ()
    """Beginnings of area codes; none is all."""
    metrics: tuple[str, ...] = ()
    """None is all."""
    reorder_s: float = 2.0
    lateness_s: float = 600.0
    takes_too_late: bool = False
    warm_up_days: float = 1.0
    runner: str = "local"
    workers: int = 1
    address: str | None = None
    """Of the engine, where it is another process."""
    pool: str | None = None
    """Where a portable engine finds its workers."""


class Ready(NamedTuple):
    """A backfill that can begin."""

    plan: Plan
    store: Store
    definitions: Definitions
    asked: Asked


def metrics() -> list[str]:
    """Return the metrics that can be made again: all but those that the second flow makes of stored rows."""
    return [card.name for card in CARDS if card.table or any(i.kind not in ACROSS_KINDS for i in card.incidents)]


def make_ready(options: BackfillOptions) -> Ready:
    """Find what is to be made again, and by what.

    Raises
    ------
    UsageError
        The range is empty, or names cameras or metrics that there are not.
    ArchiveError
        There is no archive, or nothing in it of this time.
    """
    if options.since_us % MINUTE_US or options.until_us % MINUTE_US or options.until_us <= options.since_us:
        raise UsageError("--from and --to: expected whole minutes, the first before the second")
    registry = registries.load(options.registry)
    calendar = calendars.load(options.calendar)
    thresholds = Thresholds(reorder_us=round(options.reorder_s * 1e6), lateness_us=round(options.lateness_s * 1e6))
    store = archives.connect(options.archive, waiting=note)
    header = commits.existing(store)
    plan = Plan(
        options.archive,
        header.shards,
        (),
        msgspec.json.encode(registry, order="deterministic"),
        thresholds,
        identity.of_definitions(registry, calendar, thresholds),
        options.since_us,
        options.until_us,
        _cameras(registry, options),
        _metrics(options.metrics),
        options.takes_too_late,
        round(options.warm_up_days * DAY_US),
    )
    found = reading.streams(store)
    recordings = tuple(
        Recording(each.stream, _since_us(each), each.last_us, each.parts, each.lost, _first_day(each))
        for each in sorted(found, key=lambda each: each.made)
        if each.parts
    )
    meets = tuple(each for each in recordings if days.meets(plan, each))
    if not meets:
        since, until = (f"{at_time(us):%Y-%m-%dT%H:%MZ}" for us in (plan.since_us, plan.until_us))
        raise UsageError(f"archive {store.url}: nothing from {since} to {until}: `tilik archive ls` lists its days")
    plan = replace(plan, recordings=meets)
    refuse_missing(plan, store, found)
    source = str(Path(options.registry).resolve())
    now = calendars.days(options.calendar, time.time_ns() // 1000)
    definitions = Definitions(registry, source, registries.load_areas(), now)
    asked = Asked(
        plan.id,
        options.archive,
        plan.cameras,
        plan.metrics,
        plan.since_us,
        plan.until_us,
        plan.definitions,
        plan.takes_too_late,
    )
    return Ready(plan, store, definitions, asked)


def refuse_missing(plan: Plan, store: Store, found: Sequence[reading.Recording]) -> None:
    """Refuse a time of which the archive does not have all: what is made of the rest would be less than what stands."""
    streams = {recording.stream for recording in plan.recordings}
    for each in (each for each in found if each.stream in streams):
        if each.removed_before is not None and plan.since_us < midnight_us(day_number(each.removed_before)):
            raise UsageError(
                f"archive {store.url}: local days before {each.removed_before} were removed (tilik retention): "
                f"expected --from {each.removed_before} or later"
            )
        for gap in each.gaps:
            since_us, until_us = gap.since_us or 0, gap.until_us or plan.until_us
            if since_us < plan.until_us and until_us > plan.since_us:
                raise UsageError(
                    f"archive {store.url}: {gap.frames:,} frames of stream {each.stream} are not in it, from about "
                    f"{at_time(since_us):%Y-%m-%dT%H:%MZ} to {at_time(until_us):%Y-%m-%dT%H:%MZ}, when the run had no "
                    "archive: make the time before and the time after it again, each by itself"
                )


def _since_us(of: reading.Recording) -> int:
    """Return when a recording began; one of before that was said begins with its first frame."""
    return min(part.first_us for part in of.parts) if of.since_us is None else of.since_us


def _first_day(of: reading.Recording) -> int:
    return 0 if of.removed_before is None else day_number(of.removed_before)


def _cameras(registry: Registry, options: BackfillOptions) -> tuple[str, ...]:
    known = {camera.id: camera for camera in registry.camera}
    if missing := sorted(set(options.cameras) - set(known)):
        near = did_you_mean(missing[0], sorted(known), f"{len(known):,} others are registered")
        raise UsageError(f"--camera {missing[0]}: expected a camera of {options.registry}: {near}")
    areas = options.areas

    def is_asked(camera: str) -> bool:
        area = known[camera].area
        within = not areas or lies_in(area, areas)
        return within and (not options.cameras or camera in options.cameras)

    found = tuple(sorted(camera for camera in known if is_asked(camera)))
    if not found:
        raise UsageError(f"no camera of {options.registry} lies in {' or '.join(areas)}")
    return found


def _metrics(asked: Sequence[str]) -> tuple[str, ...]:
    known = metrics()
    if missing := sorted(set(asked) - set(known)):
        raise UsageError(f"--metric {missing[0]}: expected one of {', '.join(known)}")
    return tuple(name for name in known if not asked or name in asked)
