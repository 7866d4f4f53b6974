"""`tilik retention`: what is old enough to go, and removing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows import options
from flows.commands.archive import opened
from flows.console import say
from schemas.counting import counted
from schemas.errors import UsageError

if TYPE_CHECKING:
    from connectors.archive import Store
    from connectors.archive.removing import Plan

app = typer.Typer(no_args_is_help=True, help="Say what is old enough to go, and remove it.")
Json = Annotated[bool, typer.Option("--json", help="One JSON line a day.")]
Days = Annotated[
    int | None,
    typer.Option("--frames-days", min=2, help="Keep so many local days before today.", show_default="settings"),
]


@app.command("plan")
def plan(context: typer.Context, archive: options.Archive = None, frames_days: Days = None, json: Json = False) -> None:
    """Say which local days of the archive of frames would go; removes nothing."""
    _, found = _planned(context, archive, frames_days)
    _tell(found, "would go", json=json)


@app.command("apply")
def apply(
    context: typer.Context, archive: options.Archive = None, frames_days: Days = None, json: Json = False
) -> None:
    """Remove them, and write down in the archive what they held."""
    from connectors.archive import removing  # noqa: PLC0415  start-up time

    store, found = _planned(context, archive, frames_days)
    removing.apply(store, found)
    _tell(found, "removed", json=json)


def _planned(context: typer.Context, archive: str | None, days: int | None) -> tuple[Store, Plan]:
    import time  # noqa: PLC0415  start-up time

    from connectors.archive import removing  # noqa: PLC0415  start-up time

    keep = options.settings_of(context, retention_frames_days=days).retention_frames_days
    if not keep:
        raise UsageError("retention: frames_days is 0: frames are kept for good, and nothing is old enough to go")
    store = opened(context, archive)
    return store, removing.plan(store, keep, time.time_ns() // 1000)


def _tell(found: Plan, became: str, *, json: bool) -> None:
    if json:
        import msgspec  # noqa: PLC0415  start-up time

        for each in found.days:
            say(msgspec.json.encode(each).decode())
        return
    for each in found.days:
        size = f"{counted(each.bytes, 'bytes')} in {counted(each.files, 'files')}"
        say(f"{each.day}  {counted(each.frames, 'frames')}, {size}")
    frames, size = (sum(getattr(each, name) for each in found.days) for name in ("frames", "bytes"))
    went = f"{counted(frames, 'frames')}, {counted(size, 'bytes')}"
    say(f"frames before {found.before}: {counted(len(found.days), 'days')} {became}: {went}")
    if found.held_by:
        say(f"later days stay: live run {found.held_by} is not further yet")
