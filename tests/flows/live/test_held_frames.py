"""What a format holds back is told by the clock, where its partition is read to its end."""

from __future__ import annotations

from typing import Any

from flows.live.beginning import Beginning
from flows.live.feed import Feed, FeedSource
from flows.live.telling import Told
from tests.connectors.frames import START_US, options
from tests.connectors.test_formats_deepstream import SIZE, message
from tests.flows.live.tails import Topic

SECOND = 1_000_000


def heard(of: Topic, clock: list[int], polls: int, **more: Any) -> list[list[tuple[int, int]]]:
    """Return, poll by poll, camera times [us after the start] and arrivals of the frames that were told."""
    tail = of.source().open
    feed = Feed(
        0, {"0": lambda at: tail(0, at)}, "deepstream", options(size=SIZE), lambda: None, Told(0),
        clock=lambda: clock[0], **more,
    )  # fmt: skip
    part = FeedSource(feed).build_part("in", "0", None)
    found = []
    for _ in range(polls):
        items = [item for item in part.next_batch() if hasattr(item, "batch")]
        frames = [row for item in items for row in item.batch.frames.select("t_us", "position").rows()]
        found.append([(t_us - START_US, position) for t_us, position in frames])
        clock[0] += SECOND
    return found


def test_a_frame_that_nothing_follows_is_told_when_it_has_waited() -> None:
    """Two objects of one frame came; two seconds later nobody else has, so they are all of it."""
    topic = Topic([[(message(0), START_US), (message(0, object={}), START_US)]])
    assert heard(topic, [START_US], 4) == [[], [], [(0, 0)], []]


def test_nothing_is_told_by_the_clock_while_messages_are_still_queued() -> None:
    later = [(message(at), START_US) for at in (0, 0.1, 0.2)]
    assert heard(Topic([later], sizes=(1,)), [START_US + 60 * SECOND], 4) == [
        [],
        [],
        [(0, 0), (100_000, 1), (200_000, 2)],
        [],
    ]


def test_a_recording_that_ends_tells_all_at_once() -> None:
    assert heard(Topic([[(message(0), START_US)]]), [START_US], 1, until_end=True) == [[(0, 0)]]


def test_a_recording_begins_with_a_frame_that_its_format_holds_back() -> None:
    topic = Topic([[(message(5), START_US)]])
    for of, since_us in ((topic, START_US + 5 * SECOND), (Topic([[]]), None)):
        begins = Beginning([of.source()], "deepstream", options(size=SIZE), START_US, until_end=True)
        assert begins.decide(lambda: None, lambda _: False) == since_us
