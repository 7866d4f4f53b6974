"""The bakery: never two holders, and nobody who is gone blocks the others for ever."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.warehouse.bakery import EXPIRY_US, RENEW_US, Claim, Scope, Ticket, View
from connectors.warehouse.processes import Owner
from connectors.warehouse.waiting import words


@dataclass
class Board:
    """A board in memory, with a clock that is moved by hand."""

    now_us: int = 1
    shown: dict[int, Ticket] = field(default_factory=dict)
    struck: set[int] = field(default_factory=set)
    busy: set[int] = field(default_factory=set)

    def read(self, kind: str) -> View:
        there = [t for t in self.shown.values() if t.scope.kind == kind and t.token not in self.struck]
        return View(there, self.now_us)

    def write(self, ticket: Ticket) -> None:
        self.shown[ticket.token] = replace(ticket, renewed_us=self.now_us)

    def is_busy(self, owner: Owner) -> bool:
        return owner.pid in self.busy

    def strike(self, token: int) -> None:
        self.struck.add(token)


class World:
    """Claimants of one board: each a process that can be killed."""

    def __init__(self, scopes: list[Scope], places: list[str]) -> None:
        self.board, self.dead, tokens = Board(), set[int](), itertools.count(1)
        self.claims = [
            Claim(
                self.board,
                scope,
                Owner(place, pid, 0),
                clock=lambda: self.board.now_us,
                new_token=lambda: next(tokens),
                is_dead=lambda owner, here=place: owner.place == here and owner.pid in self.dead,
            )
            for pid, (scope, place) in enumerate(zip(scopes, places, strict=True))
        ]

    def do(self, what: str, who: int) -> None:
        claim = self.claims[who]
        if what == "sleep":
            self.board.now_us += (RENEW_US // 2, RENEW_US, EXPIRY_US // 2, EXPIRY_US + 1)[who % 4]
        elif who in self.dead:
            return
        elif what == "kill":
            self.dead.add(who)
        elif what == "step":
            claim.step()
        elif claim.is_held and what == "renew":
            claim.renew()
        elif claim.is_held and what == "end":
            claim.end()

    def gets(self, who: int, seconds: int = 30) -> bool:
        """Say whether a claimant gets its lease who steps once a second."""
        for _ in range(seconds):
            self.board.now_us += 1_000_000
            if self.claims[who].step():
                return True
        return False

    def holders(self) -> list[int]:
        return [i for i, c in enumerate(self.claims) if c.is_held and c.is_trusted() and i not in self.dead]


def scope(cameras: str, since_us: int = 0, until_us: int = 10, of: int = 0) -> Scope:
    return Scope("rows", frozenset(cameras), since_us, until_us, of or hash((cameras, since_us)) % 1000 + 1)


SCOPES = st.sampled_from([scope("a", of=9)] * 4 + [scope("ab"), scope("b", 5, 20), scope("", 0, 6), Scope("roll")])
KINDS = ["step"] * 24 + ["sleep"] * 3 + ["renew", "renew", "renew", "end", "end", "kill"]


@st.composite
def worlds(draw) -> tuple[World, list[tuple[str, int]]]:
    """A few claimants, and a long schedule: which of them does what next."""
    count = draw(st.integers(2, 4))
    scopes = draw(st.lists(SCOPES, min_size=count, max_size=count))
    places = draw(st.lists(st.sampled_from("xy"), min_size=count, max_size=count))
    random = draw(st.randoms(use_true_random=False))
    kinds = KINDS if draw(st.booleans()) else [kind for kind in KINDS if kind != "kill"]
    return World(scopes, places), [(random.choice(kinds), random.randrange(count)) for _ in range(150)]


@settings(max_examples=500, deadline=None)
@given(worlds())
def test_no_interleaving_gives_one_scope_to_two(drawn) -> None:
    world, actions = drawn
    for what, who in actions:
        world.do(what, who)
        for one, other in itertools.combinations(world.holders(), 2):
            assert not world.claims[one].scope.meets(world.claims[other].scope), f"{one} and {other} both hold"


@settings(max_examples=200, deadline=None)
@given(worlds())
def test_the_last_one_alive_gets_the_lease(drawn) -> None:
    world, actions = drawn
    for what, who in actions:
        world.do(what, who)
    world.dead = set(range(1, len(world.claims)))
    world.board.now_us += EXPIRY_US + 1
    last = world.claims[0]
    last.is_held = False
    assert world.gets(0)


def told(claim: Claim) -> str | None:
    is_waiting = not claim.is_held and claim.ahead is not None
    return words(claim.scope, claim.ahead) if is_waiting and claim.ahead is not None else None


@settings(max_examples=500, deadline=None)
@given(st.lists(SCOPES, min_size=2, max_size=4), st.lists(st.integers(0, 3), max_size=60))
def test_no_two_wait_for_each_other(scopes: list[Scope], steps: list[int]) -> None:
    """Each named the other, while the one had not drawn its number yet."""
    world = World(scopes, ["x"] * len(scopes))
    waits: set[tuple[int, int]] = set()
    for who in steps:
        claim = world.claims[who % len(scopes)]
        claim.step()
        if told(claim) is not None and claim.ahead is not None:
            waits.add((claim.owner.pid, claim.ahead.ticket.owner.pid))
    assert not {(other, one) for one, other in waits} & waits


def test_whoever_waits_for_shards_is_told_their_numbers_and_what_to_do() -> None:
    names = [frozenset(f"{name}/{shard}" for name in (77, 88) for shard in shards) for shards in ((2, 10), (2, 3, 10))]
    world = World([Scope("live", each, 0, 1, token) for token, each in enumerate(names)], ["x y"] * 2)
    for claim in world.claims:
        for _ in range(4):
            claim.step()
    assert told(world.claims[1]) == (
        "waiting for process 0 on x, which is writing rows of shards 2, 10 of this stream: end it there to go on here"
    )


def test_who_holds_who_waits_and_for_what_is_said() -> None:
    world = World([scope("abcd"), scope("cdefgab"), scope("fg", 5), Scope("roll")], ["x y"] * 4)
    for claim in world.claims:
        for _ in range(4):
            claim.step()
    _, second, third, _ = world.claims
    assert [claim.is_held for claim in world.claims] == [True, False, False, True]
    assert told(second) == (
        "waiting for process 0 on x, which is writing rows of 4 cameras at the same time: a, b, c and 1 more"
    )
    assert told(third) == (
        "waiting for process 1 on x, which comes first and waits itself, for rows of 2 cameras at the same time: f, g"
    )
    world.dead, world.board.busy = {0}, {0}
    second.step()
    assert (told(second) or "").startswith("waiting for process 0 on x, which has ended, but the store is still busy")


def test_a_dead_process_of_this_machine_is_passed_at_once() -> None:
    world = World([scope("a"), scope("a")], ["x", "x"])
    assert any(world.claims[0].step() for _ in range(5))
    assert not any(world.claims[1].step() for _ in range(50))
    world.do("kill", 0)
    began_us = world.board.now_us
    assert any(world.claims[1].step() for _ in range(5))
    assert world.board.now_us == began_us


def test_who_is_gone_is_passed_once_the_store_has_done_what_was_asked_last() -> None:
    world = World([scope("a"), scope("a")], ["x", "y"])
    assert any(world.claims[0].step() for _ in range(5))
    world.board.busy.add(0)
    world.board.now_us += EXPIRY_US + 1
    assert not any(world.claims[1].step() for _ in range(50))
    world.board.busy.clear()
    assert world.gets(1)


def test_a_process_elsewhere_is_passed_once_its_claim_is_stale_and_knows_it_before() -> None:
    world = World([scope("a"), scope("a")], ["x", "y"])
    assert any(world.claims[0].step() for _ in range(5))
    world.board.now_us += EXPIRY_US - 1
    assert not any(world.claims[1].step() for _ in range(20))
    assert not world.claims[0].is_trusted()
    world.board.now_us += 2
    assert world.gets(1)
    world.claims[0].renew()
    assert world.claims[0].is_lost


def test_a_clock_of_the_board_that_is_set_forward_takes_no_lease_from_one_who_renews_it() -> None:
    """The server's clock was five minutes slow and is set right while one writes and another waits."""
    world = World([scope("a"), scope("a")], ["x", "y"])
    own, board = [1], world.board
    for claim in world.claims:
        claim.clock = lambda: own[0]
    assert any(world.claims[0].step() for _ in range(5))
    assert not any(world.claims[1].step() for _ in range(5))
    board.now_us += 5 * EXPIRY_US
    for second in range(120):
        own[0] += 1_000_000
        board.now_us += 1_000_000
        if second % 10 == 9:
            world.claims[0].renew()
        assert not world.claims[1].step()
    assert world.claims[0].is_trusted()


def test_a_clock_of_the_board_that_is_set_back_keeps_nobody_waiting_for_one_who_is_gone() -> None:
    world = World([scope("a"), scope("a")], ["x", "y"])
    own = [1]
    for claim in world.claims:
        claim.clock = lambda: own[0]
    assert any(world.claims[0].step() for _ in range(5))
    world.board.now_us -= 60 * EXPIRY_US
    for _ in range(70):
        own[0] += 1_000_000
        world.board.now_us += 1_000_000
        world.claims[1].step()
    assert world.claims[1].is_held


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        (scope("a", 0, 10), scope("a", 9, 20), True),
        (scope("a", 0, 10), scope("a", 10, 20), False),
        (scope("a", 0, 10), scope("b", 0, 10), False),
        (scope("", 0, 10), scope("b", 0, 10), True),
        (scope("a", of=7), scope("b", of=7), True),
        (scope("a"), Scope("roll"), False),
    ],
    ids=["same", "next to", "other camera", "all cameras", "same input", "other kind"],
)
def test_scopes_meet_where_they_could_touch_the_same_rows(one: Scope, other: Scope, meet: bool) -> None:
    assert (one.meets(other), other.meets(one)) == (meet, meet)
