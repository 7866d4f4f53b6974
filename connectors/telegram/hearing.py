"""What people do in chats: a button that was pressed, a text that was written; all else is passed over."""

from __future__ import annotations

from typing import Final

import msgspec
from telegram import Message, Update, User

KINDS: Final = ("message", "callback_query")
"""Of updates, as the Bot API names them."""


class Heard(msgspec.Struct, frozen=True):
    """An update.

    Attributes
    ----------
    number
        The Bot API's own, ascending.
    chat
        Its number.
    user
        Who: a number that nobody can choose.
    name
        What they call themselves.
    data
        Of a button that was pressed.
    query
        By which the press is answered; '' where a text was written.
    message
        Of a press, the message with the button; of a text, the one that it replies to; 0 where there is none.
    own
        Of a text, its own number in the chat.
    """

    number: int
    chat: str
    is_private: bool
    user: int
    name: str
    text: str = ""
    data: str = ""
    query: str = ""
    message: int = 0
    own: int = 0


def heard(update: Update) -> Heard | None:
    """Return what somebody did; None of what is neither a press nor a text of a person."""
    if update.callback_query is not None:
        return _pressed(update)
    return None if update.message is None else _written(update.update_id, update.message)


def _pressed(update: Update) -> Heard | None:
    pressed = update.callback_query
    if pressed is None or pressed.message is None or not isinstance(pressed.data, str):
        return None
    chat, who = pressed.message.chat, pressed.from_user
    return Heard(
        update.update_id,
        str(chat.id),
        chat.type == "private",
        who.id,
        _name(who),
        data=_whole(pressed.data),
        query=pressed.id,
        message=pressed.message.message_id,
    )


def _written(number: int, message: Message) -> Heard | None:
    who = message.from_user
    if who is None or who.is_bot or not message.text:
        return None
    replied = message.reply_to_message
    return Heard(
        number,
        str(message.chat.id),
        message.chat.type == "private",
        who.id,
        _name(who),
        text=_whole(message.text),
        message=0 if replied is None else replied.message_id,
        own=message.message_id,
    )


def _name(who: User) -> str:
    """Return what somebody calls themselves; '' of who has left Telegram."""
    return _whole(f"{who.first_name} {who.last_name or ''}".strip())


def _whole(text: str) -> str:
    """Return a text without half characters, which JSON can hold and nothing else."""
    return text.encode(errors="replace").decode()
