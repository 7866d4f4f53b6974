"""Hears that kernels are being compiled: after an update the first replay would be silent for minutes, and seem slow.

Kernels that lie compiled beside their sources are loaded, and nothing is said.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from numba.core import event

MOMENT_S: Final = 2.0
"""Compiling that takes no longer is not worth a word; ours."""
SAID: Final = "compiling the kernels, once for this version (some minutes)"


class Spent(event.Listener):
    """Hears that a compilation begins or ends; those within another one too. `spent_s` is what all took."""

    def __init__(self, tell: Callable[[str], None], clock_s: Callable[[], float]) -> None:
        self.tell, self.clock_s = tell, clock_s
        self.depth, self.since_s, self.spent_s = 0, 0.0, 0.0
        self.is_told = False

    def on_start(self, event: event.Event) -> None:
        """Begin to count with the outermost."""
        if self.depth == 0:
            self.since_s = self.clock_s()
        self.depth += 1
        self._look()

    def on_end(self, event: event.Event) -> None:
        """Add what the outermost took."""
        self._look()
        self.depth -= 1
        if self.depth == 0:
            self.spent_s += self.clock_s() - self.since_s

    def _look(self) -> None:
        if not self.is_told and self.spent_s + self.clock_s() - self.since_s > MOMENT_S:
            self.is_told = True
            self.tell(SAID)


@contextmanager
def told(tell: Callable[[str], None], clock_s: Callable[[], float] = time.monotonic) -> Iterator[Spent]:
    """Tell once, as soon as compiling has taken longer than a moment in sum."""
    spent = Spent(tell, clock_s)
    with event.install_listener("numba:compile", spent):
        yield spent


def timed() -> AbstractContextManager[Spent]:
    """Measure compiling, and say nothing."""
    return told(lambda said: None)
