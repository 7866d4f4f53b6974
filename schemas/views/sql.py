"""What every view is made of: the rows that count, common columns, percentiles.

Every view reads its `_log` table with FINAL, so corrections and tombstones show
at once. Ratios are taken in views and only there; a window watched for less
than `PUBLISHED_COVERAGE` has NULL figures and says why.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from schemas.columns import PUBLISHED_COVERAGE, REASONS

GRAINS: Final = ("minute", "quarter", "hour", "day")
LENGTH_S: Final = {"minute": 60, "quarter": 900, "hour": 3_600, "day": 86_400}
"""Length of a window [s]: local days too, as the zone has no daylight saving time."""


def newest(metric: str) -> str:
    """Return SQL for the newest stored minute of a metric; withdrawn ones do not count.

    Minutes are read from the newest hour on: FINAL over all of them would read all days.
    """
    counts = "FINAL WHERE deleted = 0"
    hour = f"(SELECT max(ts) FROM {metric}_hour_log {counts})"
    return f"(SELECT max(ts) FROM {metric}_minute_log {counts} AND ts >= {hour})"


DATA_END: Final = f"({newest('health')} + INTERVAL 1 MINUTE)"
"""The present of what is stored: the end of the newest minute of any camera."""

COVERAGE: Final = "if(expected_ms = 0, 0., least(1., observed_ms / expected_ms))"


def array(values: tuple[object, ...]) -> str:
    """Return an SQL array of words or numbers."""
    return "[" + ", ".join(f"'{v}'" if isinstance(v, str) else str(v) for v in values) + "]"


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


def source(metric: str, grain: str, alias: str = "m") -> str:
    """Return the rows that count, with coverage and whether it is enough."""
    enough = f"{COVERAGE} >= {PUBLISHED_COVERAGE}" + (" AND hours_short = 0" if grain == "day" else "")
    return (
        f"(SELECT *, {COVERAGE} AS covered, {enough} AS published\n"
        f"    FROM {metric}_{grain}_log FINAL WHERE deleted = 0) AS {alias}"
    )


def common(
    zone: str, keys: tuple[str, ...], why: str = "''", watch: tuple[str, ...] = ("observed_ms", "expected_ms")
) -> list[str]:
    """Return the columns of every view by camera; `why` is the reason of a published row."""
    local = f"toTimeZone(m.ts, '{zone}')"
    return [
        "m.ts AS ts",
        f"{local} AS local_ts",
        *(f"m.{name} AS {name}" for name in ("camera_id", "area", "owner", "category", *keys)),
        "m.frames AS frames",
        "m.covered AS coverage",
        *(f"m.{name} AS {name}" for name in watch),
        f"multiIf(m.published, {why}, m.reason = 0, 'low_coverage', "
        f"arrayElement({array(REASONS)}, m.reason + 1)) AS reason",
        f"{day_type(local)} AS day_type",
        "m.rev % 65536 AS revision",
        "intDiv(m.rev, 65536) AS generation",
        *(f"m.{name} AS {name}" for name in ("params_hash", "model_id", "simulated")),
    ]


def published(figure: str, condition: str = "m.published") -> str:
    """Return SQL for a figure that is NULL unless the condition holds."""
    return f"if({condition}, {figure}, NULL)"


def select(name: str, columns: list[str], rows: str, comment: str = "") -> str:
    """Return the CREATE statement of a view of `columns` from `rows`; `comment` says what it is for."""
    return view(name, "SELECT\n    " + ",\n    ".join(columns) + f"\nFROM {rows}", comment)


def view(name: str, query: str, comment: str = "") -> str:
    """Return the CREATE statement of a view of a whole query."""
    said = comment.replace("'", "''")
    return f"CREATE OR REPLACE VIEW {name} AS\n{query}" + (f"\nCOMMENT '{said}'" if comment else "")
