"""`tilik dead-letters`: records that could not be used, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from flows import options
from flows.console import announce, note, progress, say
from schemas.errors import UsageError

if TYPE_CHECKING:
    from flows.replay.again import Played

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


@app.command("replay")
def replay_(
    context: typer.Context,
    warehouse: options.Warehouse = None,
    archive: options.Archive = None,
    reason: Annotated[
        list[str] | None, typer.Option("--reason", metavar="R", help="Letters of this reason alone; may be repeated.")
    ] = None,
    registry: options.Registry = None,
    class_map: Annotated[
        str | None, typer.Option(metavar="FILE|k=v,...", help="Names for classes that nobody knew.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="End with one JSON line on stdout.")] = False,
) -> None:
    """Play what is kept of dead letters, after a fix: those that become rows are letters no longer."""
    settings = options.settings_of(context, warehouse=warehouse, archive=archive, registry=registry)
    names = options.class_map(class_map)
    from schemas.frames import DEAD_LETTER_REASONS  # noqa: PLC0415  start-up time

    for each in reason or ():
        if each not in DEAD_LETTER_REASONS:
            raise UsageError(f"--reason {each}: expected one of {', '.join(DEAD_LETTER_REASONS)}")
    announce(settings)
    from flows import compiling  # noqa: PLC0415  start-up time
    from flows.replay import ReplayOptions, again  # noqa: PLC0415  start-up time

    asked = ReplayOptions(
        paths=(),
        format="native",
        warehouse=settings.warehouse,
        registry=settings.registry,
        calendar=settings.calendar,
        class_map=names,
        workers=settings.workers,
        tracker=settings.tracker,
        reorder_s=settings.reorder_s,
        lateness_s=settings.lateness_s,
        archive=settings.archive,
    )
    with progress("dead letters") as report, compiling.told(note):
        played = again.replay(asked, reason or (), report)
    for warning in () if played.summary is None else played.summary.warnings:
        note(f"warning: {warning}")
    say(_as_json(played) if json else _as_text(played))


def _as_json(played: Played) -> str:
    from json import dumps, loads  # noqa: PLC0415  start-up time

    from flows.commands.replay import as_json  # noqa: PLC0415  start-up time

    figures = {} if played.summary is None else loads(as_json(played.summary))
    return dumps({"taken": played.taken, "again": played.again, "left": dict(played.left)} | figures)


def _as_text(played: Played) -> str:
    from flows.commands.replay import as_text  # noqa: PLC0415  start-up time
    from flows.replay import again  # noqa: PLC0415  start-up time

    said = "" if played.summary is None else f"{as_text(played.summary)}\n"
    return f"{said}{again.in_words(played)}"
