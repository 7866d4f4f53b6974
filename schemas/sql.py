"""Pieces of SQL that cards and views are made of; a camera's row is `m`, an area's or a place's `s`.

Ratios are taken in views and only there. A window watched for less than
`PUBLISHED_COVERAGE` has NULL figures.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from schemas.words import PUBLISHED_COVERAGE

GRAINS: Final = ("minute", "quarter", "hour", "day")

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


def longest(times: str) -> str:
    """Return SQL for the number, from 1, of what held longest, the last of equals; 0 where nothing held."""
    most = f"arrayReduce('max', {times})"
    return f"if({most} > 0, arrayLastIndex(x -> x = {most}, {times}), 0)"


def source(metric: str, grain: str, alias: str = "m") -> str:
    """Return the rows that count, with coverage and whether it is enough.

    Those of grain `now` are called `{metric}_newest`, which the query must define.
    """
    enough = f"{COVERAGE} >= {PUBLISHED_COVERAGE}" + (" AND hours_short = 0" if grain == "day" else "")
    rows = f"{metric}_newest" if grain == "now" else f"{metric}_{grain}_log FINAL WHERE deleted = 0"
    return f"(SELECT *, {COVERAGE} AS covered, {enough} AS published\n    FROM {rows}) AS {alias}"
