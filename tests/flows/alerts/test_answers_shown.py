"""What chats answer is kept and shown whatever the last look knew: of messages that are over, before the first look."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from telegram import Update

from connectors.inbox import Inbox
from connectors.outbox import Entry, Outbox
from connectors.replies import Refused
from connectors.telegram import Heard
from connectors.warehouse import Warehouse
from flows.alerts import record
from flows.alerts.buttons import Signing
from flows.alerts.chatting import Chatting
from flows.alerts.commands import Commands
from flows.alerts.listening import Listening
from flows.alerts.officers import Officers
from flows.alerts.record import Said, Who
from operators.alerts.alert import Alert
from operators.alerts.desk import Kept
from operators.alerts.groups import Group, Message
from schemas.rules.check import parse

NOW = 1_767_571_200_000_000  # 07:00 WIB
BUDI = Who("Budi", "dpu", "telegram")
SIGNING = Signing("123:token")
RULES = parse(
    {
        "r.toml": """
[[receiver]]
id = "dpu"
telegram = "-1"
[[receiver]]
id = "bpbd"
telegram = "-2"
[[officer]]
name = "Sari"
telegram = "22"
"""
    }
)


class Toasts:
    """Lines that were shown."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def answer(self, query: str, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    box = Outbox(tmp_path)
    box.put([Entry("m", "dpu", NOW, 2, "TINGGI", True, False)], "desk", b"")
    box.told(box.waiting(NOW), 7, "-1")
    yield box
    box.close()


def chatting(outbox: Outbox, toasts: Toasts, said: Said) -> Chatting:
    officers = Officers(RULES, {"dpu": "-1", "bpbd": "-2"}, {}, {})
    commands = Commands(Warehouse.__new__(Warehouse), RULES, lambda: NOW)
    return Chatting(outbox, toasts, SIGNING, officers, lambda: NOW, commands, lambda _: said)


def does(outbox: Outbox, chatting: Chatting, **what: object) -> None:
    heard = msgspec.structs.replace(Heard(5, "-1", False, 22, "S"), **what)
    Inbox(outbox).hear([(heard.number, msgspec.msgpack.encode(heard))])
    assert chatting.turn()


def test_a_note_about_a_message_that_is_over_leaves_what_stood_below_it(outbox: Outbox) -> None:
    answered = record.answer("m", "accepted", BUDI, NOW, ["a"]).values
    chats = chatting(outbox, Toasts(), Said([answered]))
    does(outbox, chats, text="pompa 2 mati", message=7, own=8)
    (waiting,) = outbox.waiting(NOW)
    assert waiting.text == "TINGGI\nDiterima: Budi, 07:00 WIB\nCatatan Sari, 07:00 WIB: pompa 2 mati"
    assert waiting.answer == "accepted"


def test_a_press_before_the_first_look_counts_for_what_was_going_on(outbox: Outbox) -> None:
    toasts, labels = Toasts(), {"rule": "r", "severity": "high", "kind": "flood"}
    chats = chatting(outbox, toasts, Said())
    message = Message("m", NOW, NOW, NOW, {"a": Alert("a", labels, NOW, NOW)}, frozenset("a"))
    chats.goes_on(Kept(NOW, [Group("route", (), message=message)]))
    data = SIGNING.rows("m", "dpu", answer="", is_over=False)[0][0].data
    does(outbox, chats, data=data, query="q", message=7)
    assert toasts.said == ["Diterima."]
    ((_, kept),) = outbox.rows()
    assert msgspec.msgpack.decode(kept, type=record.Row).values["alerts"] == ["a"]


class Asked:
    """A bot that is refused, and then hears somebody."""

    def __init__(self) -> None:
        self.answers: list[Exception | list[Update]] = [Refused("strange"), [Update(9)]]

    def updates(self, offset: int, wait_s: int) -> list[Update]:
        found = self.answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


def test_who_is_refused_to_hear_asks_again(outbox: Outbox, capsys: pytest.CaptureFixture[str]) -> None:
    left = threading.Event()
    left.set()
    listening = Listening(outbox, Asked(), left)  # type: ignore[arg-type]
    assert [listening.turn(), listening.turn()] == [False, True]
    assert "not heard: strange" in capsys.readouterr().err
    assert Inbox(outbox).next() == 10
