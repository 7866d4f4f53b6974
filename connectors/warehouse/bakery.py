"""Who goes first: Lamport's bakery on a board that all can read, with claims that go stale.

A claimant announces that it is choosing, takes a number higher than all it sees,
and holds the lease once nobody whose scope meets its own is choosing or has a
lower number. The board needs no more than rows that are read after they were
written. A claim that has not been renewed for `EXPIRY_US` by the board's clock,
or whose process is known to be dead, is struck off for good before anybody goes
past it, once the store does nothing for its owner any more; its owner knows
earlier, by its own clock, that it may no longer trust it.

Lamport, L.: A New Solution of Dijkstra's Concurrent Programming Problem.
https://doi.org/10.1145/361082.361093
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Protocol

from connectors.warehouse.processes import Owner

EXPIRY_US: Final = 60_000_000
"""A claim that was not renewed for so long is anybody's to strike off; ours."""

TRUST_US: Final = 40_000_000
"""How long an owner trusts its own renewal: less than `EXPIRY_US`, so that it stops before others go on; ours."""

RENEW_US: Final = 10_000_000
"""How often a claim is renewed; ours."""

WATCH_US: Final = 2 * RENEW_US
"""How long one who wants to pass a stale claim watches it stay as it is, by his own clock; ours."""

CHOOSING, WAITING, GONE = 0, 1, 2


class Scope(NamedTuple):
    """What a claim is about; scopes of different kinds never meet."""

    kind: str
    cameras: frozenset[str] = frozenset()
    """Cameras it touches; empty means all."""
    since_us: int = 0
    until_us: int = 0
    """The time it touches, [since, until)."""
    input: int = 0
    """The input it states: scopes of one kind and input always meet."""

    def meets(self, other: Scope) -> bool:
        """Say whether both may touch the same rows."""
        if self.kind != other.kind:
            return False
        if self.input == other.input:
            return True
        apart = self.cameras and other.cameras and self.cameras.isdisjoint(other.cameras)
        return not apart and self.since_us < other.until_us and other.since_us < self.until_us


@dataclass(frozen=True, slots=True)
class Ticket:
    """A claim as the board shows it; `renewed_us` is the board's own time."""

    token: int
    scope: Scope
    owner: Owner
    phase: int = CHOOSING
    number: int = 0
    renewed_us: int = 0


HOLDS, WAITS, ENDED, CHOOSES = range(4)
"""What one who is ahead does: he goes first, waits himself, is gone while the store works on, has no number yet."""


class Ahead(NamedTuple):
    """Who is waited for, and what he does; who still chooses may come after all."""

    state: int
    ticket: Ticket


class View(NamedTuple):
    """The tickets that are not gone, and the board's time when it was read."""

    tickets: list[Ticket]
    now_us: int


class Board(Protocol):
    """What the claimants share."""

    def read(self, kind: str) -> View:
        """Return all tickets of a kind."""

    def write(self, ticket: Ticket) -> None:
        """Show a ticket, renewed now by the board's clock; one that is gone stays gone."""

    def is_busy(self, owner: Owner) -> bool:
        """Say whether the store still does what an owner asked for."""

    def strike(self, token: int) -> None:
        """Let a ticket be gone for good."""


class Claim:
    """One claimant. Each `step` reads or writes the board once, so that any interleaving can be tried.

    Parameters
    ----------
    clock
        Microseconds that go on while the machine sleeps; only differences count.
    new_token
        A number nobody else has.
    is_dead
        Says that an owner's process is known to have ended.
    """

    def __init__(
        self,
        board: Board,
        scope: Scope,
        owner: Owner,
        clock: Callable[[], int],
        new_token: Callable[[], int],
        is_dead: Callable[[Owner], bool],
    ) -> None:
        self.board, self.scope, self.owner = board, scope, owner
        self.clock, self.new_token, self.is_dead = clock, new_token, is_dead
        self.ticket: Ticket | None = None
        self.ahead: Ahead | None = None
        self.is_held = self.is_lost = False
        self._trusted_us = 0
        self._stale: list[int] = []
        self._watched: dict[int, tuple[int, int]] = {}  # by token: its renewal, and since when that is seen

    def is_trusted(self) -> bool:
        """Say whether nobody can have struck this claim off."""
        return not self.is_lost and self.ticket is not None and self.clock() - self._trusted_us < TRUST_US

    def step(self) -> bool:
        """Go one step further; say whether the lease is held."""
        if self.is_held:
            return True
        if self._stale:
            self.board.strike(self._stale.pop())
        elif self.ticket is None or not self.is_trusted():
            self._begin()
        elif self.ticket.phase == CHOOSING:
            self._choose(self.ticket)
        elif self.clock() - self._trusted_us >= RENEW_US:
            self.renew()
        else:
            self.is_held = self._is_first(self.ticket, self.board.read(self.scope.kind))
        return self.is_held

    def renew(self) -> None:
        """Say that the claimant lives; a claim that was not trusted meanwhile is lost."""
        assert self.ticket is not None
        began_us = self.clock()
        self.board.write(self.ticket)
        if self.clock() - self._trusted_us < TRUST_US:
            self._trusted_us = began_us
        else:
            self.is_lost = True

    def end(self) -> None:
        """Give the lease back, or stop waiting for it."""
        if self.ticket is not None:
            self.board.strike(self.ticket.token)
        self.is_held, self.ticket = False, None

    def _begin(self) -> None:
        """Announce that a number will be chosen; what was announced before is left to be struck off."""
        if self.ticket is not None:
            self._stale.append(self.ticket.token)
        self.is_lost, self._number = False, 0
        self._trusted_us = self.clock()
        self.ticket = Ticket(self.new_token(), self.scope, self.owner)
        self.board.write(self.ticket)

    def _choose(self, mine: Ticket) -> None:
        """Read the numbers, then, one step later, show one that is higher."""
        if self._number == 0:
            seen = self.board.read(self.scope.kind).tickets
            self._number = 1 + max((ticket.number for ticket in seen), default=0)
            return
        self.ticket = replace(mine, phase=WAITING, number=self._number)
        self.renew()

    def _is_first(self, mine: Ticket, view: View) -> bool:
        """Say whether nobody is ahead; the dead and the stale must be struck off first."""
        ahead: list[Ahead] = []
        if mine.token not in {ticket.token for ticket in view.tickets}:
            self.is_lost = True
        for ticket in view.tickets:
            if ticket.token == mine.token or not ticket.scope.meets(self.scope):
                continue
            if self.is_dead(ticket.owner) or self._is_stale(ticket, view.now_us):
                if self.board.is_busy(ticket.owner):
                    ahead.append(Ahead(ENDED, ticket))
                else:
                    self._stale.append(ticket.token)
            elif ticket.phase == CHOOSING:
                ahead.append(Ahead(CHOOSES, ticket))
            elif _goes_before(ticket, mine):
                waits = any(_goes_before(other, ticket) for other in view.tickets)
                ahead.append(Ahead(WAITS if waits else HOLDS, ticket))
        self.ahead = min(ahead, key=lambda one: (one.state, one.ticket.number, one.ticket.token), default=None)
        return not self._stale and self.ahead is None and self.is_trusted()

    def _is_stale(self, ticket: Ticket, now_us: int) -> bool:
        """Say whether a claim was not renewed for too long; the board's clock may have been set: it is watched, too."""
        renewed_us, since_us = self._watched.get(ticket.token, (-1, 0))
        if renewed_us != ticket.renewed_us:
            renewed_us, since_us = self._watched[ticket.token] = ticket.renewed_us, self.clock()
        is_old = now_us - renewed_us > EXPIRY_US
        return self.clock() - since_us >= (WATCH_US if is_old else EXPIRY_US)


def _goes_before(one: Ticket, other: Ticket) -> bool:
    """Say whether one has a lower number than another whom he meets."""
    is_lower = one.phase == WAITING and (one.number, one.token) < (other.number, other.token)
    return is_lower and one.scope.meets(other.scope)
