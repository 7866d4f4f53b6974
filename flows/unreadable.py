"""What is said of rows that are missing because their files could not be read."""

from __future__ import annotations

from connectors.warehouse import Warehouse
from schemas.counting import counted


def lines(store: Warehouse) -> list[str]:
    """Say what is missing and what to do about it, one table and month a line."""
    return [
        f"{table}, {partition}: {counted(len(parts), 'parts')} could not be read and {_was(parts)} set aside: "
        f"rows are missing. Replay what came then again; `tilik warehouse discard` then clears them away"
        for table, partition, parts in store.unreadable()
    ]


def _was(parts: list[str]) -> str:
    return "was" if len(parts) == 1 else "were"
