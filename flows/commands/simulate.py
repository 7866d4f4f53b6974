"""`tilik simulate`: a city of simulated cameras, with the truth beside its events."""

from __future__ import annotations

from typing import Annotated

import typer

from flows import options
from flows.console import note, progress, say
from schemas.counting import counted
from schemas.errors import UsageError


def simulate(
    cameras: Annotated[int, typer.Option(min=1, help="Number of cameras.")],
    minutes: Annotated[int, typer.Option(min=1, help="Minutes to simulate.")],
    out: Annotated[str, typer.Option(metavar="DIR", help="Where registry.toml, events/ and truth/ go.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 0,
    start: Annotated[str, typer.Option(metavar="ISO", help="Time of the first frame.")] = "2026-01-05T00:00:00Z",
    format: Annotated[str, typer.Option(metavar="native|arrow", help="Format of the events.")] = "native",
    noiseless: Annotated[
        bool, typer.Option("--noiseless", help="Perfect detection and delivery: rows equal the truth.")
    ] = False,
) -> None:
    """Write a SIMULATED city: registry, frame events and the true figures."""
    if format not in ("native", "arrow"):
        raise UsageError(f"--format {format}: expected native or arrow")
    start_us = options.start_us(start)
    assert start_us is not None
    import simulation as city  # noqa: PLC0415  start-up time

    how = ", without noise" if noiseless else ""
    note(f"SIMULATED: {counted(cameras, 'cameras')}, {counted(minutes, 'minutes')} from {start}, seed {seed}{how}")
    with progress("simulate", "cameras") as report:
        written = city.simulate(
            cameras,
            minutes,
            seed,
            start_us,
            out,
            "arrow" if format == "arrow" else "native",
            report,
            noiseless=noiseless,
        )
    say(
        f"SIMULATED: {counted(written.frames, 'frames')} with {counted(written.objects, 'objects')} "
        f"in {counted(written.files, 'files')} "
        f"({counted(written.bytes, 'bytes')})"
    )
    say(f"{out}/registry.toml, {out}/events and {out}/truth are written; replay with:")
    say(f"  tilik replay {out}/events --format {format} --registry {out}/registry.toml")
