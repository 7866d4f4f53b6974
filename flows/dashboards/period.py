"""With which period pages begin: the last four weeks, of now or, where nothing is that new, of what is stored."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from connectors.warehouse import Warehouse
from schemas.local_time import ZONE

DAYS: Final = 28
RELATIVE: Final = f"DATEADD(DATETIME('today'), -{DAYS - 1}, day) : DATEADD(DATETIME('today'), 1, day)"
"""As Superset reads it whenever a page is opened."""
RECENT_DAYS: Final = 2


def of(store: Warehouse) -> str:
    """Return the period as Superset writes it, local days; the last is not in it."""
    newest = "SELECT max(ts) AS ts FROM health_now HAVING count() > 0"
    asked = f"SELECT toDate(ts, '{ZONE}') AS day, toDate(now(), '{ZONE}') AS today FROM ({newest})"
    for day, today in store.query(asked).rows:
        return around(day, today)
    return RELATIVE


def around(newest: date, today: date) -> str:
    """Return the period for a store whose newest minute is of a day."""
    if today - newest <= timedelta(days=RECENT_DAYS):
        return RELATIVE
    end = newest + timedelta(days=1)
    return f"{end - timedelta(days=DAYS)} : {end}"
