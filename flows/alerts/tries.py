"""One try to tell somebody, and what its answer means for the outbox and for the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from connectors.outbox import Outbox, Waiting
from connectors.replies import Later, Refused, Unsure
from flows.alerts.rests import Rests
from flows.console import note

LONGEST_S: Final = 300.0
"""Between two tries, ours; who asks for a longer rest gets it."""
SAID: Final = 3
"""After so many tries in vain it is said that somebody is waited for, ours."""


class Tries:
    """Tries, and leaves alone for a while who does not take anything.

    Parameters
    ----------
    clock
        Microseconds since 1970.
    """

    def __init__(self, outbox: Outbox, clock: Callable[[], int]) -> None:
        self.outbox, self.clock = outbox, clock
        self.rests = Rests(clock)
        self.failed: Counter[str] = Counter()
        """By whom tries in vain since the last that was taken."""
        self.said: dict[str, str] = {}

    def is_free(self, whom: str) -> bool:
        """Say whether somebody may be told something now."""
        return self.rests.is_over(whom)

    def __call__(self, whom: str, some: Sequence[Waiting], act: Callable[[], int]) -> None:
        """Tell somebody; `act` returns what the message is known by there.

        Parameters
        ----------
        whom
            As it is said where it fails: nothing secret.
        """
        now_us = self.clock()
        try:
            remote = act()
        except Refused as refused:
            self._say(whom, f"{refused}: nothing more of this is sent", "refused")
            self.outbox.refuse(some, str(refused))
        except Later as later:
            self._wait(whom, some, later, now_us)
        else:
            if self.failed.pop(whom, 0) >= SAID:
                note(f"{whom}: takes messages again", "back", whom=whom)
            self.said.pop(whom, None)
            self.outbox.told(some, remote, whom)

    def rest(self, whom: str, later: Later) -> int:
        """Leave somebody alone for a while who has not taken something; return until when."""
        free_us = self.rests.begin(whom, _rest_us(later, self.failed[whom]))
        self.failed[whom] += 1
        if self.failed[whom] == SAID:
            self._say(whom, f"waiting: {later}", "away")
        return free_us

    def _wait(self, whom: str, some: Sequence[Waiting], later: Later, now_us: int) -> None:
        """Try again later; whoever is asked to wait is left alone with everything."""
        free_us = self.rest(whom, later)
        if not isinstance(later, Unsure):
            again_us = now_us + _rest_us(later, some[0].tries)
            self.outbox.later(some, max(again_us, free_us))

    def _say(self, whom: str, text: str, event: str) -> None:
        """Say what is the matter with somebody, once until that changes."""
        if self.said.get(whom) != text:
            note(f"{whom}: {text}", event, whom=whom)
        self.said[whom] = text


def _rest_us(later: Later, tries: int) -> int:
    """Return how long to rest after a try in vain, twice as long after each; never shorter than was asked for."""
    return round(max(min(LONGEST_S, later.seconds * 2 ** min(10, tries)), later.seconds) * 1e6)
