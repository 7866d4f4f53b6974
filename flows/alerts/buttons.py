"""The buttons below a message: what they say, and what they carry, which nobody else can make.

A button carries its verb, the number of its message and a signature of both and of the receiver, made with a key that
follows from the bot's token: whoever sends other data, or these from another office's chat, is refused.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final, Literal, get_args

from connectors.outbox import Waiting
from connectors.telegram import Button, Buttons

Verb = Literal["accept", "dismiss", "silence", "note"]
SAID: Final[dict[Verb, str]] = {
    "accept": "Terima",
    "dismiss": "Bukan kejadian",
    "silence": "Bisukan 2 jam",
    "note": "Catatan",
}
SILENCE_US: Final = 2 * 3_600_000_000
_CODES: Final[dict[Verb, str]] = {verb: verb[0] for verb in get_args(Verb)}
_SIGNED: Final = 16
"""Hex digits of a signature: 64 bits, tried over a chat at 20 a minute."""


class Signing:
    """Makes and reads buttons of one bot."""

    def __init__(self, token: str) -> None:
        self.key = hashlib.sha256(b"buttons\n" + token.encode()).digest()

    def below(self, each: Waiting) -> Buttons:
        """Return the buttons of a message that is to be sent as it stands."""
        return self.rows(each.id, each.receiver, answer=each.answer, is_over=each.is_over)

    def rows(self, message: str, receiver: str, *, answer: str, is_over: bool) -> tuple[tuple[Button, ...], ...]:
        """Return the buttons of a message, by what can still be said of it."""
        answers = () if is_over or answer else ("accept",)
        dismissal = () if answer == "dismissed" else ("dismiss",)
        rows: tuple[tuple[Verb, ...], ...] = (
            (*answers, *dismissal),
            ("note",) if is_over or answer == "dismissed" else ("silence", "note"),
        )
        return tuple(tuple(self._button(verb, message, receiver) for verb in row) for row in rows if row)

    def read(self, data: str, receiver: str) -> tuple[Verb, str] | None:
        """Return verb and message of a button of a receiver; None of what is none of ours."""
        code, _, rest = data.partition(":")
        message, _, signature = rest.partition(":")
        verb = next((verb for verb, known in _CODES.items() if known == code), None)
        if verb is None:
            return None
        right = self._signature(verb, message, receiver)
        is_ours = hmac.compare_digest(right.encode(), signature.encode(errors="replace"))
        return (verb, message) if is_ours else None

    def _button(self, verb: Verb, message: str, receiver: str) -> Button:
        return Button(SAID[verb], f"{_CODES[verb]}:{message}:{self._signature(verb, message, receiver)}")

    def _signature(self, verb: Verb, message: str, receiver: str) -> str:
        text = f"{verb}\n{message}\n{receiver}".encode(errors="replace")
        return hmac.new(self.key, text, hashlib.sha256).hexdigest()[:_SIGNED]
