"""Ways of telling, each in a thread with a connection to the outbox of its own: one that is away holds up no other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, Protocol, Self

from connectors.outbox import Outbox

REST_S: Final = 0.5
"""Between two looks at what waits, ours."""
END_S: Final = 30.0
"""So long what is on its way is waited for at the end, ours; it is sent again after."""


class Way(Protocol):
    """Tells some of what an outbox holds."""

    def turn(self) -> bool:
        """Tell what is due first; say whether anything was."""


class Ways:
    """Threads that empty an outbox while they are entered.

    Parameters
    ----------
    makers
        Each makes a way from an outbox, in its thread.
    stop
        Set from outside, and by a way that fails: nobody goes on without it.
    """

    def __init__(self, state: Path, makers: Sequence[Callable[[Outbox], Way]], stop: threading.Event) -> None:
        self.state, self.stop, self.left = state, stop, threading.Event()
        self.error: BaseException | None = None
        self.threads = [threading.Thread(target=self._run, args=(make,), daemon=True) for make in makers]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.left.set()
        until_s = time.monotonic() + END_S
        for thread in self.threads:
            thread.join(max(0.0, until_s - time.monotonic()))
        if error is None and self.error is not None:
            raise self.error

    def _run(self, make: Callable[[Outbox], Way]) -> None:
        try:
            with closing(Outbox(self.state)) as outbox:
                way = make(outbox)
                while not self.left.is_set():
                    if not way.turn():
                        self.left.wait(REST_S)
        except BaseException as error:
            self.error = error
            self.stop.set()
