"""SQL that recomputes quarters, hours and days: whole buckets, never increments.

Quarters and hours come from the minutes that count (FINAL, not deleted), days
from the hours. A bucket's expected time is the sum over its rows, or what the
first and the last stored minute of its hour imply if that is more: a hole
between them was time when nobody counted, hence not watched. A hole that spans
whole hours shows in the day, not in hours that have no row at all.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from schemas.columns import METRICS, PUBLISHED_COVERAGE
from schemas.ddl import GRAINS, coarse_columns, estimated, key
from schemas.local_time import ZONE
from schemas.parts import Metric

NEVER_MS: Final = 1 << 62
LEAST_MS: Final = 60_000
"""An hour of which less was expected, at an end of a recording, does not decide about its day."""
SPAN_MS: Final = {"quarter": 900_000, "hour": 3_600_000}
LAST: Final = ("owner", "category", "params_hash", "model_id", "simulated")
"""Columns of which a bucket has its newest row's value."""


def tables() -> list[str]:
    """Return the names of all coarse tables."""
    return [f"{metric.name}_{grain}_log" for metric in METRICS for grain in GRAINS]


def hours(metric: Metric, starts: list[datetime], number: int) -> list[str]:
    """Return statements that recompute the quarters and hours of the hours that start at `starts` (UTC)."""
    within = among(starts, timedelta(hours=1), "ts")
    return [
        statement
        for grain, bucket in (("quarter", "toStartOfFifteenMinutes(ts)"), ("hour", "toStartOfHour(ts)"))
        for statement in (
            _from_minutes(metric, grain, bucket, within, number),
            _leftovers(metric, grain, within, number),
        )
    ]


def days(metric: Metric, starts: list[datetime], number: int) -> list[str]:
    """Return statements that recompute the local days that start at `starts` (UTC)."""
    within = among(starts, timedelta(days=1), "ts")
    return [_from_hours(metric, within, number), _leftovers(metric, "day", within, number)]


def among(starts: list[datetime], length: timedelta, column: str) -> str:
    """Return a condition: the time lies in one of the windows, adjacent ones joined so that it prunes."""
    spans: list[tuple[datetime, datetime]] = []
    for start in starts:
        if spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], start + length)
        else:
            spans.append((start, start + length))
    whole = _span(column, starts[0], starts[-1] + length)
    return whole if len(spans) == 1 else f"{whole} AND (" + " OR ".join(_span(column, *span) for span in spans) + ")"


def _span(column: str, start: datetime, end: datetime) -> str:
    first, last = (f"fromUnixTimestamp({int(at.timestamp())})" for at in (start, end))
    return f"({column} >= {first} AND {column} < {last})"


def _fold(metric: Metric) -> list[str]:
    """Return how each part folds, and the columns beside the parts."""
    folds = [
        f"{part.combine}ForEach(r.{name}) AS {name}" if part.bins else f"{part.combine}(r.{name}) AS {name}"
        for name, part in metric.parts.items()
    ]
    missing = "toInt64(r.expected_ms) - toInt64(least(r.expected_ms, r.observed_ms))"
    by_reason = f"sumMapIf([r.reason], [{missing}], r.reason > 0)"
    reason = f"arraySort(x -> (-x.2, x.1), arrayZip(({by_reason} AS why).1, why.2))[1].1 AS reason"
    return [*(f"argMax(r.{name}, r.ts) AS {name}" for name in LAST), "max(r.rev) AS rev", reason, *folds]


def _insert(metric: Metric, grain: str, values: dict[str, str], source: str) -> str:
    names = coarse_columns(metric, grain)
    chosen = ",\n    ".join(f"{values.get(name, f's.{name}')} AS {name}" for name in names)
    return f"INSERT INTO {metric.name}_{grain}_log ({', '.join(names)})\nSELECT\n    {chosen}\nFROM {source}"


def _from_minutes(metric: Metric, grain: str, bucket: str, within: str, number: int) -> str:
    keys = ", ".join(f"r.{name}" for name in key(metric))
    start_ms = "toUnixTimestamp(r.ts) * 1000"
    columns = [
        *(f"r.{name} AS {name}" for name in key(metric)),
        "r.bucket AS at",
        *_fold(metric),
        "sum(r.expected_ms) AS expected",
        f"ifNull(minOrNullIf(toInt64({start_ms} + 60000 - r.expected_ms), r.expected_ms > 0), {NEVER_MS}) AS first",
        f"ifNull(maxOrNullIf(toInt64({start_ms} + r.expected_ms), r.expected_ms > 0), 0) AS last",
    ]
    folded = (
        "(SELECT "
        + ",\n    ".join(columns)
        + f"\nFROM (SELECT *, {bucket} AS bucket FROM {metric.name}_minute_log FINAL "
        f"WHERE {within} AND deleted = 0) AS r\nGROUP BY {keys}, r.bucket)"
    )
    plain = ", ".join(key(metric))
    hour = f"(PARTITION BY {plain}, toStartOfHour(at))"
    source = f"(SELECT *, min(first) OVER {hour} AS hour_first, max(last) OVER {hour} AS hour_last FROM {folded}) AS s"
    opens = "toInt64(toUnixTimestamp(s.at)) * 1000"
    implied = f"greatest(0, least(s.hour_last, {opens} + {SPAN_MS[grain]}) - greatest(s.hour_first, {opens}))"
    values = {
        "ts": "s.at",
        "expected_ms": f"greatest(s.expected, toUInt64({implied}))",
        "from_ms": "s.first",
        "until_ms": "s.last",
        "roll": str(number),
        "deleted": "0",
    }
    return _insert(metric, grain, values, source)


def _from_hours(metric: Metric, within: str, number: int) -> str:
    keys = ", ".join(f"r.{name}" for name in key(metric))
    short = f"r.expected_ms >= {LEAST_MS} AND r.observed_ms / r.expected_ms < {PUBLISHED_COVERAGE}"
    scaled = "intDivOrZero(r.{0} * r.expected_ms + intDiv(r.observed_ms, 2), greatest(r.observed_ms, 1))"
    columns = [
        *(f"r.{name} AS {name}" for name in key(metric)),
        "r.bucket AS at",
        *_fold(metric),
        "sum(r.expected_ms) AS expected",
        "min(r.from_ms) AS first",
        "max(r.until_ms) AS last",
        f"countIf({short}) AS short",
        "intDiv(max(if(r.expected_ms > 0, toUnixTimestamp(r.ts), 0)) - "
        "min(if(r.expected_ms > 0, toUnixTimestamp(r.ts), toUnixTimestamp(r.ts) + 86400)), 3600) + 1 "
        "- countIf(r.expected_ms > 0) AS absent",
        "countIf(r.expected_ms > 0) AS expected_hours",
        "countIf(r.expected_ms > 0 AND r.observed_ms = 0) AS blind",
        *(f"sumIf({scaled.format(name)}, r.observed_ms > 0) AS {name}_scaled" for name in estimated(metric)),
    ]
    source = (
        "(SELECT "
        + ",\n    ".join(columns)
        + f"\nFROM (SELECT *, toDateTime(toStartOfDay(ts, '{ZONE}'), 'UTC') AS bucket "
        f"FROM {metric.name}_hour_log FINAL WHERE {within} AND deleted = 0) AS r\nGROUP BY {keys}, r.bucket) AS s"
    )
    values = {
        "ts": "s.at",
        "expected_ms": "greatest(s.expected, toUInt64(greatest(0, s.last - s.first)))",
        "from_ms": "s.first",
        "until_ms": "s.last",
        "roll": str(number),
        "deleted": "0",
        "hours_short": "toUInt8(if(s.expected_hours = 0, 0, s.short + s.absent))",
        **{
            f"{name}_estimated": f"if(s.blind + s.absent > 0 OR s.expected_hours = 0, NULL, s.{name}_scaled)"
            for name in estimated(metric)
        },
    }
    return _insert(metric, "day", values, source)


def _leftovers(metric: Metric, grain: str, within: str, number: int) -> str:
    """Return the statement that tombstones buckets which this roll found no minutes for.

    The condition stands in a subquery: outside, it would see the replaced columns.
    """
    table = f"{metric.name}_{grain}_log"
    return (
        f"INSERT INTO {table} SELECT * REPLACE (toUInt8(1) AS deleted, toUInt64({number}) AS roll) "
        f"FROM (SELECT * FROM {table} FINAL WHERE {within} AND deleted = 0 AND roll < {number})"
    )
