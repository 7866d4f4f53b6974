"""Which views there are, in the order in which they can be made, and when one must be made again.

A view holds no data: it is applied whenever its fingerprint is not the one that
the store has. A fingerprint covers the view's text and all that it reads, views
and tables alike, since a view keeps the columns that it had when it was made.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

from schemas import ddl
from schemas.local_time import ZONE
from schemas.views import every, sql, types
from schemas.views.describe import comments, meanings

_NAME: Final = re.compile(r"CREATE OR REPLACE VIEW (\w+)")


class View(NamedTuple):
    """A view's statement, its fingerprint (16 hex digits), and the statement that says what its columns mean, or ''.

    `typed` is one statement that does the same as both and names the columns' types, so that the engine need not find
    them out; '' where they are not known.
    """

    statement: str
    fingerprint: str
    comments: str = ""
    typed: str = ""


@cache
def wanted() -> dict[str, View]:
    """Return every view by name, those that others read before them."""
    tables = {name: str(table) for name, table in ddl.tables().items()}
    shown = {view.name: view for view in every(ZONE)}
    made = ordered([view.text for view in shown.values()], tables, {name: comments(of) for name, of in shown.items()})
    known = types.read()
    return {
        name: view._replace(typed=_typed(shown[name], known[name].columns))
        if name in known and known[name].fingerprint == view.fingerprint
        else view
        for name, view in made.items()
    }


def _typed(shown: sql.View, kinds: Mapping[str, str]) -> str:
    said = meanings(shown)
    columns = ",\n    ".join(f"`{name}` {kind} COMMENT {sql.string(said[name])}" for name, kind in kinds.items())
    head = f"CREATE OR REPLACE VIEW {shown.name}"
    return shown.text.replace(f"{head} AS", f"{head}\n    ({columns})\nAS", 1)


def ordered(
    statements: Sequence[str], tables: Mapping[str, str], said: Mapping[str, str] | None = None
) -> dict[str, View]:
    """Return views by name, those that others read before them.

    Parameters
    ----------
    statements
        CREATE OR REPLACE VIEW, in any order.
    tables
        What the tables look like, by name: any text that changes when they do.
    said
        By view, the statement that says what its columns mean.
    """
    said = {} if said is None else said
    texts = {_name(statement): statement for statement in statements}
    prints = {name: _hash(text) for name, text in tables.items()}
    done: dict[str, View] = {}

    def add(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise ValueError(f"views read each other in a circle: {' -> '.join((*above, name))}")
        read = sorted(_words(texts[name]) & (texts.keys() | tables.keys()) - {name})
        for other in read:
            if other in texts and other not in done:
                add(other, (*above, name))
        own = said.get(name, "")
        done[name] = View(texts[name], _hash(texts[name], own, *(prints[other] for other in read)), own)
        prints[name] = done[name].fingerprint

    for name in texts:
        if name not in done:
            add(name, ())
    return done


def _name(statement: str) -> str:
    found = _NAME.match(statement)
    if found is None:
        raise ValueError(f"expected CREATE OR REPLACE VIEW, got {statement[:60]!r}")
    return found[1]


def _words(statement: str) -> set[str]:
    """Return the words that can name a table: those after FROM and JOIN, outside strings."""
    return set(re.findall(r"(?:FROM|JOIN)\s+(\w+)", re.sub(r"'(?:\\.|''|[^'])*'", "''", statement)))


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
