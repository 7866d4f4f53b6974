"""Times as senders write them: those that are sure are read, of others it is said what they could mean.

A time is sure with its offset from UTC. ISO 8601 and RFC 3339 leave room for
lower case, midnight as 24:00 and the word UTC; some programs put the zone's name
in brackets behind the offset. A number is microseconds since 1970: one in another
unit is not guessed at, but its letter says what it would be.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from schemas.came import came
from schemas.local_time import EPOCH, MINUTE_US, at_time

UNITS: Final = (("seconds", 1_000_000), ("milliseconds", 1_000), ("nanoseconds", None))
"""Units that senders count in instead, and microseconds of one (None: a thousandth of one)."""
MOST_ZONE_MIN: Final = 14 * 60
"""No zone's clock is further ahead of UTC."""
SLACK_MIN: Final = 5
"""A frame is a little old when it is read."""
EARLIEST_US: Final = 946_684_800_000_000  # 2000
MOST: Final = 2**63
"""No time in any of the units is as large."""
_ZONE_NAME: Final = re.compile(r"\[[\w+\-/]+\]$")
_WORD: Final = re.compile(r"\s*(?:UTC|GMT)$", re.IGNORECASE)
_MIDNIGHT: Final = re.compile(r"[Tt ]24:?00(?::?00(?:[.,]0+)?)?(?=[Zz+\-]|$)")
_NUMBERED: Final = re.compile(rb'"ts"\s*:\s*-?\d')
"""A record whose time is a number: formats but the native ones write it as a text."""


def time_us(text: str) -> int | None:
    """Return an ISO 8601 time with an offset as microseconds since 1970 UTC; None when it is not one."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return _otherwise(text)
    return None if when.tzinfo is None else (when - EPOCH) // timedelta(microseconds=1)


def _otherwise(text: str) -> int | None:
    """Read the writings that `datetime` does not know and that mean one time only."""
    plain = _WORD.sub("Z", _ZONE_NAME.sub("", text.strip())).upper()
    at_start, next_day = _MIDNIGHT.subn("T00:00", plain)
    try:
        when = datetime.fromisoformat(at_start) + timedelta(days=next_day)
    except (ValueError, OverflowError):
        return None
    return None if when.tzinfo is None else (when - EPOCH) // timedelta(microseconds=1)


def meant(number: float, now_us: int) -> str:
    """Say which time a number would be in another unit than microseconds; '' where it would be none of ours."""
    if not abs(number) < MOST:
        return ""
    for unit, factor in UNITS:
        t_us = int(number // 1000) if factor is None else int(number * factor)
        if EARLIEST_US <= t_us <= now_us + 86_400_000_000:
            said = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=t_us)).isoformat(timespec="seconds")
            return f"; in {unit} this would be {said.replace('+00:00', 'Z')}: send microseconds or ISO 8601"
    return ""


def early(t_us: int, now_us: int, raw: bytes) -> str:
    """Say which time before 2000 came, and of a number how it was read; `raw` is its record, if there is one."""
    try:
        moment = at_time(t_us).isoformat().replace("+00:00", "Z")
    except OverflowError:  # before the year 1
        moment = "an earlier one"
    said = f"expected a time from 2000 on, came {moment}"
    if _NUMBERED.search(raw) is None:
        return said
    return f"{said}: a number is read as microseconds since 1970{meant(t_us, now_us)}"


def ahead(t_us: int, now_us: int) -> str:
    """Say how far a time lies ahead, and what it may be."""
    minutes = (t_us - now_us) // MINUTE_US
    if minutes >= 2 * 1440:
        far = f"{minutes // 1440:,} days"
    else:
        far = f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
    is_zone = minutes + SLACK_MIN >= 60 and minutes <= MOST_ZONE_MIN
    return f"{far} ahead of now" + (meant(t_us, now_us) or (": a local time marked Z?" if is_zone else ""))


def refused(value: object, now_us: int) -> str:
    """Say what is wrong with a time that cannot be read, and what it may mean."""
    said = f"expected ISO 8601 with an offset or microseconds since 1970, got {came(value)}"
    if isinstance(value, str):
        text = value.strip()
        if re.fullmatch(r"\d{9,20}(?:\.\d+)?", text):
            at = float(text)
            inner = meant(at, now_us) if not EARLIEST_US <= at <= now_us else ""
            return said + (inner or "; write the number without quotes")
        if re.search(r":60(?:[.,]\d+)?\s*(?:[Zz+\-]|$)", text):
            return f"{said}; a leap second has no place in seconds since 1970: send second 59"
        if re.fullmatch(r"\d{4}-?\d\d-?\d\d[Tt ]\d\d:?\d\d.*\d", text) and not re.search(r"[+\-]\d\d:?\d*$", text[10:]):
            return f"{said}; without an offset it could be any zone's: add Z or +07:00"
    return said + (meant(value, now_us) if isinstance(value, float) else "")
