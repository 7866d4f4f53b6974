"""One writer at a time: leases in the table `leases_log`, taken by the bakery's rule.

A lease is held for a kind of work and, where it is about rows, for cameras and a
time range. A thread renews it; while it is held, the session refuses to send
anything once the lease can no longer be trusted. A process that died on this
machine is recognised at once, one on another machine after `bakery.EXPIRY_US`.
"""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import polars as pl

from connectors.warehouse.bakery import EXPIRY_US, GONE, RENEW_US, Claim, Scope, Ticket, View
from connectors.warehouse.inserts import to_arrow
from connectors.warehouse.processes import Owner, is_dead, me
from connectors.warehouse.session import Session
from connectors.warehouse.waiting import LIVE, words
from schemas.errors import WarehouseAway, WarehouseError

ALL_TIME_US: Final = 1 << 62
LAST_US: Final = 10_413_791_999_000_000
"""The last second of 2299, the last that DateTime64 is sure to hold."""
MOST_CAMERAS: Final = 1_000
"""A claim on more cameras than these is a claim on all: it is renewed with everything in it."""

POLL_S: Final = 0.2
LAST_STEP: Final = 1 << 63
_SCHEMA: Final = pl.Schema(
    {
        "token": pl.UInt64(),
        "kind": pl.String(),
        "cameras": pl.List(pl.String()),
        "since_us": pl.Int64(),
        "until_us": pl.Int64(),
        "input": pl.UInt64(),
        "number": pl.UInt64(),
        "phase": pl.UInt8(),
        "place": pl.String(),
        "pid": pl.UInt32(),
        "began": pl.UInt64(),
        "step": pl.UInt64(),
    }
)


def rows(cameras: frozenset[str], since_us: int, until_us: int, input_hash: int = 0) -> Scope:
    """Return the scope of writing rows of these cameras in [since, until)."""
    named = cameras if len(cameras) <= MOST_CAMERAS else frozenset()
    return Scope("rows", named, since_us, until_us, input_hash or secrets.randbits(63))


def token() -> int:
    """Return a number that nobody else has."""
    return secrets.randbits(62) + 1


REGISTRY: Final = Scope("registry")
"""The scope of changing what is registered."""

MIGRATE: Final = Scope("migrate")
"""The scope of bringing tables and views to another version."""

ROLL: Final = Scope("roll")
"""The scope of recomputing quarters, hours and days."""

ACROSS: Final = Scope("across")
"""The scope of what looks across cameras: outages of sites, verdicts of places."""


@contextmanager
def held(session: Session, scope: Scope, waiting: Callable[[str], None] = lambda said: None) -> Iterator[None]:
    """Hold a lease; `waiting` is told once whom it has to wait for.

    Raises
    ------
    WarehouseAway
        The command ends while it is waited for.
    WarehouseError
        By any statement of the session that would go out after the lease was lost.
    """
    claim = Claim(_Table(session), scope, me(), elapsed_us, token, is_dead)
    try:
        _wait(claim, session, waiting)
        with _renewed(claim, session.ending), session.fenced(lambda: _refuse_lost(claim, session.where)):
            yield
    finally:
        with suppress(WarehouseError):  # who comes next strikes it off
            claim.end()


def inputs(session: Session) -> frozenset[int]:
    """Return the inputs that somebody alive states: his process is there, or has said so in time.

    The dead live on while the store does what they asked for.
    """
    table, mine = _Table(session), me()
    seen, streams = table.read("rows"), table.read(LIVE)

    def is_alive(ticket: Ticket) -> bool:
        if ticket.owner.place == mine.place != "":
            there = not is_dead(ticket.owner)
        else:
            there = seen.now_us - ticket.renewed_us <= EXPIRY_US
        return there or table.is_busy(ticket.owner)

    stated = {ticket.scope.input for ticket in seen.tickets if is_alive(ticket)}
    names = (name for ticket in streams.tickets if is_alive(ticket) for name in ticket.scope.cameras)
    return frozenset(stated | {int(name.partition("/")[0]) for name in names})


def _wait(claim: Claim, session: Session, waiting: Callable[[str], None]) -> None:
    is_told = False
    while not claim.step():
        if claim.ahead is not None:
            said = words(claim.scope, claim.ahead)
            if said and not is_told:
                waiting(said)
                is_told = True
            if session.ending.wait(POLL_S):
                raise WarehouseAway(f"{session.where}: {said or 'others come first'}; the command ends")


@contextmanager
def _renewed(claim: Claim, ending: threading.Event) -> Iterator[None]:
    """Renew a claim from a thread of its own."""
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(RENEW_US / 1e6) and not claim.is_lost:
            with suppress(WarehouseError):  # away for a while: the next try may come in time
                claim.renew()

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        while thread.is_alive() and not ending.is_set():  # a renewal without an answer holds up no end
            thread.join(POLL_S)


def _refuse_lost(claim: Claim, where: str) -> None:
    if not claim.is_trusted():
        raise WarehouseError(
            f"{where}: expected its answer at least every 40 s, came none: another process may be writing the same "
            f"{claim.scope.kind} now: run the command again"
        )


def elapsed_us() -> int:
    """Return microseconds that go on while the machine sleeps; only differences count."""
    return time.clock_gettime_ns(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)) // 1000


class _Table:
    """The board: one row a token counts, the one with the highest step; times are the server's."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.steps = itertools.count()

    def read(self, kind: str) -> View:
        """Return the tickets of a kind and the server's time."""
        found = self.session.query(
            f"SELECT {', '.join(_SCHEMA)}, toUnixTimestamp64Micro(renewed) AS renewed_us, "
            "toUnixTimestamp64Micro(now64(6)) AS now_us "
            f"FROM leases_log FINAL WHERE kind = {{k:String}} AND phase < {GONE}",
            {"k": kind},
        ).to_pylist()
        return View([_ticket(row) for row in found], found[0]["now_us"] if found else 0)

    def write(self, ticket: Ticket) -> None:
        """Show a ticket under its next step; the server sets the time."""
        self._insert(ticket, next(self.steps))

    def is_busy(self, owner: Owner) -> bool:
        """Ask what the server runs: a statement goes on there when its sender has been killed."""
        running = "SELECT count() FROM system.processes WHERE Settings['log_comment'] = {c:String}"
        return self.session.query(running, {"c": owner.comment}).rows != [(0,)]

    def strike(self, token: int) -> None:
        """Write the last step a token can have."""
        self._insert(Ticket(token, Scope(""), Owner("", 0, 0), GONE), LAST_STEP)

    def _insert(self, ticket: Ticket, step: int) -> None:
        scope, owner = ticket.scope, ticket.owner
        row = {
            "token": ticket.token,
            "kind": scope.kind,
            "cameras": sorted(scope.cameras),
            "since_us": scope.since_us,
            "until_us": scope.until_us,
            "input": scope.input,
            "number": ticket.number,
            "phase": ticket.phase,
            "place": owner.place,
            "pid": owner.pid,
            "began": owner.began,
            "step": step,
        }
        self.session.insert_block("leases_log", to_arrow(pl.DataFrame([row], _SCHEMA)))


def _ticket(row: dict[str, Any]) -> Ticket:
    scope = Scope(row["kind"], frozenset(row["cameras"]), row["since_us"], row["until_us"], row["input"])
    owner = Owner(row["place"], row["pid"], row["began"])
    return Ticket(row["token"], scope, owner, row["phase"], row["number"], row["renewed_us"])
