"""The city's days: public holidays, joint leave, Hijri dates, school holidays and events.

The packages `holidays` and `hijridate` know what holds for the country; a TOML
file knows what only a decree or the city says, and goes over them. The answer
is one row a local day, which `Warehouse.store_calendar` keeps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import polars as pl

from connectors import hijri
from connectors.text_bytes import decoded
from schemas.calendar import DAYS, WEEKDAYS, CityCalendar
from schemas.calendar_check import parse
from schemas.errors import UsageError
from schemas.local_time import DAY_MINUTES, OFFSET_US, minutes

FIRST_YEAR: Final = 2000
"""A replay takes any time from 2000-01-01 on."""

YEARS_AHEAD: Final = 2
"""Decrees are published in the year before; the year after that is an outlook."""

LAST_YEAR: Final = 2075
"""Umm al-Qura tables end in November 2077."""

COUNTRY: Final = "ID"
KINDS: Final = {"joint_leave": "government", "holiday": "public"}
"""Our day types and the package's categories, the stronger last."""


def shipped() -> Path:
    """Return the path of the calendar that ships: Semarang's."""
    return Path(str(files("schemas").joinpath("data", "semarang", "calendar.toml")))


def load(path: Path | str | None = None) -> CityCalendar:
    """Read a city's file; None means the one that ships.

    Raises
    ------
    UsageError
        With every mistake of the file, its line and place.
    """
    file = shipped() if path is None else Path(path)
    try:
        return _parsed(str(file), decoded(file.read_bytes()))
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        came = f"the byte {error.object[error.start]:#04x}"
        raise UsageError(f"{file}:{line}: file: expected UTF-8, came {came}: convert it") from None
    except OSError as error:
        raise UsageError(f"{file}:1: file: expected a readable file, came {error.strerror}: correct the path") from None


def days(path: Path | str | None, now_us: int) -> pl.DataFrame:
    """Return the days of a city's file from 2000 to two years after now.

    Parameters
    ----------
    path
        The file; None means the one that ships.
    now_us
        The present, microseconds since 1970 UTC.

    Returns
    -------
    The columns of `schemas.calendar.DAYS`, by date.
    """
    return build(load(path), FIRST_YEAR, min(local_year(now_us) + YEARS_AHEAD, LAST_YEAR))


def local_year(now_us: int) -> int:
    """Return the city's year at a time in microseconds since 1970 UTC."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=now_us + OFFSET_US)).year


@cache
def build(city: CityCalendar, first_year: int, last_year: int) -> pl.DataFrame:
    """Return the columns of `schemas.calendar.DAYS` for whole years, first and last included."""
    first, last = date(first_year, 1, 1), date(last_year, 12, 31)
    months = hijri.months(city, first, last)
    return (
        pl.DataFrame({"date": pl.date_range(first, last, eager=True)})
        .join(_holidays(city, first_year, last_year), on="date", how="left", maintain_order="left")
        .join(_school(city, first, last), on="date", how="left", maintain_order="left")
        .join(_events(city, first, last), on="date", how="left", maintain_order="left")
        .join_asof(months, left_on="date", right_on="starts")
        .with_columns(pl.col("holiday", "school_holiday").fill_null(""), pl.col("events").fill_null([]))
        .with_columns(
            day_type=pl.coalesce("kind", _weekday()),
            hijri=pl.format(
                "{}-{}-{}",
                "hijri_year",
                pl.col("hijri_month").cast(pl.String).str.zfill(2),
                (1 + (pl.col("date") - pl.col("starts")).dt.total_days()).cast(pl.String).str.zfill(2),
            ),
            is_ramadan=pl.col("hijri_month") == hijri.RAMADAN,
        )
        .select(pl.col(name).cast(kind) for name, kind in DAYS.items())
    )


@cache
def _parsed(file: str, text: str) -> CityCalendar:
    return parse(file, text, hijri.flaws)


def _weekday() -> pl.Expr:
    day = pl.col("date").dt.weekday()
    return pl.when(day == 6).then(pl.lit("saturday")).when(day == 7).then(pl.lit("sunday")).otherwise(pl.lit("weekday"))


def _holidays(city: CityCalendar, first_year: int, last_year: int) -> pl.DataFrame:
    """Return date, kind (holiday or joint_leave) and name: the package's, then the file's over them."""
    import holidays  # noqa: PLC0415  start-up time

    found: dict[date, tuple[str, str]] = {}
    for kind, category in KINDS.items():
        years = range(first_year, last_year + 1)
        known = holidays.country_holidays(COUNTRY, years=years, language="id", categories=(category,))
        found |= {day: (kind, name) for day, name in known.items()}
    for row in city.holiday:
        found.pop(row.date, None)
        if row.type != "none":
            found[row.date] = (row.type, row.name)
    return pl.DataFrame(
        [(day, kind, name) for day, (kind, name) in found.items()],
        {"date": pl.Date, "kind": pl.String, "holiday": pl.String},
        orient="row",
    )


def _school(city: CityCalendar, first: date, last: date) -> pl.DataFrame:
    """Return date and the names of its school holidays, in the file's order."""
    names: dict[date, list[str]] = defaultdict(list)
    for row in city.school_holiday:
        for day in _each(max(row.first, first), min(row.last, last)):
            names[day].append(row.name)
    return pl.DataFrame(
        [(day, ", ".join(dict.fromkeys(named))) for day, named in names.items()],
        {"date": pl.Date, "school_holiday": pl.String},
        orient="row",
    )


def _events(city: CityCalendar, first: date, last: date) -> pl.DataFrame:
    """Return date and its events by time; what goes past midnight goes on at 0 on the next day."""
    eve = first - timedelta(1)
    found: dict[date, list[tuple[int, int, str]]] = defaultdict(list)
    for event in city.event:
        for day in _each(max(event.first, eve), min(event.last or event.first, last)):
            _put(found, day, event.hours, event.name)
    for weekly in city.weekly:
        for day in _each(max(weekly.since, eve), min(weekly.until, last)):
            if WEEKDAYS[day.weekday()] == weekly.weekday:
                _put(found, day, weekly.hours, weekly.name)
    return pl.DataFrame(
        [{"date": day, "events": [_event(*one) for one in sorted(set(held))]} for day, held in found.items()],
        {name: DAYS[name] for name in ("date", "events")},
    )


def _put(found: dict[date, list[tuple[int, int, str]]], day: date, hours: tuple[str, str], name: str) -> None:
    begin, end = (minutes(clock) for clock in hours)
    if begin < end:
        found[day].append((begin, end, name))
        return
    found[day].append((begin, DAY_MINUTES, name))
    if end > 0:
        found[day + timedelta(1)].append((0, end, name))


def _event(begin: int, end: int, name: str) -> dict[str, Any]:
    return {"from_minute": begin, "to_minute": end, "name": name}


def _each(first: date, last: date) -> Iterator[date]:
    for number in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(number)


def spans(days: pl.DataFrame) -> list[tuple[str, date, date]]:
    """Return Ramadan and the school holidays as (name, first day, last day), by first day.

    Parameters
    ----------
    days
        Rows of `build`, by date and without gaps; a span cut by their edges is shown as far as they reach.
    """
    out: list[tuple[str, date, date]] = []
    for names in (days["school_holiday"].to_list(), ["Ramadan" if fast else "" for fast in days["is_ramadan"]]):
        edges = [0, *(at for at, (one, other) in enumerate(pairwise(names), 1) if one != other), len(names)]
        dates = days["date"].to_list()
        out += [(names[begin], dates[begin], dates[end - 1]) for begin, end in pairwise(edges) if names[begin]]
    return sorted(out, key=lambda span: span[1])
