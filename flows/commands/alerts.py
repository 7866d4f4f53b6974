"""`tilik alerts`: rules evaluated as minutes come in, offices told, and what they answer."""

from __future__ import annotations

import os
import signal
from typing import Annotated

import typer

from flows import options
from flows.commands import answers, shift
from flows.console import announce, note
from schemas.errors import UsageError

app = typer.Typer(no_args_is_help=True, help="Tell offices what rules say, and keep what they answer.")
STATE = "data/alerts"
app.command("list")(answers.list_)
app.command("ack")(answers.ack)
app.command("note")(answers.note)
app.command("silence")(answers.silence)
app.command("report")(shift.report)


@app.command("run")
def run(
    context: typer.Context,
    rules: Annotated[
        str | None,
        typer.Option("--rules", metavar="PATH", help="A TOML file of rules, or a directory.", show_default="shipped"),
    ] = None,
    warehouse: options.Warehouse = None,
    telegram_api: Annotated[
        str | None, typer.Option(metavar="URL", help="Where the Bot API is.", show_default="Telegram's own")
    ] = None,
    state: Annotated[str, typer.Option(metavar="DIR", help="Where it remembers what it has told.")] = STATE,
    until_end: Annotated[
        bool, typer.Option("--until-end", help="Tell of what is stored now, from its beginning, and end.")
    ] = False,
) -> None:
    """Look at what is stored every few seconds, and send what follows, by Telegram, webhooks and e-mail."""
    settings = options.settings_of(context, warehouse=warehouse)
    from pathlib import Path  # noqa: PLC0415  start-up time

    from connectors import mail  # noqa: PLC0415  start-up time
    from connectors.registry import rules as files  # noqa: PLC0415
    from connectors.telegram.sending import TOKEN  # noqa: PLC0415
    from flows.alerts import receivers, running, starting  # noqa: PLC0415

    asked = files.load(rules or files.shipped())
    reached = receivers.reached(asked, os.environ)
    token = os.environ.get(TOKEN, "")
    if not reached.every():
        raise UsageError(
            "alerts: expected a receiver that can be told, came none: set the variables that are named above"
        )
    if reached.chats and not token:
        raise UsageError(f"alerts: expected a bot's token in {TOKEN}, came none: @BotFather gives one")
    server = mail.server(os.environ) if reached.mailboxes else None
    announce(settings)
    lateness_us = round(settings.lateness_s * 1e6) + 60_000_000
    what = running.Asked(asked, settings.warehouse, Path(state), reached, lateness_us, server, until_end)
    signal.signal(signal.SIGTERM, lambda *_: what.stop.set())
    try:
        starting.run(what, token, telegram_api)
    except KeyboardInterrupt:
        note("ended: what is not sent yet stays in the outbox")
