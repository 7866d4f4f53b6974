"""Which receivers can be told, by what the environment says."""

from __future__ import annotations

from collections.abc import Mapping

from flows.console import note
from schemas.rules import Receiver, Rules

VARIABLE = "env:"


def chats(rules: Rules, environment: Mapping[str, str]) -> dict[str, str]:
    """Return by receiver its Telegram chat; says of others why nothing is sent to them."""
    found: dict[str, str] = {}
    for receiver in rules.receiver:
        chat = _told(receiver.telegram, environment)
        if chat:
            found[receiver.id] = chat
        else:
            note(f"nothing is sent to {receiver.name or receiver.id}: {_why(receiver)}", "unreachable")
    return found


def _told(text: str, environment: Mapping[str, str]) -> str:
    return environment.get(text.removeprefix(VARIABLE), "") if text.startswith(VARIABLE) else text


def _why(receiver: Receiver) -> str:
    if receiver.telegram:
        return f"{receiver.telegram.removeprefix(VARIABLE)} is not set"
    return "it has no telegram, and webhooks and e-mail are not sent yet"
