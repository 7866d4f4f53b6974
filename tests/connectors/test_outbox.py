"""What was decided and how far it got are one, whoever is killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.outbox import Entry, Outbox, Waiting
from connectors.telegram import Budget

SECOND = 1_000_000


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    box = Outbox(tmp_path)
    yield box
    box.close()


def entry(name: str, text: str = "a", severity: int = 0, *, is_loud: bool = True, is_over: bool = False) -> Entry:
    return Entry(name, "dpu", 1, severity, text, is_loud, is_over)


def put(box: Outbox, *entries: Entry) -> list[Waiting]:
    box.put(entries, "desk", b"state")
    return box.waiting(0)


def test_what_waits_is_told_the_worst_first_and_then_no_more(outbox: Outbox) -> None:
    waiting = put(outbox, entry("a"), entry("b", severity=2))
    assert [each.id for each in waiting] == ["b", "a"]
    outbox.begin(waiting)
    outbox.told(waiting, 7)
    assert outbox.waiting(0) == []
    assert outbox.next_us() is None
    assert outbox.kept("desk") == b"state"
    assert outbox.kept("other") is None


def test_a_change_is_an_edit_and_what_is_loud_is_sent_again(outbox: Outbox) -> None:
    outbox.told(put(outbox, entry("a")), 7)
    (edited,) = put(outbox, entry("a", "b", is_loud=False))
    assert (edited.is_new, edited.remote, edited.text) == (False, 7, "b")
    (again,) = put(outbox, entry("a", "c"))
    assert (again.is_new, again.loud, again.told_loud) == (True, 2, 1)


def test_what_changes_before_it_was_sent_is_sent_once_as_it_stands(outbox: Outbox) -> None:
    put(outbox, entry("a"))
    (waiting,) = put(outbox, entry("a", "over", is_loud=False, is_over=True))
    assert (waiting.is_new, waiting.is_over, waiting.text) == (True, True, "over")


def test_who_is_killed_finds_what_was_on_its_way(tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    box.begin(put(box, entry("a")))
    box.close()
    again = Outbox(tmp_path)
    assert [each.is_sending for each in again.waiting(0)] == [True]
    again.close()


def test_what_is_put_is_put_whole(outbox: Outbox) -> None:
    with pytest.raises(Exception, match="NOT NULL"):
        outbox.put([entry("a"), entry("b", text=None)], "desk", b"state")  # type: ignore[arg-type]
    assert outbox.waiting(0) == []
    assert outbox.kept("desk") is None


def test_what_is_tried_later_or_refused_or_gone(outbox: Outbox) -> None:
    waiting = put(outbox, entry("a"))
    outbox.later(waiting, 5)
    assert outbox.waiting(4) == []
    assert outbox.next_us() == 5
    (later,) = outbox.waiting(5)
    assert later.tries == 1
    outbox.told([later], 7)
    outbox.lost(put(outbox, entry("a", "b", is_loud=False)))
    (anew,) = outbox.waiting(5)
    assert (anew.is_new, anew.remote) == (True, 0)
    outbox.refuse([anew], "blocked")
    assert outbox.waiting(5) == []
    assert outbox.refused() == [("a", "dpu", "blocked")]


def test_what_is_over_and_told_is_forgotten(outbox: Outbox) -> None:
    waiting = put(outbox, entry("a", is_over=True), entry("b"))
    outbox.forget(2)
    assert len(outbox.waiting(0)) == 2, "nobody was told"
    outbox.told(waiting, 7)
    outbox.forget(2)
    assert {each.id for each in put(outbox, entry("a", is_loud=False), entry("b", is_loud=False))} == {"a"}


def test_a_group_has_one_message_a_second_and_twenty_a_minute() -> None:
    budget, now_us, times = Budget(), 0, []
    for _ in range(30):
        now_us = budget.free_us("x", now_us)
        budget.take("x", now_us)
        times.append(now_us // SECOND)
    assert times == [*range(20), *range(60, 70)]
    assert budget.free_us("y", now_us) == now_us


def test_all_groups_together_have_thirty_a_second() -> None:
    budget = Budget()
    for chat in range(30):
        budget.take(str(chat), chat)
    assert budget.free_us("another", 30) == SECOND
