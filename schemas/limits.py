"""What somebody who is kept to areas or owners may read of a warehouse: tables, views, and which of their rows.

Rows say whose they are (`area`, `owner`), or follow from a camera or place that does. Views add nothing: they are read
with the rights of who asks, so that the tables' limits hold in them; only sums by area, to which also others'
cameras belong, are limited themselves, and so are the tables that keep such sums. What is not named here, and what no
rule fits, is read by nobody who is kept.

Rights to limited tables are given column by column: ClickHouse's functions that look into a table's index
(`mergeTreeAnalyzeIndexes`) know no rows to keep back, and ask for the right to the table as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final, Literal, NamedTuple

from schemas import area_hours, ddl
from schemas.local_time import ZONE
from schemas.shape import Table
from schemas.views import View, every
from schemas.views.describe import CALLED
from schemas.views.sql import string

Kept = Literal["all", "areas", "owners"]
"""How far somebody sees: all of the city, areas, or cameras of owners (of areas, too, where both are named)."""
KINDS: Final[tuple[Kept, ...]] = ("all", "areas", "owners")

PUBLIC: Final = ("areas_log", "calendar_log", "areas", "area_outlines", "calendar", "columns", "words")
"""What says nothing of any camera: names, outlines, days, words."""
PERSONAL: Final = ("dead_letters_raw",)
"""What nobody reads but an account of its own."""

_SEEN: Final = "(SELECT camera_id FROM {database}.cameras_log)"
_ALL_OF: Final = "notEmpty({0}) AND arrayAll(each -> substringIndex(each, '/', 1) IN {{seen}}, {0})"
FOLLOWING: Final = {
    "mutes_log": "camera_id IN {seen}",
    **dict.fromkeys(("acknowledgements_log", "notes_log"), "message IN (SELECT message FROM {database}.alerts_log)"),
    "sources_log": "kind = 'camera' AND id IN {seen}",
    "roads_log": _ALL_OF.format("lines"),
    "places_log": _ALL_OF.format("arrayConcat(zones, gates)"),
}
"""Tables whose rows follow from what somebody sees: a road or a place is theirs if all its cameras are."""
OF: Final = {
    "road": "road IN (SELECT road FROM {database}.roads_log FINAL WHERE deleted = 0)",
    "place_id": "place_id IN (SELECT place_id FROM {database}.places_log FINAL WHERE deleted = 0)",
}
"""Columns that say of which road or place a row is: it is made of several cameras, whatever else it says."""
SETTINGS: Final = {"apply_row_policy_after_final": 1}
"""What nobody who is kept may change: else a road would be seen by what it was before others' cameras were added."""
NAMES: Final = {"tables": "NOT endsWith(name, '_log')", "columns": "NOT endsWith(table, '_log')"}
"""Tables of the system that anybody reads: how many rows and bytes a table has is said there."""


class Limit(NamedTuple):
    """What somebody is kept to: cameras in any of the areas (or below) and of any of the owners; () is no limit."""

    areas: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()

    @property
    def kind(self) -> Kept:
        """Return how far somebody sees."""
        return "owners" if self.owners else "areas" if self.areas else "all"

    @property
    def clause(self) -> str:
        """Return SQL that rows must meet which may be seen; '' for all."""
        areas = [f"area = {string(code)} OR startsWith(area, {string(code + '.')})" for code in self.areas]
        owners = [f"owner IN ({', '.join(map(string, self.owners))})"] if self.owners else []
        return " AND ".join([*([f"({' OR '.join(areas)})"] if areas else []), *owners])


def readable(kind: Kept) -> dict[str, tuple[str, ...]]:
    """Return which columns are read of each table and view; () is all of them."""
    tables, views = _tables(), _views()
    if kind == "all":
        return {name: () for name in (*tables, *views) if name not in PERSONAL}
    own = {name: tuple(table.columns) for name, table in tables.items() if _limited(name, table, kind)}
    shown = (name for name, view in views.items() if _is_shown(view, kind))
    return {name: () for name in PUBLIC} | own | dict.fromkeys(shown, ())


def filters(limit: Limit, database: str) -> dict[str, str]:
    """Return the condition on rows of each table and view that somebody is kept from; none for who sees all."""
    if limit.kind == "all":
        return {}
    seen = _SEEN.format(database=database)
    found = ((name, _limited(name, table, limit.kind)) for name, table in _tables().items())
    own = {name: sql.format(seen=seen, database=database, own=limit.clause) for name, sql in found if sql}
    areas = {name: limit.clause for name, view in _views().items() if _is_by_area(view) and _is_shown(view, limit.kind)}
    return own | areas


def grant(kind: Kept, database: str) -> str:
    """Return the rights to read, as they stand between GRANT and TO."""
    of = {name: f"({', '.join(columns)})" if columns else "" for name, columns in readable(kind).items()}
    return ", ".join(f"SELECT{columns} ON {database}.{name}" for name, columns in sorted(of.items()))


@cache
def _tables() -> dict[str, Table]:
    return ddl.tables()


@cache
def _views() -> dict[str, View]:
    return {view.name: view for view in every(ZONE)}


def _limited(name: str, table: Table, kind: Kept) -> str:
    """Return the condition on rows of a table that somebody is kept from; '' where there is none that would do."""
    if name in area_hours.tables():
        return "{own}" if kind == "areas" else ""
    of = (sql for column, sql in OF.items() if column in table.columns)
    return FOLLOWING.get(name) or next(of, "{own}" if _says_whose(table.columns) else "")


def _says_whose(columns: Mapping[str, object] | tuple[str, ...]) -> bool:
    return "area" in columns and "owner" in columns


def _is_by_area(view: View) -> bool:
    return "area_name" in view.columns or "area_level" in view.columns


def _is_shown(view: View, kind: Kept) -> bool:
    """Say whether rows of a view are one's own where those of the tables below it are; sums by area are no owner's."""
    if _is_by_area(view):
        return kind == "areas" and "area" in view.columns and not CALLED.search(view.text)
    return _says_whose(view.columns) or "place_id" in view.columns or view.name == "roads" or view.name in PUBLIC
