"""What is old enough to go, of the archive and of the warehouse together, and removing it.

The archive says of frames by itself (`connectors.archive.removing`), the warehouse of rows
(`connectors.warehouse.removing`); here they hear of each other: frames that an unfinished backfill may read stay,
what a backfill saved goes once nobody goes on with it, and all that went stands in the view `removals`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from connectors.archive import Store
from connectors.archive import removing as of_archives
from connectors.warehouse import Warehouse, backfills
from connectors.warehouse import removing as of_warehouses
from connectors.warehouse.leases import REGISTRY
from connectors.warehouse.removing import DONE, STARTED, Noted, Removal
from schemas import retention
from schemas.local_time import day_number, day_of, local_date, midnight_us


class Places(NamedTuple):
    """Where things are removed from; either may be missing."""

    store: Store | None
    warehouse: Warehouse | None


class Found(NamedTuple):
    """What goes, by class."""

    before: dict[str, date]
    """The first local day that stays."""
    items: list[Removal]
    frames: list[of_archives.Removal]
    held_by: list[str]


def plan(places: Places, keep: Mapping[str, int], now_us: int) -> Found:
    """Say what goes, and change nothing."""
    found = _of_archive(places, keep, now_us)
    if places.warehouse is None:
        return found
    rows = of_warehouses.plan(places.warehouse, keep, now_us)
    return _joined(found, rows)


def apply(places: Places, keep: Mapping[str, int], now_us: int) -> Found:
    """Remove it; killed anywhere, the same again finishes it."""
    found = _of_archive(places, keep, now_us)
    if places.store is not None and keep[retention.FRAMES]:
        before = found.before[retention.FRAMES]
        of_archives.apply(places.store, of_archives.Plan(before, found.frames, ""))
    if places.warehouse is None:
        return found
    rows = of_warehouses.apply(places.warehouse, keep, now_us)
    if places.store is not None:
        _note_frames(places.warehouse, places.store)
        _remove_saved(places.warehouse, places.store, found.items)
    return _joined(found, rows)


def _of_archive(places: Places, keep: Mapping[str, int], now_us: int) -> Found:
    found = Found({}, [], [], [])
    if places.store is None:
        return found
    if days := keep[retention.FRAMES]:
        days, by = _held(places.warehouse, days, now_us)
        frames = of_archives.plan(places.store, days, now_us)
        found.before[retention.FRAMES] = frames.before
        found.frames.extend(frames.days)
        found.held_by.extend([by] if by else [])
        found.held_by.extend([f"live run {frames.held_by}: it is not further yet"] if frames.held_by else [])
    if keep[retention.BACKFILLS] and places.warehouse is not None:
        before = local_date(day_of(now_us) - keep[retention.BACKFILLS])
        found.before[retention.BACKFILLS] = before
        found.items.extend(_saved(places.warehouse, places.store, before))
    return found


def _held(warehouse: Warehouse | None, days: int, now_us: int) -> tuple[int, str]:
    """Return how many days of frames stay for whoever goes on with a backfill, too."""
    if warehouse is None:
        return days, ""
    today = day_of(now_us)
    held, by = of_warehouses.first_held(warehouse, today - days)
    return max(days, today - held), by


def _saved(warehouse: Warehouse, store: Store, before: date) -> list[Removal]:
    """Return what backfills left in an archive before a day, but of those that go on; of looks alone, too."""
    going_on = {f"{each.id:016x}" for each in backfills.ledger(warehouse) if each.state == backfills.RUNNING}
    old = of_archives.backfills(store, midnight_us(day_number(before)))
    return [
        Removal(retention.BACKFILLS, each.id, local_date(day_of(each.newest_us)), each.files, each.bytes, before)
        for each in old
        if each.id not in going_on
    ]


def _remove_saved(warehouse: Warehouse, store: Store, items: list[Removal]) -> None:
    """Remove what backfills left; noted before, so that none of which a part is gone is taken back."""
    lines = [Noted(0, each) for each in items]
    with warehouse.lease(REGISTRY):  # no backfill begins meanwhile
        of_warehouses.log(warehouse, lines, STARTED)
        for each in items:
            of_archives.remove_backfill(store, each.name)
    of_warehouses.log(warehouse, lines, DONE)


def _note_frames(warehouse: Warehouse, store: Store) -> None:
    """Let the warehouse say, too, what the archive's marks say."""
    of_warehouses.log(
        warehouse, [line for record in of_archives.records(store) for line in _lines(store, record)], DONE
    )


def _lines(store: Store, record: of_archives.Record) -> Iterator[Noted]:
    for of in record.days:
        went = Removal(retention.FRAMES, store.url, of.day, of.frames, of.bytes, record.before)
        yield Noted(day_number(record.before), went)


def _joined(found: Found, rows: of_warehouses.Plan) -> Found:
    held = [*found.held_by, *([rows.held_by] if rows.held_by and rows.held_by not in found.held_by else [])]
    return found._replace(before=found.before | rows.before, items=[*found.items, *rows.items], held_by=held)
