"""`tilik retention`: what is old enough to go, and removing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from flows import options
from flows.commands.archive import opened
from flows.console import note, say
from flows.settings import hide
from schemas.counting import counted
from schemas.errors import UsageError
from schemas.retention import CLASSES, FRAMES

if TYPE_CHECKING:
    from connectors.warehouse.removing import Removal
    from flows.retention import Found, Places
    from flows.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Say what is old enough to go, and remove it.")
Json = Annotated[bool, typer.Option("--json", help="One JSON line a table and day.")]
Days = Annotated[
    int | None,
    typer.Option("--frames-days", min=2, help="Keep so many local days before today.", show_default="settings"),
]


@app.command("plan")
def plan(
    context: typer.Context,
    archive: options.Archive = None,
    warehouse: options.Warehouse = None,
    frames_days: Days = None,
    json: Json = False,
) -> None:
    """Say which local days of the archive and the warehouse would go; removes nothing."""
    from flows import retention  # noqa: PLC0415  start-up time

    settings = options.settings_of(context, archive=archive, warehouse=warehouse, retention_frames_days=frames_days)
    _tell(_with(context, settings, retention.plan), "would go", json=json)


@app.command("apply")
def apply(
    context: typer.Context,
    archive: options.Archive = None,
    warehouse: options.Warehouse = None,
    frames_days: Days = None,
    json: Json = False,
) -> None:
    """Remove them, and write down what they held: in the archive, and in the view `removals`."""
    from flows import retention  # noqa: PLC0415  start-up time

    settings = options.settings_of(context, archive=archive, warehouse=warehouse, retention_frames_days=frames_days)
    _tell(_with(context, settings, retention.apply), "removed", json=json)


def _with(context: typer.Context, settings: Settings, does: Callable[[Places, dict[str, int], int], Found]) -> Found:
    """Do something with the archive and the warehouse that there are."""
    import time  # noqa: PLC0415  start-up time

    from connectors import warehouse as warehouses  # noqa: PLC0415  start-up time
    from flows.retention import Places  # noqa: PLC0415  start-up time

    is_there = warehouses.is_there(settings.warehouse)
    if settings.archive is None and not is_there:
        raise UsageError("retention: expected --archive URL or --warehouse URL, or their settings: there is neither")
    if not is_there:
        note(f"no warehouse at {hide(settings.warehouse)}: only frames are looked at")
        if not settings.retention[FRAMES]:
            raise UsageError("retention: frames_days is 0: frames are kept for good, and nothing is old enough to go")
    with ExitStack() as stack:
        store = None if settings.archive is None else opened(context, settings.archive)
        warehouse = stack.enter_context(warehouses.existing(settings.warehouse)) if is_there else None
        if warehouse is not None:
            warehouse.migrate()  # what went is written down in a table that an older one lacks
        return does(Places(store, warehouse), dict(settings.retention), time.time_ns() // 1000)


def _tell(found: Found, became: str, *, json: bool) -> None:
    for line in _json(found) if json else _text(found, became):
        say(line)


def _json(found: Found) -> Iterator[str]:
    import msgspec  # noqa: PLC0415  start-up time

    encoder = msgspec.json.Encoder()
    for frames in found.frames:
        yield encoder.encode({"class": FRAMES} | msgspec.structs.asdict(frames)).decode()
    for each in found.items:
        row = {"class": each.kind, "name": each.name, "day": each.day, "rows": each.rows, "bytes": each.bytes}
        yield encoder.encode(row).decode()


def _text(found: Found, became: str) -> Iterator[str]:
    for frames in found.frames:
        size = f"{counted(frames.bytes, 'bytes')} in {counted(frames.files, 'files')}"
        yield f"{frames.day}  {counted(frames.frames, 'frames')}, {size}"
    if FRAMES in found.before:
        many, size = (sum(getattr(each, name) for each in found.frames) for name in ("frames", "bytes"))
        held = f"{counted(many, 'frames')}, {counted(size, 'bytes')} with what was remembered at midnights"
        yield _line(found, FRAMES, len(found.frames), became, held)
    for kind in (kind for kind in CLASSES if kind in found.before and kind != FRAMES):
        yield from _of_class(found, kind, became)
    for by in found.held_by:
        yield f"later days stay for {by}"


def _of_class(found: Found, kind: str, became: str) -> Iterator[str]:
    items = [each for each in found.items if each.kind == kind]
    days = sorted({each.day for each in items})
    for day in days:
        yield f"{day}  {kind}: {_size([each for each in items if each.day == day])}"
    yield _line(found, kind, len(days), became, _size(items))


def _size(items: list[Removal]) -> str:
    rows, size = sum(each.rows for each in items), sum(each.bytes for each in items)
    return f"{counted(rows, 'rows')}, about {counted(size, 'bytes')}"


def _line(found: Found, kind: str, days: int, became: str, what: str) -> str:
    return f"{kind} before {found.before[kind]}: {counted(days, 'days')} {became}: {what}"
