"""`tilik query`: SQL in; a table, CSV, JSON or Parquet out."""

from __future__ import annotations

import sys
from typing import Annotated, Final

import typer

from flows import options
from flows.console import note, pour, read_to_its_end
from schemas.errors import UsageError

FORMATS: Final = ("table", "csv", "json", "parquet")


def query(
    context: typer.Context,
    sql: Annotated[str, typer.Argument(metavar="SQL", help="A query; database tilik is the default.")],
    warehouse: options.Warehouse = None,
    format: Annotated[str, typer.Option(metavar="|".join(FORMATS), help="How the answer is written.")] = "table",
) -> None:
    """Ask the warehouse: times are ISO 8601, numbers exact, NULL stays NULL."""
    if format not in FORMATS:
        raise UsageError(f"--format {format}: expected table, csv, json or parquet")
    if format == "parquet" and sys.stdout.isatty():
        raise UsageError("--format parquet: expected a file to write to, came a terminal: add > FILE")
    settings = options.settings_of(context, warehouse=warehouse)
    from connectors import warehouse as warehouses  # noqa: PLC0415  start-up time
    from flows import asking, unfinished, unreadable, writing  # noqa: PLC0415  start-up time

    where = options.warehouse_again(context, settings.warehouse, warehouse)
    with warehouses.existing(settings.warehouse) as store, unfinished.told(store, where):
        for line in unreadable.lines(store):
            note(f"warning: {line}")
        if format == "parquet":
            with store.batches(sql) as found, read_to_its_end() as out:
                writing.parquet(found.schema, found.batches, out)
            return
        with store.stream(sql, asking.FORM, asking.SETTINGS) as streamed:
            pour(writing.pieces(asking.read(streamed), format))
