"""Many persons where few were minutes ago."""

from __future__ import annotations

from typing import Final

from schemas.card import Card, Incident, Looks
from schemas.words import Label

CARD: Final = Card(
    number=11,
    name="gathering",
    label=Label("Massa berkumpul", "Gatherings"),
    enabled_by="gathering",
    looks=tuple(Looks(kind, ("person",), is_free=False) for kind in ("crowd", "lane")),
    incidents=(Incident("gathering", Label("Massa berkumpul", "Gathering")),),
)
