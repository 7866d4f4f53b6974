"""`tilik alerts report`: what offices were told in a shift and what became of it, as a message or as pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows import options
from flows.console import note, say
from schemas.errors import UsageError


def report(
    context: typer.Context,
    office: Annotated[str, typer.Option(metavar="ID", help="Of this receiver alone.", show_default="all")] = "",
    since: Annotated[
        str | None, typer.Option("--from", metavar="ISO", help="When it begins.", show_default="8 hours before its end")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="ISO", help="When it ends.", show_default="now")] = None,
    pdf: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as A4 pages, too.")] = None,
    rules: Annotated[
        str | None,
        typer.Option("--rules", metavar="PATH", help="They say what offices are called.", show_default="shipped"),
    ] = None,
    warehouse: options.Warehouse = None,
) -> None:
    """Report a shift: what was told, answered, dismissed, cleared, what goes on, and how well the city was watched."""
    settings = options.settings_of(context, warehouse=warehouse)
    from connectors import warehouse as warehouses  # noqa: PLC0415  start-up time
    from connectors.registry import rules as files  # noqa: PLC0415
    from flows.alerts import names, report  # noqa: PLC0415

    asked = files.load(rules or files.shipped())
    begin_us, end_us = options.moment_us("--from", since), options.moment_us("--to", until)
    with warehouses.existing(settings.warehouse) as store:
        end_us = store.now_us() if end_us is None else end_us
        begin_us = end_us - report.SHIFT_US if begin_us is None else begin_us
        shift = report.read(store, asked, names.read(store), begin_us, end_us, office)
    say(report.text(shift))
    if pdf is not None:
        _write(pdf, report.pdf(shift))


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"--pdf {path}: {error.strerror}: expected a file that may be written") from None
    note(f"written: {path}", "written")
