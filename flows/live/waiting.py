"""Waiting for what is away: tried again until it is there, by one rule at the start and in the middle of a run.

Nothing is given up for a neighbour that does not answer. For whom it waits is said at once where
`tilik status` looks, and once a minute on stderr.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Self, TypeVar

from flows.console import note
from flows.live import telling
from flows.live.telling import Process, Told
from schemas.errors import ArchiveAway, SourceAway, StateAway, TilikError, WarehouseAway

T = TypeVar("T")
PAUSES_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Between tries, the last again and again; ours."""
SAY_AGAIN_S: Final = 60.0
SPEAK_S: Final = 1.0


class Stopped(Exception):
    """It was asked to end while it waited."""


class Saying:
    """Says for whom somebody waits: every time to `told`, once a minute on stderr."""

    def __init__(self, told: Callable[[str], None] = lambda said: None) -> None:
        self.told, self.said_s = told, -SAY_AGAIN_S

    def __call__(self, said: str) -> None:
        """Say it."""
        self.told(said)
        if time.monotonic() - self.said_s >= SAY_AGAIN_S:
            note(f"waiting: {said}", "waiting")
            self.said_s = time.monotonic()


def until_there(
    attempt: Callable[[], T],
    away: type[TilikError] | tuple[type[TilikError], ...],
    saying: Callable[[str], None],
    stop: threading.Event | None = None,
) -> T:
    """Return what an attempt gives, once it does not raise what only means that somebody is away.

    Parameters
    ----------
    away
        Errors that waiting may mend; others are the attempt's answer.
    saying
        Is told for what it waits, at every try.
    stop
        Set, it ends the waiting.

    Raises
    ------
    Stopped
        It was asked to end.
    """
    asked = threading.Event() if stop is None else stop
    tries = 0
    while True:
        try:
            found = attempt()
        except away as error:
            saying(str(error))
        else:
            if tries:
                note("it is back: going on", "back")
            return found
        if asked.wait(PAUSES_S[min(tries, len(PAUSES_S) - 1)]):
            raise Stopped
        tries += 1


class Start:
    """What a process waits for before its shards can speak for themselves: said on stderr, and where others look."""

    def __init__(self, state: Path, *, is_supervisor: bool) -> None:
        self.folder, self.is_supervisor = state / "processes", is_supervisor
        self.shards: Sequence[int] = ()
        self.said = ""
        self.saying = Saying(self._told)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._speak, name="start", daemon=True)

    def knows(self, shards: Sequence[int]) -> None:
        """Take note whose start it is."""
        self.shards = shards

    def there(self, attempt: Callable[[], T]) -> T:
        """Return what an attempt gives, once nobody whom it needs is away any more, and its disk has room."""
        found = until_there(attempt, (WarehouseAway, SourceAway, StateAway, ArchiveAway), self.saying)
        self.said = ""
        return found

    def is_over(self) -> None:
        """Leave the word to the shards."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over()

    def _told(self, said: str) -> None:
        self.said = said

    def _speak(self) -> None:
        while not self._over.wait(SPEAK_S):
            if self.said and (self.shards or self.is_supervisor) and self.folder.parent.exists():
                self._say(self.said)

    def _say(self, said: str) -> None:
        now_us = telling.clock_us()
        waits = [Told(shard, beat_us=now_us, doing="waiting", waits_for=said) for shard in self.shards]
        mine = Process(os.getpid(), [], second=said) if self.is_supervisor else Process(os.getpid(), waits)
        path = self.folder / telling.name(self.shards, is_supervisor=self.is_supervisor)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        telling.write_unless_others(path, mine)
