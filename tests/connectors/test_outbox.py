"""What was decided and how far it got are one, whoever is killed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from connectors.inbox import Inbox
from connectors.outbox import EMAIL, FILE, TELEGRAM, Entry, Outbox, Waiting
from connectors.sqlite_errors import explained
from connectors.telegram import Budget
from schemas.errors import StateAway, StateError

SECOND = 1_000_000
FORMER = """
CREATE TABLE message (
    id TEXT NOT NULL, receiver TEXT NOT NULL, at_us INTEGER NOT NULL, severity INTEGER NOT NULL,
    text TEXT NOT NULL, loud INTEGER NOT NULL, is_over INTEGER NOT NULL,
    told_loud INTEGER NOT NULL DEFAULT 0, told_text TEXT NOT NULL DEFAULT '', remote INTEGER NOT NULL DEFAULT 0,
    is_sending INTEGER NOT NULL DEFAULT 0, next_us INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0,
    refused TEXT NOT NULL DEFAULT '', PRIMARY KEY (id, receiver)
) WITHOUT ROWID;
CREATE TABLE kept (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
INSERT INTO message (id, receiver, at_us, severity, text, loud, is_over, told_loud, told_text, remote)
VALUES ('m', 'dpu', 5, 2, 'b', 1, 0, 1, 'a', 7);
INSERT INTO kept VALUES ('desk', CAST('state' AS BLOB));
"""
"""The file as the first version wrote it, with a message that waits to be edited."""
BY_WAYS = (
    FORMER.replace("PRIMARY KEY (id, receiver)", "way TEXT NOT NULL, address TEXT NOT NULL, PRIMARY KEY (id, way)")
    .replace("told_text, remote)", "told_text, remote, way, address)")
    .replace("'a', 7)", "'a', 7, 'telegram', '')")
    + "PRAGMA user_version = 1;"
)
"""As the second did, when nobody could answer."""


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


def test_each_way_gets_as_far_as_it_does(outbox: Outbox) -> None:
    mailed = [entry("a")._replace(way=EMAIL, address=address) for address in ("x@y", "z@y")]
    waiting = put(outbox, entry("a"), *mailed)
    assert [each.way for each in waiting] == [TELEGRAM]
    outbox.told(waiting, 7)
    outbox.refuse(outbox.waiting(0, EMAIL)[:1], "unknown")
    assert outbox.waiting(0) == []
    assert [each.address for each in outbox.waiting(0, EMAIL)] == ["z@y"]
    put(outbox, *mailed)
    assert [(each.address, each.loud) for each in outbox.waiting(0, EMAIL)] == [("x@y", 2), ("z@y", 2)], "sent anew"
    outbox.leave({("dpu", EMAIL, "x@y")})
    assert [each.address for each in outbox.waiting(0, EMAIL)] == ["x@y"]


def test_nobody_else_reads_what_people_wrote(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "state")
    box.put([entry("m")], "desk", b"")
    found = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "state").iterdir()}
    assert set(found.values()) == {0o600}, found
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    box.close()


@pytest.mark.parametrize("form", [FORMER, BY_WAYS])
def test_a_file_of_a_former_form_goes_on(form: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as former:
        former.executescript(form)
    former.close()
    for _ in range(2):
        box = Outbox(tmp_path)
        (waiting,) = box.waiting(0)
        assert waiting == Waiting("m", "dpu", 5, 2, "b", 1, False, 1, "a", 7, False, 0, TELEGRAM, "", "")
        assert box.kept("desk") == b"state"
        box.close()
    with closing(sqlite3.connect(tmp_path / FILE)) as now:
        tables = {name for (name,) in now.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert "former" not in tables, "nothing is left of what it was"


def test_a_file_of_a_newer_form_is_left_alone(tmp_path: Path) -> None:
    Outbox(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE) as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(StateError, match="a newer Tilik wrote it"):
        Outbox(tmp_path)


def test_what_is_over_and_told_is_forgotten(outbox: Outbox) -> None:
    waiting = put(outbox, entry("a", is_over=True), entry("b"))
    outbox.forget(2)
    assert len(outbox.waiting(0)) == 2, "nobody was told"
    outbox.told(waiting, 7)
    outbox.forget(2)
    assert {each.id for each in put(outbox, entry("a", is_loud=False), entry("b", is_loud=False))} == {"a"}


def test_numbers_of_updates_that_begin_anew_are_heard_once_all_before_is_handled(outbox: Outbox) -> None:
    inbox = Inbox(outbox)
    assert inbox.hear([(500, b"a"), (500, b"a"), (501, b"b")])
    assert not inbox.hear([(7, b"c")]), "handled in the order in which they came"
    for expected in (b"a", b"b"):
        number, content = inbox.heard() or (0, b"")
        assert content == expected
        inbox.handled(number)
    assert inbox.heard() is None
    assert inbox.next() == 502
    assert inbox.hear([(7, b"c"), (8, b"d")])
    assert (inbox.heard(), inbox.next()) == ((7, b"c"), 9)
    assert not inbox.hear([])


def test_what_waits_is_found_without_reading_what_was_told(outbox: Outbox) -> None:
    asked = list[str]()
    outbox.base.set_trace_callback(asked.append)
    outbox.waiting(5), outbox.next_us()
    outbox.base.set_trace_callback(None)
    for sql in asked:
        plan = " ".join(str(row[3]) for row in outbox.base.execute(f"EXPLAIN QUERY PLAN {sql}"))
        assert "INDEX waits" in plan


def test_a_disk_that_is_full_undoes_what_was_begun_and_is_said_in_words(tmp_path: Path) -> None:
    with closing(Outbox(tmp_path)) as box:
        put(box, entry("a"))
        (pages,) = box.base.execute("PRAGMA page_count").fetchone()
        box.base.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(sqlite3.OperationalError) as full:
            put(box, entry("a", "b" * 100_000))
        said = explained(tmp_path / FILE, full.value)
        assert isinstance(said, StateAway)
        assert "free some space" in str(said)
        assert [each.text for each in box.waiting(0)] == ["a"]
        assert box.kept("desk") == b"state"


def test_a_file_that_is_damaged_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database at all" * 100)
    with pytest.raises(sqlite3.DatabaseError) as damaged:
        Outbox(tmp_path)
    assert "move" in str(explained(tmp_path / FILE, damaged.value))


def test_a_clock_that_goes_back_holds_up_no_message() -> None:
    budget = Budget()
    budget.take("x", 86_400 * SECOND)
    assert budget.free_us("x", SECOND) == SECOND


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
