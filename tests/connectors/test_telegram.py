"""Telegram's Bot API over HTTP: what is sent, and what its answers mean."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from telegram import Update

from connectors.replies import Later, Refused, Unsure
from connectors.telegram import Gone, Heard, Moved, Telegram, heard
from connectors.telegram.sending import cut
from schemas.errors import UsageError
from tests.brokers.telegram import TOKEN, TelegramApi

CHAT = "-1001"


@pytest.fixture(scope="module")
def api() -> Iterator[TelegramApi]:
    served = TelegramApi()
    yield served
    served.close()


@pytest.fixture(scope="module")
def bot(api: TelegramApi) -> Iterator[Telegram]:
    with Telegram(TOKEN, api.url) as made:
        yield made


def test_a_message_is_sent_and_edited_in_its_place(api: TelegramApi, bot: Telegram) -> None:
    number = bot.send(CHAT, "Genangan & <b>")
    bot.edit(CHAT, number, "selesai")
    bot.edit(CHAT, number, "selesai")
    (shown,) = [each for each in api.transcript()["messages"] if each["number"] == number]
    assert (shown["text"], shown["edits"]) == ("selesai", 1)


@pytest.mark.parametrize(
    ("fault", "more", "expected"),
    [
        ("Too Many Requests: retry after 7", {"code": 429, "retry_after": 7}, Later),
        ("Bad Gateway", {"code": 502}, Later),
        ("Bad Request: group chat was upgraded", {"code": 400, "migrate_to_chat_id": -1002}, Moved),
        ("Forbidden: bot was kicked from the supergroup chat", {"code": 403}, Refused),
        ("Bad Request: chat not found", {"code": 400}, Refused),
    ],
)
def test_an_answer_says_what_to_do_next(
    api: TelegramApi, bot: Telegram, fault: str, more: dict[str, int], expected: type[Exception]
) -> None:
    api.fail("sendMessage", fault, **more)
    with pytest.raises(expected) as met:
        bot.send(CHAT, "a")
    if isinstance(met.value, Later) and "retry_after" in more:
        assert met.value.seconds == 7
    if isinstance(met.value, Moved):
        assert met.value.chat == "-1002"


@pytest.mark.parametrize("fault", ["cut before", "cut after"])
def test_whether_a_call_was_taken_that_nobody_answered_is_not_known(
    api: TelegramApi, bot: Telegram, fault: str
) -> None:
    api.fail("sendMessage", fault)
    with pytest.raises(Unsure):
        bot.send(CHAT, fault)
    assert any(each["text"] == fault for each in api.transcript()["messages"]) == (fault == "cut after")


def test_a_message_that_is_gone_is_said_to_be(bot: Telegram) -> None:
    with pytest.raises(Gone):
        bot.edit(CHAT, 999, "a")


def test_nobody_there_is_waited_for(api: TelegramApi) -> None:
    with Telegram(TOKEN, "http://127.0.0.1:9") as away, pytest.raises(Later):
        away.send(CHAT, "a")


def test_a_token_that_is_none_and_one_that_nobody_knows_are_named_without_it(api: TelegramApi) -> None:
    with pytest.raises(UsageError, match="TILIK_TELEGRAM_TOKEN") as refused:
        Telegram("", api.url)
    with (
        Telegram("123456:other-secret", api.url) as other,
        pytest.raises(UsageError, match="knows no such token") as unknown,
    ):
        other.send(CHAT, "a")
    assert "other-secret" not in str(refused.value) + str(unknown.value)


@pytest.mark.parametrize(("first", "name"), [("", ""), ("Budi \ud83d", "Budi ?"), ("\u202e\0", "\u202e\0")])
def test_whoever_presses_is_heard_under_whatever_name(first: str, name: str) -> None:
    who = {"id": 7, "is_bot": False, "first_name": first}
    shown = {"message_id": 3, "date": 1, "chat": {"id": -1, "type": "group"}}
    pressed = {"id": "5", "from": who, "message": shown, "chat_instance": "1", "data": "a:\ud83d"}
    found = heard(Update.de_json({"update_id": 1, "callback_query": pressed}, None))
    assert found is not None
    assert (found.name, found.data) == (name, "a:?")
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=Heard) == found


def test_a_text_is_cut_between_letters() -> None:
    assert cut("a" * 4_096) == "a" * 4_096
    long = cut("😀" * 3_000)
    assert len(long.encode("utf-16-le")) <= 2 * 4_096
    assert set(long) == {"😀", "…"}
