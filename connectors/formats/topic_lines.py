"""Messages of MQTT, which mean something by their topic.

Live, the topic comes with the record. In a file a line is `{"topic": "...", "payload":
{...}}`, as tools that record MQTT write it, or the bare payload, where that says enough.
A payload that is a word (`online`) is a text there.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from connectors.formats.native_lines import Fault

MARKS: Final = (frozenset({"topic", "payload"}),)
"""What a message in a file has."""


class Told(NamedTuple):
    """One message."""

    topic: str  # '' where nobody says it
    payload: Any


def told(raw: bytes, topic: str, *, words: frozenset[str] = frozenset()) -> Told | Fault:
    """Read one message, or say what is wrong with it.

    Parameters
    ----------
    raw
        A record's bytes, or a line of a file.
    topic
        That of the record; '' for lines of files.
    words
        Payloads of live records that are no JSON.
    """
    plain = raw.decode(errors="replace").strip() if topic and len(raw) <= LONGEST_WORD else ""
    if plain in words and plain:
        return Told(topic, plain)
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Fault("not_json", f"{type(error).__name__}: {error}")
    if topic or not isinstance(value, dict) or not isinstance(value.get("topic"), str) or "payload" not in value:
        return Told(topic, value)
    return _inner(value["topic"], value["payload"], words)


LONGEST_WORD: Final = 32


def _inner(topic: str, payload: Any, words: frozenset[str]) -> Told | Fault:
    """Return a recorded message; one whose payload was written as a text is read."""
    if not isinstance(payload, str) or payload in words:
        return Told(topic, payload)
    try:
        return Told(topic, msgspec.json.decode(payload.encode()))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return Fault("not_json", f"the payload is no JSON: {type(error).__name__}: {error}")
