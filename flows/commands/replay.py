"""`tilik replay`: files of frame events through the live flow into the warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows import options
from flows.console import announce, note, progress, say
from schemas.counting import counted

if TYPE_CHECKING:
    from flows.replay import ReplaySummary
    from flows.settings import Settings


def replay(
    context: typer.Context,
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files, directories or globs.")],
    format: Annotated[str, typer.Option(help=f"{' | '.join(options.FORMATS)}.")] = "native",
    warehouse: options.Warehouse = None,
    archive: options.Archive = None,
    registry: options.Registry = None,
    camera: options.Camera = None,
    fps: Annotated[
        float | None, typer.Option(min=0.01, max=1000.0, help="Frames a second, where the format has none.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            metavar="ISO", help="Time of the first frame (mot: of frame 1, or 0), where the format has no clock."
        ),
    ] = None,
    size: options.Size = None,
    class_map: options.ClassMap = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write over minutes that other input stored.")] = False,
    workers: Annotated[int | None, typer.Option(min=1, max=99, help="Workers of the flow.")] = None,
    tracker: Annotated[
        str | None, typer.Option(metavar="auto|iou|none", help="Track here: streams without ids, always, never.")
    ] = None,
    reorder_s: options.ReorderS = None,
    lateness_s: options.LatenessS = None,
    keep_unreadable: options.KeepUnreadable = None,
    json: Annotated[bool, typer.Option("--json", help="End with one JSON line on stdout.")] = False,
) -> None:
    """Replay recorded frame events into the warehouse; a rerun of the same input restates it."""
    settings = options.settings_of(
        context,
        warehouse=warehouse,
        archive=archive,
        registry=registry,
        workers=workers,
        tracker=tracker,
        reorder_s=reorder_s,
        lateness_s=lateness_s,
        keep_unreadable=keep_unreadable,
    )
    given = {
        "paths": tuple(paths),
        "format": options.format_name(format),
        "camera": camera,
        "fps": fps,
        "start_us": options.start_us(start),
        "size": options.size(size),
        "class_map": options.class_map(class_map),
        "replace": replace,
    }
    announce(settings)
    summary = _played(settings, given)
    for warning in summary.warnings:
        note(f"warning: {warning}")
    where = options.warehouse_again(context, settings.warehouse, warehouse)
    say(as_json(summary) if json else as_text(summary, where))
    _end(summary, where)


def _played(settings: Settings, given: dict[str, Any]) -> ReplaySummary:
    """Replay what the command line names, by the settings."""
    from flows import compiling  # noqa: PLC0415  start-up time
    from flows import replay as flow  # noqa: PLC0415

    asked = flow.ReplayOptions(
        **given,
        warehouse=settings.warehouse,
        registry=settings.registry,
        calendar=settings.calendar,
        workers=settings.workers,
        tracker=settings.tracker,
        reorder_s=settings.reorder_s,
        lateness_s=settings.lateness_s,
        keep_unreadable=settings.keep_unreadable,
        archive=settings.archive,
    )
    with progress("replay") as report, compiling.told(note):
        return flow.replay(asked, report)


def _end(summary: ReplaySummary, where: str) -> None:
    """Fail where no frame could be used."""
    if not summary.unread:
        return
    from schemas.errors import TilikError  # noqa: PLC0415  start-up time

    see = f"\n`tilik dead-letters list{where}` shows what was refused and why" if summary.dead_letters else ""
    raise TilikError(summary.unread + see)


def as_json(summary: ReplaySummary) -> str:
    """Return a replay's figures as one JSON line."""
    import json  # noqa: PLC0415  start-up time

    names = ("frames", "objects", "rows", "dead_letters", "late", "duplicates")
    restated = None if summary.restated is None else summary.restated._asdict()
    also = {"rejects": summary.rejects, "restated": restated, "seconds": round(summary.seconds, 3)}
    return json.dumps({name: getattr(summary, name) for name in names} | also)


def as_text(summary: ReplaySummary, where: str = "") -> str:
    """Return a replay's figures as two sentences, and more where something was refused or stated anew.

    `where` is the option that names its warehouse in other commands.
    """
    return f"{_became(summary)}.\n{_kept_out(summary, where)}.{_refused(summary, where)}{_anew(summary)}"


def _became(summary: ReplaySummary) -> str:
    """Return what came of the frames, and in what time; the rate is that of who has the kernels."""
    compiled = f"{summary.compiled_s:.1f} s of it to compile, once for this version"
    took = f"in {summary.seconds:.1f} s" + (f", {compiled}" if round(summary.compiled_s, 1) else "")
    if summary.unread:
        return f"No frame could be used, so no row says anything ({took})"
    took_s = summary.seconds - summary.compiled_s
    rate = f" ({summary.frames / took_s:,.0f} frames/s)" if took_s > 0 else ""
    return (
        f"{counted(summary.frames, 'frames')} with {counted(summary.objects, 'objects')} became "
        f"{counted(summary.rows, 'rows')} and {counted(summary.incidents, 'incidents')} {took}{rate}"
    )


def _kept_out(summary: ReplaySummary, where: str) -> str:
    return (
        f"{summary.late:,} late, {counted(summary.duplicates, 'duplicates')}, "
        f"{counted(summary.dead_letters, 'dead letters')}{_why(summary, where)}"
    )


def _refused(summary: ReplaySummary, where: str) -> str:
    """Return what was refused inside frames, and how to see it; '' where nothing was."""
    refused = ", ".join(f"{count:,} {reason}" for reason, count in summary.rejects.items())
    see = f"(see them: tilik query 'SELECT * FROM rejects'{where})"
    return f"\nRefused inside frames: {refused} {see}." if refused else ""


def _anew(summary: ReplaySummary) -> str:
    """Return which run was stated anew, and why; '' where none was."""
    if summary.restated is None:
        return ""
    from flows.replay.restating import in_words  # noqa: PLC0415  start-up time

    return f"\n{in_words(summary.restated)}"


def _why(summary: ReplaySummary, where: str) -> str:
    """Return the dead letters by reason, and how to see them; '' where there are none."""
    if not summary.reasons:
        return ""
    from flows.replay.letters import in_words  # noqa: PLC0415  start-up time

    return f": {in_words(summary.reasons)} (see them: tilik dead-letters list{where})"
