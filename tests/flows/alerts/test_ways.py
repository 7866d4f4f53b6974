"""Webhooks and mail from the outbox: every state posted, every letter in its thread, and nobody held up by another."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.mail import Letter
from connectors.outbox import EMAIL, WEBHOOK, Entry, Outbox
from connectors.replies import Later, Refused
from connectors.webhook import Webhook
from flows.alerts import mailing, payload, wording
from flows.alerts.mailing import Mailing
from flows.alerts.names import Names
from flows.alerts.posting import Posting
from flows.alerts.receivers import Hook, reached
from flows.alerts.ways import Ways
from operators.alerts.alert import Alert
from operators.alerts.groups import Notice
from schemas.local_time import MINUTE_US
from schemas.rules import Rule
from schemas.rules.check import parse
from tests.brokers.inboxes import Hooks, hooks
from tests.waiting import until

SECOND = 1_000_000
NINE_US = 1_768_183_200 * SECOND  # 2026-01-12 09:00 in Semarang
LABELS = {
    "rule": "genangan",
    "kind": "flood",
    "severity": "high",
    "place": "alun",
    "camera": "",
    "zone": "",
    "owner": "",
}
RULES = {"genangan": Rule("genangan", "Genangan", "high", todo="Pompa.")}
NAMES = Names(place={"alun": "Alun-alun"}, camera={"a": "Jalan A", "b": "Jalan B"})


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    box = Outbox(tmp_path)
    yield box
    box.close()


@pytest.fixture
def inbox() -> Iterator[Hooks]:
    with hooks() as served:
        yield served


class Clock:
    """Time that goes on as it is waited for."""

    now_us = 0

    def __call__(self) -> int:
        return self.now_us


class Mailboxes:
    """A mail server in memory."""

    def __init__(self) -> None:
        self.taken: list[Letter] = []
        self.fails: list[Exception] = []

    def send(self, letter: Letter) -> None:
        self.taken.append(letter)
        if self.fails:
            raise self.fails.pop(0)


def put(outbox: Outbox, name: str, text: str, way: str, *addresses: str, loud: bool = True, over: bool = False) -> None:
    each = [Entry(name, "dpu", 1, 1, text, loud, over, way, address) for address in addresses or ("",)]
    outbox.put(each, "desk", b"")


def emptied(way: Posting | Mailing, clock: Clock) -> None:
    for _ in range(10_000):
        if not way.turn():
            if way.outbox.next_us() is None:
                return
            clock.now_us += SECOND
    raise AssertionError("something waits for ever")


def alert(name: str, **more: Any) -> Alert:
    labels = LABELS | {"camera": name, "zone": "jalan"}
    return Alert(f"{name}000000000000000", labels, NINE_US - 2 * MINUTE_US, NINE_US - MINUTE_US, **more)


def bodied(what: Any, firing: tuple[Alert, ...], over: tuple[Alert, ...] = (), at_us: int = NINE_US) -> dict[str, Any]:
    group = (("place", "alun"), ("kind", "flood"), ("site", ""))
    notice = Notice(at_us, what, "dpu", "m1", group, firing, over, "")
    text = wording.text(notice, RULES, NAMES)
    found: dict[str, Any] = json.loads(payload.body(notice, text, RULES, NAMES))
    return found


def test_a_webhook_is_told_in_the_words_of_alertmanager() -> None:
    labels = {"alertname": "genangan", "rule": "genangan", "kind": "flood", "severity": "high", "place": "alun"}
    common = {"state": "changed", "summary": "TINGGI: Genangan · Alun-alun", "title": "Genangan", "todo": "Pompa."}
    firing, over = alert("a"), alert("b", ended_us=NINE_US, known_us=NINE_US, over_us=NINE_US, why="cleared")
    assert bodied("changed", (firing,), (over,), NINE_US + MINUTE_US) == {
        "version": "4",
        "groupKey": 'tilik/m1:{kind="flood", place="alun"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "dpu",
        "groupLabels": {"place": "alun", "kind": "flood"},
        "commonLabels": labels | {"zone": "jalan"},
        "commonAnnotations": common,
        "externalURL": "",
        "alerts": [
            {
                "status": "firing",
                "labels": labels | {"camera": "a", "zone": "jalan"},
                "annotations": common | {"text": "Genangan Jalan A (jalan), sejak 08:58 WIB, 3 mnt"},
                "startsAt": "2026-01-12T01:58:00.000Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "",
                "fingerprint": "a000000000000000",
            },
            {
                "status": "resolved",
                "labels": labels | {"camera": "b", "zone": "jalan"},
                "annotations": common | {"text": "Genangan Jalan B (jalan), sejak 08:58 WIB, 2 mnt, sudah bersih"},
                "startsAt": "2026-01-12T01:58:00.000Z",
                "endsAt": "2026-01-12T02:00:00.000Z",
                "generatorURL": "",
                "fingerprint": "b000000000000000",
            },
        ],
    }


def test_what_is_hidden_or_simulated_or_too_much_is_said_to_be() -> None:
    closed = bodied("over", (), (alert("a", simulated=True),))
    assert (closed["status"], closed["alerts"][0]["status"]) == ("resolved", "resolved")
    assert closed["alerts"][0]["endsAt"] == "2026-01-12T02:00:00.000Z", "what has not ended is told no more from now on"
    assert closed["commonLabels"]["simulated"] == "true"
    many = bodied("new", tuple(alert(f"c{at}") for at in range(payload.MOST + 3)))
    assert (len(many["alerts"]), many["truncatedAlerts"]) == (payload.MOST, 3)


def test_every_state_is_posted_the_newest_where_several_wait_and_a_kill_between_is_known(
    outbox: Outbox, inbox: Hooks, tmp_path: Path
) -> None:
    clock = Clock()
    inbox.answers = [(503, {}), "cut"]
    put(outbox, "m", "new", WEBHOOK)
    way = Posting(outbox, "dpu", "DPU by webhook", Webhook(inbox.url), clock)
    assert way.turn()
    again = Outbox(tmp_path)  # killed before its next try
    emptied(Posting(again, "dpu", "DPU by webhook", Webhook(inbox.url), clock), clock)
    again.close()
    inbox.answers = [(429, {"Retry-After": "60"})]
    put(outbox, "m", "changed", WEBHOOK, loud=False)
    assert way.turn()
    asked_us = clock.now_us
    put(outbox, "m", "changed again", WEBHOOK, loud=False)
    put(outbox, "m", "over", WEBHOOK, loud=False, over=True)
    emptied(way, clock)
    assert clock.now_us - asked_us >= 60 * SECOND
    assert [each.body.decode() for each in inbox.taken] == ["new"] * 3 + ["changed", "over"]
    assert len({each.headers["idempotency-key"] for each in inbox.taken}) == 3
    put(outbox, "m", "over", WEBHOOK, loud=True, over=True)
    emptied(way, clock)
    assert inbox.taken[-1].headers["x-tilik-delivery"] != inbox.taken[-2].headers["x-tilik-delivery"], (
        "it was asked for"
    )


def test_what_is_refused_or_never_taken_stops_no_other_and_is_said_once(
    outbox: Outbox, inbox: Hooks, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    way = Posting(outbox, "dpu", "DPU by webhook", Webhook(inbox.url + "/t0ken"), clock)
    inbox.answers = [(400, {}), (400, {}), *[(500, {})] * 2]
    for name in "abc":
        put(outbox, name, name, WEBHOOK)
    emptied(way, clock)
    assert [each.body for each in inbox.taken] == [b"a", b"b", b"c", b"c", b"c"]
    assert [name for name, _, _ in outbox.refused()] == ["a", "b"]
    said = capsys.readouterr().err
    assert said.count("DPU by webhook: http://127.0.0.1:") == 1
    assert "t0ken" not in said
    inbox.answers = [(500, {}), (200, {}), (200, {})]
    put(outbox, "d", "d", WEBHOOK)
    put(outbox, "e", "e", WEBHOOK)
    emptied(way, clock)
    assert [each.body for each in inbox.taken[5:]] == [b"d", b"e", b"d"]


def test_letters_are_loud_or_the_last_of_a_thread_and_the_same_when_sent_again(outbox: Outbox) -> None:
    clock, boxes = Clock(), Mailboxes()
    way = Mailing(outbox, boxes, clock)
    boxes.fails = [Later("cut off")]
    for text, loud, over in (
        ("new", True, False),
        ("edit", False, False),
        ("again", True, False),
        ("over", False, True),
    ):
        put(outbox, "m", text, EMAIL, "a@b", loud=loud, over=over)
        emptied(way, clock)
    put(outbox, "n", "other", EMAIL, "a@b")
    emptied(way, clock)
    assert [each.text for each in boxes.taken] == ["new", "new", "again", "over", "other"]
    ids, threads = [each.id for each in boxes.taken], [each.thread for each in boxes.taken]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4
    assert len(set(threads[:4])) == 1
    assert threads[4] != threads[0]


def test_each_mailbox_is_by_itself_with_few_letters_a_minute_and_a_digest_of_many(outbox: Outbox) -> None:
    clock, boxes = Clock(), Mailboxes()
    way = Mailing(outbox, boxes, clock)
    boxes.fails = [Refused("550 no such user")]
    put(outbox, "m", "first", EMAIL, "a@gone", "a@here")
    put(outbox, "n", "second", EMAIL, "a@here")
    emptied(way, clock)
    assert [(each.to, each.text) for each in boxes.taken] == [
        ("a@gone", "first"),
        ("a@here", "first"),
        ("a@here", "second"),
    ]
    assert clock.now_us >= mailing.GAP_US
    assert outbox.refused() == [("m", "dpu", "550 no such user")]
    for at in range(20):
        put(outbox, f"s{at:02}", f"kejadian {at}", EMAIL, "a@here")
    emptied(way, clock)
    for at in range(20):
        put(outbox, f"s{at:02}", f"SELESAI kejadian {at}", EMAIL, "a@here", loud=False, over=True)
        way.turn()
        clock.now_us += SECOND
    emptied(way, clock)
    assert [(each.text.split("\n")[0], each.thread) for each in boxes.taken[3:]] == [
        ("20 kejadian", ""),
        ("7 kejadian, 7 sudah selesai", ""),
        ("13 kejadian, 13 sudah selesai", ""),
    ], "ends that come bit by bit wait for each other"


def test_one_that_is_away_holds_up_no_other_and_one_that_breaks_ends_all(
    tmp_path: Path, outbox: Outbox, inbox: Hooks
) -> None:
    held, stop = threading.Event(), threading.Event()

    class Stuck:
        def turn(self) -> bool:
            return held.wait(300)

    class Broken:
        def turn(self) -> bool:
            raise ValueError("broken")

    def post(box: Outbox) -> Posting:
        return Posting(box, "dpu", "DPU", Webhook(inbox.url), Clock())

    put(outbox, "m", "new", WEBHOOK)
    with Ways(tmp_path, [lambda _: Stuck(), post], stop):
        until(lambda: outbox.next_us() is None)
        held.set()
    assert [each.body for each in inbox.taken] == [b"new"]
    with pytest.raises(ValueError, match="broken"), Ways(tmp_path, [post, lambda _: Broken()], stop):
        until(stop.is_set)


RECEIVERS = """
[[receiver]]
id = "a"
webhook = "env:HOOK"
secret = "env:SECRET"
email = ["a@b.id", "env:MAILS"]
[[receiver]]
id = "b"
telegram = "env:CHAT"
"""


@pytest.mark.parametrize(
    ("given", "ways", "said"),
    [
        (
            {"HOOK": "https://u:pl4nted@h:1/pl4nted", "SECRET": "pl4nted", "MAILS": "c@d.id, a@b.id", "CHAT": "-1"},
            [("a", "email", "a@b.id"), ("a", "email", "c@d.id"), ("a", "webhook", ""), ("b", "telegram", "")],
            ["told is a by webhook (https://h:1, signed), e-mail (a@b.id, c@d.id)", "told is b by Telegram"],
        ),
        ({}, [], ["to a by webhook: HOOK is not set", "a by e-mail: MAILS is not set", "to b: CHAT is not set"]),
        ({"HOOK": "https://h/", "MAILS": "x"}, [], ["webhook: SECRET is not set", "addresses of e-mail, came 'x'"]),
        (
            {"HOOK": "http://h/pl4nted", "SECRET": "s", "CHAT": "dpu"},
            [],
            ["HOOK: expected https:// (", "this machine alone), came http://h", "CHAT: expected a chat's number"],
        ),
    ],
)  # fmt: skip
def test_it_says_who_is_told_and_how_and_nothing_secret(
    given: dict[str, str], ways: list[Any], said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    found = reached(parse({"r.toml": RECEIVERS}), given)
    assert sorted(found.every()) == ways
    if "pl4nted" in given.get("SECRET", ""):
        assert found.hooks == {"a": Hook("https://u:pl4nted@h:1/pl4nted", "pl4nted")}
    text = capsys.readouterr().err
    assert not [each for each in said if each not in text]
    assert "pl4nted" not in text
