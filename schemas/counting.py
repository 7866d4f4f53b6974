"""How many of what, as people say it."""

from __future__ import annotations


def counted(number: int, things: str) -> str:
    """Return a number and what is counted, the plural's s left out of one: `1 camera` of `cameras`."""
    return f"{number} {things.removesuffix('s')}" if number == 1 else f"{number:,} {things}"
