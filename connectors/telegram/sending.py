"""Sending and editing messages, and what came of it in words that say what to do next."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final, NamedTuple, Self, TypeAlias, TypeVar

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters, Update, error
from telegram.request import HTTPXRequest

from connectors.replies import Later, Refused, Unsure
from connectors.telegram.hearing import KINDS
from schemas.errors import TilikError, UsageError

os.environ.setdefault("PTB_TIMEDELTA", "true")  # how the package is told to give times as such, without a warning

TOKEN: Final = "TILIK_TELEGRAM_TOKEN"
MOST_UNITS: Final = 4_096
"""UTF-16 units of a text (Bot API, sendMessage)."""
MOST_TOAST: Final = 200
"""Letters of an answer to a press (Bot API, answerCallbackQuery)."""
CONNECT_S: Final = 10.0
ANSWER_S: Final = 20.0
"""How long an answer is waited for; ours."""
T = TypeVar("T")


class Moved(TilikError):
    """The group has another number now."""

    def __init__(self, chat: str) -> None:
        super().__init__(f"the group has become {chat}")
        self.chat = chat


class Gone(TilikError):
    """The message that was to be edited is not there any more."""


class Telegram:
    """A bot, used by one thread.

    Parameters
    ----------
    token
        The bot's.
    api
        Where the API is; None is Telegram's own.

    Raises
    ------
    UsageError
        The token is no bot's.
    """

    def __init__(self, token: str, api: str | None = None) -> None:
        request = HTTPXRequest(connect_timeout=CONNECT_S, read_timeout=ANSWER_S, write_timeout=ANSWER_S)
        updates = HTTPXRequest()
        self._requests = request, updates
        base: dict[str, Any] = {} if api is None else {"base_url": f"{api.rstrip('/')}/bot"}
        try:
            self._bot = Bot(token, request=request, get_updates_request=updates, **base)
        except error.InvalidToken:
            raise UsageError(f"{TOKEN}: expected a bot's token (@BotFather gives one), came another text") from None
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of connections."""

        async def shut() -> None:
            for each in self._requests:
                await each.shutdown()

        with self._runner:
            self._runner.run(shut())

    def send(self, chat: str, text: str, buttons: Buttons = (), to: int = 0) -> int:
        """Send a message; return its number in the chat.

        Parameters
        ----------
        buttons
            Below it, by row.
        to
            The message that it replies to, 0 none; one that is gone is not missed.

        Raises
        ------
        Later, Unsure, Moved, Refused
            What came of it.
        """
        replied = ReplyParameters(to, allow_sending_without_reply=True) if to else None
        sent = self._done(
            self._bot.send_message(_chat(chat), cut(text), reply_markup=_markup(buttons), reply_parameters=replied)
        )
        return int(sent.message_id)

    def edit(self, chat: str, number: int, text: str, buttons: Buttons = ()) -> None:
        """Change what a message says, and its buttons; one that says so already is left as it is.

        Raises
        ------
        Later, Unsure, Moved, Refused, Gone
            What came of it.
        """
        try:
            self._done(self._bot.edit_message_text(cut(text), _chat(chat), number, reply_markup=_markup(buttons)))
        except _Same:
            return

    def answer(self, query: str, text: str) -> None:
        """Answer a press, as a line that passes; one that is too old is passed over.

        Raises
        ------
        Later
            It was not taken.
        """
        with suppress(Refused):
            self._done(self._bot.answer_callback_query(query, text[:MOST_TOAST]))

    def updates(self, offset: int, wait_s: int) -> list[Update]:
        """Return what was done in chats from an update on, waiting for it so long; what is before is done with.

        Raises
        ------
        Later
            Nobody answered, or somebody else asks with the same token.
        """
        return list(self._done(self._bot.get_updates(offset, timeout=wait_s, allowed_updates=list(KINDS))))

    def _done(self, call: Awaitable[T]) -> T:
        async def answered() -> T:
            return await call

        try:
            return self._runner.run(answered())
        except error.InvalidToken as problem:
            raise UsageError(f"{TOKEN}: Telegram knows no such token: ask @BotFather for another") from problem
        except error.TelegramError as problem:
            raise explained(problem) from problem


class Button(NamedTuple):
    """What it says, and what it carries: at most 64 bytes."""

    text: str
    data: str


Buttons: TypeAlias = Sequence[Sequence[Button]]


class _Same(TilikError):
    """The message says so already."""


def explained(problem: error.TelegramError) -> TilikError:
    """Return what an answer means for who sends."""
    text = problem.message
    if isinstance(problem, error.BadRequest):
        return _of_request(text)
    if isinstance(problem, error.RetryAfter):
        wait = problem.retry_after
        return Later(text, wait.total_seconds() if isinstance(wait, timedelta) else float(wait))
    if isinstance(problem, error.ChatMigrated):
        return Moved(str(problem.new_chat_id))
    if isinstance(problem, error.Forbidden):
        return Refused(text)
    is_unsure = isinstance(problem, error.TimedOut) or any(
        name in text for name in ("ReadError", "RemoteProtocolError")
    )
    return Unsure(text) if is_unsure else Later(text)


def _of_request(text: str) -> TilikError:
    said = text.lower()
    if "not modified" in said:
        return _Same(text)
    is_gone = any(why in said for why in ("message to edit not found", "can't be edited", "message_id_invalid"))
    return Gone(text) if is_gone else Refused(text)


def cut(text: str) -> str:
    """Return a text that is not longer than a message may be, whole letters."""
    raw = text.encode("utf-16-le")
    if len(raw) <= 2 * MOST_UNITS:
        return text
    return raw[: 2 * (MOST_UNITS - 1)].decode("utf-16-le", "ignore") + "…"


def _markup(buttons: Buttons) -> InlineKeyboardMarkup | None:
    if not buttons:
        return None
    rows = [[InlineKeyboardButton(text, callback_data=data) for text, data in row] for row in buttons]
    return InlineKeyboardMarkup(rows)


def _chat(chat: str) -> int | str:
    return chat if chat.startswith("@") else int(chat)
