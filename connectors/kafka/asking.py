"""A question to the brokers that is put again and again, one on its way at a time; nobody waits for the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, NamedTuple

Ask = Callable[[], Mapping[Any, Future[Any]]]


class Answer(NamedTuple):
    """What came of one question."""

    asked_s: float  # by the asker's clock
    values: Mapping[Any, Any]  # results and exceptions, by what was asked about


class Question:
    """What `ask` puts every `every_s`; a new one waits for the answer to the one before, so none pile up."""

    def __init__(self, ask: Ask, every_s: float, clock: Callable[[], float]) -> None:
        self._ask, self._every_s, self._clock = ask, every_s, clock
        self._asked_s = 0.0
        self._awaited: Mapping[Any, Future[Any]] = {}
        self._is_urgent = True

    def look(self) -> Answer | None:
        """Return an answer that came since the last look; put the question where it is due."""
        answer = None
        if self._awaited and all(each.done() for each in self._awaited.values()):
            answer = Answer(self._asked_s, {about: _outcome(each) for about, each in self._awaited.items()})
            self._awaited = {}
        if not self._awaited and (self._is_urgent or self._clock() - self._asked_s >= self._every_s):
            self._is_urgent = False
            self._asked_s = self._clock()
            self._awaited = self._ask()
        return answer

    def at_once(self) -> None:
        """Put it at the next look, or once the one that is on its way is answered; any thread may say so."""
        self._is_urgent = True


def _outcome(future: Future[Any]) -> Any:
    return future.exception() or future.result()
