"""What a store has: its tables' columns, engines and keys, as `schemas.shape` compares them."""

from __future__ import annotations

import re
from typing import Final

from connectors.warehouse.session import Session
from schemas.shape import Column, Feed, Table

TABLES: Final = """
SELECT name, engine_full, sorting_key, partition_key, comment
FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'
"""
COLUMNS: Final = """
SELECT table, name, type, default_kind, default_expression, compression_codec, comment
FROM system.columns WHERE database = currentDatabase() AND table IN
    (SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree')
ORDER BY table, position
"""
FEEDS: Final = """
SELECT name, extract(as_select, 'FROM \\w+\\.(\\w+)') AS source,
    extract(create_table_query, ' TO \\w+\\.(\\w+)') AS target
FROM system.tables WHERE database = currentDatabase() AND engine = 'MaterializedView'
"""
VIEWS: Final = """
SELECT name, toInt64(now()) - toInt64(metadata_modification_time) AS age_s
FROM system.tables WHERE database = currentDatabase() AND engine = 'View'
"""


def read(session: Session) -> dict[str, Table | Feed]:
    """Return the tables and feeds that a store has, by name."""
    found = tables(session)
    feeds = session.query(FEEDS).rows
    return {**found, **{name: Feed(source, target, _key(found, target)) for name, source, target in feeds}}


def tables(session: Session) -> dict[str, Table]:
    """Return the tables that a store has, by name."""
    columns: dict[str, dict[str, Column]] = {}
    for table, name, kind, default, expression, codec, comment in session.query(COLUMNS).rows:
        plain = expression if default in ("", "DEFAULT") else f"{default} {expression}"
        columns.setdefault(table, {})[name] = Column(kind, plain, codec, comment)
    return {
        name: Table(columns[name], _engine(engine), order, partition, "", comment)
        for name, engine, order, partition, comment in session.query(TABLES).rows
        if name in columns
    }


def views(session: Session) -> dict[str, int]:
    """Return the views that a store has, and how long ago each was changed [s]."""
    return dict(session.query(VIEWS).rows)


def _key(found: dict[str, Table], target: str) -> tuple[str, ...]:
    return tuple(found[target].order.split(", ")) if target in found else ()


def _engine(full: str) -> str:
    """Return an engine as on one server: a replicated one holds the same rows."""
    found = re.match(r"(?:Replicated|Shared)?(\w+)(?:\(([^)]*)\))?", full)
    assert found is not None
    given = [word for word in (found[2] or "").split(", ") if word and not word.startswith("'")]
    return f"{found[1]}({', '.join(given)})" if given else found[1]
