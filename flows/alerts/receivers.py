"""Which receivers can be told, and by which ways, by what the environment says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from connectors.outbox import EMAIL, TELEGRAM, WEBHOOK
from flows.console import note
from schemas.errors import TilikError
from schemas.rules import Receiver, Rules
from schemas.rules.addresses import held, is_chat, is_mailbox, named, shown, webhook_flaw

SAID: Final = {TELEGRAM: "Telegram", WEBHOOK: "webhook", EMAIL: "e-mail"}


class Hook(NamedTuple):
    """A webhook's address, and what signs what is sent there."""

    url: str
    secret: str


@dataclass
class Reached:
    """By receiver its chat, its webhook, its mailboxes."""

    chats: dict[str, str] = field(default_factory=dict)
    hooks: dict[str, Hook] = field(default_factory=dict)
    mailboxes: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def ways(self, receiver: str) -> Iterator[tuple[str, str]]:
        """Yield the ways by which a receiver is told, each with its address where there may be several of it."""
        if receiver in self.chats:
            yield TELEGRAM, ""
        if receiver in self.hooks:
            yield WEBHOOK, ""
        for address in self.mailboxes.get(receiver, ()):
            yield EMAIL, address

    def every(self) -> set[tuple[str, str, str]]:
        """Return all receivers with their ways and addresses."""
        receivers = {*self.chats, *self.hooks, *self.mailboxes}
        return {(receiver, *way) for receiver in receivers for way in self.ways(receiver)}


class _Unset(TilikError):
    """Why somebody cannot be told."""


def reached(rules: Rules, environment: Mapping[str, str]) -> Reached:
    """Return who can be told; says of each by which ways, or why nothing is sent."""
    found = Reached()
    for receiver in rules.receiver:
        name = receiver.name or receiver.id
        ways = [way for way, is_given in _given(receiver).items() if is_given]
        for way in ways:
            try:
                _reach(found, receiver, way, environment)
            except _Unset as why:
                by = f" by {SAID[way]}" if len(ways) > 1 else ""
                note(f"nothing is sent to {name}{by}: {why}", "unreachable")
        said = ", ".join(_said(found, receiver.id))
        if said:
            note(f"told is {name} by {said}", "reached")
    return found


def _given(receiver: Receiver) -> dict[str, bool]:
    return {TELEGRAM: bool(receiver.telegram), WEBHOOK: bool(receiver.webhook), EMAIL: bool(receiver.email)}


def _reach(found: Reached, receiver: Receiver, way: str, environment: Mapping[str, str]) -> None:
    if way == TELEGRAM:
        found.chats[receiver.id] = _chat(receiver, environment)
    elif way == WEBHOOK:
        found.hooks[receiver.id] = _hook(receiver, environment)
    else:
        found.mailboxes[receiver.id] = _mailboxes(receiver, environment)


def _chat(receiver: Receiver, environment: Mapping[str, str]) -> str:
    chat = _value(receiver.telegram, environment)
    if not is_chat(chat):
        raise _Unset(f"{named(receiver.telegram)}: expected a chat's number, came {chat!r}")
    return chat


def _hook(receiver: Receiver, environment: Mapping[str, str]) -> Hook:
    url = _value(receiver.webhook, environment)
    flaw = webhook_flaw(url)
    if flaw:
        raise _Unset(f"{named(receiver.webhook)}: expected {flaw}, came {shown(url)}")
    return Hook(url, _value(receiver.secret, environment) if receiver.secret else "")


def _mailboxes(receiver: Receiver, environment: Mapping[str, str]) -> tuple[str, ...]:
    listed = [each.strip() for text in receiver.email for each in _value(text, environment).split(",")]
    for each in listed:
        if not is_mailbox(each):
            raise _Unset(f"expected addresses of e-mail, came {each!r}")
    return tuple(dict.fromkeys(listed))


def _value(text: str, environment: Mapping[str, str]) -> str:
    """Return a text, or what the variable holds that it names."""
    value = held(text, environment)
    if not value:
        raise _Unset(f"{named(text)} is not set")
    return value


def _said(found: Reached, receiver: str) -> Iterator[str]:
    for way in dict.fromkeys(way for way, _ in found.ways(receiver)):
        if way == WEBHOOK:
            hook = found.hooks[receiver]
            yield f"{SAID[way]} ({shown(hook.url)}, {'signed' if hook.secret else 'not signed'})"
        elif way == EMAIL:
            yield f"{SAID[way]} ({', '.join(found.mailboxes[receiver])})"
        else:
            yield SAID[way]
