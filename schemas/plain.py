"""Text that came from outside, as it may stand on a terminal.

Names of cameras, classes and files are written by whoever sends them. What a
terminal would take for a command, a new line or an order to write from right to
left is shown as an escape there, and stays what it was wherever it is data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_COMMAND: Final = "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
_IN_LINE: Final = re.compile(f"[\t\n{_COMMAND}]")
_IN_TEXT: Final = re.compile(f"[{_COMMAND}]")


def plain(text: str) -> str:
    r"""Return one line: control codes, new lines, marks of direction, half characters as ``\\u001b``, as JSON does."""
    return text if text.isascii() and text.isprintable() else _IN_LINE.sub(_escape, text)


def listed(texts: Iterable[str]) -> str:
    """Return texts one a line, each `plain`."""
    return "\n".join(map(plain, texts))


def plain_text(text: str) -> str:
    """Return text whose lines and tabs are its own: all else as `plain`."""
    return _IN_TEXT.sub(_escape, text)


def words(text: str) -> str:
    """Return what is meant by a text that was typed: its words, single blanks and no codes between them."""
    return " ".join(_IN_LINE.sub(" ", text).split())


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"
