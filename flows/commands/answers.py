"""`tilik alerts list|ack|note|silence`: what offices were told, and what officers say to it, without a chat."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from flows import options
from flows.console import say
from schemas.errors import UsageError

if TYPE_CHECKING:
    from connectors.warehouse import Warehouse
    from flows.alerts.record import Who

Message = Annotated[str, typer.Argument(metavar="MESSAGE", help="Its number, or how that begins: see `list`.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who says so.", show_default="your login")]


def list_(
    context: typer.Context,
    warehouse: options.Warehouse = None,
    office: Annotated[str, typer.Option(metavar="ID", help="Of this receiver alone.")] = "",
    since: Annotated[
        str | None, typer.Option("--from", metavar="ISO", help="All since then, those that are over too.")
    ] = None,
    silences: Annotated[bool, typer.Option("--silences", help="Silences that last, instead.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List messages that are going on, by office: since when, how bad, where, and who has answered."""
    from flows import rendering  # noqa: PLC0415  start-up time
    from flows.alerts import answering  # noqa: PLC0415
    from schemas.local_time import at_time  # noqa: PLC0415

    since_us = options.moment_us("--from", since)
    with _store(context, warehouse) as store:
        if silences:
            found = answering.silences(store)
        else:
            found = answering.listed(store, office, closed=since_us is not None, since_us=since_us or 0)
    rows = [
        {name.removesuffix("_us"): at_time(value) if name.endswith("_us") else value for name, value in row.items()}
        for row in found
    ]
    if json:
        for row in rows:
            say(rendering.to_json(row))
    elif rows:
        say(rendering.table(tuple(rows[0]), [tuple(row.values()) for row in rows]))
    else:
        say("no silence lasts" if silences else "nothing is going on" if since is None else "nothing was told")


def ack(
    context: typer.Context,
    message: Message,
    warehouse: options.Warehouse = None,
    dismiss: Annotated[
        bool, typer.Option("--dismiss", help="Nothing is the matter: close it, and count it as a false alarm.")
    ] = False,
    by: By = None,
) -> None:
    """Accept a message: somebody sees to it, so it is neither repeated nor escalated."""
    from flows.alerts import answering  # noqa: PLC0415  start-up time

    with _store(context, warehouse) as store:
        number = answering.answer(store, message, "dismissed" if dismiss else "accepted", _who(by))
    say(f"{number}: {'dismissed' if dismiss else 'accepted'}")


def note(
    context: typer.Context,
    message: Message,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What is to be known of it.")],
    warehouse: options.Warehouse = None,
    by: By = None,
) -> None:
    """Write a note about a message."""
    from flows.alerts import answering  # noqa: PLC0415  start-up time

    if not text.strip():
        raise UsageError("note: expected a text, came none")
    with _store(context, warehouse) as store:
        say(f"{answering.note(store, message, text, _who(by))}: noted")


def silence(
    context: typer.Context,
    message: Annotated[
        str | None, typer.Argument(metavar="[MESSAGE]", help="What it tells of is silenced.", show_default=False)
    ] = None,
    warehouse: options.Warehouse = None,
    match: Annotated[
        list[str] | None,
        typer.Option("--match", metavar="LABEL=WORD", help="Silence what matches; may be repeated: all labels count."),
    ] = None,
    lasts: Annotated[str, typer.Option("--for", metavar="DURATION", help="How long: 30m, 2h, 7d.")] = "2h",
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Why: it stands in the record.")] = "",
    end: Annotated[str | None, typer.Option("--end", metavar="SILENCE", help="End this silence now, instead.")] = None,
    by: By = None,
) -> None:
    """Silence a message, or all that matches, for a time; or end a silence."""
    from flows.alerts import answering  # noqa: PLC0415  start-up time
    from schemas.rules.durations import duration_us, is_duration  # noqa: PLC0415

    if sum(bool(given) for given in (message, match, end)) != 1:
        raise UsageError("silence: expected one of MESSAGE, --match and --end")
    if not end and not why.strip():
        raise UsageError("silence: expected a reason, came none: give --why")
    if not is_duration(lasts) or not duration_us(lasts):
        raise UsageError(f"--for {lasts}: expected a duration such as 30m, 2h or 7d")
    with _store(context, warehouse) as store:
        if end:
            say(f"{answering.end(store, end, _who(by))}: ended")
        elif message:
            say(answering.silence_message(store, message, why, _who(by), duration_us(lasts)))
        else:
            say(answering.silence(store, answering.match_of(match or []), why, _who(by), duration_us(lasts)))


def _store(context: typer.Context, warehouse: str | None) -> Warehouse:
    from connectors import warehouse as warehouses  # noqa: PLC0415  start-up time

    return warehouses.existing(options.settings_of(context, warehouse=warehouse).warehouse)


def _who(by: str | None) -> Who:
    from flows.alerts.record import Who  # noqa: PLC0415  start-up time

    return Who((by or "").strip() or getpass.getuser())
