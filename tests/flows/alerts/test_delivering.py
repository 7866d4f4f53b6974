"""From the outbox to groups: every message once, within the limits, whatever the API answers."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.outbox import Entry, Outbox
from connectors.replies import Later, Refused, Unsure
from connectors.telegram import Buttons, Gone, Moved
from flows.alerts.delivering import MAYBE, MOST, Delivery

SECOND = 1_000_000


class Groups:
    """Groups in memory, with a clock that goes on as it is waited for."""

    def __init__(self) -> None:
        self.now_us = 0
        self.shown: dict[tuple[str, int], str] = {}
        self.sent: list[tuple[int, str, str]] = []
        self.fails: list[Exception | None] = []

    def send(self, chat: str, text: str, buttons: Buttons = (), to: int = 0) -> int:
        self._fail()
        number = len(self.shown) + 1
        self.shown[chat, number] = text
        self.sent.append((self.now_us // SECOND, chat, text))
        return number

    def edit(self, chat: str, number: int, text: str, buttons: Buttons = ()) -> None:
        self._fail()
        if (chat, number) not in self.shown:
            raise Gone("message to edit not found")
        self.shown[chat, number] = text

    def _fail(self) -> None:
        failure = self.fails.pop(0) if self.fails else None
        if failure is not None:
            raise failure


@pytest.fixture
def groups() -> Groups:
    return Groups()


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    box = Outbox(tmp_path)
    yield box
    box.close()


@pytest.fixture
def delivery(outbox: Outbox, groups: Groups) -> Delivery:
    return Delivery(outbox, groups, {"dpu": "-1", "dlh": "-2"}, lambda: groups.now_us)


def put(outbox: Outbox, *given: tuple[str, str], receiver: str = "dpu", severity: int = 1, **more: bool) -> None:
    flags = {"is_loud": True, "is_over": False} | more
    outbox.put([Entry(name, receiver, 1, severity, text, **flags) for name, text in given], "desk", b"")


def emptied(delivery: Delivery, groups: Groups, turns: int = 1_000) -> None:
    """Deliver until nothing waits; time passes while nothing can be sent."""
    for _ in range(turns):
        if not delivery.turn():
            if delivery.outbox.next_us() is None:
                return
            groups.now_us += SECOND // 10
    raise AssertionError("something waits for ever")


def test_a_message_is_sent_edited_and_sent_again_where_it_is_loud(
    outbox: Outbox, delivery: Delivery, groups: Groups
) -> None:
    for text, loud in (("a", True), ("b", False), ("c", True)):
        put(outbox, ("m", text), is_loud=loud)
        emptied(delivery, groups)
    assert [text for _, _, text in groups.sent] == ["a", "c"]
    assert groups.shown == {("-1", 1): "b", ("-1", 2): "c"}


def test_groups_are_told_within_their_limits_the_worst_first(
    outbox: Outbox, delivery: Delivery, groups: Groups
) -> None:
    for at in range(25):
        put(outbox, (f"m{at}", f"n{at}"), severity=at % 4)
        put(outbox, (f"m{at}", f"n{at}"), receiver="dlh")
        emptied(delivery, groups)
    for chat in ("-1", "-2"):
        times = [at for at, where, _ in groups.sent if where == chat]
        assert len(times) == 25
        assert all(times[i + 20] - times[i] >= 60 for i in range(5))


def test_a_storm_becomes_a_digest_the_worst_first_and_its_end_another(
    outbox: Outbox, delivery: Delivery, groups: Groups
) -> None:
    many = [(f"m{at:03}", f"kejadian {at}") for at in range(100)]
    put(outbox, *many[:99])
    put(outbox, many[99], severity=3)
    emptied(delivery, groups)
    ((_, _, text),) = groups.sent
    lines = text.split("\n")
    assert lines[:2] == ["100 kejadian", "• kejadian 99"]
    assert lines[-1] == "dan 80 lainnya"
    put(outbox, *many[:5], is_loud=False)
    put(outbox, *[(name, f"masih {text}") for name, text in many[5:10]], is_loud=False)
    put(outbox, *[(name, f"SELESAI {text}") for name, text in many], is_loud=False, is_over=True)
    emptied(delivery, groups)
    assert groups.sent[-1][2].split("\n")[0] == "100 kejadian, 100 sudah selesai"
    assert len(groups.sent) == 2


def test_a_storm_of_5000_keeps_the_limits_names_the_worst_first_and_ends_in_few_messages(
    outbox: Outbox, delivery: Delivery, groups: Groups
) -> None:
    chance = random.Random(5)
    looks = [
        [(f"{look}-{at}", 3 if at in (7, 108) else chance.randrange(3)) for at in range(250)] for look in range(20)
    ]
    for word, ends in (("mulai", False), ("SELESAI", True)):
        for look in looks:
            for receiver, some in (("dpu", look[1::2]), ("dlh", look[::2])):
                texts = [Entry(name, receiver, 1, bad, f"{bad} {word}", not ends, ends) for name, bad in some]
                outbox.put(texts, "desk", b"")
            for _ in range(3):
                while delivery.turn():
                    pass
                groups.now_us += SECOND
    while outbox.next_us() is not None:
        groups.now_us += 0 if delivery.turn() else SECOND
    assert sum(int(text.split()[0]) for _, _, text in groups.sent) == 10_000, "each begins and ends"
    assert len(groups.sent) < 10_000 / 20
    for _, _, text in groups.sent:
        named = [line[2] for line in text.split("\n") if line.startswith("• ")]
        assert named == sorted(named, reverse=True)
        assert named[0] == "3", "two of each look are critical"
    for chat in ("-1", "-2"):
        times = [at for at, where, _ in groups.sent if where == chat]
        assert all(b > a for a, b in itertools.pairwise(times))
        assert all(b - a >= 60 for a, b in zip(times, times[20:], strict=False))
        ends_s = [at for at, where, text in groups.sent if where == chat and "selesai" in text]
        assert all(b - a >= 60 for a, b in itertools.pairwise(ends_s)), "ends wait for each other"


def test_what_was_over_before_the_api_came_back_is_told_in_one(
    outbox: Outbox, delivery: Delivery, groups: Groups
) -> None:
    groups.fails = [Later("away", 3_600.0)]
    put(outbox, *[(f"m{at}", f"n{at}") for at in range(MOST)])
    assert delivery.turn()
    put(outbox, *[(f"m{at}", f"SELESAI n{at}") for at in range(MOST - 1)], is_loud=False, is_over=True)
    emptied(delivery, groups, 100_000)
    assert groups.now_us >= 3_600 * SECOND
    assert [text.split("\n")[0] for _, _, text in groups.sent] == [
        f"{MOST - 1} kejadian, {MOST - 1} sudah selesai",
        "n7",
    ]


def test_who_was_asked_to_wait_waits(outbox: Outbox, delivery: Delivery, groups: Groups) -> None:
    groups.fails = [Later("Too Many Requests", 30.0), Later("Too Many Requests", 30.0)]
    put(outbox, ("m", "a"))
    emptied(delivery, groups, 10_000)
    assert groups.sent == [(90, "-1", "a")], "the second time it waits twice as long"


def test_a_message_that_nobody_answered_is_sent_again_and_says_so(
    outbox: Outbox, delivery: Delivery, groups: Groups
) -> None:
    groups.fails = [Unsure("timed out")]
    put(outbox, ("m", "a"))
    emptied(delivery, groups)
    assert [text for _, _, text in groups.sent] == [f"a\n{MAYBE}"]
    groups.fails = [Unsure("timed out")]
    put(outbox, ("m", "b"), is_loud=False)
    emptied(delivery, groups)
    assert groups.shown == {("-1", 1): "b"}, "an edit may be made twice"


def test_a_group_that_moved_is_told_under_its_new_number(outbox: Outbox, delivery: Delivery, groups: Groups) -> None:
    groups.fails = [Moved("-100")]
    put(outbox, ("m", "a"), ("n", "b"))
    emptied(delivery, groups)
    assert {chat for _, chat, _ in groups.sent} == {"-100"}


def test_what_will_never_be_taken_is_said_and_kept_out_of_the_way(
    outbox: Outbox, delivery: Delivery, groups: Groups, capsys: pytest.CaptureFixture[str]
) -> None:
    groups.fails = [Refused("Forbidden: bot was kicked")]
    put(outbox, ("m", "a"), ("n", "b"))
    emptied(delivery, groups)
    assert [text for _, _, text in groups.sent] == ["b"]
    assert outbox.refused() == [("m", "dpu", "Forbidden: bot was kicked")]
    assert "bot was kicked" in capsys.readouterr().err


def test_a_message_that_somebody_deleted_is_sent_anew(outbox: Outbox, delivery: Delivery, groups: Groups) -> None:
    put(outbox, ("m", "a"))
    emptied(delivery, groups)
    groups.shown.clear()
    put(outbox, ("m", "b"), is_loud=False)
    emptied(delivery, groups)
    assert list(groups.shown.values()) == ["b"]
