"""`tilik simulate`: a city of simulated cameras, with the truth beside its events, or weeks of its rows."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from flows import options
from flows.commands import history as weeks
from flows.console import note, progress, say
from schemas.counting import counted
from schemas.errors import UsageError

START: Final = "2026-01-05T00:00:00Z"
"""When a simulation begins that nobody watches."""


def simulate(
    context: typer.Context,
    cameras: Annotated[
        int | None, typer.Option(min=1, help="Number of cameras.", show_default="with --history: 60")
    ] = None,
    minutes: Annotated[int | None, typer.Option(min=1, help="Minutes to simulate.")] = None,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="DIR|URL",
            help="Where registry.toml, events/ and truth/ go; or spool:DIR, kafka://HOST:PORT/TOPIC, mqtt://HOST:PORT.",
        ),
    ] = None,
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
    history: Annotated[
        str | None,
        typer.Option(metavar="SPAN", help="Instead of files: rows of so long (56d, 8w) into the warehouse."),
    ] = None,
    twins: Annotated[
        int,
        typer.Option(min=0, help="Of a history, to test load: further cameras that repeat those that are simulated."),
    ] = 0,
    end: Annotated[
        str | None,
        typer.Option(metavar="ISO", help="Of a history: when it ends.", show_default="the last local midnight"),
    ] = None,
    warehouse: options.Warehouse = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=99, help="Of a history: processes.", show_default="one a core")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Of a history: write over minutes that other input stored.")
    ] = False,
) -> None:
    """Write a SIMULATED city: registry, events and the true figures; play it into a broker; or rows of its past weeks.

    `--minutes` with `--out` writes or plays frames; `--history` with `--warehouse` stores the rows alone.
    """
    if history is not None:
        weeks.demand_none_of({"--minutes": minutes, "--out": out, "--folder": folder})
        weeks.write(
            context, history, start, end, cameras, twins, seed, warehouse, workers, noiseless=noiseless, replace=replace
        )
        return
    if twins:
        raise UsageError(f"--twins {twins}: expected with --history, for it repeats rows and no frames")
    if cameras is None or minutes is None or out is None:
        raise UsageError(
            "expected --cameras, --minutes and --out (frames with their truth), or --history (rows of past weeks)"
        )
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
