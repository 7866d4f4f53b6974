"""Refused records are kept for seven days, counted by the clock and not by how long an engine runs.

The engine itself looks for what is too old every few hours, which a warehouse that is
used by short commands never reaches. So whoever opens one removes it, from the files
too: parts that a deletion or a merge has left behind wait for an engine that runs on,
and go at once where a partition is dropped, be there one of that name or not.
"""

from __future__ import annotations

from typing import Final

from connectors.warehouse.session import Session

TABLE: Final = "dead_letters_raw"
TOO_OLD: Final = "stored_at <= now('UTC') - INTERVAL 7 DAY"
OURS: Final = f"database = currentDatabase() AND table = '{TABLE}'"
THERE: Final = f"SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = '{TABLE}'"
HELD: Final = (
    f"SELECT (SELECT count() FROM {TABLE} WHERE {TOO_OLD}), "
    f"(SELECT count() FROM system.parts WHERE {OURS} AND NOT active)"
)
SET_ASIDE: Final = (
    f"SELECT name FROM system.detached_parts WHERE {OURS} AND modification_time <= now() - INTERVAL 7 DAY"
)
"""Parts that could not be read: they hold records too."""


def apply(session: Session) -> None:
    """Remove records that were kept for seven days."""
    if session.query(THERE).rows == [(0,)]:
        return
    session.command(f"SYSTEM WAIT LOADING PARTS {TABLE}")
    ((too_old, left_behind),) = session.query(HELD).rows
    if too_old:
        session.command(f"ALTER TABLE {TABLE} DELETE WHERE {TOO_OLD} SETTINGS mutations_sync = 2")
    if too_old or left_behind:
        session.command(f"ALTER TABLE {TABLE} DROP PARTITION ID 'none'")
    for (name,) in session.query(SET_ASIDE).rows:
        session.command(f"ALTER TABLE {TABLE} DROP DETACHED PART '{name}' SETTINGS allow_drop_detached = 1")
