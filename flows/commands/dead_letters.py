"""`tilik dead-letters`: records that could not be used, and why."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from flows import options

app = typer.Typer(no_args_is_help=True, help="Records that could not be used, and why.")

EACH: Final = """
SELECT source, position, reason, detail, first_seen, count
FROM tilik.dead_letters
ORDER BY first_seen DESC, source, position
"""
"""A row a record."""

CAUSES: Final = r"""
SELECT source, reason, argMin(said, position) AS detail, sum(count) AS count,
    min(position) AS first_position, max(position) AS last_position, min(seen) AS first_seen, max(seen) AS last_seen
FROM
(
    SELECT source, reason, detail AS said, position, count, first_seen AS seen,
        replaceRegexpAll(detail, '\\d{4}-\\d\\d-\\d\\dT[\\d:.]+', '') AS cause
    FROM tilik.dead_letters
)
GROUP BY source, reason, cause
ORDER BY last_seen DESC, count DESC, source, first_position
"""
"""A row a file and cause: what differs in its times alone is one, and the first says its own."""


@app.command("list")
def list_(
    context: typer.Context,
    warehouse: options.Warehouse = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many rows, newest first.")] = 100,
    each: Annotated[
        bool, typer.Option("--each", "--all", help="A row a record, as csv and json always have, not one a cause.")
    ] = False,
    format: Annotated[str, typer.Option(metavar="table|csv|json", help="How the list is written.")] = "table",
) -> None:
    """List dead letters by cause: how many, where they stood and what was wrong with them."""
    from flows.commands.query import query  # noqa: PLC0415  a list is a query

    query(context, f"{CAUSES if format == 'table' and not each else EACH}LIMIT {limit}", warehouse, format)
