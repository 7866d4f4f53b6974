"""`tilik registry`: check and show the camera registry."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from flows.console import say
from flows.options import Warehouse, settings_of

if TYPE_CHECKING:
    from schemas.registry import Registry

app = typer.Typer(no_args_is_help=True, help="Check and show the camera registry.")
Path = Annotated[str, typer.Argument(metavar="PATH", help="A TOML file or a directory of them.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]


def _load(path: str) -> Registry:
    from connectors import registry  # noqa: PLC0415  start-up time

    return registry.load(path)


@app.command()
def check(path: Path) -> None:
    """Report every mistake of a registry with its file and place (exit code 2 when there is one)."""
    say(f"{path}: good: {summary(_load(path))}")


def summary(registry: Registry) -> str:
    """Return how much a registry holds, in one line."""
    zones = sum(len(camera.zone) for camera in registry.camera)
    lines = sum(len(camera.line) for camera in registry.camera)
    counts = {"cameras": len({c.id for c in registry.camera}), "zones": zones, "lines": lines}
    counts |= {"roads": len(registry.road), "places": len(registry.place)}
    return ", ".join(f"{number} {name}" for name, number in counts.items())


@app.command()
def forget(
    context: typer.Context, camera: Annotated[str, typer.Argument(metavar="ID")], warehouse: Warehouse = None
) -> None:
    """Withdraw a camera and all its rows from the warehouse, so that its id may be registered anew."""
    from connectors import warehouse as warehouses  # noqa: PLC0415  start-up time

    with warehouses.connect(settings_of(context, warehouse=warehouse).warehouse) as store:
        store.forget_camera(camera)
    say(f"{camera}: its rows are withdrawn")


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
