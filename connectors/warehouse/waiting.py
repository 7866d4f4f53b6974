"""What is said to whoever waits for a lease: who is ahead, what he does, and what both want."""

from __future__ import annotations

from typing import Final

from connectors.warehouse.bakery import CHOOSES, ENDED, HOLDS, WAITS, Ahead, Scope
from schemas.counting import counted

DOES: Final = {
    HOLDS: "which is writing {what}",
    WAITS: "which comes first and waits itself, for {what}",
    ENDED: "which has ended, but the store is still busy with what it asked for: {what}",
}
WHAT: Final = {
    "registry": "what is registered",
    "roll": "quarters, hours and days",
    "across": "outages and the verdicts of places",
}
"""By kind of a lease: what its holder may write."""
LIVE: Final = "live"
"""The kind of work that a stream's process does; its cameras are `input/shard`, of the stream and of each source."""
SHOWN: Final = 3
"""Cameras that are named."""


def words(mine: Scope, ahead: Ahead) -> str | None:
    """Return for whom and for what one waits; None while it is not known whether the other comes first."""
    if ahead.state == CHOOSES:
        return None
    owner = ahead.ticket.owner
    host = owner.place.partition(" ")[0] or "another machine"
    does = DOES[ahead.state].format(what=_what(mine, ahead.ticket.scope))
    return f"waiting for process {owner.pid} on {host}, {does}"


def _what(mine: Scope, other: Scope) -> str:
    """Return what two scopes that meet have in common."""
    if mine.kind in WHAT:
        return WHAT[mine.kind]
    if mine.kind == LIVE:
        return _shards(mine, other)
    if mine.input == other.input:
        return "rows of the same input"
    shared = sorted(mine.cameras & other.cameras if mine.cameras and other.cameras else mine.cameras | other.cameras)
    if not shared:
        return "rows of all cameras at the same time"
    more = f" and {len(shared) - SHOWN} more" if len(shared) > SHOWN else ""
    return f"rows of {counted(len(shared), 'cameras')} at the same time: {', '.join(shared[:SHOWN])}{more}"


def _shards(mine: Scope, other: Scope) -> str:
    """Return which shards of a stream two processes want."""
    numbers = sorted({int(name.rpartition("/")[2]) for name in mine.cameras & other.cameras})
    named = ", ".join(map(str, numbers))
    return f"rows of {'shard' if len(numbers) == 1 else 'shards'} {named} of this stream: end it there to go on here"
