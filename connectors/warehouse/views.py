"""Views in a store: applied where they differ from what was applied last, dropped when no longer wanted.

What was applied is kept in `views_log`, so that a command whose views are all
there asks two questions and changes nothing. A view is replaced in one step: a
reader sees the old one or the new one, and a moment later what its columns mean.
Views that Tilik did not make stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

import polars as pl

from connectors.warehouse import failures, shapes
from connectors.warehouse.inserts import to_arrow
from connectors.warehouse.session import Session
from schemas.errors import WarehouseError
from schemas.migration_files import RETIRED
from schemas.views.order import View

RACED: Final = (57, 60)
"""Codes of a view that another program replaces at the same time: it exists already, or no more."""

TRIES: Final = 20
HALF_MADE: Final = "_tmp_replace_"
"""How the engine calls a view while it makes it to replace another."""

APPLIED: Final = "SELECT name, fingerprint FROM views_log FINAL WHERE deleted = 0"
ONCE: Final = "SELECT script FROM schema_versions WHERE version = {n:UInt32} LIMIT 1"


class Step(NamedTuple):
    """Names of the views to make, to replace, and to drop."""

    made: list[str]
    replaced: list[str]
    dropped: list[str]


def plan(session: Session, wanted: Mapping[str, View], tables: set[str], left_after_s: int = 3_600) -> Step:
    """Return what must be done.

    Parameters
    ----------
    tables
        Those that the store has.
    left_after_s
        How long a replacement may take; what is half made for longer, its engine was killed.
    """
    there = shapes.views(session)
    left = [name for name, age_s in there.items() if name.startswith(HALF_MADE) and age_s > left_after_s]
    held = _applied(session, tables)
    stale = [name for name, view in wanted.items() if name not in there or held.get(name) != view.fingerprint]
    return Step(
        [name for name in stale if name not in there],
        [name for name in stale if name in there],
        sorted(((held.keys() & there.keys()) - wanted.keys()) | set(left)),
    )


def apply(session: Session, wanted: Mapping[str, View], step: Step, tilik: str) -> None:
    """Make, replace and drop views, then note it; a command killed before the note does it again."""
    stale = {*step.made, *step.replaced}
    for name, view in wanted.items():
        if name in stale:
            for statement in filter(None, [view.typed] if view.typed else [view.statement, view.comments]):
                _run(session, statement)
    for name in step.dropped:
        _run(session, f"DROP VIEW IF EXISTS {name}")
    if stale or step.dropped:
        _note(session, {name: wanted[name].fingerprint for name in wanted if name in stale}, step.dropped, tilik)


def _applied(session: Session, tables: set[str]) -> dict[str, str]:
    """Return fingerprints of the views that were applied; '' where they were a numbered file's."""
    held = dict(session.query(APPLIED).rows) if "views_log" in tables else {}
    if held or "schema_versions" not in tables:
        return held
    scripts = session.query(ONCE, {"n": RETIRED}).rows
    return {name: "" for (script,) in scripts for name in re.findall(r"CREATE OR REPLACE VIEW (\w+)", script)}


def _run(session: Session, statement: str) -> None:
    for attempt in range(TRIES):
        try:
            session.command(statement)
            return
        except WarehouseError as error:
            if error.__cause__ is None or failures.code(error.__cause__) not in RACED or attempt == TRIES - 1:
                raise


def _note(session: Session, stale: Mapping[str, str], dropped: list[str], tilik: str) -> None:
    version = session.query("SELECT max(version) + 1 AS v FROM views_log")["v"][0].as_py()
    told = [(name, print_, 0) for name, print_ in stale.items()] + [(name, "", 1) for name in dropped]
    rows = pl.DataFrame(told, {"name": pl.String, "fingerprint": pl.String, "deleted": pl.UInt8}, orient="row")
    session.insert_block(
        "views_log", to_arrow(rows.with_columns(tilik=pl.lit(tilik), version=pl.lit(version, pl.UInt64)))
    )
