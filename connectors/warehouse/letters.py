"""Dead letters that a statement leaves no room for get the count 0.

A letter is known by what its file holds and by its place there, so a file that is
read again says its letters anew, wherever it lies and whatever is read beside it.
A statement that replaces others takes the letters along of what it leaves nothing
of, and of what stood under a path that now holds something else. So the counts of
all that stands add up to what the summaries said of it.
"""

from __future__ import annotations

from itertools import product
from typing import Any, Final

from connectors.warehouse import runs
from connectors.warehouse.pieces import pieces
from connectors.warehouse.runs import Run, Span, Statement
from connectors.warehouse.session import Session

KNOWN: Final = "SELECT DISTINCT content, source, run FROM dead_letters_log FINAL WHERE count > 0 AND run != {r:UInt32}"


def sweep(session: Session, run: Run, statement: Statement, span: Span) -> None:
    """Set the counts of letters to 0 that other runs had and this one did not say again."""
    known = session.query(KNOWN, {"r": run.run}).rows
    if not known:
        return
    own = f"run IN (SELECT run FROM runs_log FINAL WHERE {runs.of_input(run.input)})"
    _forget(session, run, own)
    again = set(statement.contents.values()) & {content for content, _, _ in known}
    for contents in pieces(again):
        _forget(session, run, "content IN {c:Array(UInt64)}", {"c": contents})
    if statement.replaces:
        _replaced(session, run, statement, span)


def _replaced(session: Session, run: Run, statement: Statement, span: Span) -> None:
    """Forget letters of inputs that this run replaced: all of what is gone, and those of paths that it read too."""
    met = runs.others(session, run.input, span)
    standing = runs.watching(session, met)
    gone = [number for number, of in met.items() if of not in standing]
    for runs_gone in pieces(gone):
        _forget(session, run, "run IN {g:Array(UInt32)}", {"g": runs_gone})
    left = [number for number, of in met.items() if of in standing]
    for some, paths in product(pieces(left), pieces(statement.contents) if left else ()):
        _forget(session, run, "run IN {l:Array(UInt32)} AND source IN {p:Array(String)}", {"l": some, "p": paths})


def _forget(session: Session, run: Run, which: str, parameters: dict[str, Any] | None = None) -> None:
    held = f"SELECT * FROM dead_letters_log FINAL WHERE count > 0 AND run != {run.run} AND {which}"
    if session.query(f"SELECT 1 FROM ({held}) LIMIT 1", parameters).num_rows:
        session.command(
            "INSERT INTO dead_letters_log "
            f"SELECT * REPLACE (toUInt32(0) AS count, toUInt32({run.run}) AS run) FROM ({held})",
            parameters,
        )
