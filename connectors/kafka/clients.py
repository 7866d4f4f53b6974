"""Where clients of Kafka end: on threads of ours.

A client that is let go waits for its own threads. Python's collector lets it go wherever it
happens to run, which is one of these threads where a callback of the client made it run:
then it waits for itself, and librdkafka ends the process (SIGABRT). So each client is held
here until its owner is gone or done with it, and is let go by a thread that no client has.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from functools import cache
from queue import SimpleQueue
from typing import Any

_ended: SimpleQueue[list[Any]] = SimpleQueue()  # may be put to by the collector, in the middle of anything


def held(owner: object, client: object) -> Callable[[], object]:
    """Hold a client for as long as its owner lives; returns what lets go of it before.

    The client must not hold its owner: callbacks of it are told `weakly`.
    """
    _undertaker()
    end = weakref.finalize(owner, _ended.put, [client])
    end.atexit = False
    return end


def weakly(method: Callable[..., None]) -> Callable[..., None]:
    """Return a callback that does not hold the object whose method it calls."""
    found = weakref.WeakMethod(method)

    def call(*given: object) -> None:
        told = found()
        if told is not None:
            told(*given)

    return call


@cache
def _undertaker() -> threading.Thread:
    """Return the one thread that sees clients to their end."""

    def work() -> None:
        while True:  # an end may take as long as brokers are away: each has its own thread
            threading.Thread(target=_ended.get().clear, daemon=True).start()

    thread = threading.Thread(target=work, name="ends of kafka clients", daemon=True)
    thread.start()
    return thread
