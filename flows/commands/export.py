"""`tilik export`: open data of a period, as CSV and Parquet with their data package."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from flows import options
from flows.console import note, say
from schemas.counting import counted
from schemas.errors import UsageError


def export(
    context: typer.Context,
    first: Annotated[str, typer.Option("--from", metavar="DATE", help="First local day, such as 2026-01-05.")],
    last: Annotated[str, typer.Option("--to", metavar="DATE", help="Last local day; it is in, too.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="A new folder, or one that an export wrote.")],
    grain: Annotated[str, typer.Option(metavar="hour|day", help="Length of the windows.")] = "day",
    area: Annotated[str, typer.Option(metavar="PREFIX", help="An area's code: it and all within it.")] = "",
    least: Annotated[int, typer.Option(help="Counts of fewer persons are left out.")] = 10,
    licence: Annotated[str, typer.Option(metavar="NAME", help="What others may do with it.")] = "CC-BY-4.0",
    simulated: Annotated[
        bool, typer.Option("--simulated", help="Take simulated cameras in too, labelled; else they are left out.")
    ] = False,
    warehouse: options.Warehouse = None,
) -> None:
    """Write figures by area and place as open data, small counts left out. The same rows give the same files."""
    settings = options.settings_of(context, warehouse=warehouse)
    from flows import export as exporting  # noqa: PLC0415  start-up time

    asked = exporting.ExportOptions(
        _day("--from", first), _day("--to", last), out, grain, area.rstrip("."), least, licence, simulated
    )
    done = exporting.export(asked, settings.warehouse)
    if simulated:
        note("SIMULATED rows are in it: they say nothing of any city")
    for name, rows in done.rows.items():
        say(f"{name}_{grain}: {counted(rows, 'rows')}")
    say(f"{out}: {counted(done.bytes, 'bytes')}; {counted(done.suppressed, 'rows')} without their figures, being small")


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} {text}: expected a local day such as 2026-01-05") from None
