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

from schemas import kept, usual
from schemas.columns import METRICS, PUBLISHED_COVERAGE
from schemas.ddl import GRAINS, coarse_columns, estimated, key
from schemas.local_time import ZONE
from schemas.parts import Metric
from schemas.sql import LACKS_PPM, MUTE, mute

NEVER_MS: Final = 1 << 62
LEAST_MS: Final = 60_000
"""An hour of which less was expected, at an end of a recording, does not decide about its day."""
SPAN_MS: Final = {"quarter": 900_000, "hour": 3_600_000}
LAST: Final = ("owner", "category", "params_hash", "model_id", "simulated")
"""Columns of which a bucket has its newest row's value."""


def tables() -> list[str]:
    """Return the names of the tables that say together which numbers rolls took."""
    return [*(f"{metric.name}_{grain}_log" for metric in METRICS for grain in GRAINS), *kept.tables()]


def hours(metric: Metric, starts: list[datetime], number: int, *, spares: bool = False) -> list[str]:
    """Return statements that recompute the quarters and hours of the hours that start at `starts` (UTC).

    `spares`: of these some minutes were removed, so rows that have seen more than what is left of them stay.
    """
    made = []
    for grain, bucket in (("quarter", "toStartOfFifteenMinutes(ts)"), ("hour", "toStartOfHour(ts)")):
        spared = _spared(metric, grain, among(starts, timedelta(hours=1), "ts")) if spares else ""
        made.append(_from_minutes(metric, grain, bucket, starts, number) + spared)
        if not spares:
            made.append(leftovers(f"{metric.name}_{grain}_log", among(starts, timedelta(hours=1), "ts"), number))
    return made


def days(metric: Metric, starts: list[datetime], number: int, *, lack: bool = True, spares: bool = False) -> list[str]:
    """Return statements that recompute the local days that start at `starts` (UTC).

    `lack` says whether any of them may lack hours (`lacking`); what is usual is not even looked for where none does.
    `spares`: of these some hours were removed.
    """
    within = among(starts, timedelta(days=1), "ts")
    made = _from_hours(metric, starts, number, lack=lack)
    if spares:
        return [made + _spared(metric, "day", within)]
    return [made, leftovers(f"{metric.name}_day_log", within, number)]


def lacking(metric: Metric, starts: list[datetime]) -> str | None:
    """Return a query that has a row if any of these days lacks hours; None where nothing usual stands in for them."""
    if not estimated(metric):
        return None
    return f"SELECT 1 FROM {_days(metric, among(starts, timedelta(days=1), 'ts'))} WHERE notEmpty(lacking) LIMIT 1"


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
    return f"({column} >= {_at(start)} AND {column} < {_at(end)})"


def _at(time: datetime) -> str:
    return f"fromUnixTimestamp({int(time.timestamp())})"


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


def _spared(metric: Metric, grain: str, within: str) -> str:
    """Return how a statement's source `s` leaves out windows of which what stands has seen more, or expected more."""
    keys = ", ".join(key(metric))
    standing = (
        f"(SELECT {keys}, ts AS kept_at, frames AS kept_frames, from_ms AS kept_from, until_ms AS kept_until\n"
        f"FROM {metric.name}_{grain}_log FINAL WHERE {within} AND deleted = 0) AS k"
    )
    on = " AND ".join([*(f"k.{name} = s.{name}" for name in key(metric)), "k.kept_at = s.at"])
    more = "k.kept_frames > s.frames OR k.kept_until - k.kept_from > greatest(0, s.last - s.first)"
    return f"\nLEFT JOIN {standing} ON {on}\nWHERE NOT ({more})"


def _from_minutes(metric: Metric, grain: str, bucket: str, starts: list[datetime], number: int) -> str:
    keys = ", ".join(f"r.{name}" for name in key(metric))
    start_ms = "toUnixTimestamp(r.ts) * 1000"
    columns = [
        *(f"r.{name} AS {name}" for name in key(metric)),
        "r.bucket AS at",
        *_fold(metric),
        *(f"countIf({sql}) AS {name}" for name, sql in metric.tallies.items()),
        "sum(r.expected_ms) AS expected",
        f"ifNull(minOrNullIf(toInt64({start_ms} + 60000 - r.expected_ms), r.expected_ms > 0), {NEVER_MS}) AS first",
        f"ifNull(maxOrNullIf(toInt64({start_ms} + r.expected_ms), r.expected_ms > 0), 0) AS last",
    ]
    folded = (
        "(SELECT "
        + ",\n    ".join(columns)
        + f"\nFROM (SELECT *, {bucket} AS bucket FROM {_known(metric, starts)}) AS r\nGROUP BY {keys}, r.bucket)"
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


def _from_hours(metric: Metric, starts: list[datetime], number: int, *, lack: bool) -> str:
    keys, counts = key(metric), estimated(metric)
    folded = _days(metric, among(starts, timedelta(days=1), "ts"))
    if counts and lack:
        since, until = starts[0] - timedelta(weeks=usual.WEEKS), starts[-1] + timedelta(days=1)
        asked = f"(SELECT {', '.join((*keys, 'at'))} FROM {folded} WHERE notEmpty(lacking))"
        known = usual.rates(metric, asked, f"ts >= {_at(since)}", f"ts < {_at(until)}")
        on = " AND ".join(f"s.{name} = u.{name}" for name in (*keys, "at"))
        source = (
            f"(SELECT s.*, u.known AS known, u.rates AS rates FROM {folded} AS s LEFT JOIN {known} AS u ON {on}) AS s"
        )
    else:
        nothing = f"CAST([], 'Array(Tuple({', '.join(('UInt8', 'Float64', *('Float64' for _ in counts)))}))') AS rates"
        source = f"(SELECT *, CAST([], 'Array(UInt8)') AS known, {nothing} FROM {folded}) AS s"
    even = f"NOT (hasAll(known, day_hours) AND {usual.among('day_hours', 2, '0')} > 0)"
    whole, lacks = (usual.among(hours, 2, "even") for hours in ("day_hours", "lacking"))
    weighed = (
        f"(SELECT *, {even} AS even,\n"
        f"    if(empty(lacking), 0, toUInt32(ceil(1000000 * {lacks} / {whole}))) AS lacks_ppm\nFROM {source}) AS s"
    )
    at_hour = "toUInt64(round(1000 * arraySum(arrayMap(x -> x.2, arrayFilter(x -> x.1 = h, rates)))))"
    values = {
        "ts": "s.at",
        "expected_ms": "greatest(s.expected, toUInt64(greatest(0, s.last - s.first)))",
        "from_ms": "s.first",
        "until_ms": "s.last",
        "roll": str(number),
        "deleted": "0",
        "hours_short": "toUInt8(length(s.lacking))",
        "usual": f"if(even OR empty(s.lacking), [], arrayMap(h -> {at_hour}, range(24)))",
        **{f"{name}_estimated": _estimate(name, n) for n, name in enumerate(counts, 3)},
    }
    return _insert(metric, "day", values, weighed)


def _known(metric: Metric, starts: list[datetime]) -> str:
    """Return the minutes that count; of those in which a detector was mute, nothing but their frames is known."""
    within = among(starts, timedelta(hours=1), "ts")
    rows = f"{metric.name}_minute_log FINAL WHERE {within} AND deleted = 0"
    if not metric.is_of_objects:
        return f"(SELECT * FROM {rows})"
    zeros = [
        f"if(is_mute, {'[]' if part.bins else '0'}, {name}) AS {name}"
        for name, part in metric.parts.items()
        if name != "frames"
    ]
    unknown = ", ".join([*zeros, f"if(is_mute, {MUTE}, reason) AS reason"])
    asked = f"SELECT *, {mute(among(starts, timedelta(hours=1), 'at'))} AS is_mute FROM {rows}"
    return f"(SELECT * EXCEPT is_mute REPLACE ({unknown}) FROM ({asked}))"


def _days(metric: Metric, within: str) -> str:
    """Return days out of hours, with the local hours they have, those that they lack, and those nobody watched."""
    short = f"r.expected_ms >= {LEAST_MS} AND r.observed_ms / r.expected_ms < {PUBLISHED_COVERAGE}"
    scaled = "intDivOrZero(r.{0} * r.expected_ms + intDiv(r.observed_ms, 2), greatest(r.observed_ms, 1))"
    columns = [
        *(f"r.{name} AS {name}" for name in key(metric)),
        "r.bucket AS at",
        *_fold(metric),
        *(f"sum(r.{name}) AS {name}" for name in metric.tallies),
        "sum(r.expected_ms) AS expected",
        "min(r.from_ms) AS first",
        "max(r.until_ms) AS last",
        "groupUniqArrayIf(r.hour, r.expected_ms > 0) AS expected_hours",
        f"groupUniqArrayIf(r.hour, r.expected_ms > 0 AND NOT ({short})) AS watched_hours",
        "groupUniqArrayIf(r.hour, r.observed_ms > 0) AS seen_hours",
        *(f"sumIf({scaled.format(name)}, r.observed_ms > 0) AS {name}_scaled" for name in estimated(metric)),
    ]
    hours = (
        f"(SELECT *, toDateTime(toStartOfDay(ts, '{ZONE}'), 'UTC') AS bucket, "
        f"toUInt8(intDiv(ts - bucket, 3600)) AS hour\nFROM {metric.name}_hour_log FINAL WHERE {within} AND deleted = 0)"
    )
    grouped = ", ".join((*(f"r.{name}" for name in key(metric)), "r.bucket"))
    whole = "range(arrayMin(expected_hours), toUInt8(arrayMax(expected_hours) + 1))"
    return (
        f"(SELECT *, if(empty(expected_hours), [], {whole}) AS day_hours,\n"
        "    arrayFilter(x -> NOT has(watched_hours, x), day_hours) AS lacking,\n"
        "    arrayFilter(x -> NOT has(seen_hours, x), lacking) AS blind\n"
        "FROM (SELECT " + ",\n    ".join(columns) + f"\nFROM {hours} AS r\nGROUP BY {grouped}))"
    )


def _estimate(name: str, number: int) -> str:
    """Return a count of a day: each hour's over its coverage, hours nobody watched by what is usual there.

    It is NULL where nobody watched hours that carry too much of a day, or nothing was expected.
    """
    every, blind = (usual.among(hours, number, "even") for hours in ("day_hours", "blind"))
    filled = f"if({every} > {blind}, s.{name}_scaled * {every} / ({every} - {blind}), s.{name}_scaled + {blind})"
    return (
        f"multiIf(empty(s.day_hours), NULL, empty(s.blind), s.{name}_scaled, "
        f"lacks_ppm > {LACKS_PPM}, NULL, toUInt64(round({filled})))"
    )


def leftovers(table: str, within: str, number: int) -> str:
    """Return the statement that tombstones windows of a table which this roll found nothing for.

    The condition stands in a subquery: outside, it would see the replaced columns.
    """
    return (
        f"INSERT INTO {table} SELECT * REPLACE (toUInt8(1) AS deleted, toUInt64({number}) AS roll) "
        f"FROM (SELECT * FROM {table} FINAL WHERE {within} AND deleted = 0 AND roll < {number})"
    )
