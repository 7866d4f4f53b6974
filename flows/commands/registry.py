"""`tilik registry`: check, show, import, draw and apply the camera registry, and say what to change in it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from flows.console import note, say
from flows.options import Warehouse, settings_of, warehouse_again
from schemas.counting import counted

if TYPE_CHECKING:
    from schemas.registry import Registry

STATE = "data/state"
app = typer.Typer(no_args_is_help=True, help="Check, show, import, draw and apply the camera registry.")
Path = Annotated[str, typer.Argument(metavar="PATH", help="A TOML file or a directory of them.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]


def _load(path: str) -> Registry:
    from connectors import registry  # noqa: PLC0415  start-up time

    return registry.load(path)


@app.command()
def check(
    path: Path, every: Annotated[bool, typer.Option("--all", help="List all mistakes, however many.")] = False
) -> None:
    """Report the mistakes of a registry with file and place (exit code 2 when there is one), and what is odd."""
    from flows import registry_check  # noqa: PLC0415  start-up time
    from schemas.errors import RegistryError, UsageError  # noqa: PLC0415  start-up time
    from schemas.plain import listed  # noqa: PLC0415  start-up time

    try:
        done = registry_check.run(path)
    except RegistryError as error:
        raise UsageError(listed(error.mistakes)) if every else error from None
    say(f"{path}: good: {summary(done.registry)}" + (f"; worth a look: {len(done.remarks)}" if done.remarks else ""))
    for remark in done.remarks:
        say(f"  {remark}")


def summary(registry: Registry) -> str:
    """Return how much a registry holds, in one line."""
    zones = sum(len(camera.zone) for camera in registry.camera)
    lines = sum(len(camera.line) for camera in registry.camera)
    counts = {"cameras": len({c.id for c in registry.camera}), "zones": zones, "lines": lines}
    counts |= {"roads": len(registry.road), "places": len(registry.place)}
    return ", ".join(counted(number, name) for name, number in counts.items())


@app.command()
def apply(
    path: Path,
    state: Annotated[str, typer.Option(metavar="DIR", help="The state of the stream, as `tilik run` has it.")] = STATE,
    at: Annotated[
        str | None, typer.Option(metavar="ISO", help="From when on, a whole minute; else minutes from now.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
) -> None:
    """Let a stream go by an edited registry from a moment on, while it runs; what is stated stays as it is."""
    import time  # noqa: PLC0415  start-up time
    from pathlib import Path as Directory  # noqa: PLC0415  start-up time

    from flows.live import applying, place  # noqa: PLC0415  start-up time
    from flows.options import moment_us  # noqa: PLC0415  start-up time

    asked, at_us = _load(path), moment_us("--at", at)
    done = applying.apply(place.existing(Directory(state)), asked, at_us, time.time_ns() // 1000, is_dry=dry_run)
    for line in done.said:
        say(line)
    say(done.summary)


@app.command()
def forget(
    context: typer.Context, name: Annotated[str, typer.Argument(metavar="ID")], warehouse: Warehouse = None
) -> None:
    """Withdraw a camera with all its rows, a place or a road from the warehouse."""
    from connectors import warehouse as warehouses  # noqa: PLC0415  start-up time
    from flows import afterwards  # noqa: PLC0415  start-up time
    from flows.thresholds import Thresholds  # noqa: PLC0415  start-up time

    with warehouses.existing(settings_of(context, warehouse=warehouse).warehouse) as store:
        store.migrate()
        kinds = afterwards.forget(store, name, Thresholds())
    what = {"camera": "camera, with all its rows"}
    say(f"{name}: withdrawn: {', '.join(what.get(kind, kind) for kind in kinds)}")


@app.command("import")
def import_(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="CSV, GeoJSON or a JSON list of objects.")],
    out: Annotated[str, typer.Option(metavar="FILE.toml", help="Where the registry is written.")] = "cameras.toml",
    columns: Annotated[
        str | None, typer.Option(metavar="FIELD=HEADER,...", help="Columns of other names, such as name=Titik.")
    ] = None,
    fps: Annotated[float | None, typer.Option(metavar="F", help="Frames a second where the list has none.")] = None,
    owner: Annotated[str, typer.Option(metavar="O", help="Owner where the list has none.")] = "",
    category: Annotated[str, typer.Option(metavar="C", help="Category where the list has none.")] = "",
    area: Annotated[str | None, typer.Option(metavar="CODE", help="Area where list and position tell none.")] = None,
    merge: Annotated[
        str | None, typer.Option(metavar="EXISTING.toml", help="Registry whose cameras keep their zones and lines.")
    ] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave out rows that cannot be used.")] = False,
) -> None:
    """Turn a city's own list of cameras into a registry; nothing is written while a row cannot be used."""
    from connectors.registry.importing import Defaults  # noqa: PLC0415  start-up time
    from flows import registry_import  # noqa: PLC0415  start-up time

    wanted = registry_import.Wanted(files, out, columns, Defaults(fps, owner, category, area), merge, skip_bad)
    done = registry_import.run(wanted)
    for line in done.remarks:
        note(line)
    say(done.summary)


@app.command()
def areas(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A kelurahan or kecamatan, a part of its name, or a code.")
    ],
) -> None:
    """Find the code of an area by its name."""
    from connectors import registry as registries  # noqa: PLC0415  start-up time
    from flows import area_names, rendering  # noqa: PLC0415  start-up time

    found = area_names.find(registries.load_areas(), name)
    say(rendering.table(area_names.HEADINGS, found).rstrip("\n"))


@app.command()
def preview(
    path: Path,
    out: Annotated[
        str, typer.Option(metavar="FILE.png", help="A picture; with several cameras a sheet of all, or a folder.")
    ] = "preview.png",
    camera: Annotated[str | None, typer.Option(metavar="ID", help="One camera instead of all.")] = None,
    snapshot: Annotated[
        str | None, typer.Option(metavar="IMAGE", help="PNG or JPEG from the camera, instead of a blank frame.")
    ] = None,
) -> None:
    """Draw zones, lines and the calibration's ground grid of cameras over a snapshot or a blank frame."""
    from flows import registry_preview  # noqa: PLC0415  start-up time

    for line in registry_preview.run(_load(path), out, camera, snapshot):
        say(line)


@app.command()
def suggest(context: typer.Context, path: Path, warehouse: Warehouse = None) -> None:
    """Compare a registry with what its cameras showed, and say what to change."""
    registry = _load(path)
    from connectors import warehouse as warehouses  # noqa: PLC0415  start-up time
    from flows import suggestions, unfinished  # noqa: PLC0415  start-up time

    url = settings_of(context, warehouse=warehouse).warehouse
    where = warehouse_again(context, url, warehouse)
    with warehouses.existing(url) as store, unfinished.told(store, where):
        found = suggestions.find(store, registry)
    say(suggestions.as_text(found))


@app.command()
def show(path: Path, json: Json = False) -> None:
    """Show the cameras of a registry."""
    registry = _load(path)
    if json:
        import msgspec  # noqa: PLC0415  start-up time

        say(msgspec.json.encode(registry).decode())
        return
    from flows import rendering  # noqa: PLC0415  start-up time

    names = ("camera", "name", "area", "owner", "category", "fps", "zones", "lines", "metrics", "simulated")
    rows = [
        (
            c.id,
            c.name,
            c.area,
            c.owner,
            c.category,
            c.fps,
            " ".join(f"{n} {kind}" for kind, n in Counter(z.kind for z in c.zone).items()),
            len(c.line),
            " ".join(c.metrics),
            "SIMULATED" if c.simulated else "",
        )
        for c in registry.camera
    ]
    say(rendering.table(names, rows).rstrip("\n"))
    say(summary(registry))
