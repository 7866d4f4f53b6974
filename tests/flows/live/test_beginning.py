"""A recording begins with its first frames, whoever polls them in what pieces, and however often it is asked anew."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.live.beginning import LONGEST_US, QUIET_US, Beginning
from tests.connectors.frames import START_US, options
from tests.flows.live.tails import Topic

SECOND = 1_000_000
YEAR_2015 = 1_420_070_400_000_000
LATER = 200 * SECOND

Message = tuple[int, str, int, int]
"""Partition, camera, when it was seen and when it came, both [us after the start]."""


def sent(
    camera: str, partition: int, first: int, count: int, behind: int = 300_000, step: int = 100_000
) -> list[Message]:
    return [(partition, camera, first + step * at, first + step * at + behind) for at in range(count)]


LIVE = [*sent("a", 0, 2 * SECOND, 60), *sent("b", 1, 2_050_000, 60, behind=100_000)]
HISTORY = [(0, "a", -400 * 86_400 * SECOND + 100_000 * at, SECOND + 1_000 * at) for at in range(60)]
BROKEN = (0, "z", YEAR_2015 - START_US, 2_100_000)
"""One frame of a clock that says 2015, the first that comes."""


def decided(
    messages: Sequence[Message], sizes: Sequence[int] = (8_192,), first_look: int = 0, until_end: bool = False
) -> int | None:
    """Return when a recording begins [us after the start] that is looked at from a moment on; frames come meanwhile."""
    now, every = [first_look], [[], []]  # type: list[int], list[list[tuple[bytes, int]]]
    for partition, camera, seen, came in sorted(messages, key=lambda message: message[3]):
        line = b'{"camera":"%b","ts":%d,"objects":[]}' % (camera.encode(), START_US + seen)
        every[partition].append((line, START_US + came))
    of = Topic([[], []], sizes)

    def pass_by(seconds: float) -> bool:
        now[0] += SECOND // 2
        show()
        return now[0] > QUIET_US + LATER + first_look

    def show() -> None:
        of.partitions = [[each for each in some if each[1] <= START_US + now[0]] for some in every]

    show()
    begins = Beginning(
        [of.source()], "native", options(), START_US, until_end,
        clock=lambda: START_US + now[0], seconds=lambda: now[0] / 1e6,
    )  # fmt: skip
    found = begins.decide(lambda: None, pass_by)
    return None if found is None else found - START_US


@settings(max_examples=40)
@given(
    st.sampled_from([LIVE, HISTORY, [BROKEN], [BROKEN, *LIVE], [BROKEN, *HISTORY], LIVE[30:], LIVE[:1]]),
    st.lists(st.integers(1, 50), min_size=1, max_size=4),
    st.integers(0, LATER),
)
def test_no_size_of_polls_and_no_later_look_changes_when_it_begins(
    messages: list[Message], sizes: list[int], first_look: int
) -> None:
    assert decided(messages, sizes, first_look) == decided(messages)


@pytest.mark.parametrize(
    ("messages", "begins"),
    [
        (LIVE, 2 * SECOND),
        (HISTORY, HISTORY[0][2]),
        ([BROKEN, *LIVE], 2 * SECOND),
        ([BROKEN, *HISTORY], HISTORY[0][2]),
        ([BROKEN], BROKEN[3]),
        ([BROKEN, *sent("a", 1, 2 * LONGEST_US, 20)], BROKEN[3]),
        ([*HISTORY, *LIVE], 2 * SECOND),
    ],
    ids=["live", "history", "one of 2015 first", "one of 2015 in history", "2015 alone", "2015 long alone", "both"],
)
def test_it_begins_with_frames_that_agree(messages: list[Message], begins: int) -> None:
    assert decided(messages) == begins


def test_silence_begins_when_it_was_first_asked_for() -> None:
    assert decided([], first_look=0) == 0
    assert decided([], first_look=LATER) == 0


def test_what_ends_is_not_waited_for() -> None:
    assert decided([], until_end=True) is None
    assert decided([BROKEN], first_look=LATER, until_end=True) == BROKEN[2]
    assert decided(LIVE[:2], first_look=LATER, until_end=True) == LIVE[0][2]
