"""A question to the brokers that is put again and again, one on its way at a time; nobody waits for the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """What came of one question."""

    asked_s: float  # by the asker's clock
    values: tuple[Any, ...]  # results and exceptions, in the order of what was asked


class Question:
    """What `ask` puts every `every_s`; a new one waits for the answer to the one before, so none pile up."""

    def __init__(self, ask: Callable[[], Iterable[Future[Any]]], every_s: float, clock: Callable[[], float]) -> None:
        self._ask, self._every_s, self._clock = ask, every_s, clock
        self._asked_s: float | None = None
        self._awaited: tuple[Future[Any], ...] = ()

    def look(self) -> Answer | None:
        """Return an answer that came since the last look; put the question where it is due."""
        answer = None
        if self._awaited and all(each.done() for each in self._awaited):
            assert self._asked_s is not None
            answer = Answer(self._asked_s, tuple(map(_outcome, self._awaited)))
            self._awaited = ()
        if not self._awaited and (self._asked_s is None or self._clock() - self._asked_s >= self._every_s):
            self._asked_s = self._clock()
            self._awaited = tuple(self._ask())
        return answer

    def at_once(self) -> None:
        """Put it at the next look, unless it is on its way."""
        if not self._awaited:
            self._asked_s = None


def _outcome(future: Future[Any]) -> Any:
    return future.exception() or future.result()
