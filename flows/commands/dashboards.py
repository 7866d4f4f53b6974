"""`tilik dashboards`: the pages that planners read, in Superset."""

from __future__ import annotations

import json as jsons
from pathlib import Path
from typing import Annotated

import typer

from flows import options
from flows.console import note, say
from flows.dashboards import PORT, STATE
from schemas.errors import TilikError

app = typer.Typer(no_args_is_help=True, help="Serve the pages that planners read (Superset).")

State = Annotated[
    Path, typer.Option(metavar="DIR", help="Accounts, what people made, and the log.", show_default=str(STATE))
]


@app.command()
def up(
    context: typer.Context,
    warehouse: options.Warehouse = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Of 127.0.0.1; 0: any free one.")] = PORT,
    state: State = STATE,
) -> None:
    """Bring pages and accounts up to date and serve them in the background; again: changes nothing."""
    settings = options.settings_of(context, warehouse=warehouse)
    from flows.dashboards import serving  # noqa: PLC0415  start-up time

    said = serving.up(state, port, settings.warehouse, note)
    say(said.url)
    say(f"the first login: {state / 'login.txt'}")
    if (state / "people.txt").exists():
        say(f"first passwords of people: {state / 'people.txt'}; of the warehouse: {state / 'accounts.txt'}")


@app.command()
def down(state: State = STATE) -> None:
    """End what `up` serves; accounts and what people made stay."""
    from flows.dashboards import serving  # noqa: PLC0415  start-up time

    say("ended" if serving.down(state) else f"nobody serves dashboards from {state}")


@app.command()
def status(
    state: State = STATE, json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False
) -> None:
    """Say whether they are served, where, and of which warehouse; exit code 1 where they are not."""
    from flows.dashboards import place  # noqa: PLC0415  start-up time

    said = place.served(state)
    answers = said is not None and place.answers(said.port)
    if json:
        say(jsons.dumps({"answers": answers, **({"url": said.url, **said._asdict()} if said else {})}))
    elif said is None:
        note(f"nobody serves dashboards from {state}: tilik dashboards up")
    else:
        say(f"{said.url} {'answers' if answers else 'does not answer'}; warehouse {said.warehouse}, process {said.pid}")
    if not answers:
        raise typer.Exit(1)


@app.command()
def check(context: typer.Context, warehouse: options.Warehouse = None) -> None:
    """Ask every chart's query of the warehouse once; name what fails."""
    settings = options.settings_of(context, warehouse=warehouse)
    from connectors import warehouse as warehouses  # noqa: PLC0415  start-up time
    from flows.dashboards import checking  # noqa: PLC0415

    with warehouses.existing(settings.warehouse) as store:
        store.migrate()
        found = checking.check(store)
    for each in found:
        say(f"{each.page:<18} {each.chart:<20} {each.rows:>7,} rows {each.ms:>7.0f} ms  {each.why}".rstrip())
    if failed := [each for each in found if each.why]:
        raise TilikError(
            f"{len(failed)} of {len(found)} charts fail: {', '.join(f'{e.page}/{e.chart}' for e in failed)}"
        )
