"""The calendar's days in the warehouse: only days whose content changed are written.

A replay stores them each time it begins, so that every view's `day_type`
follows the city's file; the same file twice writes nothing. The module is not
called `calendar`: the engine's script runs in this folder and would import it
in place of the standard library's.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from connectors.warehouse.inserts import BLOCK_ROWS, to_arrow
from connectors.warehouse.session import Session
from schemas.calendar import DAYS


def store(session: Session, days: pl.DataFrame) -> int:
    """Store days (`schemas.calendar.DAYS`); return how many were new or different.

    The caller holds the registry's lease.
    """
    held = {row["date"]: row for row in read(session).iter_rows(named=True)}
    changed = days.filter(
        pl.Series([held.get(row["date"]) != row for row in days.iter_rows(named=True)], dtype=pl.Boolean)
    )
    if not changed.height:
        return 0
    version = session.query("SELECT max(version) + 1 AS version FROM calendar_log")["version"][0].as_py()
    rows = changed.with_columns(version=pl.lit(version, pl.UInt64))
    for block in rows.iter_slices(BLOCK_ROWS):
        session.insert_block("calendar_log", to_arrow(block))
    return changed.height


def read(session: Session) -> pl.DataFrame:
    """Return the stored days, columns as in `schemas.calendar.DAYS`, by date."""
    answer = session.query(f"SELECT {', '.join(DAYS)} FROM calendar_log FINAL ORDER BY date")
    kinds: dict[str, Any] = DAYS
    return pl.DataFrame(pl.from_arrow(answer.table)).select(pl.col(name).cast(kind) for name, kind in kinds.items())
