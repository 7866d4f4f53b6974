"""`tilik archive`: look at the archive of frames, verify and compact it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from flows import options
from flows.console import note, say
from schemas.counting import counted
from schemas.errors import TilikError, UsageError
from schemas.local_time import ZONE, at_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.archive import Store
    from connectors.archive.gaps import Gap
    from connectors.archive.reading import Recording

app = typer.Typer(no_args_is_help=True, help="Look at the archive of frames, verify and compact it.")
Json = Annotated[bool, typer.Option("--json", help="One JSON line a row.")]


@app.command("ls")
def ls(context: typer.Context, archive: options.Archive = None, json: Json = False) -> None:
    """List the local days that it holds: frames, objects, bytes, files; and what live runs left without an archive."""
    from connectors.archive import reading  # noqa: PLC0415  start-up time

    store = opened(context, archive)
    days = reading.by_day(store)
    if json:
        for row in days.iter_rows(named=True):
            say(_line(row))
        for recording, gap in _gaps(store):
            say(_line({"stream": recording.stream, "gap": gap._asdict()}))
        return
    for row in days.iter_rows(named=True):
        say(
            f"{row['day']}  {counted(row['frames'], 'frames')}, {counted(row['objects'], 'objects')}, "
            f"{counted(row['bytes'], 'bytes')} in {counted(row['files'], 'files')}"
        )
    whole = days.select("frames", "objects", "bytes", "files").sum().row(0, named=True)
    each = f", {whole['bytes'] / whole['objects']:.1f} bytes an object" if whole["objects"] else ""
    say(f"{counted(days.height, 'days')}: {counted(whole['frames'], 'frames')}{each}")
    for recording, gap in _gaps(store):
        say(
            f"missing: {counted(gap.frames, 'frames')} of stream {recording.stream}, shard {gap.shard}, from about "
            f"{_moment(gap.since_us)} to {_moment(gap.until_us)}: the run had no archive then"
        )


@app.command("verify")
def verify(context: typer.Context, archive: options.Archive = None) -> None:
    """Read every file and compare it with what was written; exit code 1 where one cannot be used."""
    from connectors.archive import reading  # noqa: PLC0415  start-up time

    found = reading.verify(opened(context, archive))
    for problem in found.problems:
        note(problem.said)
    if found.unnamed:
        size = counted(sum(found.unnamed.values()), "bytes")
        note(
            f"{counted(len(found.unnamed), 'files')} ({size}) that no commit names: of a replay that was killed, or is "
            "at work; `tilik archive compact` removes those of yesterday and before"
        )
    said = f"{counted(found.parts, 'files')} with {counted(found.frames, 'frames')}"
    if found.problems:
        raise TilikError(f"{said}: {len(found.problems)} cannot be used")
    say(f"{said}: as they were written")


@app.command("compact")
def compact(context: typer.Context, archive: options.Archive = None) -> None:
    """Join small files of a day, and remove what killed commands left more than a day ago."""
    from connectors.archive import compacting  # noqa: PLC0415  start-up time

    done = compacting.compact(opened(context, archive))
    say(f"{counted(done.before, 'files')} became {counted(done.after, 'files')}")
    if done.removed:
        say(f"{counted(done.removed, 'files')} that nobody needs any more removed: {counted(done.freed, 'bytes')}")


def opened(context: typer.Context, given: str | None) -> Store:
    """Return the archive that a command's option or the settings name."""
    from connectors import archive  # noqa: PLC0415  start-up time

    url = options.settings_of(context, archive=given).archive
    if url is None:
        raise UsageError("expected --archive file:DIR or s3://BUCKET/PREFIX, or `archive` in the settings")
    return archive.connect(url, waiting=note)


def _gaps(store: Store) -> Iterator[tuple[Recording, Gap]]:
    from connectors.archive import reading  # noqa: PLC0415  start-up time

    for recording in reading.streams(store):
        yield from ((recording, gap) for gap in recording.gaps)


def _moment(us: int | None) -> str:
    """Return a time as the city's clocks show it."""
    if us is None:
        return "an unknown time"
    return at_time(us).astimezone(ZoneInfo(ZONE)).isoformat(sep=" ", timespec="seconds")


def _line(row: dict[str, object]) -> str:
    import json  # noqa: PLC0415  start-up time

    return json.dumps(row, default=str)
