"""Long lists cut into questions: parameters travel as fields of a form, each of which has a longest size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

MOST_BYTES: Final = 60_000
"""Of a list as it is written; ours, half of what ClickHouse takes (http_max_field_value_size, 128 KiB)."""


def pieces(things: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield sorted things in lists that one parameter can hold; one that is longer by itself stands alone."""
    piece: list[Any] = []
    held = 0
    for thing in sorted(things):
        size = written(thing)
        if piece and held + size > MOST_BYTES:
            yield piece
            piece, held = [], 0
        piece.append(thing)
        held += size
    if piece:
        yield piece


def written(thing: Any) -> int:
    """Return how many bytes a thing takes in a list, at most: each byte of a text may be escaped."""
    return 2 * len(thing.encode()) + 3 if isinstance(thing, str) else len(str(thing)) + 1
