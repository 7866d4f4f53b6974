"""`tilik calendar`: check a city's file and show a year's days."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from flows.console import note, say
from flows.options import settings_of
from schemas.counting import counted
from schemas.errors import UsageError

if TYPE_CHECKING:
    from schemas.calendar import CityCalendar, Weekly

app = typer.Typer(no_args_is_help=True, help="Check and show holidays, Ramadan, school holidays and events.")
WEEK = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")


@app.command()
def check(path: Annotated[str, typer.Argument(metavar="FILE", help="A city's calendar, TOML.")]) -> None:
    """Report every mistake of a calendar with its line and place (exit code 2 when there is one)."""
    from connectors import calendar  # noqa: PLC0415  start-up time

    say(f"{path}: good: {summary(calendar.load(path))}")


def summary(city: CityCalendar) -> str:
    """Return how much a file holds, in one line."""
    counts = {
        "decided Hijri months": len(city.hijri_month),
        "holidays": len(city.holiday),
        "school holidays": len(city.school_holiday),
        "events": len(city.event),
        "weekly events": len(city.weekly),
    }
    return ", ".join(counted(number, name) for name, number in counts.items())


@app.command()
def show(
    context: typer.Context,
    year: Annotated[int | None, typer.Option(metavar="Y", help="The year.", show_default="this year")] = None,
    json: Annotated[bool, typer.Option("--json", help="Every day of the year, JSON on stdout.")] = False,
) -> None:
    """Show a year: its holidays, joint leave, Ramadan, school holidays and events."""
    from connectors import calendar  # noqa: PLC0415  start-up time
    from flows import rendering  # noqa: PLC0415  start-up time

    wanted = calendar.local_year(time.time_ns() // 1000) if year is None else year
    if not calendar.FIRST_YEAR <= wanted <= calendar.LAST_YEAR:
        raise UsageError(f"--year {wanted}: expected {calendar.FIRST_YEAR} to {calendar.LAST_YEAR}")
    settings = settings_of(context)
    city = calendar.load(settings.calendar)
    note(f"calendar: {settings.calendar or 'Semarang (ships with Tilik)'}")
    days = calendar.build(city, wanted, wanted)
    if json:
        say(rendering.json(days.columns, days.iter_rows()).rstrip("\n"))
        return
    named = [
        (row["date"], WEEK[row["date"].weekday()], row["day_type"], row["holiday"], row["hijri"])
        for row in days.iter_rows(named=True)
        if row["holiday"]
    ]
    say(rendering.table(("date", "day", "day_type", "holiday", "hijri"), named, f"Holidays {wanted}"))
    say(rendering.table(("what", "from", "to"), calendar.spans(days), f"Ramadan and school holidays {wanted}"))
    dated = [
        (event.name, event.first, event.last or event.first, "-".join(event.hours))
        for event in city.event
        if event.first.year <= wanted <= (event.last or event.first).year
    ]
    weekly = [(row.name, row.weekday, "", "-".join(row.hours)) for row in city.weekly if _held(row, wanted)]
    say(rendering.table(("event", "from", "to", "hours"), [*dated, *weekly], f"Events {wanted}").rstrip("\n"))


def _held(row: Weekly, year: int) -> bool:
    return row.since.year <= year <= row.until.year
