"""What every view is made of: the rows that count, common columns, what a view is.

Every view reads its `_log` table with FINAL, so corrections and tombstones show
at once. Ratios are taken in views and only there; a window watched for less
than `PUBLISHED_COVERAGE` has NULL figures and says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from schemas.parts import REVISIONS
from schemas.sql import COVERAGE, GRAINS, MISREAD, MISSED, array, day_type, median, percentile, published, source
from schemas.words import REASONS

__all__ = [
    "COVERAGE",
    "GRAINS",
    "LENGTH_S",
    "View",
    "array",
    "common",
    "day_type",
    "hours_said",
    "median",
    "percentile",
    "published",
    "select",
    "source",
    "string",
    "view",
]

LENGTH_S: Final = {"minute": 60, "quarter": 900, "hour": 3_600, "day": 86_400}
"""Length of a window [s]: local days too, as the zone has no daylight saving time."""


class View(NamedTuple):
    """A view: its columns in order, and the statement that makes it."""

    name: str
    columns: tuple[str, ...]
    text: str


def unread(reason: str) -> str:
    """Return SQL of frames not read: 2 some could not be, 1 some were lost before, 0 none; the most is told."""
    return f"multiIf({reason} = {MISREAD}, 2, {reason} = {MISSED}, 1, 0)"


def unseen(row: str = "s") -> str:
    """Return SQL of why a row with `unread` says nothing, where no frame was read."""
    return f"multiIf({row}.unread = 2, 'misread', {row}.unread = 1, 'missed', 'offline')"


def versions(row: str) -> tuple[str, str]:
    """Return what a row's `rev` says: its revision and its generation."""
    return f"{row}.rev % {REVISIONS} AS revision", f"intDiv({row}.rev, {REVISIONS}) AS generation"


def hours_said(lacking: str, row: str = "m") -> str:
    """Return SQL of what a day's reason says of the hours that it lacks; nothing where it lacks all of them."""
    listed = f"arrayStringConcat(arrayMap(x -> toString(x), {row}.{lacking}), ', ')"
    return f"if({row}.frames = 0 OR empty({row}.{lacking}), '', concat(' (hours: ', {listed}, ')'))"


WATCH: Final = ("observed_ms", "expected_ms")


def common(
    zone: str, keys: tuple[str, ...], why: str = "''", watch: tuple[str, ...] = WATCH, *, of_days: bool = False
) -> list[str]:
    """Return the columns of every view by camera; `why` is the reason of a published row."""
    local = f"toTimeZone(m.ts, '{zone}')"
    cause = f"if(m.reason = 0, 'low_coverage', arrayElement({array(REASONS)}, m.reason + 1))"
    if of_days:
        cause = f"concat({cause}, {hours_said('lacking')})"
    return [
        "m.ts AS ts",
        f"{local} AS local_ts",
        *(f"m.{name} AS {name}" for name in ("camera_id", "area", "owner", "category", *keys)),
        "m.frames AS frames",
        "m.covered AS coverage",
        *(f"m.{name} AS {name}" for name in watch),
        f"if(m.published, {why}, {cause}) AS reason",
        *(("m.lacking AS hours_missing",) if of_days else ()),
        f"{day_type(local)} AS day_type",
        *versions("m"),
        *(f"m.{name} AS {name}" for name in ("params_hash", "model_id", "simulated")),
    ]


def string(text: str) -> str:
    """Return a text as an SQL string."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def select(name: str, columns: list[str], rows: str, comment: str = "", named: Mapping[str, str] | None = None) -> View:
    """Return a view of `columns`, each `sql AS name`, from `rows`; `comment` says what it is for.

    `named` are queries that `rows` call by name.
    """
    first = "WITH " + ",\n".join(f"{title} AS {text}" for title, text in named.items()) + "\n" if named else ""
    query = f"{first}SELECT\n    " + ",\n    ".join(columns) + f"\nFROM {rows}"
    return view(name, tuple(column.rpartition(" AS ")[2] for column in columns), query, comment)


def view(name: str, columns: tuple[str, ...], query: str, comment: str = "") -> View:
    """Return a view of a whole query with these columns."""
    said = comment.replace("'", "''")
    return View(
        name, columns, f"CREATE OR REPLACE VIEW {name} AS\n{query}" + (f"\nCOMMENT '{said}'" if comment else "")
    )
