"""Which addresses receivers may have: chats, webhooks, mailboxes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, urlsplit

VARIABLE: Final = "env:"
"""So begins the name of a variable that holds the thing itself."""
_CHAT: Final = re.compile(r"-?\d{1,19}|@[A-Za-z0-9_]{5,32}")
_LOOPBACK: Final = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
_LETTERS: Final = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
_NAME: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_MAILBOX: Final = re.compile(rf"{_LETTERS}@{_NAME}(?:\.{_NAME})*")
"""Those of forms in browsers (HTML Living Standard, valid e-mail address): nothing that could end a header."""


def named(text: str) -> str:
    """Return the variable that a text names, else the text."""
    return text.removeprefix(VARIABLE)


def held(text: str, environment: Mapping[str, str]) -> str:
    """Return a text, or what the variable holds that it names; '' where that is not set."""
    return environment.get(named(text), "") if text.startswith(VARIABLE) else text


def is_chat(text: str) -> bool:
    """Say whether a text is a chat's number in Telegram, or the name of a public one."""
    return _CHAT.fullmatch(text) is not None


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine."""
    return _LOOPBACK.fullmatch(host) is not None


def is_mailbox(text: str) -> bool:
    """Say whether a text is one address of e-mail, without a name."""
    return _MAILBOX.fullmatch(text) is not None


def webhook_flaw(url: str) -> str:
    """Return what an address of a webhook is not that it should be; '' where it is one."""
    parts = split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return "an address https://..."
    if not (url.isascii() and url.isprintable()) or " " in url:
        return "an address without blanks and letters beyond ASCII"
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        return "https:// (http:// is for this machine alone)"
    return ""


def shown(url: str) -> str:
    """Return where an address leads, without what may be secret: who asks, the path, what is asked."""
    parts = split(url)
    if parts is None or not parts.hostname:
        return "an address"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")


def split(url: str) -> SplitResult | None:
    """Return the parts of an address; None where it is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
