"""`tilik rules`: what is told to whom, checked, and tried on what is stored."""

from __future__ import annotations

from typing import Annotated

import typer

from flows import options
from flows.console import note, say
from schemas.counting import counted
from schemas.errors import UsageError

app = typer.Typer(no_args_is_help=True, help="Check alert rules, and see what they would have sent.")
Rules = Annotated[
    str | None,
    typer.Option(
        "--rules", metavar="PATH", help="A TOML file of rules or a directory of them.", show_default="shipped"
    ),
]


@app.command("check")
def check(
    path: Annotated[str | None, typer.Argument(metavar="PATH", help="A file or a directory of them.")] = None,
) -> None:
    """Say what is wrong with rules, each mistake with its file and line."""
    from connectors.registry import rules as files  # noqa: PLC0415  start-up time

    where = path or str(files.shipped())
    found = files.load(where)
    kinds = ", ".join(counted(len(getattr(found, name)), f"{name}s") for name in ("rule", "route", "receiver"))
    say(f"{where}: {kinds}, {counted(len(found.inhibit), 'inhibitions')}")


@app.command("test")
def rehearsed(
    context: typer.Context,
    since: Annotated[str, typer.Option("--from", metavar="ISO", help="From when on; without offset UTC.")],
    until: Annotated[str, typer.Option("--to", metavar="ISO", help="Up to when, this moment left out.")],
    rules: Rules = None,
    warehouse: options.Warehouse = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a message, sent, edited or closed.")] = False,
) -> None:
    """Say what would have been sent between two times, message by message; nothing is sent."""
    since_us, until_us = (options.moment_us(*each) for each in (("--from", since), ("--to", until)))
    assert since_us is not None
    assert until_us is not None
    if until_us <= since_us:
        raise UsageError(f"--to {until}: expected a time after --from {since}")
    import msgspec  # noqa: PLC0415  start-up time

    from connectors import warehouse as warehouses  # noqa: PLC0415  start-up time
    from connectors.registry import rules as files  # noqa: PLC0415  start-up time
    from flows.alerts.rehearsing import rehearse  # noqa: PLC0415  start-up time

    found = files.load(rules or files.shipped())
    settings = options.settings_of(context, warehouse=warehouse)
    sent: dict[str, int] = {}
    with warehouses.existing(settings.warehouse) as store:
        for message in rehearse(store, found, since_us, until_us):
            sent[message["what"]] = sent.get(message["what"], 0) + 1
            say(msgspec.json.encode(message).decode() if json else _shown(message))
    if not json:
        words = {"new": "sent", "changed": "edited", "again": "sent again", "escalated": "escalated", "over": "closed"}
        note(", ".join(f"{count} {words[what]}" for what, count in sent.items()) or "nothing would have been sent")


def _shown(message: dict[str, object]) -> str:
    head = f"{message['at']}  {message['what']} to {message['receiver']}"
    return "\n  ".join([head, *str(message["text"]).split("\n")])
