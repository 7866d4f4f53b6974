"""Who is left alone until when, by a clock that may be put back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable


class Rests:
    """Rests by name; a clock that goes back ends them all: how long they would still last nobody knows.

    Parameters
    ----------
    clock
        Microseconds since 1970.
    """

    def __init__(self, clock: Callable[[], int]) -> None:
        self.clock, self.now_us = clock, 0
        self._until_us: defaultdict[str, int] = defaultdict(int)

    def begin(self, whom: str, us: int) -> int:
        """Leave somebody alone for so long from now on; return until when."""
        self._until_us[whom] = self.clock() + us
        return self._until_us[whom]

    def is_over(self, whom: str) -> bool:
        """Say whether somebody is left alone no more."""
        before_us, self.now_us = self.now_us, self.clock()
        if self.now_us < before_us:
            self._until_us.clear()
        return self._until_us[whom] <= self.now_us
