"""From the outbox to chats, within their limits, the worst first; what is too much becomes a digest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from connectors.outbox import Outbox, Waiting
from connectors.telegram import Budget, Gone, Moved
from flows.alerts.digests import ENDS_US, MOST, digest
from flows.alerts.tries import Tries
from flows.console import note

MAYBE: Final = "(mungkin terkirim dua kali)"


class Sender(Protocol):
    """Sends to chats: `connectors.telegram.Telegram`."""

    def send(self, chat: str, text: str) -> int:
        """Send a message; return its number there."""

    def edit(self, chat: str, number: int, text: str) -> None:
        """Change what one says."""


class Delivery:
    """Empties an outbox.

    Parameters
    ----------
    chats
        By receiver its chat.
    clock
        Microseconds since 1970.
    """

    def __init__(self, outbox: Outbox, sender: Sender, chats: Mapping[str, str], clock: Callable[[], int]) -> None:
        self.outbox, self.sender, self.chats, self.clock = outbox, sender, dict(chats), clock
        self.budget, self.tries = Budget(), Tries(outbox, clock)
        self.moved: dict[str, str] = {}
        self.ends_us: defaultdict[str, int] = defaultdict(int)
        """By chat before when it is told of no further end of what digests told."""

    def turn(self) -> bool:
        """Send what is due first; say whether anything was."""
        now_us = self.clock()
        by_chat: dict[str, list[Waiting]] = {}
        told = list[Waiting]()
        for each in self.outbox.waiting(now_us):
            chat = self.chats.get(each.receiver)
            if chat is None:
                continue
            chat = self.moved.get(chat, chat)
            if not (each.remote or each.is_new or each.is_over):
                told.append(each)  # it was told in a digest: that it is over will be told
            elif each.remote or each.is_new or self.ends_us[chat] <= now_us:
                by_chat.setdefault(chat, []).append(each)
        if told:
            self.outbox.told(told, 0)
        for chat, some in by_chat.items():
            if self.tries.is_free(chat) and self.budget.free_us(chat, now_us) <= now_us:
                self._tell(chat, some)
                return True
        return False

    def _tell(self, chat: str, some: Sequence[Waiting]) -> None:
        """Tell one chat what is worst, or all of it in one message where it is much."""
        fresh = [each for each in some if not each.remote]
        missed = [each for each in fresh if each.is_over]
        if len(fresh) > MOST or len(missed) > 1:
            few = fresh if len(fresh) > MOST else missed
            self._send(chat, few, digest(few), is_digest=True)
        elif some[0].is_new or not some[0].remote:
            self._send(chat, some[:1], some[0].text)
        else:
            self._edit(chat, some[0])

    def _send(self, chat: str, some: Sequence[Waiting], text: str, *, is_digest: bool = False) -> None:
        was_killed = any(each.is_sending for each in some)
        if any(each.is_over for each in some):
            self.ends_us[chat] = self.clock() + ENDS_US
        self.outbox.begin(some)

        def send() -> int:
            number = self.sender.send(chat, f"{text}\n{MAYBE}" if was_killed else text)
            return 0 if is_digest else number  # nobody edits a digest

        self._try(chat, some, send)

    def _edit(self, chat: str, each: Waiting) -> None:
        def edit() -> int:
            self.sender.edit(chat, each.remote, each.text)
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
            note(f"{chat}: {moved}: write its new number into the rules", "moved", chat=chat)
            self.moved |= {chat: moved.chat} | {old: moved.chat for old, new in self.moved.items() if new == chat}
            self.outbox.later(some, now_us)
