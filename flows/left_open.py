"""Incidents that the warehouse has open and that nobody will tell of any more.

A run that is killed has told more than its recovery knows. Its successor reads the same
frames again and tells the same, unless they are read by other words or from elsewhere by
then; and one that begins with another state knows nothing of what the former had open. So
what the warehouse has open of a stream waits here until its shard tells of it. Once all is
read that is there, what is still left has ended with the recording that it was seen in.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from flows.incidents import SCHEMA
from flows.shard import Block
from schemas.incidents import END_OF_INPUT

TABLE = "incidents_log"


def nothing() -> pl.DataFrame:
    """Return no incidents."""
    return pl.DataFrame(schema=SCHEMA)


class LeftOpen:
    """What is left of them in one shard.

    Parameters
    ----------
    rows
        As they stand (`flows.incidents.SCHEMA`); `rev` without its generation.
    """

    def __init__(self, rows: pl.DataFrame) -> None:
        self.rows = rows

    def heard(self, made: Iterable[object]) -> None:
        """Take note of what the shard tells."""
        if self.rows.height:
            for each in made:
                if isinstance(each, Block) and each.table == TABLE:
                    self._leave_out(each.rows)

    def over(self, known: pl.DataFrame) -> list[Block]:
        """Close what is left, but for those that the shard knows to be open: all that is there was read."""
        if not self.rows.height:
            return []
        self._leave_out(known)
        rows, self.rows = self.rows, nothing()
        closed = rows.with_columns(
            state=pl.lit("closed"),
            close_reason=pl.lit(END_OF_INPUT),
            closed_at=pl.col("updated_at"),
            rev=pl.col("rev") + 1,
        )
        return [Block(TABLE, closed)] if closed.height else []

    def _leave_out(self, some: pl.DataFrame) -> None:
        self.rows = self.rows.join(some, on="incident_id", how="anti")
