"""What offices were told and what people said: in tables, heeded by who runs and by who rehearses, asked by command."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors import warehouse as warehouses
from connectors.outbox import Outbox
from connectors.warehouse import Warehouse
from flows import options
from flows.alerts import answering, record, running
from flows.alerts.receivers import Reached
from flows.alerts.record import Who
from flows.alerts.rehearsing import rehearse
from flows.alerts.running import Asked, Running
from operators.alerts.desk import Kept
from schemas.errors import UsageError, WarehouseError
from schemas.rules import Match, Rules
from schemas.rules.check import parse
from tests.flows.alerts.stored import Incident, watched, write

SECOND = 1_000_000
MINUTE = 60 * SECOND
START = 1_767_571_200 * SECOND  # 2026-01-05T00:00Z
END = START + 60 * MINUTE
BUDI = Who("Budi")
RULES = parse(
    {
        "r.toml": """
[[rule]]
id = "genangan"
title = "Genangan"
severity = "high"
incident = ["flood"]
[[rule]]
id = "parkir"
title = "Parkir"
severity = "low"
incident = ["parking"]
[[receiver]]
id = "dpu"
telegram = "-1"
[[receiver]]
id = "bpbd"
telegram = "-2"
[[route]]
to = "dpu"
group_by = ["kelurahan", "kind"]
group_wait = "0s"
repeat = "20m"
escalate_after = "30m"
escalate_to = "bpbd"
"""
    }
)
INCIDENTS = (
    ("1", "a", "33.74.01.1001", "flood", 0, 50),
    ("2", "b", "33.74.01.1001", "flood", 5, 20),
    ("3", "c", "33.74.01.1002", "flood", 0, 60),
    ("4", "a", "33.74.01.1001", "parking", 10, 40),
    ("5", "d", "33.74.01.1003", "flood", 2, 60),
)
"""Incident, camera, area, kind, minutes of begin and end; what ends with the hour has not ended."""


@pytest.fixture
def url(tmp_path: Path, laid: Callable[[Path], str]) -> str:
    return laid(tmp_path / "store")


@pytest.fixture
def store(url: str) -> Iterator[Warehouse]:
    with warehouses.connect(url) as warehouse:
        for incident, camera, area, kind, begin, _ in INCIDENTS:
            write(warehouse, Incident(incident, camera, area, kind, START + begin * MINUTE))
        watched(warehouse, "a", START, END - MINUTE)
        yield warehouse


class Live:
    """`tilik alerts run` minute by minute, and what people do meanwhile."""

    def __init__(self, store: Warehouse, state: Path, monkeypatch: pytest.MonkeyPatch, rules: Rules = RULES) -> None:
        self.store, self.state, self.now_us = store, state, START
        monkeypatch.setattr(Warehouse, "now_us", lambda _: self.now_us)
        reached = Reached({"dpu": "-1", "bpbd": "-2"})
        self.asked = Asked(rules, "", state, reached, MINUTE, clock=lambda: self.now_us)
        self.told: list[tuple[float, str, str, str]] = []

    def until(self, minute: int) -> None:
        """Go on to a minute; each look is a program of its own."""
        while self.now_us < START + minute * MINUTE:
            self.now_us += MINUTE
            for incident, camera, area, kind, begin, end in INCIDENTS:
                if end < 60 and self.now_us == START + end * MINUTE:
                    at_us = START + begin * MINUTE
                    write(self.store, Incident(incident, camera, area, kind, at_us, self.now_us))
            outbox = Outbox(self.state)
            program = Running(self.asked, outbox, self.store)
            program.kept = program.kept or msgspec.msgpack.encode(Kept(START))
            told = program._notices()[0]
            self.told += [((each.at_us - START) / MINUTE, each.what, each.receiver, each.message) for each in told]
            program.look()
            outbox.close()


def messages(store: Warehouse, place: str) -> str:
    """Return the number of the message that tells of a camera."""
    rows = store.query("SELECT message FROM alerts WHERE camera_id = {c:String} ORDER BY ts DESC", {"c": place}).rows
    return str(rows[0][0])


@pytest.mark.parametrize("recent_us", [running.RECENT_US, 3 * MINUTE])
def test_what_live_told_and_people_said_is_what_a_rehearsal_says_and_the_record_has(
    recent_us: int, store: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "RECENT_US", recent_us)
    live = Live(store, tmp_path / "state", monkeypatch)
    live.until(8)
    answering.answer(store, messages(store, "c"), "accepted", BUDI)
    live.until(12)
    answering.answer(store, messages(store, "d"), "dismissed", Who("Sari", "dpu", "telegram"))
    answering.silence(store, answering.match_of(["kind=parking"]), "pawai", BUDI, 15 * MINUTE)
    number = answering.silence_message(store, messages(store, "b"), "pompa", BUDI, 60 * MINUTE)
    live.until(35)
    answering.end(store, number[:6], BUDI)
    answering.note(store, messages(store, "a"), "pompa jalan", BUDI)
    live.until(60)

    rehearsed = [
        ((_us(each["at"]) - START) / MINUTE, each["what"], each["receiver"], each["message"])
        for each in rehearse(store, RULES, START, END + MINUTE)
    ]
    assert sorted(live.told) == sorted(rehearsed)
    floods = [(at, what, to) for at, what, to, message in rehearsed if message == messages(store, "c")]
    assert floods == [(0, "new", "dpu")], "who has answered is neither asked again nor passed over"

    rows = store.query(
        "SELECT camera_id, kind, office, why, is_open, answer, answered_by, round(answer_min, 3), round(clear_min, 3),"
        f" (toUnixTimestamp64Micro(ts) - {START}) / 60000000 AS told FROM alerts ORDER BY camera_id, kind, told, office"
    ).rows
    assert rows == [
        ("a", "flood", "dpu", "silenced", 0, "", "", None, None, 0),
        ("a", "flood", "dpu", "cleared", 0, "", "", None, 15, 35),
        ("a", "parking", "dpu", "silenced", 0, "", "", None, None, 10),
        ("a", "parking", "dpu", "cleared", 0, "", "", None, 13, 27),
        ("b", "flood", "dpu", "silenced", 0, "", "", None, None, 5),
        ("c", "flood", "dpu", "", 1, "accepted", "Budi", 8, None, 0),
        ("d", "flood", "dpu", "dismissed", 0, "dismissed", "Sari", 10, None, 2),
    ]


def test_a_warehouse_that_is_away_gets_the_record_when_it_is_back(
    store: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, real = Live(store, tmp_path / "state", monkeypatch), record.store
    monkeypatch.setattr(record, "store", _away)
    live.until(2)
    assert store.query("SELECT count() FROM alerts").rows == [(0,)]
    monkeypatch.setattr(record, "store", real)
    live.until(3)
    live.until(4)
    assert store.query("SELECT camera_id, count() FROM alerts GROUP BY 1 ORDER BY 1").rows == [
        ("a", 1), ("c", 1), ("d", 1),
    ]  # fmt: skip


def test_rules_that_change_between_two_starts_close_what_nobody_tells_any_more(
    store: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Live(store, tmp_path / "state", monkeypatch).until(2)
    assert store.query("SELECT uniqExact(message) FROM alerts WHERE is_open").rows == [(2,)]
    office = msgspec.structs.replace(RULES.receiver[1], id="walikota", telegram="-3")
    route = msgspec.structs.replace(RULES.route[0], to="walikota", escalate_to="")
    fewer = msgspec.structs.replace(RULES, rule=RULES.rule[1:], receiver=(office,), route=(route,))
    live = Live(store, tmp_path / "state", monkeypatch, fewer)
    live.now_us = START + 2 * MINUTE
    live.until(4)
    assert store.query("SELECT DISTINCT why, is_open FROM alerts").rows == [("unruled", 0)]


def test_a_rule_that_is_gone_leaves_its_messages_their_end(
    store: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Live(store, tmp_path / "state", monkeypatch).until(2)
    live = Live(store, tmp_path / "state", monkeypatch, msgspec.structs.replace(RULES, rule=RULES.rule[1:]))
    live.now_us = START + 2 * MINUTE
    live.until(4)
    outbox = Outbox(tmp_path / "state")
    assert {each.text.split(":")[0] for each in outbox.waiting(END)} == {"ATURAN DIHAPUS · TINGGI"}
    outbox.close()


def test_who_was_told_and_is_not_reached_any_more_has_a_record_of_how_it_ended(
    store: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = Live(store, tmp_path / "state", monkeypatch)
    live.until(19)
    live.asked.reached.chats.clear()
    live.until(22)
    assert store.query("SELECT why, is_open FROM alerts WHERE camera_id = 'b'").rows == [("cleared", 0)]


def test_a_look_that_tells_nothing_writes_nothing_but_now_and_then_how_far_it_got(
    store: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = Live(store, tmp_path / "state", monkeypatch)
    with closing(Outbox(tmp_path / "state")) as outbox:
        program, kept = Running(live.asked, outbox, store), list[bytes | None]()
        program.kept = msgspec.msgpack.encode(Kept(START))
        for second in (60, 63, 66, 370):
            live.now_us = START + second * SECOND
            program.look()
            kept.append(outbox.kept("desk"))
    assert kept[0] == kept[1] == kept[2] != kept[3]
    assert program.desk_kept().until_us == live.now_us


def test_all_that_was_said_of_a_message_is_read_or_nothing_and_what_was_dismissed(store: Warehouse) -> None:
    rows = [
        record.answer("old", "accepted", BUDI, START, ["a"]),
        record.answer("quiet", "accepted", BUDI, START, ["b"]),
        record.answer("gone", "dismissed", BUDI, START, ["c"]),
        record.answer("noted", "accepted", BUDI, START, ["d"]),
        record.note("noted", "pompa", BUDI, END),
        record.silence(Match(kind=("flood",)), "x", BUDI, START, END),
    ]
    record.store(store, rows)
    said = record.read_recent(store, START - MINUTE, record.Recent(END - MINUTE, ["old"]))
    assert {row["message"] for row in said.answers} == {"old", "gone", "noted"}
    assert ([row["text"] for row in said.notes], len(said.silences)) == (["pompa"], 1)
    assert record.read_recent(store, START - MINUTE, record.Recent(0)) == record.read(store, START - MINUTE)


def _away(*_: object) -> None:
    raise WarehouseError("away")


def _us(text: str) -> int:
    at_us = options.moment_us("at", text)
    assert at_us is not None
    return at_us


def test_commands_list_answer_note_and_silence(
    store: Warehouse, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tilik: Any
) -> None:
    live = Live(store, tmp_path / "state", monkeypatch)
    live.until(6)
    asked = ("--warehouse", url)
    _, out, _ = tilik("alerts", "list", *asked, "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert sorted((line["places"], line["going_on"]) for line in lines) == [(["a", "b"], 2), (["c"], 1), (["d"], 1)]
    number = next(line["message"] for line in lines if line["places"] == ["c"])
    assert tilik("alerts", "ack", number[:8], "--by", "Budi", *asked)[:2] == (0, f"{number}: accepted\n")
    assert tilik("alerts", "note", number, "genset", "--by", "Budi", *asked)[:2] == (0, f"{number}: noted\n")
    _, out, _ = tilik("alerts", "silence", number, "--for", "1h", "--why", "pawai", "--by", "Budi", *asked)
    silence = out.strip()
    _, out, _ = tilik("alerts", "list", "--silences", "--json", *asked)
    (row,) = map(json.loads, out.splitlines())
    assert (row["silence"], row["reason"], row["until"]) == (silence, "pawai", "2026-01-05T01:06:00Z")
    assert json.loads(row["matchers"]) == {"rule": ["genangan"], "kind": ["flood"], "area": ["33.74.01.1002"]}
    assert tilik("alerts", "silence", "--end", silence, *asked)[0] == 0
    assert tilik("alerts", "list", "--silences", *asked)[1] == "no silence lasts\n"
    (found,) = store.query("SELECT officer, text FROM notes").rows
    assert found == ("Budi", "genset")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("ack", "ffff"), "expected the number of a message"),
        (("note", "ffff", " "), "expected a text"),
        (("silence",), "expected one of MESSAGE, --match and --end"),
        (("silence", "--match", "kind=flood"), "expected a reason"),
        (("silence", "--match", "knd=flood", "--why", "x"), "did you mean"),
        (("silence", "--match", "kind=flood", "--why", "x", "--for", "soon"), "expected a duration"),
        (("silence", "--end", "ffff"), "which none that lasts has"),
    ],
)
def test_a_command_that_cannot_be_says_why(given: tuple[str, ...], said: str, warehouse_url: str, tilik: Any) -> None:
    code, _, err = tilik("alerts", *given, "--warehouse", warehouse_url)
    assert (code, said in err) == (2, True), err


def test_a_silence_of_words_holds_for_all_labels_that_are_given() -> None:
    assert answering.match_of(["kind=flood", "kind=parking", "place=alun"]) == Match(
        kind=("flood", "parking"), place=("alun",)
    )
    with pytest.raises(UsageError, match="severity"):
        answering.match_of(["severity=bad"])
