"""What a table looks like, how it is made, and how one that looks otherwise is brought there.

`create` writes a table's statement; `compare` says which statements lead from
the tables a store has to those it should have, and names what no statement of
ours can bridge: a type, an engine or a key that differs, since changing it
would rewrite or lose rows. Every statement may be run again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Column(NamedTuple):
    """A column as ClickHouse writes it; `default` and `codec` are empty where there are none."""

    type: str
    default: str
    codec: str
    comment: str


class Table(NamedTuple):
    """A table; `tail` is what follows engine and keys: lifetime and settings, which are not compared."""

    columns: Mapping[str, Column]
    engine: str
    order: str
    partition: str
    tail: str
    comment: str


class Feed(NamedTuple):
    """Rows of `source` are copied into `target` as they come; it keeps the newest by `ts` of each `key`."""

    source: str
    target: str
    key: tuple[str, ...]


Shape = Mapping[str, Table | Feed]
"""Tables and feeds by name; a feed stands after its tables, a target before its source."""


class Change(NamedTuple):
    """One statement, with the table it changes and what it does in words."""

    table: str
    what: str
    statement: str


class Difference(NamedTuple):
    """Changes that lead from one shape to the other, and what they cannot bridge, in words."""

    changes: list[Change]
    refused: list[str]


def quoted(text: str) -> str:
    """Return a word or sentence as an SQL string."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _column(name: str, column: Column) -> str:
    default = f" DEFAULT {column.default}" if column.default else ""
    codec = f" {column.codec}" if column.codec else ""
    return f"`{name}` {column.type}{default}{codec} COMMENT {quoted(column.comment)}"


def create(name: str, table: Table) -> str:
    """Return the statement that makes a table where there is none."""
    columns = ",\n".join(f"    {_column(*item)}" for item in table.columns.items())
    head = f"CREATE TABLE IF NOT EXISTS {name} (\n{columns}\n)"
    parts = [head, f"ENGINE = {table.engine}", f"ORDER BY {table.order}"]
    parts += [f"PARTITION BY {table.partition}"] if table.partition else []
    parts += [table.tail] if table.tail else []
    parts += [f"COMMENT {quoted(table.comment)}"] if table.comment else []
    return "\n".join(parts)


def compare(wanted: Shape, found: Shape) -> Difference:
    """Return how `found` becomes `wanted`; tables and columns that only `found` has are left alone."""
    changes: list[Change] = []
    refused: list[str] = []
    for name, one in wanted.items():
        has = found.get(name)
        if isinstance(one, Table):
            step = _table(name, one, has)
        elif has is None:
            step = Difference(_feed(name, one, wanted), [])
        else:
            step = Difference([], [] if has == one else [f"{name}: expected {one}, found {has}"])
        changes += step.changes
        refused += step.refused
    return Difference(changes, refused)


def _table(name: str, wanted: Table, found: Table | Feed | None) -> Difference:
    if found is None:
        return Difference([Change(name, "a new table", create(name, wanted))], [])
    if isinstance(found, Feed):
        return Difference([], [f"{name}: expected a table, found a feed"])
    changes, refused = _columns(name, wanted, found)
    if wanted.comment != found.comment:
        say = f"ALTER TABLE {name} MODIFY COMMENT {quoted(wanted.comment)}"
        changes.append(Change(name, "its comment", say))
    return Difference(changes, _kept(name, wanted, found) + refused)


def _feed(name: str, feed: Feed, wanted: Shape) -> list[Change]:
    """Return the steps that make a feed.

    What there is goes in before, so that a feed that is there lacks nothing, and again after, for what came between.
    """
    source = wanted[feed.source]
    assert isinstance(source, Table)
    columns, keys = ", ".join(source.columns), ", ".join(feed.key)
    fill = (
        f"INSERT INTO {feed.target} ({columns})\nSELECT {columns}\nFROM {feed.source}\n"
        f"WHERE ({keys}, ts) IN (SELECT {keys}, max(ts) FROM {feed.source} GROUP BY {keys})"
    )
    make = f"CREATE MATERIALIZED VIEW IF NOT EXISTS {name} TO {feed.target} AS\nSELECT * FROM {feed.source}"
    rows = Change(feed.target, f"the newest rows of {feed.source}", fill)
    return [rows, Change(name, f"a new feed from {feed.source}", make), rows]


def _kept(name: str, wanted: Table, found: Table) -> list[str]:
    """Return what a table cannot change once it has rows, where it differs."""
    facts = (
        ("engine", wanted.engine, found.engine),
        ("sorting key", bare(wanted.order), bare(found.order)),
        ("partitions", bare(wanted.partition), bare(found.partition)),
    )
    return [f"{name}: expected {what} {want!r}, found {has!r}" for what, want, has in facts if want != has]


def bare(key: str) -> str:
    """Return a key without the brackets around the whole of it, as the engine says it."""
    inner = key.removeprefix("tuple")
    return inner[1:-1] if inner.startswith("(") and inner.endswith(")") else key


def _columns(name: str, wanted: Table, found: Table) -> Difference:
    changes: list[Change] = []
    refused: list[str] = []
    keyed = set(bare(wanted.order).split(", "))
    before = ""
    for title, column in wanted.columns.items():
        has = found.columns.get(title)
        where = f"{name}.{title}"
        if has is None and title in keyed:
            refused.append(f"{where}: expected a column of the sorting key, found none")
        elif has is None:
            place = f"AFTER `{before}`" if before else "FIRST"
            say = f"ALTER TABLE {name} ADD COLUMN IF NOT EXISTS {_column(title, column)} {place}"
            changes.append(Change(name, f"a new column {title}", say))
        elif has.type != column.type:
            refused.append(f"{where}: expected type {column.type}, found {has.type}")
        elif (has.default and not column.default) or (has.codec and not column.codec):
            refused.append(f"{where}: expected no default or codec, found {has.default} {has.codec}".rstrip())
        elif has != column:
            what = "comment" if has._replace(comment=column.comment) == column else "default or codec"
            say = f"ALTER TABLE {name} MODIFY COLUMN IF EXISTS {_column(title, column)}"
            if what == "comment":
                say = f"ALTER TABLE {name} COMMENT COLUMN IF EXISTS `{title}` {quoted(column.comment)}"
            changes.append(Change(name, f"the {what} of {title}", say))
        before = title
    return Difference(changes, refused)
