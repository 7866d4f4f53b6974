"""`tilik dead-letters`: records that could not be used, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from flows import options

app = typer.Typer(no_args_is_help=True, help="Records that could not be used, and why.")


@app.command("list")
def list_(
    context: typer.Context,
    warehouse: options.Warehouse = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, newest first.")] = 100,
    format: Annotated[str, typer.Option(metavar="table|csv|json", help="How the list is written.")] = "table",
) -> None:
    """List dead letters: where each record stood and what was wrong with it."""
    from flows.commands.query import query  # noqa: PLC0415  a list is a query

    query(
        context,
        f"SELECT source, position, reason, detail, first_seen, count FROM tilik.dead_letters "
        f"ORDER BY first_seen DESC, source, position LIMIT {limit}",
        warehouse,
        format,
    )
