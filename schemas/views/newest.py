"""The newest minute that counts of every key, without reading days of minutes for it.

`*_now_log` holds the newest minute that was ever stored of a key. Where it is a
tombstone, the minute before it is looked up in the minutes: only for keys whose
tombstone is of the last day or later than all that counts, so none as a rule.
That makes these rows right whatever was inserted in whatever order.
"""

from __future__ import annotations

from schemas import ddl
from schemas.columns import METRICS
from schemas.parts import Metric

DAY_S = 86_400


def newest(metric: str) -> str:
    """Return SQL for the newest stored minute of a metric; withdrawn ones do not count."""
    return f"(SELECT max(ts) FROM {newest_rows(metric, ('ts',))})"


def last_day(metric: str) -> str:
    """Return the newest row of each key, of keys that have one in the last stored day."""
    columns = tuple(ddl.minute_table(_metric(metric)).columns)
    rows = f"(SELECT *, max(ts) OVER () AS newest FROM {newest_rows(metric, columns)})"
    return f"(SELECT * FROM {rows} WHERE ts > newest - INTERVAL {DAY_S} SECOND)"


def newest_rows(metric: str, columns: tuple[str, ...]) -> str:
    """Return columns of the newest row that counts of each key, of keys of the last stored day and some older ones."""
    keys, names = ", ".join(ddl.key(_metric(metric))), ", ".join(columns)
    latest = f"(SELECT toInt64(toUnixTimestamp(max(ts))) FROM {metric}_now_log FINAL WHERE deleted = 0)"
    since = f"fromUnixTimestamp(greatest({latest} - {DAY_S}, 0))"
    withdrawn = f"(SELECT {keys} FROM {metric}_now_log FINAL WHERE deleted = 1 AND ts > {since})"
    return (
        f"(SELECT {names} FROM {metric}_now_log FINAL WHERE deleted = 0\n"
        f"UNION ALL SELECT {names} FROM {metric}_minute_log FINAL\n"
        f"WHERE deleted = 0 AND ts > {since} AND ({keys}) IN {withdrawn}\n"
        f"ORDER BY ts DESC LIMIT 1 BY {keys})"
    )


def _metric(name: str) -> Metric:
    return next(metric for metric in METRICS if metric.name == name)
