"""What somebody did in a chat, and what follows: rows of the record, an answer; a function of what is known.

A press or a text is handled once, by its number; whoever may not speak is told so, and nothing else happens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from connectors.telegram import Heard
from flows.alerts import buttons, record
from flows.alerts.buttons import Signing, Verb
from flows.alerts.officers import Allowed, Officers
from flows.alerts.record import Row, Said
from flows.alerts.wording import clock
from schemas.plain import words
from schemas.rules import Match

LONGEST: Final = 1_000
"""Letters of a note that are kept, ours."""
SHOW: Final = "lihat"
"""The command that shows a message anew."""
UNKNOWN: Final = "Anda belum terdaftar. Nomor Telegram Anda: {}. Berikan nomor ini kepada admin Tilik."
OVER: Final = "Sudah selesai."
ELSEWHERE: Final = "Pesan itu ada di grup kantornya."
LINE: Final = 200
"""Letters of a note that stand below a message, ours; the record has all of it."""


class Open(NamedTuple):
    """A message that is going on: the alerts that it tells of, and what a silence of it matches."""

    alerts: Sequence[str]
    match: Match


class Reply(NamedTuple):
    """What is sent into the chat; who replies to it speaks of message `about`."""

    text: str
    to: int = 0
    about: str = ""


class Reaction(NamedTuple):
    """What follows; `toast` is shown to who pressed, `again` is a message that is sent anew to `receivers`."""

    rows: tuple[Row, ...] = ()
    reply: Reply | None = None
    toast: str = ""
    again: str = ""
    receivers: tuple[str, ...] = ()


class Hearing:
    """Answers what is heard.

    Parameters
    ----------
    opened
        By a message's number what is going on of it; None where nothing is.
    said
        What was said of a message so far.
    about
        Which message of ours one in a chat is about; '' of others.
    asked
        Answers a command, by its name and what stands behind it, for some offices; None of what is none.
    """

    def __init__(
        self,
        signing: Signing,
        officers: Officers,
        opened: Callable[[str], Open | None],
        said: Callable[[str], Said],
        about: Callable[[str, int], str],
        asked: Callable[[str, str, Sequence[str]], str | None],
    ) -> None:
        self.signing, self.officers, self.opened = signing, officers, opened
        self.said, self.about, self.asked = said, about, asked

    def hear(self, heard: Heard, now_us: int) -> Reaction:
        """Say what follows."""
        allowed = self.officers.allowed(heard)
        if heard.query:
            return self._pressed(heard, allowed, now_us)
        name, rest = command(heard.text)
        about = self.about(heard.chat, heard.message) if heard.message and not name else ""
        if not name and not about:
            return Reaction()
        if allowed is None:
            return Reaction(reply=Reply(UNKNOWN.format(heard.user), heard.own))
        if about:
            return _noted(heard, about, allowed, now_us)
        return self._asked(heard, name, rest, allowed)

    def _pressed(self, heard: Heard, allowed: Allowed | None, now_us: int) -> Reaction:
        if allowed is None:
            return Reaction(toast=UNKNOWN.format(heard.user))
        for office in allowed.offices:
            read = self.signing.read(heard.data, office)
            if read is not None:
                verb, message = read
                who = allowed.who._replace(office=office)
                return self._verb(verb, message, heard, allowed._replace(who=who), now_us)
        return Reaction(toast="Tombol ini tidak dikenal.")

    def _verb(self, verb: Verb, message: str, heard: Heard, allowed: Allowed, now_us: int) -> Reaction:
        if verb == "note":
            return Reaction(reply=Reply("Balas pesan ini dengan catatan Anda.", heard.message, message))
        opened, said = self.opened(message), self.said(message)
        before = _already(verb, said, now_us)
        if before:
            return Reaction(toast=before)
        if opened is None and verb != "dismiss":
            return Reaction(toast=OVER)
        name = f"telegram-{heard.number}"
        if verb == "silence":
            assert opened is not None
            until_us = now_us + buttons.SILENCE_US
            row = record.silence(opened.match, "tombol", allowed.who, now_us, until_us, message, name)
            return Reaction((row,), toast=f"Dibisukan sampai {clock(until_us)}.")
        word: record.Word = "accepted" if verb == "accept" else "dismissed"
        row = record.answer(message, word, allowed.who, now_us, opened.alerts if opened else (), name)
        return Reaction((row,), toast="Diterima." if verb == "accept" else "Dicatat: bukan kejadian.")

    def _asked(self, heard: Heard, name: str, rest: str, allowed: Allowed) -> Reaction:
        verb, _, number = name.partition("_")
        if verb == SHOW:
            return self._shown(heard, number)
        answer = self.asked(name, rest, allowed.offices)
        return Reaction() if answer is None else Reaction(reply=Reply(answer, heard.own))

    def _shown(self, heard: Heard, number: str) -> Reaction:
        """Show a message anew in the chat that it is of."""
        if self.opened(number) is None:
            return Reaction(reply=Reply(OVER, heard.own))
        here = tuple(receiver for receiver, chat in self.officers.chats.items() if chat == heard.chat)
        return Reaction(again=number, receivers=here) if here else Reaction(reply=Reply(ELSEWHERE, heard.own))


def command(text: str) -> tuple[str, str]:
    """Return the name of a command and what stands behind it; '' of what is none."""
    if not text.startswith("/"):
        return "", ""
    first, _, rest = words(text).partition(" ")
    return first[1:].partition("@")[0].lower(), rest


def foot(said: Said, now_us: int) -> str:
    """Return what stands below a message: who has answered, until when it is silenced, what was noted."""
    lines = []
    for word, text in (("accepted", "Diterima"), ("dismissed", "Bukan kejadian")):
        first = next((row for row in said.answers if row["answer"] == word), None)
        if first is not None:
            lines.append(f"{text}: {first['officer']}, {clock(first['at'])}")
    for row in said.silences:
        if row["until"] > now_us:
            lines.append(f"Dibisukan sampai {clock(row['until'])}: {row['officer']}")
    lines += [f"Catatan {row['officer']}, {clock(row['at'])}: {_short(row['text'])}" for row in said.notes[-3:]]
    return "".join("\n" + words(line) for line in lines)


def _short(text: str) -> str:
    return text if len(text) <= LINE else text[: LINE - 1] + "…"


def answered(said: Said) -> str:
    """Return how a message was answered: dismissed, accepted or ''."""
    given = {row["answer"] for row in said.answers}
    return "dismissed" if "dismissed" in given else "accepted" if given else ""


def _already(verb: Verb, said: Said, now_us: int) -> str:
    """Return why a press changes nothing; '' where it does."""
    if verb == "silence":
        lasting = next((row for row in said.silences if row["until"] > now_us), None)
        if lasting is None:
            return ""
        return f"Sudah dibisukan sampai {clock(lasting['until'])} oleh {lasting['officer']}."
    word = "accepted" if verb == "accept" else "dismissed"
    first = next((row for row in said.answers if row["answer"] == word), None)
    return "" if first is None else f"Sudah dijawab {first['officer']}, {clock(first['at'])}."


def _noted(heard: Heard, about: str, allowed: Allowed, now_us: int) -> Reaction:
    text = heard.text.strip()[:LONGEST]
    if not words(text):
        return Reaction()
    row = record.note(about, text, allowed.who, now_us, f"telegram-{heard.number}")
    return Reaction((row,), Reply("Catatan disimpan.", heard.own))
