"""`tilik query`: SQL in; a table, CSV or JSON out."""

from __future__ import annotations

from typing import Annotated

import typer

from flows import options
from flows.console import pour
from schemas.errors import UsageError


def query(
    context: typer.Context,
    sql: Annotated[str, typer.Argument(metavar="SQL", help="A query; database tilik is the default.")],
    warehouse: options.Warehouse = None,
    format: Annotated[str, typer.Option(metavar="table|csv|json", help="How the answer is written.")] = "table",
) -> None:
    """Ask the warehouse: times are ISO 8601, numbers exact, NULL stays NULL."""
    if format not in ("table", "csv", "json"):
        raise UsageError(f"--format {format}: expected table, csv or json")
    settings = options.settings_of(context, warehouse=warehouse)
    from connectors import warehouse as warehouses  # noqa: PLC0415  start-up time
    from flows import asking, writing  # noqa: PLC0415  start-up time

    with (
        warehouses.connect(settings.warehouse) as store,
        store.stream(sql, asking.FORM, asking.SETTINGS) as streamed,
    ):
        pour(writing.pieces(asking.read(streamed), format))
