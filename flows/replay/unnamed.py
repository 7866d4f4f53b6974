"""Words that a replay did not understand, as its run remembers them: known words, and how long the others are.

Whoever replays reads the words themselves at its end; what is stored is read by more people and for longer, and
a sender may write a plate or a name where a class is meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Final

from schemas.came import came
from schemas.class_words import is_listed
from schemas.registry import Registry
from schemas.rejects import SIGNAL_KINDS

Words = Mapping[tuple[str, str, str], int]
"""How often, by camera, reason and word."""
ALIKE: Final = 0.75
"""How like an id of the registry a word is that was meant for it; ours."""


def unnamed(words: Words, registry: Registry) -> Words:
    """Return the words as they are stored."""
    zones = {camera.id: [zone.id for zone in camera.zone] for camera in registry.camera}
    found: Counter[tuple[str, str, str]] = Counter()
    for (camera, reason, word), count in words.items():
        is_kept = not word or _KEPT[reason](word, zones.get(camera, []))
        found[camera, reason, word if is_kept else came(word)] += count
    return found


def _is_class(word: str, zones: list[str]) -> bool:
    return is_listed(word)


def _is_kind(word: str, zones: list[str]) -> bool:
    return bool(get_close_matches(word, SIGNAL_KINDS, cutoff=ALIKE))


def _is_zone(word: str, zones: list[str]) -> bool:
    return bool(get_close_matches(word, zones, cutoff=ALIKE))


def _is_mask(word: str, zones: list[str]) -> bool:
    return bool(get_close_matches(word.casefold(), ("masked", "unmasked", "incorrect"), cutoff=ALIKE))


def _is_value(word: str, zones: list[str]) -> bool:
    return True  # a number, as a float is written


_KEPT: Final[dict[str, Callable[[str, list[str]], bool]]] = {
    "unknown_class": _is_class,
    "unknown_mask": _is_mask,
    "unknown_kind": _is_kind,
    "unknown_zone": _is_zone,
    "bad_value": _is_value,
}
