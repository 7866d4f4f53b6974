"""`tilik simulate`: a city of simulated cameras, with the truth beside its events."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from flows import options
from flows.console import note, progress, say
from schemas.counting import counted
from schemas.errors import UsageError

START: Final = "2026-01-05T00:00:00Z"
"""When a simulation begins that nobody watches."""


def simulate(
    cameras: Annotated[int, typer.Option(min=1, help="Number of cameras.")],
    minutes: Annotated[int, typer.Option(min=1, help="Minutes to simulate.")],
    out: Annotated[
        str,
        typer.Option(
            metavar="DIR|URL",
            help="Where registry.toml, events/ and truth/ go; or spool:DIR, kafka://HOST:PORT/TOPIC, mqtt://HOST:PORT.",
        ),
    ],
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 0,
    start: Annotated[
        str | None,
        typer.Option(metavar="ISO", help=f"Time of the first frame: {START}, or this minute in real time."),
    ] = None,
    format: Annotated[str, typer.Option(metavar="native|arrow", help="Format of the events.")] = "native",
    noiseless: Annotated[
        bool, typer.Option("--noiseless", help="Perfect detection and delivery: rows equal the truth.")
    ] = False,
    speed: Annotated[
        str, typer.Option(metavar="X|max", help="Into a spool or broker: so many times as fast as it happened.")
    ] = "1",
    folder: Annotated[
        str | None, typer.Option(metavar="DIR", help="Into a spool or broker: where registry and truth go.")
    ] = None,
) -> None:
    """Write a SIMULATED city: registry, frame events and the true figures; or play it into a spool or a broker."""
    if format not in ("native", "arrow"):
        raise UsageError(f"--format {format}: expected native or arrow")
    from flows import playing_out  # noqa: PLC0415  start-up time

    is_stream = playing_out.STREAM.match(out) is not None
    if is_stream and format != "native":
        raise UsageError(f"--format {format}: expected native, which is what spools and brokers are given")
    pace = playing_out.speed(speed)
    if start is None:
        start = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:00Z}" if is_stream and pace == 1 else START
    start_us = options.start_us(start)
    assert start_us is not None
    if is_stream:
        written = folder or f"simulated-{cameras}-cameras-{minutes}-minutes-seed-{seed}"
        into = playing_out.keeper(out, os.environ)
    else:
        written, into = out, None
    import simulation as city  # noqa: PLC0415  start-up time

    how = ", without noise" if noiseless else ""
    note(f"SIMULATED: {counted(cameras, 'cameras')}, {counted(minutes, 'minutes')} from {start}, seed {seed}{how}")
    with progress("simulate", "cameras") as report:
        made = city.simulate(
            cameras,
            minutes,
            seed,
            start_us,
            written,
            "arrow" if format == "arrow" else "native",
            report,
            noiseless=noiseless,
        )
    say(
        f"SIMULATED: {counted(made.frames, 'frames')} with {counted(made.objects, 'objects')} "
        f"in {counted(made.files, 'files')} "
        f"({counted(made.bytes, 'bytes')})"
    )
    if into is not None:
        note(f"playing them into {out}; the cameras are in {written}/registry.toml")
        try:
            sent = playing_out.play(Path(written) / "events", into, pace)
        finally:
            into.close()
        say(f"SIMULATED: {counted(sent, 'frames')} are in {out}")
        return
    say(f"{out}/registry.toml, {out}/events and {out}/truth are written; replay with:")
    say(f"  tilik replay {out}/events --format {format} --registry {out}/registry.toml")
