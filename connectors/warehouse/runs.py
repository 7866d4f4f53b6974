"""Runs: who stated what, by which definitions, and which generation that gets.

A statement is known by its input and its definitions: both equal, it is the same
statement, rewritten in place. Its generation is the least with which it wins
over everything that was ever stated where it reaches.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, Self

import polars as pl

from connectors.warehouse.inserts import to_arrow
from connectors.warehouse.pieces import pieces
from connectors.warehouse.session import Session
from schemas.errors import WarehouseError
from schemas.incidents import ACROSS_KINDS
from schemas.local_time import at_time


class Statement(NamedTuple):
    """What a run is going to state, and by what."""

    input: int
    """Hash of the input and of what the options say of it."""
    definitions: int
    """Hash of everything else that decides about figures; never 0."""
    command: str
    inputs: list[str]
    simulated: bool = False
    replaces: bool = False
    """It may write over minutes that other input watched."""
    started_us: int | None = None
    """When it began to read, by the wall clock; None: when it begins to write."""
    over: frozenset[int] = frozenset()
    """Runs that it writes over, for all that they were made of is among what it is made of."""
    contents: Mapping[str, int] = {}
    """Hash of each of its files alone, with what the options say of it, by path."""


class Span(NamedTuple):
    """Where a run reaches: cameras, and a time [since, until)."""

    cameras: frozenset[str] = frozenset()
    since_us: int = 0
    until_us: int = 0

    def joined(self, other: Span) -> Self:
        """Return the least span around both."""
        if not self.cameras or not other.cameras:
            return self._replace(**(self if self.cameras else other)._asdict())
        return self._replace(
            cameras=self.cameras | other.cameras,
            since_us=min(self.since_us, other.since_us),
            until_us=max(self.until_us, other.until_us),
        )


class Run(NamedTuple):
    """A registered run."""

    run: int
    generation: int
    input: int
    token: int
    is_first: bool = False
    """No run before it reached where it reaches: there is nothing that it could leave no room for."""


class Former(NamedTuple):
    """The run that stated an input last, before another one did."""

    run: int
    definitions: int
    summary: str
    """JSON; '' where it ended half-way."""


class Earlier(NamedTuple):
    """A run that was registered before, as the choice of a generation sees it."""

    run: int
    input: int
    definitions: int
    generation: int
    meets: bool
    """It reaches some (camera, time) that the new one reaches."""


def generation(statement: Statement, earlier: Sequence[Earlier]) -> int:
    """Return the generation of a statement, given all runs before it in their order."""
    met = [each for each in earlier if each.meets or each.input == statement.input]
    mine = (statement.input, statement.definitions)
    newest = max((each.generation for each in met), default=0)
    if met and (met[-1].input, met[-1].definitions, met[-1].generation) == (*mine, newest):
        return newest  # nobody has spoken since, here or where it reached before
    if met or statement.replaces:
        return 1 + max((each.generation for each in earlier), default=0)
    return 0


def begin(session: Session, statement: Statement, span: Span) -> Run:
    """Take the next run number; two processes that ask at once get different ones."""
    for attempt in range(20):
        earlier = _earlier(session, span)
        last = max((each.run for each in earlier), default=0)
        row: dict[str, Any] = {
            "run": last + 1 + (secrets.randbelow(8) if attempt else 0),
            "token": secrets.randbits(63),
            "fingerprint": statement.input,
            "definitions": statement.definitions,
            "generation": generation(statement, earlier),
            "command": statement.command,
            "inputs": statement.inputs,
            "simulated": statement.simulated,
            "replaces": statement.replaces,
            "cameras": sorted(span.cameras),
            "since": at_time(span.since_us),
            "until": at_time(span.until_us),
            "started_at": _started(statement).replace(microsecond=0),
        }
        _log(session, row, "running")
        rivals = session.query(
            "SELECT count() AS n FROM runs_log FINAL WHERE run = {r:UInt32} AND state != 'abandoned'", {"r": row["run"]}
        )
        if rivals["n"][0].as_py() == 1:
            is_first = not any(each.meets or each.input == statement.input for each in earlier)
            return Run(row["run"], row["generation"], statement.input, row["token"], is_first)
        _log(session, row, "abandoned")
    raise WarehouseError(f"{session.where}: too many runs begin at once: try again")


def _started(statement: Statement) -> datetime:
    return datetime.now(UTC) if statement.started_us is None else at_time(statement.started_us)


def finish(session: Session, run: Run, summary: str) -> None:
    """Say that a run is done."""
    row = session.query(
        "SELECT * EXCEPT (step, state, summary) FROM runs_log FINAL WHERE run = {r:UInt32} AND token = {t:UInt64}",
        {"r": run.run, "t": run.token},
    ).to_pylist()[0]
    _log(session, row, "done", summary)


def fail(session: Session, run: Run) -> None:
    """Say that a run ended half-way, unless it is done."""
    _fail(session, "run = {r:UInt32} AND token = {t:UInt64}", {"r": run.run, "t": run.token})


def fail_dead(session: Session, input_hash: int, span: Span) -> None:
    """Say of runs of this input or within this span that they failed, where they never said that they were done.

    For who holds the lease on both: whatever would still write there holds one that meets it, but for streams.
    """
    which = f"(fingerprint = {input_hash} OR (definitions != 0 AND {_MEETS})) AND command != {STREAM!r}"
    _fail(session, which, _reach(span))


def fail_former(session: Session, input_hash: int, cameras: frozenset[str]) -> None:
    """Say of a stream's earlier runs of any of these cameras that they failed; for who holds their shards."""
    _fail(session, f"fingerprint = {input_hash} AND {_SOME}", _reach(Span(cameras, 0, 0)))


def fail_all(session: Session, numbers: Sequence[int]) -> None:
    """Say of these runs that they failed, where they never said that they were done."""
    if numbers:
        _fail(session, "has({r:Array(UInt32)}, run)", {"r": list(numbers)})


def _fail(session: Session, which: str, parameters: dict[str, Any]) -> None:
    running = f"SELECT * EXCEPT (step, state) FROM runs_log FINAL WHERE state = 'running' AND {which}"
    for row in session.query(running, parameters).to_pylist():
        _log(session, row, "failed", row["summary"])


def stated(session: Session, input_hash: int) -> Span:
    """Return where all runs of an input reached."""
    found = session.query(
        "SELECT groupUniqArrayArray(cameras) AS cameras, min(toUnixTimestamp64Micro(since)) AS since_us, "
        f"max(toUnixTimestamp64Micro(until)) AS until_us FROM runs_log FINAL WHERE {of_input(input_hash)}"
    ).to_pylist()[0]
    return Span(frozenset(found["cameras"]), found["since_us"], found["until_us"])


def former(session: Session, run: Run) -> Former | None:
    """Return the run that stated this run's input last before it; None where it is the first."""
    found = session.query(
        f"SELECT run, definitions, summary FROM runs_log FINAL WHERE {of_input(run.input)} AND run < {run.run} "
        "ORDER BY run DESC LIMIT 1"
    ).rows
    return Former(*found[0]) if found else None


def inputs(session: Session, numbers: Collection[int]) -> set[int]:
    """Return the hashes of what these runs were made of."""
    if not numbers:
        return set()
    named = ", ".join(map(str, sorted(numbers)))
    found = session.query(f"SELECT DISTINCT fingerprint FROM runs_log FINAL WHERE run IN ({named})").rows
    return {int(row[0]) for row in found}


def newest(session: Session, input_hash: int) -> Run | None:
    """Return the last run of an input."""
    found = session.query(
        f"SELECT run, generation, token FROM runs_log FINAL WHERE {of_input(input_hash)} ORDER BY run DESC LIMIT 1"
    ).rows
    return Run(found[0][0], found[0][1], input_hash, found[0][2]) if found else None


def meets_others(session: Session, input_hash: int, span: Span) -> bool:
    """Say whether a run of other input reached any of these cameras in this time."""
    return any(each.meets and each.input != input_hash for each in _earlier(session, span))


def others(session: Session, input_hash: int, span: Span) -> dict[int, int]:
    """Return the runs of other input that reached any of these cameras in this time, and the input of each."""
    met = [each for each in _earlier(session, span) if each.meets and each.input != input_hash]
    return {each.run: each.input for each in met}


def watching(session: Session, of: Mapping[int, int]) -> set[int]:
    """Return of which inputs something that was watched still stands; `of` are runs, each with its input."""
    found: set[int] = set()
    for some in pieces(of):
        found |= {of[run] for run in _watching(session, some)}
    return found


def _watching(session: Session, of: Sequence[int]) -> list[int]:
    rows = session.query(
        "SELECT DISTINCT run FROM health_minute_log FINAL WHERE deleted = 0 AND frames > 0 "
        "AND run IN {r:Array(UInt32)} AND ts >= (SELECT toDateTime(toStartOfMinute(min(since)), 'UTC') FROM runs_log "
        "FINAL WHERE run IN {r:Array(UInt32)}) "
        "AND ts < (SELECT toDateTime(max(until), 'UTC') FROM runs_log FINAL WHERE run IN {r:Array(UInt32)})",
        {"r": of},
    ).rows
    return [run for (run,) in rows]


def standing(session: Session, run: Run) -> int:
    """Return how many incidents count where a run reaches: those it stated, and all outages of its cameras then."""
    span = stated(session, run.input)
    found = session.query(
        f"SELECT count() AS n FROM incidents_log FINAL WHERE deleted = 0 AND if(kind IN {ACROSS_KINDS}, "
        f"camera_id IN (SELECT arrayJoin(cameras) FROM runs_log FINAL WHERE {of_input(run.input)}) "
        "AND opened_at < fromUnixTimestamp64Micro({until:Int64}) "
        "AND ifNull(closed_at >= fromUnixTimestamp64Micro({since:Int64}), 1), run = {r:UInt32})",
        {"since": span.since_us, "until": span.until_us, "r": run.run},
    )
    return int(found["n"][0].as_py())


def of_input(input_hash: int) -> str:
    """Return the condition on `runs_log FINAL` that a run number belongs to an input.

    A number that two asked for at once stands there once for each; who withdrew from it never wrote under it.
    """
    return f"fingerprint = {input_hash} AND state != 'abandoned'"


def _earlier(session: Session, span: Span) -> list[Earlier]:
    """Return all runs in their order; one of an older version, which did not say where it reached, meets all."""
    rows = session.query(
        f"SELECT run, fingerprint, definitions, generation, definitions = 0 OR {_MEETS} AS meets "
        "FROM runs_log FINAL WHERE state != 'abandoned' ORDER BY run",
        _reach(span),
    ).rows
    return [Earlier(run, of, by, number, bool(meets)) for run, of, by, number, meets in rows]


_SOME: Final = "(empty({c:Array(String)}) OR hasAny(cameras, {c:Array(String)}))"
_MEETS: Final = (
    f"(toUnixTimestamp64Micro(since) < {{until:Int64}} AND toUnixTimestamp64Micro(until) > {{since:Int64}} AND {_SOME})"
)
STREAM: Final = "run"
"""The command of runs that have no end of their own, and hold their shards instead of a lease on rows."""


def _reach(span: Span) -> dict[str, Any]:
    """Return what `_MEETS` asks for."""
    named = next(pieces(span.cameras), [])
    if len(named) < len(span.cameras):  # too many to be named: it is taken to meet every run of its time
        named = []
    return {"c": named, "since": span.since_us, "until": span.until_us}


def _log(session: Session, row: dict[str, Any], state: str, summary: str = "") -> None:
    full = row | {"state": state, "summary": summary, "step": int(state != "running")}
    session.insert_block("runs_log", to_arrow(pl.DataFrame([full], schema_overrides=_KINDS)))


_KINDS: Final[dict[str, Any]] = {
    "run": pl.UInt32,
    "token": pl.UInt64,
    "fingerprint": pl.UInt64,
    "definitions": pl.UInt64,
    "generation": pl.UInt32,
    "inputs": pl.List(pl.String),
    "cameras": pl.List(pl.String),
    "step": pl.UInt8,
}
