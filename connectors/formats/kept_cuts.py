"""How a field of a refused record is kept: cuts that take a value and return what is kept of it.

A field is kept where its value is of the kind that is meant; else a text stands there
that says what kind came. A name that is in no list (of a class, a camera, a zone, a track)
stands as its hash, so that whoever lists it later finds it. Fields that nobody reads go
with their names (`kept_fields`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from typing import Any, Final, NamedTuple

from connectors.formats.nvschema_classes import CLASSES as NVIDIA
from connectors.formats.nvschema_classes import SEPARATORS
from connectors.formats.onvif_frames import CLASSES as ONVIF
from connectors.formats.times import time_us
from schemas import track_names
from schemas.came import kind
from schemas.class_words import is_listed
from schemas.hidden_names import HIDDEN, hidden
from schemas.local_time import at_time
from schemas.rejects import NOT_JUDGED

Cut = Callable[[Any], Any]
"""Takes a value of a record, returns what is kept of it."""


Cuts = Mapping[str, Cut]
"""What is kept of a record, by its format."""


class Names(NamedTuple):
    """Texts that are no secrets: ids that the registry knows, and the words of a `--class-map`."""

    ids: Container[str] = ()
    words: Container[str] = ()


NOBODY: Final = Names()
"""No text is known to be no secret."""
MASKS: Final = ("masked", "unmasked", "incorrect", *NOT_JUDGED)
SIDES: Final = 4
LABELS: Final = NVIDIA.keys() | ONVIF.keys()
MOST_OF_ID: Final = 64
_NUMBER: Final = re.compile(r"\s*[-+]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|nan|inf(?:inity)?)\s*", re.IGNORECASE)
ID: Final = re.compile(r"[\w.\-:/]+")
HASH: Final = re.compile(r"[0-9A-Fa-f]{1,128}")
_TIME: Final = re.compile(r"[0-9TtZz:.,+\-/ ]{1,40}(?:\[[A-Za-z_]+/[A-Za-z_]+\])?(?: ?(?:UTC|GMT))?")
_SIZE: Final = r"(?: of [\d,]+ (?:characters?|entry|entries|fields?))?"
_INSTEAD: Final = re.compile(rf"<((?:an empty|a|an) (?:text|list|object|number|truth value)){_SIZE}>")


def instead(value: Any) -> str | None:
    """Return what stands in the place of a value that is not kept: its kind, never how long it was.

    What does so already stays, without the sizes that older versions told.
    """
    if value is None:
        return None
    if isinstance(value, str) and (found := _INSTEAD.fullmatch(value)):
        return f"<{found[1]}>"
    return f"<{kind(value)}>"


def number(value: Any) -> Any:
    """Keep a number, also one that is written as a text, and a text of nothing."""
    is_one = isinstance(value, int | float) or (isinstance(value, str) and (not value or _NUMBER.fullmatch(value)))
    return value if is_one else instead(value)


def is_id(text: str, names: Names) -> bool:
    """Tell whether a text is like an id, or one that the registry knows."""
    return not text or (len(text) <= MOST_OF_ID and ID.fullmatch(text) is not None) or text in names.ids


def is_class(word: str, names: Names = NOBODY) -> bool:
    """Tell whether a class's name is in a list of ours, of a format's or of the class map."""
    return is_listed(word) or label(word) in LABELS or word in names.words


def label(word: str) -> str:
    """Return a label of nvschema as it is looked up."""
    return word.casefold().translate(SEPARATORS)


def picture_hash(text: str) -> str:
    """Return a picture's hash; of a text that is none what keeps it apart from others."""
    return text if not text or HASH.fullmatch(text) or HIDDEN.fullmatch(text) else hidden(text)


def text(keep: Callable[[str], str | None]) -> Cut:
    """Keep numbers, and of a text what `keep` says; of what is neither an empty list, so that it is refused again."""

    def cut(value: Any) -> Any:
        if isinstance(value, str):
            return instead(value) if _INSTEAD.fullmatch(value) else keep(value)
        return value if value is None or isinstance(value, int | float) else []

    return cut


def word(*known: str) -> Cut:
    """Keep a word of these, in any letters."""
    return text(lambda text: text if text.casefold() in known else instead(text))


def track(value: Any) -> Any:
    """Keep a tracker's number; of a name its hash."""
    return _name(str(value) if type(value) is int else value)


_name: Final = text(track_names.stored)
whole: Final = text(lambda text: text if text.isascii() and text.isdigit() else instead(text))


def every(cut: Cut, most: int | None = None) -> Cut:
    """Keep a list entry by entry; one that is longer than it may be is none of ours."""

    def each_of(value: Any) -> Any:
        fits = isinstance(value, list) and (most is None or len(value) <= most)
        return [cut(each) for each in value] if fits else instead(value)

    return each_of


def an_object(**cuts: Cut) -> Cut:
    """Keep an object's fields that are named, by keywords."""
    return named(cuts)


def named(fields: Mapping[str, Cut]) -> Cut:
    """Keep an object's fields that are named."""

    def cut(value: Any) -> Any:
        if not isinstance(value, dict):
            return instead(value)
        return {name: keep(value[name]) for name, keep in fields.items() if name in value}

    return cut


def time(value: Any) -> Any:
    """Keep a time; one that is written in an uncommon way as ISO 8601."""
    if isinstance(value, int | float) or value == "":
        return value
    if isinstance(value, str):
        if len(value) <= MOST_OF_ID and _TIME.fullmatch(value):
            return value
        t_us = time_us(value)
        return instead(value) if t_us is None else at_time(t_us).isoformat()
    return instead(value)


def date(value: Any) -> Any:
    """Keep a time, also as MongoDB writes one: {"$date": ...}."""
    if isinstance(value, dict):
        return {name: date(value[name]) for name in ("$date", "$numberLong") if name in value}
    return time(value)


def several(cut: Cut) -> Cut:
    """Keep a list entry by entry, and one that stands for a list of one."""
    all_of = every(cut)
    return lambda value: all_of(value) if isinstance(value, list) else cut(value)


def truth(value: Any) -> Any:
    """Keep what says yes or no."""
    said = isinstance(value, bool) or (isinstance(value, str) and value.casefold() in ("true", "false"))
    return value if said else number(value)
