"""From a city's calendar file to a checked `CityCalendar`: all mistakes at once.

Each mistake names file, line and place, what was expected, what came and what
to do. A table that cannot be read is left out of the rules, so that the rest
is still looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any, Final, Literal, get_args, get_origin

import msgspec

from schemas import toml_lines
from schemas.calendar import CityCalendar, Event, HijriMonth, Holiday, Hours, SchoolHoliday, Weekly
from schemas.errors import UsageError
from schemas.local_time import CLOCK, minutes
from schemas.plain import listed
from schemas.registry.mistakes import Flaw, Located, did_you_mean, expected, render, under
from schemas.toml_lines import Path

LONGEST_DAYS: Final = 366
"""A school holiday or event longer than a year is a typing error."""

HIJRI_YEARS: Final = (1343, 1500)
"""What the Umm al-Qura tables reach: 1924-08-01 to 2077-11-16 (package hijridate)."""

TABLES: Final[dict[str, Any]] = {
    "hijri_month": HijriMonth,
    "holiday": Holiday,
    "school_holiday": SchoolHoliday,
    "event": Event,
    "weekly": Weekly,
}
WORDS: Final[dict[Any, str]] = {
    str: "text in quotes",
    date: "a date such as 2026-08-17",
    date | None: "a date such as 2026-08-17",
    Hours: 'two times ["HH:MM", "HH:MM"]',
}
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")

Also = Callable[[CityCalendar], Iterable[Flaw]]
Rows = dict[str, dict[int, Any]]
"""Table name -> number in the file -> what could be read."""


def parse(file: str, text: str, also: Also | None = None) -> CityCalendar:
    """Read a city's calendar.

    Parameters
    ----------
    file
        How mistakes name the file.
    text
        TOML with the tables of `CityCalendar`.
    also
        A further rule over the calendar, asked only when nothing else is wrong.

    Raises
    ------
    UsageError
        With every mistake, one a line: ``file:line: place: what was expected, what came: what to do``.
    """
    documents, mistakes = toml_lines.documents({file: text})
    if mistakes:
        raise UsageError(listed(mistakes))
    document = documents[file]
    rows, flaws = _read(document)
    flaws += _rules(rows)
    calendar = CityCalendar(**{name: tuple(held.values()) for name, held in rows.items()})
    if not flaws and also is not None:
        flaws = list(also(calendar))
    if flaws:
        raise UsageError(listed(render([Located(file, flaw) for flaw in flaws], {file: text}, {file: document})))
    return calendar


def _read(document: dict[str, Any]) -> tuple[Rows, list[Flaw]]:
    rows: Rows = {name: {} for name in TABLES}
    flaws: list[Flaw] = []
    for name, value in document.items():
        if name not in TABLES:
            todo = did_you_mean(name, TABLES, "remove it; known are " + ", ".join(TABLES))
            flaws.append(Flaw((name,), expected("a known table", name, todo)))
        elif not isinstance(value, list):
            flaws.append(Flaw((name,), expected(f"tables [[{name}]]", repr(value)[:60], "double the brackets")))
        else:
            for number, table in enumerate(value):
                read, found = _table(TABLES[name], table)
                flaws += under((name, number), found)
                if read is not None:
                    rows[name][number] = read
    return rows, flaws


def _table(kind: type[msgspec.Struct], table: Any) -> tuple[Any, list[Flaw]]:
    """Read one table field by field: msgspec alone stops at the first mistake."""
    if not isinstance(table, dict):
        return None, [Flaw((), expected("a table", repr(table)[:60], "write its fields on lines below its header"))]
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    flaws = []
    for name, value in table.items():
        if name not in fields:
            todo = did_you_mean(name, fields, "remove it; known are " + ", ".join(fields))
            flaws.append(Flaw((name,), expected("a known field", name, todo)))
            continue
        try:
            msgspec.convert(value, fields[name].type)
        except (msgspec.ValidationError, ValueError):
            flaws.append(Flaw((name,), _mistyped(fields[name].type, value)))
    missing = [name for name, field in fields.items() if field.required and name not in table]
    flaws += [Flaw((), expected(f"a field {name}", "none", f"add {name} = ...")) for name in missing]
    return (None, flaws) if flaws else (msgspec.convert(table, kind), [])


def _mistyped(kind: Any, value: Any) -> str:
    if get_origin(kind) is Literal:
        words = get_args(kind)
        return expected("one of " + ", ".join(words), repr(value), did_you_mean(value, words, "choose one of them"))
    return expected(WORDS[kind], repr(value)[:60], "correct the value")


def _rules(rows: Rows) -> list[Flaw]:
    flaws = list(_twice(rows, "hijri_month", "month")) + list(_twice(rows, "holiday", "date"))
    for name, held in rows.items():
        for number, row in held.items():
            flaws += under((name, number), _row(row))
    return flaws


def _twice(rows: Rows, table: str, field: str) -> Iterator[Flaw]:
    seen: dict[Any, int] = {}
    for number, row in rows[table].items():
        value = getattr(row, field)
        if value in seen:
            yield Flaw(
                (table, number, field), expected(f"each {field} once", f"{value} a second time", "keep one of the two")
            )
        seen[value] = number


def _row(row: Any) -> Iterator[Flaw]:
    if isinstance(row, HijriMonth):
        yield from _hijri(row)
    elif not row.name.strip() and not (isinstance(row, Holiday) and row.type == "none"):
        yield Flaw(("name",), expected("a name", repr(row.name), "say what people call it"))
    if isinstance(row, SchoolHoliday | Event) and row.last is not None:
        yield from _span(row.first, row.last)
    if isinstance(row, Weekly) and row.until < row.since:
        yield Flaw(("until",), expected(f"a day from {row.since} on", row.until, "exchange since and until"))
    if isinstance(row, Event | Weekly):
        yield from _clock(row.hours)


def _hijri(row: HijriMonth) -> Iterator[Flaw]:
    first, last = HIJRI_YEARS
    if not _MONTH.fullmatch(row.month) or not first <= int(row.month[:4]) <= last:
        yield Flaw(
            ("month",),
            expected(
                f"a Hijri month YYYY-MM of {first} to {last}", repr(row.month), "Ramadan of 1446 is written 1446-09"
            ),
        )


def _span(first: date, last: date) -> Iterator[Flaw]:
    if last < first:
        yield Flaw(("to",), expected(f"a day from {first} on", last, "exchange from and to"))
    elif (last - first).days >= LONGEST_DAYS:
        yield Flaw(("to",), expected(f"at most {LONGEST_DAYS} days", f"{first} to {last}", "correct the year"))


def _clock(hours: Hours) -> Iterator[Flaw]:
    path: Path = ("hours",)
    wrong = [clock for clock in hours if not CLOCK.fullmatch(clock)]
    if wrong or hours[0] == "24:00":
        yield Flaw(path, expected('two times "HH:MM"', list(hours), "write them as 06:00, the end at most 24:00"))
    elif minutes(hours[0]) == minutes(hours[1]):
        yield Flaw(path, expected("an end that is not the start", list(hours), 'a whole day is ["00:00", "24:00"]'))
