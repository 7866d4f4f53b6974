"""Minutes that a stream has stated, until the second flow has looked at them.

Marks in `marks_log`, of domains of their own: whoever sums hours up clears other marks. A
flush of few minutes, which is what a stream that keeps up writes, marks each; one that
catches up marks hours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import polars as pl

from connectors.warehouse.inserts import MARK_LANDED, unmark
from connectors.warehouse.inserts import mark as mark_times
from connectors.warehouse.session import Session

LENGTHS: Final = {"across": timedelta(hours=1), "across-minute": timedelta(minutes=1)}
"""By domain what a mark is of."""
MOST_MINUTES: Final = 30
"""That are marked one by one, ours."""


class Mark(NamedTuple):
    """What nobody has looked at."""

    domain: str
    since: datetime
    number: int

    @property
    def until(self) -> datetime:
        """Return where it ends."""
        return self.since + LENGTHS[self.domain]


def mark(session: Session, health: pl.DataFrame) -> None:
    """Mark the minutes of rows of health."""
    minutes = health["ts"].unique()
    domain = "across-minute"
    if len(minutes) > MOST_MINUTES:
        domain, minutes = "across", minutes.dt.truncate("1h").unique()
    mark_times(session, domain, minutes.sort().dt.replace_time_zone("UTC").to_list())


def read(session: Session) -> list[Mark]:
    """Return what nobody has looked at, by time."""
    names = ", ".join(f"'{name}'" for name in LENGTHS)
    sql = f"SELECT domain, hour, mark FROM marks_log FINAL WHERE domain IN ({names}) AND state = {MARK_LANDED}"
    return [Mark(*row) for row in session.query(f"{sql} ORDER BY hour, mark").rows]


def done(session: Session, marks: Sequence[Mark]) -> None:
    """Note that these were looked at."""
    by_number: dict[tuple[str, int], list[datetime]] = defaultdict(list)
    for one in marks:
        by_number[one.domain, one.number].append(one.since)
    for (domain, number), times in by_number.items():
        unmark(session, domain, times, number)
