"""From the outbox to chats, within their limits, the worst first; what is too much becomes a digest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from connectors.inbox import Inbox, Reply
from connectors.outbox import Outbox, Waiting
from connectors.replies import Later, Refused
from connectors.telegram import Budget, Buttons, Gone, Moved
from flows.alerts.digests import ENDS_US, MOST, digest
from flows.alerts.rests import Rests
from flows.alerts.tries import Tries
from flows.console import note

MOVED: Final = "moved"
"""Under which it is kept which groups have other numbers now."""
REPLY_US: Final = 600_000_000
"""So long an answer is worth something, ours."""
MAYBE: Final = "(mungkin terkirim dua kali)"


class Sender(Protocol):
    """Sends to chats: `connectors.telegram.Telegram`."""

    def send(self, chat: str, text: str, buttons: Buttons = (), to: int = 0) -> int:
        """Send a message, maybe as a reply to another; return its number there."""

    def edit(self, chat: str, number: int, text: str, buttons: Buttons = ()) -> None:
        """Change what one says."""


class Delivery:
    """Empties an outbox.

    Parameters
    ----------
    chats
        By receiver its chat.
    clock
        Microseconds since 1970.
    buttons
        Those below a message.
    """

    def __init__(
        self,
        outbox: Outbox,
        sender: Sender,
        chats: Mapping[str, str],
        clock: Callable[[], int],
        buttons: Callable[[Waiting], Buttons] = lambda _: (),
    ) -> None:
        self.outbox, self.sender, self.clock, self.buttons = outbox, sender, clock, buttons
        self.inbox, self.budget, self.tries = Inbox(outbox), Budget(), Tries(outbox, clock)
        kept = outbox.kept(MOVED)
        self.moved: dict[str, str] = {} if kept is None else msgspec.json.decode(kept, type=dict[str, str])
        self.chats = {receiver: self.moved.get(chat, chat) for receiver, chat in chats.items()}
        """As they are known now."""
        self.ends = Rests(clock)
        """By chat while it is told of no further end of what digests told."""

    def turn(self) -> bool:
        """Send what is due first, answers before all else; say whether anything was."""
        now_us = self.clock()
        for reply in self.inbox.replies():
            if self._is_free(self.moved.get(reply.chat, reply.chat), now_us):
                self._reply(reply, now_us)
                return True
        by_chat: dict[str, list[Waiting]] = {}
        told = list[Waiting]()
        for each in self.outbox.waiting(now_us):
            chat = self.chats.get(each.receiver)
            if chat is None:
                continue
            if not (each.remote or each.is_new or each.is_over):
                told.append(each)  # it was told in a digest: that it is over will be told
            elif each.remote or each.is_new or self.ends.is_over(chat):
                by_chat.setdefault(chat, []).append(each)
        if told:
            self.outbox.told(told, 0)
        for chat, some in by_chat.items():
            if self._is_free(chat, now_us):
                self._tell(chat, some)
                return True
        return False

    def _is_free(self, chat: str, now_us: int) -> bool:
        return self.tries.is_free(chat) and self.budget.free_us(chat, now_us) <= now_us

    def _reply(self, reply: Reply, now_us: int) -> None:
        """Answer somebody; what was asked long ago is not answered any more."""
        if now_us - reply.at_us > REPLY_US:
            self.inbox.replied(reply, 0)
            return
        chat = self.moved.get(reply.chat, reply.chat)
        to = reply.replied if chat == reply.chat else 0  # messages have other numbers there
        self.budget.take(chat, now_us)
        try:
            self.inbox.replied(reply._replace(chat=chat), self.sender.send(chat, reply.text, to=to))
        except Later as later:
            self.tries.rest(chat, later)
        except Moved as moved:
            self._moves(chat, moved)
        except Refused:
            self.inbox.replied(reply, 0)

    def _tell(self, chat: str, some: Sequence[Waiting]) -> None:
        """Tell one chat what is worst, or all of it in one message where it is much."""
        fresh = [each for each in some if not each.remote]
        missed = [each for each in fresh if each.is_over]
        if len(fresh) > MOST or len(missed) > 1:
            few = fresh if len(fresh) > MOST else missed
            self._send(chat, few, digest(few))
        elif some[0].is_new or not some[0].remote:
            self._send(chat, some[:1], some[0].text, self.buttons(some[0]))
        else:
            self._edit(chat, some[0])

    def _send(self, chat: str, some: Sequence[Waiting], text: str, buttons: Buttons = ()) -> None:
        was_killed = any(each.is_sending for each in some)
        if any(each.is_over for each in some):
            self.ends.begin(chat, ENDS_US)
        self.outbox.begin(some)

        def send() -> int:
            number = self.sender.send(chat, f"{text}\n{MAYBE}" if was_killed else text, buttons)
            return number if len(some) == 1 else 0  # nobody edits a digest

        self._try(chat, some, send)

    def _edit(self, chat: str, each: Waiting) -> None:
        def edit() -> int:
            self.sender.edit(chat, each.remote, each.text, self.buttons(each))
            return each.remote

        self._try(chat, [each], edit)

    def _try(self, chat: str, some: Sequence[Waiting], act: Callable[[], int]) -> None:
        now_us = self.clock()
        self.budget.take(chat, now_us)
        try:
            self.tries(chat, some, act)
        except Gone:
            self.outbox.lost(some)
        except Moved as moved:
            self._moves(chat, moved)
            self.outbox.later(some, now_us)

    def _moves(self, chat: str, moved: Moved) -> None:
        note(f"{chat}: {moved}: write its new number into the rules", "moved", chat=chat)
        self.moved |= {chat: moved.chat} | {old: moved.chat for old, new in self.moved.items() if new == chat}
        self.chats |= {receiver: moved.chat for receiver, known in self.chats.items() if known == chat}
        self.outbox.remember(MOVED, msgspec.json.encode(self.moved))
