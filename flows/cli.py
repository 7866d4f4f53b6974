"""The command `tilik`: what people and scripts type.

Commands live in `flows.commands`, one module each, and import what is heavy
only when they run, so that `--help` answers at once. Exit codes: 0 done,
1 failed, 2 wrong usage or settings, 130 interrupted (Ctrl-C or SIGTERM), 141 nobody reads on (no reason
is said); a reason stands on stderr.
"""

from __future__ import annotations

import errno
import gc
import logging
import os
import signal
import sys
from typing import Annotated, Final

import typer

from flows.arguments import hide_passwords
from flows.commands import (
    alerts,
    archive,
    backfill,
    calendar,
    dashboards,
    dead_letters,
    doctor,
    export,
    ingest,
    query,
    registry,
    replay,
    retention,
    rules,
    run,
    simulate,
    warehouse,
)
from flows.console import fail, note, why
from schemas.errors import TilikError, UsageError

INTERRUPTED: Final = 130
YOUNG: Final = 10_000
"""Objects made between two looks for rubbish: at Python's 700 an eighth of a start was looking, and there is none."""

app = typer.Typer(
    name="tilik",
    help="Turns a city's CCTV into figures people can trust and act on.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Settings come from tilik.toml and TILIK_* variables; TILIK_DEBUG=1 shows traces.",
)
app.command("replay")(replay.replay)
app.command("run")(run.run)
app.command("status")(run.status)
app.command("simulate")(simulate.simulate)
app.command("query")(query.query)
app.command("export")(export.export)
app.add_typer(warehouse.app, name="warehouse")
app.add_typer(registry.app, name="registry")
app.add_typer(calendar.app, name="calendar")
app.add_typer(dashboards.app, name="dashboards")
app.add_typer(archive.app, name="archive")
app.add_typer(retention.app, name="retention")
app.add_typer(rules.app, name="rules")
app.add_typer(alerts.app, name="alerts")
app.add_typer(backfill.app, name="backfill")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(ingest.app, name="ingest")
app.command("doctor")(doctor.doctor)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # noqa: PLC0415  start-up time

        typer.echo(f"tilik {version('tilik')}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    settings: Annotated[
        str | None, typer.Option(metavar="FILE", help="Settings file instead of ./tilik.toml (or TILIK_SETTINGS).")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    context.obj = settings


def _interrupted(ended: BaseException) -> str:
    """Return what to say of Ctrl-C: what was raised may hold words of what it leaves."""
    found: BaseException | None = ended
    while found is not None and not isinstance(found, KeyboardInterrupt):
        found = found.__cause__ or found.__context__
    return ": ".join(["interrupted", *map(str, found.args if found is not None else ())])


def main() -> None:
    """Run the command line; every way it can end becomes one of the four exit codes."""
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)  # what it logs, our reason says better
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill ends as Ctrl-C does
    if hide_passwords(sys.argv):
        note("tilik: a password in the arguments can be read by every user of this machine while a command starts:")
        note("tilik: set TILIK_WAREHOUSE_PASSWORD instead")
    try:
        app()
    except UsageError as error:
        fail(str(error), 2)
    except TilikError as error:
        fail(str(error), 1)
    except SystemExit as ended:
        if ended.code == INTERRUPTED:  # typer has caught it, and says nothing
            fail(_interrupted(ended), INTERRUPTED)
        raise
    except KeyboardInterrupt as error:
        fail(_interrupted(error), INTERRUPTED)
    except Exception as error:
        if os.environ.get("TILIK_DEBUG"):
            raise
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            fail(f"the disk is full ({error.filename or 'while writing'}): free some space and run this again", 1)
        fail(why(error), 1)
