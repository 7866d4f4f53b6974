"""Hijri months as Indonesia counts them: decisions first, holidays next, calculation last.

A month has 29 or 30 days. What the city's file says of a month's first day
stands; the dates of Islamic holidays fix others; between them months follow
the Umm al-Qura calendar as closely as 29 or 30 days a month allow.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Final, NamedTuple

import polars as pl
from hijridate import Gregorian, Hijri

from schemas.calendar import CityCalendar, month_index, read_month
from schemas.calendar_check import HIJRI_YEARS
from schemas.registry.mistakes import Flaw, expected

SHORT, LONG = 29, 30
"""Days of a Hijri month."""

NEAR_DAYS: Final = 1
"""A holiday further than this from Umm al-Qura was moved by decree (2002-2004, 2021): it tells no month."""

RAMADAN, SHAWWAL = 9, 10

FEASTS: Final = (
    (SHAWWAL, "eid_al_fitr_dates", 1),
    (12, "eid_al_adha_dates", 10),
    (RAMADAN, "ramadan_beginning_dates", 1),
    (1, "hijri_new_year_dates", 1),
    (3, "mawlid_dates", 12),
    (7, "isra_and_miraj_dates", 27),
)
"""Month, name in the package `holidays`, day of the month; the first has the most authority.

The package's first of Ramadan is calculated by the criteria of MABIMS (Brunei, Indonesia, Malaysia, Singapore)."""


class Known(NamedTuple):
    """A first day of a month that a holiday tells."""

    month: int
    starts: date
    estimated: bool


def months(city: CityCalendar, first: date, last: date) -> pl.DataFrame:
    """Return the Hijri months that meet the days from `first` to `last`.

    Parameters
    ----------
    city
        Its `hijri_month` tables are decisions; `flaws` must have found nothing in them.
    first, last
        Days of the Gregorian calendar.

    Returns
    -------
    ``starts`` (date, ascending), ``hijri_year``, ``hijri_month``.
    """
    begin, end = _index(first) - 1, _index(last) + 1
    anchors = _anchors(_decided(city))
    rows = [(day, index // 12, index % 12 + 1) for index, day in _filled(anchors, begin, end)]
    return pl.DataFrame(rows, {"starts": pl.Date, "hijri_year": pl.Int32, "hijri_month": pl.Int32}, orient="row")


def flaws(city: CityCalendar) -> Iterator[Flaw]:
    """Yield the decisions that cannot be: no month has 28 or 31 days, Idul Fitri ends Ramadan."""
    decided = _decided(city)
    fixed = {
        known.month: known.starts for known in _feasts() if known.month % 12 + 1 == SHAWWAL and not known.estimated
    }
    all_fixed = fixed | decided
    for number, row in enumerate(city.hijri_month):
        index, path = read_month(row.month), ("hijri_month", number, "starts")
        calculated = _umm_al_qura(index)
        if abs((row.starts - calculated).days) > 2:
            yield Flaw(path, expected(f"a day within two of {calculated}", row.starts, "correct the month or the day"))
            continue
        for other in _neighbours(all_fixed, index):
            if not _possible(all_fixed, index, row.starts, other):
                name = f"{other // 12}-{other % 12 + 1:02} starts {all_fixed[other]}"
                why = "in this file" if other in decided else "Idul Fitri of the package holidays"
                yield Flaw(
                    path,
                    expected(
                        f"months of {SHORT} or {LONG} days", f"{row.starts} where {name} ({why})", "correct one of them"
                    ),
                )


def _decided(city: CityCalendar) -> dict[int, date]:
    return {read_month(row.month): row.starts for row in city.hijri_month}


def _index(day: date) -> int:
    hijri = Gregorian.fromdate(day).to_hijri()
    return month_index(hijri.year, hijri.month)


@cache
def _umm_al_qura(index: int) -> date:
    return date(*Hijri(index // 12, index % 12 + 1, 1).to_gregorian().datetuple())


@cache
def _feasts() -> tuple[Known, ...]:
    """Return what the package's holidays tell of months, most authority first."""
    from holidays.countries.indonesia import IndonesiaIslamicHolidays  # noqa: PLC0415  start-up time

    source = IndonesiaIslamicHolidays()
    first, last = _umm_al_qura(month_index(HIJRI_YEARS[0], 12)), _umm_al_qura(month_index(HIJRI_YEARS[1], 1))
    found: dict[Known, None] = {}
    for month, name, day in FEASTS:
        for year in range(first.year + 1, last.year):
            for feast, estimated in sorted(getattr(source, name)(year)):
                starts = feast - timedelta(day - 1)
                index = _index(starts + timedelta(SHORT // 2))
                if first < starts < last and index % 12 + 1 == month:
                    found[Known(index, starts, estimated)] = None
    return tuple(found)


def _anchors(decided: Mapping[int, date]) -> dict[int, date]:
    """Return months whose first day is known: decisions, then what holidays tell and decisions allow."""
    anchors = dict(decided)
    for known in _feasts():
        if known.month in anchors or abs((known.starts - _umm_al_qura(known.month)).days) > NEAR_DAYS:
            continue
        if all(_possible(anchors, known.month, known.starts, near) for near in _neighbours(anchors, known.month)):
            anchors[known.month] = known.starts
    return anchors


def _neighbours(anchors: Mapping[int, date], index: int) -> list[int]:
    """Return the nearest other known months, before and after."""
    order = sorted(anchors)
    at = bisect.bisect_left(order, index)
    after = at + 1 if index in anchors else at
    return order[max(at - 1, 0) : at] + order[after : after + 1]


def _possible(anchors: Mapping[int, date], index: int, starts: date, near: int) -> bool:
    gap, days = abs(near - index), (anchors[near] - starts).days * (1 if near > index else -1)
    return SHORT * gap <= days <= LONG * gap


def _filled(anchors: Mapping[int, date], begin: int, end: int) -> Iterator[tuple[int, date]]:
    """Yield each month from `begin` to `end` with its first day."""
    order = sorted(anchors)
    index = order[max(bisect.bisect_right(order, begin) - 1, 0)]
    day = anchors[index]
    while index <= end:
        if index >= begin:
            yield index, day
        index += 1
        low, high = day + timedelta(SHORT), day + timedelta(LONG)
        if (at := bisect.bisect_left(order, index)) < len(order):
            gap = order[at] - index
            low = max(low, anchors[order[at]] - timedelta(LONG * gap))
            high = min(high, anchors[order[at]] - timedelta(SHORT * gap))
        day = min(max(_umm_al_qura(index), low), high)
