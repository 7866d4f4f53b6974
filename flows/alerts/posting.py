"""From the outbox to one receiver's webhook: each state of a message is posted, the newest where several wait."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

from connectors.outbox import WEBHOOK, Outbox, Waiting
from connectors.webhook import Webhook
from flows.alerts.tries import Tries


class Posting:
    """Empties an outbox of what one webhook is told.

    Parameters
    ----------
    receiver
        Whose it is.
    called
        What people call it.
    clock
        Microseconds since 1970.
    """

    def __init__(self, outbox: Outbox, receiver: str, called: str, webhook: Webhook, clock: Callable[[], int]) -> None:
        self.outbox, self.receiver, self.called, self.webhook = outbox, receiver, called, webhook
        self.clock, self.tries = clock, Tries(outbox, clock)

    def turn(self) -> bool:
        """Post what is due first; say whether anything was."""
        if not self.tries.is_free(self.called):
            return False
        waiting = [each for each in self.outbox.waiting(self.clock(), WEBHOOK) if each.receiver == self.receiver]
        if not waiting:
            return False
        each = min(waiting, key=lambda each: each.tries)  # one that is never taken stops no other

        def post() -> int:
            self.webhook.post(each.text.encode(), delivery(each))
            return 1

        self.tries(self.called, [each], post)
        return True


def delivery(each: Waiting) -> str:
    """Return what a state of a message is known by: the same whenever it is posted again, after a kill too."""
    text = f"{each.id}\n{each.receiver}\n{each.loud}\n{each.text}".encode()
    return blake2b(text, digest_size=16).hexdigest()
