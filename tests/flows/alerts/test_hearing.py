"""What follows from presses and texts: who may, what is kept, what is said; data that was forged does nothing."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from connectors.telegram import Heard
from flows.alerts import record
from flows.alerts.buttons import SAID, SILENCE_US, Signing
from flows.alerts.hearing import Hearing, Open, Reaction, answered, foot
from flows.alerts.officers import Officers
from flows.alerts.record import Said, Who
from schemas.rules import Match
from schemas.rules.check import parse

NOW = 1_767_571_200_000_000  # 07:00 WIB
MESSAGE = "3f2a91bc00112233"
RULES = parse(
    {
        "r.toml": """
[[receiver]]
id = "dpu"
telegram = "-1001"
[[receiver]]
id = "rt"
telegram = "-1002"
members = true
[[officer]]
name = "Budi"
telegram = "env:BUDI"
office = ["dpu"]
[[officer]]
name = "Sari"
telegram = "22"
"""
    }
)
CHATS = {"dpu": "-1001", "rt": "-1002"}
SIGNING = Signing("123:token")
OPEN = Open(["a1", "a2"], Match(rule=("genangan",), area=("33.74.01",)))


def hearing(said: Said = Said(), *, is_open: bool = True) -> Hearing:  # noqa: B008  frozen
    def asked(name: str, rest: str, offices: Sequence[str]) -> str | None:
        return f"{name}({rest}) {','.join(offices)}" if name == "status" else None

    return Hearing(
        SIGNING,
        Officers(RULES, CHATS, {"BUDI": "11"}, {"-900": "-1001"}),
        lambda message: OPEN if is_open and message == MESSAGE else None,
        lambda _: said,
        lambda chat, number: MESSAGE if (chat, number) == ("-1001", 7) else "",
        asked,
    )


def pressed(verb: str, receiver: str = "dpu", user: int = 11, **changed: object) -> Heard:
    rows = SIGNING.rows(MESSAGE, receiver, answer="", is_over=False)
    data = next(each.data for row in rows for each in row if each.text == SAID[verb])  # type: ignore[index]
    heard = Heard(5, CHATS[receiver], False, user, "Someone\n<b>", data=data, query="q", message=7)
    return msgspec.structs.replace(heard, **changed)


def written(text: str, user: int = 11, **changed: object) -> Heard:
    return msgspec.structs.replace(Heard(6, "-1001", False, user, "Someone", text=text, own=8), **changed)


def values(reaction: Reaction) -> dict[str, object]:
    (row,) = reaction.rows
    return {"table": row.table, **row.values}


def test_a_press_is_kept_with_who_pressed_and_what_the_message_told_of() -> None:
    found = hearing().hear(pressed("accept"), NOW)
    assert found.toast == "Diterima."
    assert values(found) == {
        "table": record.ANSWERS, "message": MESSAGE, "acknowledgement": "telegram-5", "at": NOW, "answer": "accepted",
        "officer": "Budi", "office": "dpu", "via": "telegram", "alerts": ["a1", "a2"],
    }  # fmt: skip
    assert values(hearing().hear(pressed("dismiss"), NOW))["answer"] == "dismissed"
    silenced = values(hearing().hear(pressed("silence"), NOW))
    assert (silenced["until"], silenced["matchers"]) == (NOW + SILENCE_US, '{"rule":["genangan"],"area":["33.74.01"]}')
    assert hearing().hear(pressed("silence"), NOW).toast == "Dibisukan sampai 09:00 WIB."
    prompt = hearing().hear(pressed("note"), NOW).reply
    assert prompt is not None
    assert (prompt.to, prompt.about) == (7, MESSAGE)


@pytest.mark.parametrize(
    "forged",
    [
        {"data": f"a:{MESSAGE}:0000000000000000"},
        {"data": f"a:{MESSAGE}"},
        {"data": "a"},
        {"data": "a:" + "é" * 31},
        {"data": f"a:{MESSAGE}:\u202e\U0001f600\x00"},
        {"data": pressed("accept", "rt").data},  # another office's button
        {"data": pressed("accept").data.replace("a:", "d:", 1)},
        {"data": pressed("accept").data.replace(MESSAGE, "ffffffffffffffff")},
    ],
)
def test_what_was_forged_does_nothing(forged: dict[str, str]) -> None:
    assert hearing().hear(pressed("accept", **forged), NOW) == Reaction(toast="Tombol ini tidak dikenal.")


def test_who_is_not_registered_may_say_nothing_and_is_told_their_number() -> None:
    found = hearing().hear(pressed("accept", user=99), NOW)
    assert found.rows == ()
    assert "99" in found.toast
    elsewhere = hearing().hear(pressed("accept", chat="-7777"), NOW)
    assert elsewhere.rows == (), "a button that was sent on to another chat"
    asked = hearing().hear(written("/status pasar", user=99), NOW)
    assert asked.reply is not None
    assert "99" in asked.reply.text
    assert hearing().hear(written("hello", user=99), NOW) == Reaction()


def test_what_was_pressed_before_a_group_got_another_number_counts() -> None:
    assert values(hearing().hear(pressed("accept", chat="-900"), NOW))["officer"] == "Budi"


def test_members_of_an_open_chat_answer_under_the_name_that_they_give_themselves() -> None:
    assert values(hearing().hear(pressed("accept", "rt", 99), NOW))["officer"] == "Someone <b>"
    assert values(hearing().hear(pressed("accept", "rt", 22), NOW))["officer"] == "Sari"


def test_what_was_said_already_or_is_over_is_said_and_not_kept_again() -> None:
    who = Who("Sari", "dpu", "telegram")
    said = Said([record.answer(MESSAGE, "accepted", who, NOW, []).values], (), ())
    assert hearing(said).hear(pressed("accept"), NOW) == Reaction(toast="Sudah dijawab Sari, 07:00 WIB.")
    assert hearing(said).hear(pressed("dismiss"), NOW).rows
    lasting = Said((), (), [record.silence(OPEN.match, "x", who, NOW, NOW + 60_000_000).values])
    assert hearing(lasting).hear(pressed("silence"), NOW).toast == "Sudah dibisukan sampai 07:01 WIB oleh Sari."
    assert hearing(lasting).hear(pressed("silence"), NOW + 60_000_000).rows
    assert hearing(is_open=False).hear(pressed("accept"), NOW) == Reaction(toast="Sudah selesai.")
    over = values(hearing(is_open=False).hear(pressed("dismiss"), NOW))
    assert (over["answer"], over["alerts"]) == ("dismissed", []), "it counts as a false alarm afterwards, too"


def test_a_reply_is_a_note_and_a_command_is_answered() -> None:
    noted = hearing().hear(written("pompa 2 mati\nfoto menyusul", message=7), NOW)
    assert values(noted)["text"] == "pompa 2 mati\nfoto menyusul"
    assert hearing().hear(written("ya", message=9), NOW) == Reaction(), "a reply to something else"
    assert hearing().hear(written(" \u200e\n", message=7), NOW) == Reaction(), "nothing was written"
    found = hearing().hear(written("/Status@tilik_bot  Simpang   Lima"), NOW).reply
    assert found is not None
    assert (found.text, found.to) == ("status(Simpang Lima) dpu", 8)
    private = written("/status x", chat="22", is_private=True, user=22)
    assert hearing().hear(private, NOW).reply.text == "status(x) dpu,rt"  # type: ignore[union-attr]
    assert hearing().hear(written("/other"), NOW) == Reaction()
    again = hearing().hear(written(f"/lihat_{MESSAGE}"), NOW)
    assert (again.again, again.receivers) == (MESSAGE, ("dpu",))
    elsewhere = hearing().hear(msgspec.structs.replace(private, text=f"/lihat_{MESSAGE}"), NOW)
    assert (elsewhere.again, elsewhere.reply is not None) == ("", True), "it has no message with buttons there"


def test_below_a_message_stands_what_was_said() -> None:
    who = Who("Bu <Di>\n", "dpu", "telegram")
    said = Said(
        [record.answer(MESSAGE, "accepted", who, NOW, []).values],
        [record.note(MESSAGE, f"catatan {n}" + "x" * 900 * (n == 4), who, NOW).values for n in range(5)],
        [record.silence(OPEN.match, "x", who, NOW, NOW + SILENCE_US).values],
    )
    assert foot(said, NOW).split("\n") == [
        "", "Diterima: Bu <Di> , 07:00 WIB", "Dibisukan sampai 09:00 WIB: Bu <Di>",
        *(f"Catatan Bu <Di> , 07:00 WIB: catatan {n}" for n in (2, 3)),
        f"Catatan Bu <Di> , 07:00 WIB: catatan 4{'x' * 190}…",
    ]  # fmt: skip
    assert foot(said, NOW + SILENCE_US).count("\n") == 4
    assert (answered(said), answered(Said())) == ("accepted", "")
    shown = [[each.text for each in row] for row in SIGNING.rows(MESSAGE, "dpu", answer="accepted", is_over=False)]
    assert shown == [["Bukan kejadian"], ["Bisukan 2 jam", "Catatan"]]
    over = [[each.text for each in row] for row in SIGNING.rows(MESSAGE, "dpu", answer="", is_over=True)]
    assert over == [["Bukan kejadian"], ["Catatan"]]
    assert all(
        len(each.data.encode()) <= 64 for row in SIGNING.rows(MESSAGE, "dpu", answer="", is_over=False) for each in row
    )
