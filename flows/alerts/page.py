"""What offices would have been sent on a day: how much each, and its first message as it would have read it."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import Any, Final

from connectors.registry import rules as files
from connectors.warehouse import Warehouse
from flows import rendering
from flows.alerts.rehearsing import rehearse
from schemas.plain import plain
from schemas.rules import Rules

WIDTH: Final = 140
_COLUMNS: Final = ("office", "messages", "edited", "sent_again", "escalated_to_it", "closed", "incidents")


def render(warehouse: Warehouse, since_us: int, until_us: int, rules: Rules | None = None) -> str:
    """Return the page of a time; nothing is sent, and no chat need be known."""
    asked = files.load(files.shipped()) if rules is None else rules
    told: dict[str, list[dict[str, Any]]] = {receiver.id: [] for receiver in asked.receiver}
    for message in rehearse(warehouse, asked, since_us, until_us):
        told[message["receiver"]].append(message)
    called = {receiver.id: receiver.name or receiver.id for receiver in asked.receiver}
    rows = [_row(called[office], messages) for office, messages in told.items() if messages]
    if not rows:
        return "no office would have been sent anything\n"
    first = [_first(called[office], messages[0]) for office, messages in told.items() if messages]
    return "\n".join([rendering.table(_COLUMNS, rows, width=WIDTH), *first])


def _row(office: str, messages: list[dict[str, Any]]) -> tuple[object, ...]:
    many = Counter(message["what"] for message in messages)
    incidents = {incident for message in messages for incident in message["incidents"]}
    return (office, *(many[what] for what in ("new", "changed", "again", "escalated", "over")), len(incidents))


def _first(office: str, message: dict[str, Any]) -> str:
    text = textwrap.indent("\n".join(map(plain, message["text"].split("\n"))), "    ")
    return f"  {office}, {message['at']}:\n{text}\n"
