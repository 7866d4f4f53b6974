"""`tilik backfill`: figures made again from the archive, what that changed, and back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Final

import typer

from flows import options
from flows.console import announce, progress, say
from schemas.counting import counted
from schemas.errors import UsageError

if TYPE_CHECKING:
    from flows.backfilling.asked import BackfillOptions
    from flows.backfilling.running import Summary
    from flows.settings import Settings

app = typer.Typer(
    invoke_without_command=True,
    help="Make figures again from the archive of frames; list, compare and take back what was made.",
)
Json = Annotated[bool, typer.Option("--json", help="End with one JSON line on stdout.")]
Format = Annotated[str, typer.Option(metavar="table|csv|json", help="How the list is written.")]
SHOWN: Final = 20
"""Changes that are listed at the end; `tilik backfill diff` has all."""


@app.callback()
def backfill(
    context: typer.Context,
    since: Annotated[
        str | None,
        typer.Option("--from", metavar="ISO", help="First minute that is made again (UTC, or with an offset)."),
    ] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="ISO", help="The minute after the last.")] = None,
    camera: Annotated[list[str] | None, typer.Option(metavar="ID", help="Cameras; all where none is named.")] = None,
    area: Annotated[list[str] | None, typer.Option(metavar="PREFIX", help="Areas, by the beginning of a code.")] = None,
    metric: Annotated[list[str] | None, typer.Option(metavar="M", help="Metrics; all where none is named.")] = None,
    archive: options.Archive = None,
    warehouse: options.Warehouse = None,
    registry: options.Registry = None,
    runner: Annotated[
        str, typer.Option(metavar="local|dask|portable", help="The engine that Beam runs it on.")
    ] = "local",
    address: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="tcp://HOST:PORT of dask, HOST:PORT of a job endpoint.")
    ] = None,
    pool: Annotated[
        str | None, typer.Option("--worker-pool", metavar="HOST:PORT", help="Workers of a portable engine.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=99, help="Processes of the local runner.")] = None,
    too_late: Annotated[
        bool, typer.Option("--too-late", help="Take frames in that came too late, as if they had been late.")
    ] = False,
    warm_up: Annotated[
        float, typer.Option(min=0.0, max=60.0, metavar="DAYS", help="Read so long before, where nothing is remembered.")
    ] = 1.0,
    reorder_s: options.ReorderS = None,
    lateness_s: options.LatenessS = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    json: Json = False,
) -> None:
    """Make the minutes from --from to --to again, and the incidents that opened then."""
    if context.invoked_subcommand is not None:
        return
    if since is None or until is None:
        raise UsageError("expected --from ISO and --to ISO: the minutes that are made again")
    settings = options.settings_of(
        context,
        warehouse=warehouse,
        archive=archive,
        registry=registry,
        workers=workers,
        reorder_s=reorder_s,
        lateness_s=lateness_s,
    )
    asked = _asked(settings, options.moment_us("--from", since), options.moment_us("--to", until))
    asked = replace(
        asked,
        cameras=tuple(camera or ()),
        areas=tuple(area or ()),
        metrics=tuple(metric or ()),
        runner=runner,
        address=address,
        pool=pool,
        takes_too_late=too_late,
        warm_up_days=warm_up,
    )
    announce(settings)
    from flows.backfilling import running  # noqa: PLC0415  start-up time

    with progress("backfill", "days of shards") as report:
        done = running.backfill(asked, report, dry_run=dry_run)
    where = options.warehouse_again(context, settings.warehouse, warehouse)
    say(as_json(done) if json else as_text(done, where))


@app.command("list")
def list_(context: typer.Context, warehouse: options.Warehouse = None, format: Format = "table") -> None:
    """List the backfills of a warehouse by their generation."""
    from flows.commands.query import query  # noqa: PLC0415  a list is a query

    query(context, _LIST, warehouse, format)


@app.command("diff")
def diff(
    context: typer.Context,
    generation: Annotated[int | None, typer.Argument(help="Which backfill; the last where none is named.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Figures that did not change, too.")] = False,
    warehouse: options.Warehouse = None,
    format: Format = "table",
) -> None:
    """Show figures that a backfill changed, old and new, by metric, camera and day."""
    from flows.commands.query import query  # noqa: PLC0415  a list is a query

    which = "(SELECT max(generation) FROM backfills)" if generation is None else str(generation)
    query(context, _DIFF.format(which, "" if every else "AND after != before"), warehouse, format)


@app.command("undo")
def undo(
    context: typer.Context,
    generation: Annotated[int, typer.Argument(help="Which backfill (tilik backfill list).")],
    warehouse: options.Warehouse = None,
) -> None:
    """Take a backfill back: every row stands again as it stood."""
    settings = options.settings_of(context, warehouse=warehouse)
    from flows.backfilling import running  # noqa: PLC0415  start-up time

    written = running.undo(settings, generation)
    say(f"Generation {generation} is taken back: {counted(written, 'rows')} stand again as they stood.")


_LIST: Final = """SELECT generation, state, at, since, until, length(cameras) AS cameras,
    arrayStringConcat(metrics, ' ') AS metrics, frames, rows, withdrawn FROM backfills ORDER BY generation"""
_DIFF: Final = """SELECT metric, camera_id, day, part, rows, withdrawn, before, after, after - before AS difference
FROM backfill_changes WHERE generation = {} {} ORDER BY metric, camera_id, day, part"""


def _asked(settings: Settings, since_us: int | None, until_us: int | None) -> BackfillOptions:
    from flows.backfilling.asked import BackfillOptions  # noqa: PLC0415  start-up time

    if settings.archive is None:
        raise UsageError("expected --archive file:DIR or s3://BUCKET/PREFIX, or `archive` in the settings")
    if settings.registry is None:
        raise UsageError("expected --registry PATH: what figures are made by")
    assert since_us is not None
    assert until_us is not None
    return BackfillOptions(
        since_us,
        until_us,
        settings.archive,
        settings.warehouse,
        settings.registry,
        settings.calendar,
        reorder_s=settings.reorder_s,
        lateness_s=settings.lateness_s,
        workers=settings.workers,
    )


def as_json(done: Summary) -> str:
    """Return a backfill's figures as one JSON line."""
    import json  # noqa: PLC0415  start-up time

    names = ("generation", "frames", "objects", "days", "rows", "renamed", "withdrawn", "begun", "seconds")
    changes = done.changes.with_columns(done.changes["day"].cast(str)).to_dicts() if done.changes.width else []
    return json.dumps({name: getattr(done, name) for name in names} | {"changes": changes})


def as_text(done: Summary, where: str = "") -> str:
    """Return a backfill's figures as a few sentences, and its largest changes."""
    rate = f" ({done.frames / done.seconds:,.0f} frames/s)" if done.seconds else ""
    lines = [
        f"{counted(done.frames, 'frames')} with {counted(done.objects, 'objects')} of "
        f"{counted(done.days, 'days of shards')}, in {done.seconds:.1f} s{rate}.",
        _differs(done),
        *_began(done),
        *_changed(done),
    ]
    if done.generation is not None and done.rows + done.withdrawn:
        lines.append(
            f"Changed figures: tilik backfill diff {done.generation}{where}; and back: ... undo {done.generation}"
        )
    return "\n".join(lines)


def _differs(done: Summary) -> str:
    """Say how many rows differ from what stands."""
    if not done.rows + done.withdrawn:
        return "Nothing differs from what stands."
    same = f" ({done.renamed:,} of them by their params_hash alone)" if done.renamed else ""
    of = "" if done.generation is None else f" (generation {done.generation})"
    became = "would replace what stands" if done.generation is None else "replaced what stood"
    told = f"{counted(done.rows, 'rows')} differ{same}, {counted(done.withdrawn, 'rows')} were not made again"
    return f"{told}: they {became}{of}."


def _began(done: Summary) -> list[str]:
    """Say of how many cameras nothing was remembered at the beginning."""
    many = done.begun.get("warm_up", 0)
    if not many:
        return []
    return [
        f"{counted(many, 'cameras')} began with nothing, a while before (--warm-up): what had lasted longer by then is "
        "not known to them."
    ]


def _changed(done: Summary) -> list[str]:
    """Return the largest changes, a line each."""
    if not done.changes.height:
        return []
    import polars as pl  # noqa: PLC0415  start-up time

    from flows.rendering import table  # noqa: PLC0415
    from schemas.columns import METRICS  # noqa: PLC0415

    adds = {name for metric in METRICS for name, part in metric.parts.items() if part.combine == "sum"}
    changes = done.changes.with_columns(by=(done.changes["after"] - done.changes["before"]).abs())
    changes = changes.filter(changes["part"].is_in([*adds, "incidents"]))
    largest = changes.filter(changes["by"] > 0).sort("by", descending=True).head(SHOWN)
    largest = largest.cast(dict.fromkeys(("before", "after"), pl.Int64))
    names = ["metric", "camera_id", "day", "part", "before", "after"]
    return [table(names, largest.select(names).rows()).rstrip("\n")] if largest.height else []
