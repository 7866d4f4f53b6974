"""`tilik warehouse`: serve, migrate and look at the store."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows import options
from flows.console import announce, note, say
from flows.dashboards import STATE
from flows.settings import hide
from schemas.counting import counted
from schemas.errors import UsageError

if TYPE_CHECKING:
    from connectors.warehouse import Warehouse
    from connectors.warehouse.migrations import Plan
    from flows.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Serve, migrate and look at the warehouse.")


def _ready(store: Warehouse, settings: Settings) -> Plan:
    """Bring tables, views, the calendar and its verdicts to this version; return what was done to the tables."""
    from connectors import calendar as calendars  # noqa: PLC0415  start-up time
    from flows.second import trends  # noqa: PLC0415  start-up time

    done = store.migrate()
    if store.store_calendar(calendars.days(settings.calendar, time.time_ns() // 1000)):
        trends.update(store)
    return done


Writer = Annotated[bool, typer.Option("--writer", help="The account that may change and drop everything.")]


def _root(settings: Settings) -> Path:
    if not settings.warehouse.startswith("embedded:"):
        raise UsageError(f"--warehouse {hide(settings.warehouse)}: only embedded:DIR is served from here")
    return Path(settings.warehouse.partition(":")[2]).expanduser()


@app.command()
def serve(
    context: typer.Context,
    warehouse: options.Warehouse = None,
    port: Annotated[int | None, typer.Option(min=1, max=65_535, help="Where it answers; any free port.")] = None,
    writer: Writer = False,
) -> None:
    """Keep an embedded warehouse answering on loopback until Ctrl-C, and say how to connect (to read)."""
    settings = options.settings_of(context, warehouse=warehouse)
    root = _root(settings)
    announce(settings)
    from connectors import warehouse as warehouses  # noqa: PLC0415  start-up time
    from flows import connecting, unreadable  # noqa: PLC0415  start-up time

    account = warehouses.WRITER if writer else warehouses.READER
    with warehouses.connect(settings.warehouse, port) as store:
        _ready(store, settings)
        for line in unreadable.lines(store):
            note(f"warning: {line}")
        warehouses.serve(
            root,
            lambda lease: say(connecting.words(lease, account)),
            port,
            lambda lease: note(
                f"the engine of {root} had ended and was started again: {connecting.url(lease, account)}"
            ),
        )


@app.command()
def password(
    context: typer.Context,
    warehouse: options.Warehouse = None,
    writer: Writer = False,
    letters: Annotated[bool, typer.Option("--letters", help="The account that reads refused records.")] = False,
) -> None:
    """Print the password of an embedded warehouse's account that reads."""
    settings = options.settings_of(context, warehouse=warehouse)
    from connectors import warehouse as warehouses  # noqa: PLC0415  start-up time

    if writer and letters:
        raise UsageError("--writer and --letters: expected one account, came two")
    account = warehouses.WRITER if writer else warehouses.LETTERS if letters else warehouses.READER
    say(warehouses.password(_root(settings), account))


@app.command()
def people(
    context: typer.Context,
    warehouse: options.Warehouse = None,
    state: Annotated[
        Path, typer.Option(metavar="DIR", help="The folder of access.toml.", show_default=str(STATE))
    ] = STATE,
) -> None:
    """Let the people of access.toml in, each to read what they may see, and nobody else of before."""
    settings = options.settings_of(context, warehouse=warehouse)
    announce(settings)
    from connectors import warehouse as warehouses  # noqa: PLC0415  start-up time
    from flows.dashboards import access, admitting  # noqa: PLC0415  start-up time

    if not (state / access.FILE).exists():
        raise UsageError(f"{state / access.FILE}: expected who may see what, came no such file: docs/dashboards.md")
    found = access.read(state / access.FILE)
    with warehouses.existing(settings.warehouse) as store:
        store.migrate()
        gone = admitting.let_in(state, store, found)
    say(f"{len(found)} may come in, {gone} of before no more; accounts and passwords: {state / admitting.FILE}")


@app.command()
def migrate(
    context: typer.Context,
    warehouse: options.Warehouse = None,
    plan: Annotated[bool, typer.Option("--plan", help="Say what would change, and change nothing.")] = False,
) -> None:
    """Bring tables and views to this version."""
    settings = options.settings_of(context, warehouse=warehouse)
    announce(settings)
    from connectors import warehouse as warehouses  # noqa: PLC0415  start-up time
    from flows import migration_plan  # noqa: PLC0415  start-up time

    if plan and not warehouses.is_there(settings.warehouse):
        say(f"{settings.warehouse} does not exist: all tables and views would be made")
        return
    with warehouses.connect(settings.warehouse) as store:
        found = store.plan() if plan else _ready(store, settings)
        lacking = [] if plan else store.unfilled()
    say(migration_plan.as_text(found) if plan else migration_plan.in_short(found))
    if advice := migration_plan.advice(lacking, options.warehouse_again(context, settings.warehouse, warehouse)):
        say(advice)


@app.command()
def discard(context: typer.Context, warehouse: options.Warehouse = None) -> None:
    """Delete files that could not be read (`status` names them), once what came then was replayed again."""
    settings = options.settings_of(context, warehouse=warehouse)
    from connectors import warehouse as warehouses  # noqa: PLC0415  start-up time

    with warehouses.existing(settings.warehouse) as store:
        gone = store.discard_unreadable()
    say(f"{counted(gone, 'parts')} deleted")


@app.command()
def status(
    context: typer.Context,
    warehouse: options.Warehouse = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Show tables, rows, bytes, hours waiting to be rolled up, and runs."""
    settings = options.settings_of(context, warehouse=warehouse)
    from connectors import warehouse as warehouses  # noqa: PLC0415  start-up time
    from flows import unfinished, warehouse_status  # noqa: PLC0415  start-up time

    where = options.warehouse_again(context, settings.warehouse, warehouse)
    with warehouses.existing(settings.warehouse) as store, unfinished.told(store, where):
        found = warehouse_status.read(store, [each.run for each in store.killed_runs()], where)
    say(warehouse_status.as_json(found) if json else warehouse_status.as_text(found))
