"""When a partition is asked: not by the time of day, which may be set back, and not without rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from connectors.formats import ReadOptions
from flows.live import feed as feeds
from flows.live.feed import AWAY_S, IDLE_S, Feed, FeedSource
from flows.live.telling import Told
from schemas.errors import SourceAway
from tests.flows.live.tails import ListTail, Topic


@dataclass
class Clock:
    """A clock that goes on while somebody sleeps."""

    now_s: float = 100.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(feeds, "time", found)
    return found


def parts(*of: Topic) -> tuple[Feed, list[feeds._Part]]:
    """Return partitions of topics that share a feed; their names are their numbers."""
    feed = Feed(
        0, {str(n): lambda at, t=one: ListTail(t, 0, at or 0) for n, one in enumerate(of)}, "native",  # type: ignore[misc]
        ReadOptions(0), lambda: None, Told(0), clock=lambda: 0, former={"former": ""},
    )  # fmt: skip
    made = [FeedSource(feed).build_part("", str(n), None) for n in range(len(of))]
    return feed, [one for one in made if isinstance(one, feeds._Part)]


def test_no_time_of_day_keeps_a_partition_from_being_asked(clock: Clock) -> None:
    """A clock that was set back by an hour kept a whole run from reading for that hour."""
    feed, (one,) = parts(Topic([[]]))
    former = FeedSource(feed).build_part("", "former", None)
    for _ in range(3):
        one.next_batch()
        assert one.next_awake() < datetime(1971, 1, 1, tzinfo=UTC)
        assert former.next_awake() == one.next_awake()


def test_a_partition_that_found_nothing_rests_and_is_asked_again(clock: Clock) -> None:
    _, (one,) = parts(Topic([[]]))
    one.next_batch()
    assert isinstance(one.tail, ListTail)
    for asked in range(2, 5):
        one.next_batch()
        assert one.tail.polls == asked
    assert clock.slept == pytest.approx([IDLE_S] * 3)


def test_while_one_is_read_another_that_found_nothing_holds_nobody_up(clock: Clock) -> None:
    busy = Topic([[(b"[", 0)] * 50], sizes=(1,))
    _, (one, two) = parts(busy, Topic([[]]))
    for _ in range(20):
        one.next_batch()
        two.next_batch()
    assert isinstance(one.tail, ListTail)
    assert isinstance(two.tail, ListTail)
    assert (one.tail.polls, two.tail.polls, clock.slept) == (20, 1, [])


def test_one_that_is_away_is_tried_once_a_second_and_stops_at_once(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed, (one,) = parts(Topic([[]]))
    tries = []

    def away(self: ListTail, most: int, most_bytes: int) -> None:
        tries.append(clock.now_s)
        raise SourceAway("the disk is not there")

    monkeypatch.setattr(ListTail, "poll", away)
    while len(tries) < 3:
        one.next_batch()
    assert [b - a for a, b in pairwise(tries)] == pytest.approx([AWAY_S, AWAY_S])
    assert max(clock.slept) <= IDLE_S
    feed.stopping = True
    with pytest.raises(StopIteration):
        one.next_batch()
