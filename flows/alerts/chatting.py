"""Chats that answer: what was heard is handled, kept in the record, and shown below messages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol

import msgspec

from connectors.inbox import Inbox, Reply
from connectors.outbox import Outbox
from connectors.replies import Later
from connectors.telegram import Heard
from flows.alerts import hearing, record
from flows.alerts.buttons import Signing
from flows.alerts.commands import Commands
from flows.alerts.hearing import Hearing, Open
from flows.alerts.names import Names
from flows.alerts.officers import Officers
from flows.alerts.record import ANSWERS, NOTES, Row, Said
from operators.alerts.desk import Kept


class Answering(Protocol):
    """Answers presses: `connectors.telegram.Telegram`."""

    def answer(self, query: str, text: str) -> None:
        """Show a line to who pressed."""


class Chatting:
    """Handles what was heard.

    Parameters
    ----------
    commands
        Answers commands.
    recorded
        What was said of a message, by the record.
    """

    def __init__(
        self,
        outbox: Outbox,
        sender: Answering,
        signing: Signing,
        officers: Officers,
        clock: Callable[[], int],
        commands: Commands,
        recorded: Callable[[str], Said],
    ) -> None:
        self.outbox, self.inbox, self.sender = outbox, Inbox(outbox), sender
        self.officers, self.clock, self.commands, self.recorded = officers, clock, commands, recorded
        self.open: dict[str, Open] = {}
        self.said: dict[str, Said] = {}
        self.hearing = Hearing(signing, officers, self.open.get, self._said, outbox.about, commands.answer)

    def knows(self, kept: Kept, said: Said, names: Names, recent_us: int) -> None:
        """Take what is going on and what was said, by the last look; what was said is shown below messages.

        All that was said is known of those that go on, and of those of which something was said since a time.
        """
        self.commands.names = names
        self.goes_on(kept)
        whole = {row["message"] for rows in said for row in rows if row["at"] >= recent_us} | self.open.keys()
        self.said = {message: each for message, each in _by_message(said).items() if message in whole}
        for message in self.said:
            self._show(message)

    def goes_on(self, kept: Kept) -> None:
        """Take what is going on."""
        self.open.clear()
        for group in kept.groups:
            if group.message is not None:
                alerts = [group.message.told[key] for key in sorted(group.message.said)]
                match = record.of_message(group.labels, group.message.told.values())
                self.open[group.message.id] = Open([alert.key for alert in alerts], match)

    def turn(self) -> bool:
        """Handle the oldest of what was heard; say whether there was any."""
        found = self.inbox.heard()
        if found is None:
            return False
        number, content = found
        heard = msgspec.msgpack.decode(content, type=Heard | None)
        if heard is None:
            self.inbox.handled(number)
        else:
            self._handle(heard)
        return True

    def _handle(self, heard: Heard) -> None:
        now_us = self.clock()
        reaction = self.hearing.hear(heard, now_us)
        reply, told = reaction.reply, [row.values["message"] for row in reaction.rows]
        said = {message: self._said(message) for message in told}
        self.inbox.handled(
            heard.number,
            [msgspec.msgpack.encode(row) for row in reaction.rows],
            reply and Reply(heard.number, heard.chat, reply.text, reply.to, reply.about, now_us),
            [(reaction.again, receiver) for receiver in reaction.receivers],
        )
        for message, row in zip(told, reaction.rows, strict=True):
            self.said[message] = _with(said[message], row)
            self._show(message)
        if heard.query:
            with suppress(Later):  # a line that passes: what was pressed is kept
                self.sender.answer(heard.query, reaction.toast)

    def _show(self, message: str) -> None:
        said = self.said[message]
        self.outbox.answered(message, hearing.foot(said, self.clock()), hearing.answered(said))

    def _said(self, message: str) -> Said:
        """Return what was said of a message; of one that the last look knew nothing of, as the record has it."""
        if message not in self.said:
            self.said[message] = self.recorded(message)
        return self.said[message]


def _with(said: Said, row: Row) -> Said:
    if row.table == ANSWERS:
        return said._replace(answers=[*said.answers, row.values])
    if row.table == NOTES:
        return said._replace(notes=[*said.notes, row.values])
    return said._replace(silences=[*said.silences, row.values])


def _by_message(said: Said) -> dict[str, Said]:
    found: dict[str, tuple[list[Mapping[str, Any]], ...]] = defaultdict(lambda: ([], [], []))
    for at, rows in enumerate(said):
        for row in rows:
            if row["message"]:
                found[row["message"]][at].append(row)
    return {message: Said(*each) for message, each in found.items()}
