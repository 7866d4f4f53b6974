"""Acknowledgements of a broker's messages, sent in the order in which the messages came."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable


class Ack:
    """An acknowledgement that waits for its turn."""

    def __init__(self, send: Callable[[], object]) -> None:
        self.send, self.is_due = send, False


class Acks:
    """Acknowledgements of one connection, sent in the order in which messages came (MQTT 5, 4.6)."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._waiting: deque[Ack] = deque()
        self._is_open = True

    @property
    def waiting(self) -> int:
        """How many are not sent."""
        return len(self._waiting)

    def add(self, send: Callable[[], object]) -> Ack:
        """Return one that is to be sent when it is due and all before it are sent."""
        with self._lock:
            ack = Ack(send)
            self._waiting.append(ack)
            return ack

    def done(self, ack: Ack) -> None:
        """Send one that is due, and those that waited for it."""
        with self._lock:
            ack.is_due = True
            while self._is_open and self._waiting and self._waiting[0].is_due:
                self._waiting.popleft().send()

    def close(self) -> None:
        """Send no more: the broker sends those messages again."""
        with self._lock:
            self._is_open = False
