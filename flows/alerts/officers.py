"""Who may answer: officers that the rules name, and members of a chat whose receiver says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from connectors.telegram import Heard
from flows.alerts.record import Who
from flows.console import note
from schemas.plain import words
from schemas.rules import Rules
from schemas.rules.addresses import held, named

NAME: Final = 64
"""Letters of a name that are kept, ours."""


class Allowed(NamedTuple):
    """Who somebody is, and for which offices they may speak in this chat."""

    who: Who
    offices: tuple[str, ...]


class Officers:
    """By rules and environment.

    Parameters
    ----------
    chats
        By receiver its chat, as it is known now: a group that moves is found under its new number.
    moved
        By a group's former number its new one: what was done before waits under that.
    """

    def __init__(
        self, rules: Rules, chats: Mapping[str, str], environment: Mapping[str, str], moved: Mapping[str, str]
    ) -> None:
        self.chats, self.moved = chats, moved
        self.open = {receiver.id for receiver in rules.receiver if receiver.members}
        self.names: dict[int, str] = {}
        self.of: dict[int, Sequence[str]] = {}
        for officer in rules.officer:
            value = held(officer.telegram, environment)
            if value.isascii() and value.isdigit():
                self.names[int(value)] = officer.name
                self.of[int(value)] = officer.office or [receiver.id for receiver in rules.receiver]
            else:
                note(f"{officer.name} cannot answer: {named(officer.telegram)} holds no user's number", "officer")

    def allowed(self, heard: Heard) -> Allowed | None:
        """Return who somebody is; None of who may say nothing here.

        In an office's chat one speaks for that office, alone with the bot for all of one's own.
        """
        asked = self.moved.get(heard.chat, heard.chat)
        here = tuple(receiver for receiver, chat in self.chats.items() if chat == asked)
        own = self.of.get(heard.user, ())
        if heard.is_private and not here:
            offices = tuple(own)
        else:
            offices = tuple(office for office in here if office in own or office in self.open or heard.is_private)
        if not offices:
            return None
        name = self.names.get(heard.user) or words(heard.name)[:NAME] or str(heard.user)
        return Allowed(Who(name, offices[0], "telegram"), offices)
