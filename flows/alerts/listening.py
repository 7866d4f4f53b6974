"""Updates from the Bot API into the inbox, in a thread of their own: kept before the API is told that they came."""

from __future__ import annotations

import threading
from typing import Final

import msgspec

from connectors.inbox import Inbox
from connectors.outbox import Outbox
from connectors.replies import AWAY_S, Later, Refused
from connectors.telegram import Telegram, heard
from flows.console import note

WAIT_S: Final = 3
"""So long the API waits for an update before it says that there is none, ours: a program that ends waits for it."""


class Listening:
    """Asks for updates, again and again; who is away is asked again.

    Parameters
    ----------
    telegram
        Its own: one thread uses it.
    left
        Set once nobody is to listen any more.
    """

    def __init__(self, outbox: Outbox, telegram: Telegram, left: threading.Event) -> None:
        self.inbox, self.telegram, self.left = Inbox(outbox), telegram, left
        self.said = ""

    def turn(self) -> bool:
        """Take what was done since; say whether anything was."""
        try:
            updates = self.telegram.updates(self.inbox.next(), WAIT_S)
        except (Later, Refused) as why:  # what is refused may be taken later, too: nothing is asked that is wrong
            if str(why) != self.said:
                note(f"answers are not heard: {why}", "deaf")
            self.said = str(why)
            self.left.wait(why.seconds if isinstance(why, Later) else AWAY_S)
            return False
        self.said = ""
        return self.inbox.hear([(each.update_id, msgspec.msgpack.encode(heard(each))) for each in updates])
