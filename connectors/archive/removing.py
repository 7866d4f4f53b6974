"""Removing frames of days that are old enough, and what was remembered before them: a mark first, then the files.

The mark is also the record of it. Killed anywhere, the same again finishes it (`connectors.archive.marks`).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from connectors.archive import commits, marks, reading
from connectors.archive.commits import BACKFILLS, FILES, STATES
from connectors.archive.store import Store
from schemas.local_time import DAY_US, day_of, local_date

LEAST_DAYS: Final = 2
"""Frames are late by a day at most (`lateness_s`): whole days before yesterday are over; ours."""
ACTIVE_US: Final = 2 * DAY_US
"""A live run that has told of nothing for so long is not waited for; ours."""


class Removal(msgspec.Struct, frozen=True):
    """What of a local day goes."""

    day: date
    files: int
    frames: int
    """Of those files that count."""
    objects: int
    bytes: int


class Saved(NamedTuple):
    """What backfills of one id have left."""

    id: str
    files: int
    bytes: int
    newest_us: int


class Plan(NamedTuple):
    """What goes."""

    before: date
    """The first local day that stays."""
    days: list[Removal]
    held_by: str
    """The stream of a live run that is not further than this; '' where it is the age that says so."""


class Record(msgspec.Struct, frozen=True):
    """What a mark says: when which days went."""

    made: datetime
    before: date
    days: list[Removal]


def plan(store: Store, keep_days: int, now_us: int) -> Plan:
    """Say what goes where today and so many local days before it stay."""
    commits.existing(store)
    before, held_by = _before(store, keep_days, now_us)
    return Plan(before, _days(store, before), held_by)


def apply(store: Store, plan: Plan) -> None:
    """Remove what was planned, and write down what it was."""
    if not plan.days:
        return
    name = marks.name_of(plan.before)
    if store.get(name) is None:  # else that of a command that was killed, which knew all of it
        store.put(name, msgspec.json.encode(Record(datetime.now(UTC), plan.before, plan.days)))
    store.remove(_old(store, plan.before))


def backfills(store: Store, before_us: int) -> list[Saved]:
    """Return what backfills left of which nothing was written since a time."""
    found: dict[str, Saved] = {}
    for name, at in store.names(BACKFILLS).items():
        id = name.removeprefix(BACKFILLS).partition("/")[0]
        other = found.get(id, Saved(id, 0, 0, 0))
        found[id] = Saved(id, other.files + 1, other.bytes + at.size, max(other.newest_us, at.since_us))
    return [found[id] for id in sorted(found) if found[id].newest_us < before_us]


def remove_backfill(store: Store, id: str) -> None:
    """Remove all that backfills of an id have left."""
    store.remove(store.names(f"{BACKFILLS}{id}/"))


def records(store: Store) -> list[Record]:
    """Return what was removed, the first one first."""
    found = (store.get(name) for name in sorted(store.names(marks.REMOVED)))
    return [msgspec.json.decode(content, type=Record) for content in found if content is not None]


def _before(store: Store, keep_days: int, now_us: int) -> tuple[date, str]:
    """Return the first day that stays, and which live run holds it back."""
    before, held_by = local_date(day_of(now_us)) - timedelta(days=keep_days), ""
    for each in reading.streams(store):
        is_active = each.is_live and each.last_us is None and now_us - each.made.timestamp() * 1e6 < ACTIVE_US
        newest_us = max((part.last_us for part in each.parts), default=None)
        if is_active and newest_us is not None and local_date(day_of(newest_us) - LEAST_DAYS) < before:
            before, held_by = local_date(day_of(newest_us) - LEAST_DAYS), each.stream
    return before, held_by


def _days(store: Store, before: date) -> list[Removal]:
    days: dict[date, list[tuple[int, int, int, int]]] = {}
    counting = {part.name: part for commit in commits.every(store).values() for part in commit.parts}
    for name, size in _old(store, before).items():
        part = counting.get(name)
        frames, objects = (0, 0) if part is None else (part.frames, part.objects)
        days.setdefault(_of(name), []).append((1, frames, objects, size))
    return [Removal(day, *(sum(column) for column in zip(*days[day], strict=True))) for day in sorted(days)]


def _old(store: Store, before: date) -> dict[str, int]:
    """Return the bytes of files of days before one, by name, those too that no commit names."""
    listed = store.names(FILES) | store.names(STATES)
    return {name: at.size for name, at in listed.items() if _of(name) < before}


def _of(name: str) -> date:
    if name.startswith(STATES):
        return local_date(int(name.rpartition("/")[2].split("-")[1]))
    return date.fromisoformat(name.removeprefix(f"{FILES}day=").partition("/")[0])
