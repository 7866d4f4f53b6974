"""Pieces of SQL that cards and views are made of; a camera's row is `m`, an area's or a place's `s`.

Ratios are taken in views and only there. A window watched for less than
`PUBLISHED_COVERAGE` has NULL figures.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from schemas.words import PUBLISHED_COVERAGE, REASONS

MUTE: Final = f"toUInt8({REASONS.index('mute')})"
MISREAD: Final = f"toUInt8({REASONS.index('misread')})"
MISSED: Final = f"toUInt8({REASONS.index('missed')})"

GRAINS: Final = ("minute", "quarter", "hour", "day")

HOUR_MS: Final = 3_600_000

LACKS_PPM: Final = 50_000
"""A day is published when the hours that it lacks carry at most so much of a usual day, 1e-6 (metrics.md)."""

COVERAGE: Final = "if(expected_ms = 0, 0., least(1., observed_ms / expected_ms))"


def array(values: tuple[object, ...]) -> str:
    """Return an SQL array of words or numbers."""
    return "[" + ", ".join(f"'{v}'" if isinstance(v, str) else str(v) for v in values) + "]"


def published(figure: str, condition: str = "m.published") -> str:
    """Return SQL for a figure that is NULL unless the condition holds."""
    return f"if({condition}, {figure}, NULL)"


def reported(figure: str, also: str = "") -> str:
    """Return SQL for an area's figure, NULL unless any of its cameras reports."""
    return published(figure, "s.reporting > 0" + (f" AND {also}" if also else ""))


def percentile(hist: str, edges: tuple[int, ...], top: str, share: float = 0.95) -> str:
    """Return SQL for a percentile of a histogram with lower edges `edges`.

    The value is the highest integer of the bin, not above `top`: exact for
    bins one wide, at most one bin too high for wide ones. An open last bin
    gives `top`.
    """
    uppers = array((*(edge - 1 for edge in edges[1:]), 4294967295))
    place = f"arrayFirstIndex(x -> x >= {share} * arraySum({hist}), arrayCumSum({hist}))"
    return f"least(arrayElement({uppers}, {place}), {top})"


def median(hist: str, edges: tuple[int, ...]) -> str:
    """Return SQL for the median of a histogram with lower edges `edges`.

    Linear within its bin, which is right where values lie evenly in it; in the
    open last bin it is that bin's lower edge. The histogram is not empty.
    """
    half, below = f"arraySum({hist}) / 2", f"arrayCumSum({hist})"
    place = f"arrayFirstIndex(x -> x >= {half}, {below})"
    lower, widths = array(edges), array((*(b - a for a, b in pairwise(edges)), 0))
    into = f"({half} - arrayElement({below}, {place}) + arrayElement({hist}, {place})) / arrayElement({hist}, {place})"
    return f"arrayElement({lower}, {place}) + arrayElement({widths}, {place}) * {into}"


def milli(part: str, row: str = "m") -> str:
    """Return SQL for the time-weighted mean of a row, as an integer of thousandths."""
    whole = f"toUInt64({row}.{part})" if row == "m" else f"{row}.{part}"
    return f"intDiv(1000 * {whole} + intDiv({row}.observed_ms, 2), greatest({row}.observed_ms, 1))"


def per_hour(count: str, row: str = "m") -> str:
    """Return SQL for a count of a row by its observed hour: never by the window, nor by its coverage."""
    return f"{count} * {HOUR_MS} / {row}.observed_ms"


def hourly(count: str, row: str = "m") -> str:
    """Return SQL for the same as an integer of thousandths, which may be added over rows in any order."""
    half, whole = f"intDiv({row}.observed_ms, 2)", f"greatest({row}.observed_ms, 1)"
    return f"intDiv(toUInt64({count}) * {1000 * HOUR_MS} + {half}, {whole})"


def longest(times: str) -> str:
    """Return SQL for the number, from 1, of what held longest, the last of equals; 0 where nothing held."""
    most = f"arrayReduce('max', {times})"
    return f"if({most} > 0, arrayLastIndex(x -> x = {most}, {times}), 0)"


def day_type(local: str) -> str:
    """Return SQL for the kind of day of a local time.

    Holidays and joint leave are looked up in two small sets that a query reads
    once from the calendar; every other day, and every day of an empty calendar,
    follows from the week.
    """
    named = "SELECT date FROM calendar_log FINAL WHERE day_type = '{0}'"
    kinds = (f"toDate32({local}) IN ({named.format(kind)}), '{kind}'" for kind in ("holiday", "joint_leave"))
    week = f"toDayOfWeek({local}) = 6, 'saturday', toDayOfWeek({local}) = 7, 'sunday', 'weekday'"
    return f"multiIf({', '.join(kinds)}, {week})"


def mute(within: str = "1") -> str:
    """Return SQL: the minute `ts` of `camera_id` is one in which its detector was mute.

    Whole hours are kept as one key and the minutes around them one by one, so that both are looked up in sets which a
    query reads once.

    Parameters
    ----------
    within
        A condition on `at` that all minutes asked for hold.
    """
    keys = f"(SELECT camera_id, at FROM mutes_log FINAL WHERE deleted = 0 AND seconds = {{}} AND {within})"
    return f"((camera_id, toStartOfHour(ts)) IN {keys.format(3600)} OR (camera_id, ts) IN {keys.format(60)})"


def source(metric: str, grain: str, alias: str = "m", *, is_of_objects: bool = True, within: str = "1") -> str:
    """Return the rows that count and are `within`, with coverage and whether it is enough.

    Those of grain `now` are called `{metric}_newest`, which the query must define. What counts objects has not watched
    the minutes in which the detector was mute; coarser windows were made so.
    """
    enough = f"{COVERAGE} >= {PUBLISHED_COVERAGE}"
    if grain == "day":
        enough = f"if(hours_short = 0, {enough}, observed_ms > 0 AND lacks_ppm <= {LACKS_PPM})"
    also = "" if within == "1" else f" AND {within}"
    rows = f"{metric}_newest" if grain == "now" else f"{metric}_{grain}_log FINAL WHERE deleted = 0{also}"
    if is_of_objects and grain in ("minute", "now"):
        unknown = f"if(is_mute, 0, observed_ms) AS observed_ms, if(is_mute, {MUTE}, reason) AS reason"
        rows = f"(SELECT * EXCEPT is_mute REPLACE ({unknown}) FROM (SELECT *, {mute()} AS is_mute FROM {rows}))"
    return f"(SELECT *, {COVERAGE} AS covered, {enough} AS published\n    FROM {rows}) AS {alias}"
