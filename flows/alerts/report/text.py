"""A shift's report as one message: plain text that fits a chat, the worst first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Final

from flows.alerts.report import said
from flows.alerts.report.figures import Answers, Going, Lasting, Noted, Shift
from schemas.plain import words
from schemas.rules.entries import SEVERITY_LABELS

MOST_UNITS: Final = 4_096
"""UTF-16 units of a message, Telegram's."""
LINES: Final = 20
"""Lines of what goes on, at most; of notes, silences and offices half as many. Ours: what people scroll through."""
LINE: Final = 240
"""Letters of a line, at most. Ours: a note that is a letter is cut."""


def text(shift: Shift) -> str:
    """Return the report in at most 4,096 UTF-16 units, names in it one line each; what is left out is counted."""
    return next(found for lines in count(LINES, -1) if units(found := _text(shift, max(0, lines))) <= MOST_UNITS)


def units(message: str) -> int:
    """Return how long a message is, as Telegram counts."""
    return len(message.encode("utf-16-le", "surrogatepass")) // 2


def _text(shift: Shift, lines: int) -> str:
    few = lines // 2
    parts = [
        [said.title(shift), said.period(shift)],
        _figures(shift),
        _list("Masih berlangsung", [_going(each, shift) for each in shift.going_on], lines),
        _list("Catatan", [_note(each, shift) for each in shift.notes], few),
        _list("Dibisukan melewati giliran ini", [_silence(each, shift) for each in shift.silences], few),
        _list("Per kantor", [_office(name, of) for name, of in shift.by_office], few),
        ["Pengamatan", *said.watched(shift)],
    ]
    return "\n\n".join("\n".join(_cut(words(line)) for line in part) for part in parts if part)


def _figures(shift: Shift) -> list[str]:
    if shift.is_empty:
        return [said.NOTHING if shift.ever else said.NEVER]
    return [
        f"{each.label}: {said.number(each.many)} {each.unit}" + (f", {each.more}" if each.more else "")
        for each in said.figures(shift)
    ]


def _list(head: str, lines: Sequence[str], most: int) -> list[str]:
    """Return a list with its length, as far as it may go; nothing of nothing."""
    if not lines:
        return []
    more = [f"dan {said.number(len(lines) - most)} lainnya"] if len(lines) > most else []
    return [f"{head} ({said.number(len(lines))})", *(f"• {line}" for line in lines[:most]), *more]


def _going(each: Going, shift: Shift) -> str:
    severity = SEVERITY_LABELS[each.severity].id.upper() if each.severity in SEVERITY_LABELS else each.severity
    cameras = f" ({said.number(each.cameras)} kamera)" if each.cameras > 1 else ""
    taken = f"ditangani {', '.join(each.taken_by)}" if each.taken_by else "belum ada yang menangani"
    since = said.clock(each.since_us, shift.until_us)
    lasted = said.minutes((shift.until_us - each.since_us) / 6e7)
    return f"{severity} · {each.what} · {each.where}{cameras}, sejak {since}, {lasted}, {taken}"


def _note(each: Noted, shift: Shift) -> str:
    return f"{said.clock(each.at_us, shift.until_us)} {each.officer} ({each.about}): {each.text}"


def _silence(each: Lasting, shift: Shift) -> str:
    why = f": {each.reason}" if each.reason else ""
    return f"{each.what}, sampai {said.clock(each.until_us, shift.until_us)}, oleh {each.officer}{why}"


def _office(name: str, of: Answers) -> str:
    return (
        f"{name}: {said.number(of.messages)} pesan, {said.number(of.answered)} ditanggapi,"
        f" {said.number(of.unanswered)} belum"
    )


def _cut(line: str) -> str:
    return line if len(line) <= LINE else line[: LINE - 1] + "…"
