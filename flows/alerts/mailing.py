"""From the outbox to mailboxes: what is loud and what is over, a thread a message; of what is too much a digest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Final, Protocol

from connectors.mail import Letter
from connectors.outbox import EMAIL, Outbox, Waiting
from flows.alerts.digests import ENDS_US, MOST, digest
from flows.alerts.rests import Rests
from flows.alerts.tries import Tries
from schemas.local_time import at_time

GAP_US: Final = 6_000_000
"""Between two letters to an address, ours: ten a minute."""


class Sender(Protocol):
    """Sends letters: `connectors.mail.Mail`."""

    def send(self, letter: Letter) -> None:
        """Send one."""


class Mailing:
    """Empties an outbox of what is mailed; each address has its own letters, and its own rest.

    Parameters
    ----------
    clock
        Microseconds since 1970.
    """

    def __init__(self, outbox: Outbox, mail: Sender, clock: Callable[[], int]) -> None:
        self.outbox, self.mail, self.clock = outbox, mail, clock
        self.tries = Tries(outbox, clock)
        self.gaps = Rests(clock)
        """By address while it gets no further letter."""
        self.ends = Rests(clock)
        """By address while it is told of no further end of what digests told."""

    def turn(self) -> bool:
        """Mail what is due first; say whether anything was."""
        now_us = self.clock()
        by_address: dict[str, list[Waiting]] = {}
        edited: defaultdict[int, list[Waiting]] = defaultdict(list)
        for each in self.outbox.waiting(now_us, EMAIL):
            if not (each.is_new or each.is_over):
                edited[each.remote].append(each)  # a letter that was sent can't be
            elif each.is_new or each.remote or self.ends.is_over(each.address):
                by_address.setdefault(each.address, []).append(each)
        for remote, these in edited.items():
            self.outbox.told(these, remote)
        for address, some in by_address.items():
            if self.tries.is_free(address) and self.gaps.is_over(address):
                self._tell(address, some)
                return True
        return False

    def _tell(self, address: str, some: Sequence[Waiting]) -> None:
        """Mail what is worst, or all of it in one letter where it is much."""
        missed = [each for each in some if each.is_over and not each.remote]
        if len(some) > MOST or len(missed) > 1:
            few = some if len(some) > MOST else missed
            text, thread = digest(few), ""
        else:
            few = [min(some, key=lambda each: each.tries)]  # one that is never taken stops no other
            text, thread = few[0].text, _hash(f"{few[0].id}\n{few[0].receiver}")
        name = _hash("\n".join([address, text, *(f"{each.id}.{each.loud}" for each in few)]))
        letter = Letter(address, text, f"{thread or 'digest'}.{name}", thread, at_time(self.clock()))

        def send() -> int:
            self.mail.send(letter)
            return 1 if thread else 0

        self.tries(address, few, send)
        self.gaps.begin(address, GAP_US)
        if any(each.is_over for each in few):
            self.ends.begin(address, ENDS_US)


def _hash(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()
