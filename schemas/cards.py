"""All cards, and every list that follows from them.

A module of `schemas.metrics` with a `CARD` is a metric. What else names metrics,
kinds of zones or kinds of incidents takes it from here.
"""

from __future__ import annotations

import colorsys
import importlib
import pkgutil
from itertools import chain
from typing import Final

from schemas import metrics
from schemas.card import Card, Incident


def collected() -> tuple[Card, ...]:
    """Return the cards of all modules of `schemas.metrics`, by their numbers."""
    names = sorted(module.name for module in pkgutil.iter_modules(metrics.__path__))
    cards = [importlib.import_module(f"{metrics.__name__}.{name}").CARD for name in names]
    return tuple(sorted(cards, key=lambda card: (card.number, card.name)))


CARDS: Final = collected()

BY_NAME: Final = {card.name: card for card in CARDS}

METRIC_NAMES: Final = tuple(dict.fromkeys(card.enabled_by for card in CARDS if card.enabled_by))
"""What a camera's `metrics` may name; health is always on."""

ALWAYS: Final = tuple(card.name for card in CARDS if card.table and not card.enabled_by)
"""Metrics that every camera has."""

LOOKS: Final = tuple((card, look) for card in CARDS for look in card.looks)
"""Which metric looks at which kind of zone, and for which classes."""

ZONE_KINDS: Final = tuple(dict.fromkeys(look.kind for _, look in LOOKS))
"""Kinds of zones, in the order of the cards that look at them."""

ZONE_METRICS: Final = {
    kind: tuple(dict.fromkeys(card.enabled_by for card, look in LOOKS if look.kind == kind)) for kind in ZONE_KINDS
}
"""By kind of zone, what a camera's `metrics` must name so that somebody looks at it."""

LINE_METRICS: Final = {
    role: tuple(card.enabled_by for card in CARDS if role in card.roles)
    for role in dict.fromkeys(chain.from_iterable(card.roles for card in CARDS))
}
"""By role of a line, what a camera's `metrics` must name so that somebody counts there."""

ON_OFF: Final = {look.kind: look.on_off for _, look in LOOKS if look.on_off is not None}
"""Thresholds of the kinds of zones that have fixed ones."""

_CHOSEN: Final = {look.kind: look.colour for _, look in reversed(LOOKS) if look.colour is not None}
_TURN: Final = (5**0.5 - 1) / 2
"""Of the colour circle: hues so far from each other stay apart however many there are."""


def _colour(number: int) -> tuple[int, int, int]:
    red, green, blue = (round(255 * share) for share in colorsys.hsv_to_rgb(number * _TURN % 1, 0.6, 0.9))
    return red, green, blue


COLOURS: Final = {kind: _CHOSEN.get(kind, _colour(number)) for number, kind in enumerate(ZONE_KINDS)}
"""Colours of kinds of zones in previews; ours, apart in hue and lightness."""

OF_TRACKS: Final = frozenset(card.name for card in CARDS if card.needs_tracks)
"""Metrics whose figures are of tracks."""

OF_FRAMES: Final = frozenset(card.name for card in CARDS if card.needs_frames)
"""Metrics whose figures are of what is in a frame."""

INCIDENTS: Final[dict[str, Incident]] = {each.kind: each for card in CARDS for each in card.incidents}
"""Incidents by kind."""
