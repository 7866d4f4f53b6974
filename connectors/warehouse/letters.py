"""Dead letters that a statement leaves no room for get the count 0.

A letter is known by what its file holds and by its place there, and a record may have
several, each for a part of it, whenever they are told. So a file that is
read again says its letters anew, wherever it lies and whatever is read beside it.
A statement that replaces others takes the letters along of what it leaves nothing
of, and of what stood under a path that now holds something else. So the counts of
all that stands add up to what the summaries said of it. A letter that was played
again, from what is kept of it, is one no longer: `take`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any, Final

import polars as pl

from connectors.warehouse import runs
from connectors.warehouse.inserts import KNOWN_BY, to_arrow
from connectors.warehouse.pieces import pieces
from connectors.warehouse.runs import Run, Span, Statement
from connectors.warehouse.session import Session

PARTS: Final = 1 << 32
"""Parts that a record may have: the lower half of ``content`` says which a letter is, the upper what its file holds."""

WHOLE: Final = f"intDiv(content, {PARTS})"

KNOWN: Final = (
    f"SELECT DISTINCT {WHOLE} AS whole, run FROM dead_letters_log FINAL WHERE count > 0 AND run != {{r:UInt32}}"
)

COMMAND: Final = "dead-letters replay"
"""What runs are called that make rows of letters."""

MOST: Final = 500_000
"""Letters that are played again at once: one block, so that all of them are taken or none; ours."""
KEPT: Final = """
SELECT source, position, toString(reason) AS reason, content, raw, toString(form) AS form, given, cut, stored_at,
    ({keys}) IN (SELECT {keys} FROM dead_letters_log FINAL WHERE {taken}) AS is_taken
FROM dead_letters_raw FINAL
WHERE isValidUTF8(raw) AND ({keys}) IN (SELECT {keys} FROM dead_letters_log FINAL WHERE count > 0{of} OR {taken})
ORDER BY source, position, reason, content
LIMIT {most}
"""
"""In the order in which they lie, so that nothing is sorted."""


def placed(rows: pl.DataFrame, content: pl.Expr) -> pl.DataFrame:
    """Return letters (``part``) with the ``content`` that they are known by; `content` is what their file holds."""
    return rows.with_columns(content=content // PARTS * PARTS + pl.col("part") % PARTS).drop("part")


@contextmanager
def kept(session: Session, reasons: Collection[str], by: Collection[int] = ()) -> Iterator[Iterator[pl.DataFrame]]:
    """Yield what is kept of letters that still count, bit by bit, at most `MOST`; of all reasons where none is named.

    Parameters
    ----------
    reasons
        Some of `schemas.frames.DEAD_LETTER_REASONS`.
    by
        Runs that have made rows of letters: these come too, ``is_taken``.
    """
    named = ", ".join(f"'{reason}'" for reason in sorted(reasons))
    of = f" AND reason IN ({named})" if named else ""
    question = KEPT.format(of=of, most=MOST, keys=", ".join(KNOWN_BY), taken=_taken(by))
    with session.batches(question) as found:
        yield (pl.DataFrame(pl.from_arrow(batch)) for batch in found.batches)


def whole(session: Session, numbers: Collection[int]) -> frozenset[int]:
    """Return those of these runs that made rows of letters alone, all of which are still kept.

    One that was killed may not have said which letters it took; those come along whose rows it may have replaced.
    """
    if not numbers:
        return frozenset()
    earlier = _earlier(session, numbers)
    found = _whole(session, {*numbers, *(run for some in earlier.values() for run in some)})
    return found - {killed for killed, some in earlier.items() if not found.issuperset(some)}


def _earlier(session: Session, numbers: Collection[int]) -> dict[int, list[int]]:
    """Return the earlier runs of letters that those of these met which did not come to their end."""
    ours = f"(SELECT * FROM runs_log FINAL WHERE command = '{COMMAND}' AND state != 'abandoned')"
    named = ", ".join(map(str, sorted(numbers)))
    found = session.query(
        f"SELECT killed.run, groupArray(early.run) FROM {ours} AS killed CROSS JOIN {ours} AS early "
        f"WHERE killed.run IN ({named}) AND killed.state != 'done' AND early.run < killed.run "
        "AND early.since < killed.until AND killed.since < early.until AND hasAny(early.cameras, killed.cameras) "
        "GROUP BY killed.run"
    ).rows
    return {int(run): [int(each) for each in some] for run, some in found}


def _whole(session: Session, numbers: Collection[int]) -> frozenset[int]:
    keys, named = ", ".join(KNOWN_BY), ", ".join(map(str, sorted(numbers)))
    found = session.query(
        f"SELECT run FROM runs_log FINAL WHERE command = '{COMMAND}' AND state != 'abandoned' AND run IN ({named}) "
        f"AND run NOT IN (SELECT run FROM dead_letters_log FINAL WHERE {_taken(numbers)} "
        f"AND ({keys}) NOT IN (SELECT {keys} FROM dead_letters_raw FINAL))"
    )
    return frozenset(found["run"].to_pylist())


def _taken(by: Collection[int]) -> str:
    """Return the condition on `dead_letters_log` of letters of which these runs have made rows."""
    return f"(count = 0 AND run IN ({', '.join(map(str, sorted(by)))}))" if by else "false"


def take(session: Session, run: Run, rows: pl.DataFrame) -> None:
    """Let letters count no longer: a run made rows of them; `rows` are known by `KNOWN_BY`."""
    if rows.height:
        gone = rows.select(
            *KNOWN_BY,
            detail=pl.lit(""),
            first_seen="stored_at",
            count=pl.lit(0, pl.UInt32),
            run=pl.lit(run.run, pl.UInt32),
        )
        session.insert_block("dead_letters_log", to_arrow(gone))


def withdraw(session: Session, run: int, source: str, position: int, content: int) -> None:
    """Let letters of a stream's partition count no longer from a position on: it is read again from there.

    What is said of it under the same run after this counts. Of a source that was made anew, letters of the former stay.

    Parameters
    ----------
    content
        What the letters of this source are known by.
    """
    which = f"source = {{s:String}} AND position >= {{p:Int64}} AND {WHOLE} = {content // PARTS}"
    _forget(session, run, which, {"s": source, "p": position})


def sweep(session: Session, run: Run, statement: Statement, span: Span) -> None:
    """Set the counts of letters to 0 that other runs had and this one did not say again."""
    known = session.query(KNOWN, {"r": run.run}).rows
    if not known:
        return
    others = f"run != {run.run}"
    own = f"run IN (SELECT run FROM runs_log FINAL WHERE {runs.of_input(run.input)})"
    _forget(session, run.run, f"{others} AND {own}")
    again = {content // PARTS for content in statement.contents.values()} & {of for of, _ in known}
    for contents in pieces(again):
        _forget(session, run.run, f"{others} AND {WHOLE} IN {{c:Array(UInt64)}}", {"c": contents})
    if statement.replaces:
        _replaced(session, run, statement, span)


def _replaced(session: Session, run: Run, statement: Statement, span: Span) -> None:
    """Forget letters of inputs that this run replaced: all of what is gone, and those of paths that it read too."""
    met = runs.others(session, run.input, span)
    standing = runs.watching(session, met)
    gone = [number for number, of in met.items() if of not in standing]
    for runs_gone in pieces(gone):
        _forget(session, run.run, "run IN {g:Array(UInt32)}", {"g": runs_gone})
    left = [number for number, of in met.items() if of in standing]
    for some, paths in product(pieces(left), pieces(statement.contents) if left else ()):
        _forget(session, run.run, "run IN {l:Array(UInt32)} AND source IN {p:Array(String)}", {"l": some, "p": paths})


def _forget(session: Session, run: int, which: str, parameters: dict[str, Any] | None = None) -> None:
    held = f"SELECT * FROM dead_letters_log FINAL WHERE count > 0 AND {which}"
    if session.query(f"SELECT 1 FROM ({held}) LIMIT 1", parameters).num_rows:
        session.command(
            "INSERT INTO dead_letters_log "
            f"SELECT * REPLACE (toUInt32(0) AS count, greatest(run, toUInt32({run})) AS run) FROM ({held})",
            parameters,
        )
