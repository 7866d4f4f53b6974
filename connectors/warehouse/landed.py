"""Hours whose minutes a stream has stated, until the second flow has looked at them.

Marks in `marks_log`, of a domain of their own: whoever sums hours up clears other marks.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import polars as pl

from connectors.warehouse.inserts import MARK_LANDED, unmark
from connectors.warehouse.inserts import mark as mark_hours
from connectors.warehouse.session import Session

DOMAIN: Final = "across"

Marks = list[tuple[datetime, int]]
"""An hour, and the number of its mark."""


def mark(session: Session, health: pl.DataFrame) -> None:
    """Mark the hours of rows of health."""
    hours = health["ts"].dt.truncate("1h").unique().sort().dt.replace_time_zone("UTC")
    mark_hours(session, DOMAIN, hours.to_list())


def read(session: Session) -> Marks:
    """Return what nobody has looked at, by hour."""
    sql = f"SELECT hour, mark FROM marks_log FINAL WHERE domain = '{DOMAIN}' AND state = {MARK_LANDED}"
    return [(hour, number) for hour, number in session.query(f"{sql} ORDER BY hour, mark").rows]


def done(session: Session, marks: Marks) -> None:
    """Note that these were looked at."""
    for number in {number for _, number in marks}:
        unmark(session, DOMAIN, [hour for hour, of in marks if of == number], number)
