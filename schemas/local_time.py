"""The city's time zone: its days, hours and day types are local.

The zone is fixed at set-up and has no daylight saving time (Indonesia's three
zones have none), so that a local minute is a UTC minute plus a constant.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

T = TypeVar("T")
ZONE: Final = "Asia/Jakarta"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""What times in integers are counted from."""
DAY_MINUTES: Final = 1440
MINUTE_US: Final = 60_000_000
DAY_US: Final = DAY_MINUTES * MINUTE_US
CLOCK: Final = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")
"""A clock time as people write it: HH:MM, up to 24:00."""


def local_date(days: int) -> date:
    """Return a local day by its number since 1970."""
    return EPOCH.date() + timedelta(days=days)


def at_time(t_us: int) -> datetime:
    """Return microseconds since 1970 as a time, UTC."""
    return EPOCH + timedelta(microseconds=t_us)


def offset_us(zone: str) -> int:
    """Return local time - UTC of a zone [us].

    Raises
    ------
    ValueError
        The zone changes its clocks within the year.
    """
    shifts = {datetime(2026, month, 1, tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset() for month in range(1, 13)}
    if len(shifts) != 1:
        raise ValueError(f"expected a zone without daylight saving time, got {zone}: local days would differ in length")
    shift = shifts.pop()
    assert shift is not None
    return round(shift.total_seconds() * 1e6)


def minutes(clock: str) -> int:
    """Return HH:MM as minutes after local midnight; 24:00 is 1440."""
    return int(clock[:2]) * 60 + int(clock[3:])


OFFSET_US: Final = offset_us(ZONE)


def day_of(t_us: T) -> T:
    """Return the number since 1970 of the local day that microseconds since 1970 lie in: of one time, or of many."""
    return (t_us + OFFSET_US) // DAY_US  # type: ignore[operator,return-value]


def midnight_us(day: int) -> int:
    """Return when a local day begins, by its number [us]."""
    return day * DAY_US - OFFSET_US


def day_number(day: date) -> int:
    """Return the number of a local day since 1970; `local_date` is the other way."""
    return (day - EPOCH.date()).days
