"""Parts of tables that ClickHouse could not read and set aside: cut short by a disk, a power cut, a copy.

Without a word their rows are missing from every answer. Once their input was replayed
the files themselves are of no use any more.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from connectors.warehouse import failures
from connectors.warehouse.session import Session
from schemas.errors import WarehouseError

LOST: Final = ("broken%", "covered-by-broken%", "unexpected%", "noquorum%")
"""Reasons of `system.detached_parts` by which rows are missing; a part that somebody set aside by hand has none."""
FOUND: Final = f"""
SELECT table, ifNull(partition_id, '') AS partition, arraySort(groupArray(name)) AS names
FROM system.detached_parts
WHERE database = currentDatabase() AND ({" OR ".join(f"reason LIKE '{reason}'" for reason in LOST)})
GROUP BY table, partition ORDER BY table, partition
"""


class Unreadable(NamedTuple):
    """What is missing of a table's partition (a month of its rows, as a rule: `202601`)."""

    table: str
    partition: str
    parts: list[str]


def find(store: Session) -> list[Unreadable]:
    """Name what was set aside; of a server that does not let us look, nothing."""
    try:
        return [Unreadable(*row) for row in store.query(FOUND).rows]
    except WarehouseError as error:
        if failures.code(error) == failures.FORBIDDEN:
            return []
        raise


def discard(store: Session) -> int:
    """Delete what was set aside; return how many parts."""
    gone = 0
    for table, _, parts in find(store):
        for part in parts:
            store.command(f"ALTER TABLE {table} DROP DETACHED PART '{part}' SETTINGS allow_drop_detached = 1")
            gone += 1
    return gone
