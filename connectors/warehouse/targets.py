"""From which tables each class of rows is removed, and the statements that do it.

Whole partitions are dropped. One that the local midnight cuts, and tables that have none, are written anew without
what goes, so that it is gone from the disk, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from schemas import area_hours
from schemas.columns import METRICS
from schemas.local_time import ZONE, day_number, midnight_us

_OVER: Final = (
    "incident_id IN (SELECT incident_id FROM incidents_log FINAL WHERE opened_at < {cut} "
    "AND (deleted = 1 OR (close_reason != '' AND ifNull(closed_at, updated_at) < {cut})))"
)
"""Incidents that ended before, or were withdrawn: one that is open keeps its rows, however long ago it opened."""


class Target(NamedTuple):
    """A table that a class is removed from."""

    table: str
    time: str = "ts"
    partition: str = ""
    """How names of its partitions read as days, UTC; '' where it has none, or a condition of its own."""
    only: str = ""
    blanked: str = ""
    """What is set where rows stay."""
    size: str = ""
    """Bytes of a row, where not all of it goes."""


def _grain(name: str) -> list[Target]:
    return [Target(f"{metric.name}_{name}_log", partition="%Y%m") for metric in METRICS]


TARGETS: Final = {
    "letters": [Target("dead_letters_log", "first_seen")],
    "evidence": [
        Target(
            "incidents_log",
            "opened_at",
            only=f"(notEmpty(track_ids) OR notEmpty(box)) AND {_OVER}",
            blanked="track_ids = [], box = []",
            size="byteSize(track_ids, box)",
        )
    ],
    "minutes": [Target(f"{metric.name}_minute_log", partition="%Y%m%d") for metric in METRICS],
    "quarters": _grain("quarter"),
    "hours": [
        *_grain("hour"),
        *(Target(name, partition="%Y%m") for name in ("road_hour_log", *area_hours.tables())),
        Target("mutes_log", "at"),
    ],
    "incidents": [
        Target("incidents_log", "opened_at", only=_OVER),
        *(Target(f"{name}_log", "at") for name in ("alerts", "acknowledgements", "notes")),
        Target("silences_log", "until"),
    ],
    "daily": [
        *_grain("day"),
        *(Target(f"{name}_log", partition="%Y%m") for name in ("road_day", "visits_place_day")),
        Target("trends_log", "day"),
    ],
}
MONTHLY: Final = ("quarters", "hours", "daily")
"""Lie by months: they go a month at a time, so that no partition is written anew every night."""


def counted(of: Target, before: date) -> str:
    """Return the query for name, local day, partition, rows and bytes (-1: as its partition's) older than a day."""
    size = f"toInt64(sum({of.size}))" if of.size else "toInt64(-1)"
    return (
        f"SELECT '{of.table}' AS name, {_day(of)} AS day, _partition_id AS part, count() AS n, {size} AS size "
        f"FROM {of.table} WHERE {_older(of, before)} GROUP BY day, part"
    )


def statements(of: Target, before: date | None, partitions: Sequence[str]) -> Iterator[str]:
    """Yield what removes rows before a day: whole partitions are dropped, those that are cut are written anew."""
    if before is None or not partitions:
        return
    where = f"WHERE {_older(of, before)} SETTINGS mutations_sync = 2"
    if not of.partition:
        change = f"UPDATE {of.blanked}" if of.blanked else "DELETE"
        yield f"ALTER TABLE {of.table} {change} {where}"
        return
    cut = datetime.fromtimestamp(midnight_us(day_number(before)) / 1e6, UTC)
    for name in dict.fromkeys(partitions):
        if _end(of, name) <= cut:
            yield f"ALTER TABLE {of.table} DROP PARTITION ID '{name}'"
        else:
            yield f"ALTER TABLE {of.table} DELETE IN PARTITION ID '{name}' {where}"


def _end(of: Target, partition: str) -> datetime:
    start = datetime.strptime(partition, of.partition).replace(tzinfo=UTC)
    if of.partition == "%Y%m%d":
        return start + timedelta(days=1)
    return (start + timedelta(days=31)).replace(day=1)


def _day(of: Target) -> str:
    return of.time if of.table == "trends_log" else f"toDate(toTimeZone({of.time}, '{ZONE}'))"


def _older(of: Target, before: date) -> str:
    if of.table == "trends_log":
        return f"day < toDate('{before}')"
    cut = f"fromUnixTimestamp({midnight_us(day_number(before)) // 1_000_000})"
    own = f" AND {of.only.format(cut=cut)}" if of.only else ""
    return f"{of.time} < {cut}{own}"
