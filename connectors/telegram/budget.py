"""How much may be sent now: 30 messages a second in all, one a second and 20 a minute to a group (Bot FAQ)."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import Final

ALL: Final = (30, 1_000_000)
EACH: Final = ((1, 1_000_000), (20, 60_000_000))
"""How many within how long [us]."""


class Budget:
    """Counts what was sent; edits count like messages."""

    def __init__(self) -> None:
        self._all: deque[int] = deque(maxlen=ALL[0])
        self._of: defaultdict[str, deque[int]] = defaultdict(lambda: deque(maxlen=max(many for many, _ in EACH)))

    def free_us(self, chat: str, now_us: int) -> int:
        """Return when the next message may go to a chat; not before `now_us`. A clock that goes back begins anew."""
        if self._all and self._all[-1] > now_us:
            self._all.clear()
            self._of.clear()
        times = [now_us, _free_us(self._all, *ALL)]
        return max(times + [_free_us(self._of[chat], *each) for each in EACH])

    def take(self, chat: str, now_us: int) -> None:
        """Count a message to a chat."""
        self._all.append(now_us)
        self._of[chat].append(now_us)


def _free_us(sent: deque[int], many: int, within_us: int) -> int:
    return sent[-many] + within_us if len(sent) >= many else 0
