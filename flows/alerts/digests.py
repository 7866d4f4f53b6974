"""Many messages that wait for one reader, as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from connectors.outbox import Waiting
from schemas.plain import words

MOST: Final = 8
"""New messages that wait together; of more, a digest is made. Ours: less than half of what a chat takes in a minute."""
LINES: Final = 20
"""Of a digest; the rest is counted."""
ENDS_US: Final = 60_000_000
"""So long the ends of what digests told wait for each other, ours: what ends bit by bit is not told bit by bit."""


def digest(some: Sequence[Waiting]) -> str:
    """Return many messages as one: a line each, the worst first."""
    over = sum(each.is_over for each in some)
    head = f"{len(some)} kejadian" + (f", {over} sudah selesai" if over else "")
    lines = [f"• {words(each.text.splitlines()[0])}" for each in some[:LINES]]
    more = [f"dan {len(some) - LINES} lainnya"] if len(some) > LINES else []
    return "\n".join([head, *lines, *more])
