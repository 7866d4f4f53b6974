"""A thread whose end somebody may wait for who is interrupted meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Worker(threading.Thread):
    """A thread whose end is waited for by somebody who may be interrupted: CPython's `join` takes it for ended then."""

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        super().__init__(name=name, daemon=True)
        self.work, self.over = work, threading.Event()

    def run(self) -> None:
        """Do the work."""
        try:
            self.work()
        finally:
            self.over.set()

    @property
    def is_at_work(self) -> bool:
        """Say whether it goes on."""
        return not self.over.is_set()
