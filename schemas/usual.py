"""SQL of what is usual: how much each local hour carries, by the days of the same kind in the weeks before.

A day that lacks hours is judged by what they carry. That is read from its own
key's hours that were watched enough, in the `WEEKS` before it, on days of the
same kind; only days that lack hours ask, so that a roll of whole days reads no
weeks.
"""

from __future__ import annotations

from typing import Final

from schemas import ddl
from schemas.local_time import ZONE
from schemas.parts import Metric
from schemas.sql import COVERAGE, HOUR_MS, LACKS_PPM, day_type
from schemas.words import PUBLISHED_COVERAGE

WEEKS: Final = 4
"""How far back a usual day is looked for: four or five days of each weekday, a few Saturdays (ours)."""

HOURS: Final = range(24)


def rates(metric: Metric, days: str, since: str, until: str) -> str:
    """Return rows of the keys, at (a day), known and rates: what is usual at the hours of the days that ask.

    Parameters
    ----------
    days
        Rows of the keys and `at`: the days that ask.
    since, until
        Conditions on `ts` that hold from `WEEKS` before the first of them to the end of the last.

    Returns
    -------
    ``known`` are the local hours of which something is known, ``rates`` tuples (hour, weight, a rate a count), each
    count an hour [1/h] of the watched time.
    """
    keys, counts = ddl.key(metric), ddl.estimated(metric)
    on = " AND ".join(f"h.{name} = t.{name}" for name in keys)
    local = f"toTimeZone({{}}, '{ZONE}')"
    hours = (
        f"(SELECT *, {_day('ts')} AS at, {day_type(local.format('ts'))} AS kind, intDiv(ts - at, 3600) AS hour\n"
        f"    FROM {metric.name}_hour_log FINAL\n"
        f"    WHERE {since} AND {until} AND camera_id IN (SELECT camera_id FROM {days})\n"
        f"    AND deleted = 0 AND {COVERAGE} >= {PUBLISHED_COVERAGE})"
    )
    asked = ", ".join(f"t.{name} AS {name}" for name in (*keys, "at"))
    by = ", ".join(f"t.{name}" for name in (*keys, "at"))
    rate = f"{HOUR_MS} * sum(h.{{}}) / sum(h.observed_ms)"
    weight = " + ".join(rate.format(name) for name in ddl.weight(metric)) or "1."
    each = ", ".join(("h.hour", f"toFloat64({weight})", *(f"toFloat64({rate.format(name)})" for name in counts)))
    by_hour = (
        f"(SELECT {asked}, h.hour AS hour, tuple({each}) AS rate\n"
        f"FROM {hours} AS h\n"
        f"INNER JOIN (SELECT *, {day_type(local.format('at'))} AS kind FROM {days}) AS t ON {on} AND h.kind = t.kind\n"
        f"WHERE h.at < t.at AND h.at >= t.at - INTERVAL {WEEKS} WEEK\nGROUP BY {by}, h.hour)"
    )
    return (
        f"(SELECT {', '.join((*keys, 'at'))}, groupArray(hour) AS known, arraySort(groupArray(rate)) AS rates\n"
        f"FROM {by_hour} GROUP BY {', '.join((*keys, 'at'))})"
    )


def _day(ts: str) -> str:
    return f"toDateTime(toStartOfDay({ts}, '{ZONE}'), 'UTC')"


def among(hours: str, number: int, even: str) -> str:
    """Return SQL for what local hours carry: the sum of rate `number` (from 1 the hour), or how many they are.

    Parameters
    ----------
    hours
        SQL of an array of local hours.
    even
        SQL: every hour carries as much as any other.
    """
    of = f"arraySum(arrayMap(x -> x.{number}, arrayFilter(x -> has({hours}, x.1), rates)))"
    return f"if({even}, toFloat64(length({hours})), {of})"


def carried(hours: str) -> str:
    """Return SQL for what local hours carry by `usual` (24 hours), or how many they are where every hour is `even`."""
    return f"if(even, toFloat64(length({hours})), toFloat64(arraySum(arrayMap(x -> usual[x + 1], {hours}))))"


EVEN: Final = "length(usual) < 24 OR arraySum(arrayMap(x -> usual[x + 1], day_hours)) = 0"
"""SQL: nothing is known of how a day's hours differ."""

LACKS: Final = f"if(empty(lacking), 0, ceil(1000000 * {carried('lacking')} / {carried('day_hours')}))"
"""SQL: what the hours `lacking` of `day_hours` carry, 1e-6, rounded up."""


def filled(scaled: str) -> str:
    """Return SQL for a day's count out of the hours that were watched at all, the `blind` ones filled as usual.

    NULL where the day has no hours, or lacks too much of itself.
    """
    whole, blind = carried("day_hours"), carried("blind")
    known = f"toUInt64(round({scaled} * {whole} / ({whole} - {blind})))"
    return f"multiIf(empty(day_hours), NULL, empty(blind), {scaled}, lacks_ppm > {LACKS_PPM}, NULL, {known})"
