"""A kept record becomes what came: names that are known now stand again where their hashes stood.

Only our own writing is read here: frames in the native format, as `kept_fields` and
`kept_batch` leave them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from schemas.hidden_names import revealed

FORMS: Final = ("ours", "native")
"""Forms that say all of a frame by themselves; of others the file says the rest, such as when it begins."""


class Known(NamedTuple):
    """What is known now: names by what is kept of them, and the class map."""

    names: Mapping[str, str]
    classes: Mapping[str, str]


def known(ids: Iterable[str], classes: Mapping[str, str]) -> Known:
    """Return what a registry's ids and a class map know."""
    return Known(revealed((*ids, *classes)), classes)


def restored(raw: str, form: str, given: Mapping[str, str], now: Known) -> bytes | None:
    """Return a kept frame as a line of native JSON whose classes are translated; None where it is none.

    Parameters
    ----------
    form
        Of `FORMS`.
    given
        The class map by which its file was read; what was read has gone through it.
    """
    try:
        frame = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(frame, dict):
        return None
    classes = now.classes if form == "ours" else {**given, **now.classes}
    _reveal(frame, "camera", now.names)
    for thing in _dicts(frame.get("objects")):
        _reveal(thing, "class", now.names)
        _reveal(thing, "class", classes)
    for signal in _dicts(frame.get("signals")):
        _reveal(signal, "zone", now.names)
    return json.dumps(frame, separators=(",", ":")).encode()


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _reveal(thing: dict[str, Any], field: str, names: Mapping[str, str]) -> None:
    value = thing.get(field)
    if isinstance(value, str) and value in names:
        thing[field] = names[value]
