"""The calendar's vocabulary: kinds of day, what a city's file says, what a day carries.

National holidays come from a package; the file adds what only the city or a
decree knows. `schemas.calendar_check` reads the file, `connectors.calendar`
makes the days, and the view `calendar` shows them.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final, Literal

import msgspec
import polars as pl

DAY_TYPES: Final = ("weekday", "saturday", "sunday", "joint_leave", "holiday")
"""Kinds of day, the last that applies counts: a holiday on a Sunday is a holiday."""

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

DAYS: Final[dict[str, Any]] = {
    "date": pl.Date(),
    "day_type": pl.String(),
    "holiday": pl.String(),
    "hijri": pl.String(),
    "is_ramadan": pl.Boolean(),
    "school_holiday": pl.String(),
    "events": pl.List(pl.Struct({"from_minute": pl.UInt16(), "to_minute": pl.UInt16(), "name": pl.String()})),
}
"""Columns of the days, one row a local day; minutes count from local midnight, to_minute at most 1440."""

Hours = tuple[str, str]


class HijriMonth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first day of a Hijri month as decided, not as calculated."""

    month: str
    starts: date
    source: str = ""


class Holiday(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a decree says beside or against the package; `none` withdraws a holiday."""

    date: date
    type: Literal["holiday", "joint_leave", "none"]
    name: str = ""
    source: str = ""


class SchoolHoliday(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Days without school, first and last included."""

    name: str
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    source: str = ""


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that fills the streets on one day or each of several days; without hours all day."""

    name: str
    first: date = msgspec.field(name="from")
    last: date | None = msgspec.field(name="to", default=None)
    hours: Hours = ("00:00", "24:00")
    source: str = ""


class Weekly(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that comes back on one day of the week."""

    name: str
    weekday: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    hours: Hours = ("00:00", "24:00")
    since: date = date.min
    until: date = date.max
    source: str = ""


class CityCalendar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A city's file: all tables are optional."""

    hijri_month: tuple[HijriMonth, ...] = ()
    holiday: tuple[Holiday, ...] = ()
    school_holiday: tuple[SchoolHoliday, ...] = ()
    event: tuple[Event, ...] = ()
    weekly: tuple[Weekly, ...] = ()


def month_index(year: int, month: int) -> int:
    """Return the number of a month (Hijri years have twelve), counted from year 0."""
    return year * 12 + month - 1


def read_month(text: str) -> int:
    """Return the number of a month written as YYYY-MM."""
    return month_index(int(text[:4]), int(text[5:]))
