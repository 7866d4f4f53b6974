"""Somebody who stays in a zone at night (ronda)."""

from __future__ import annotations

from typing import Final

from schemas.card import Card, Incident, Looks
from schemas.words import Label

CARD: Final = Card(
    number=10,
    name="night",
    label=Label("Ronda malam", "Night watch"),
    enabled_by="night",
    looks=(Looks("night", ("person", "rider"), colour=(150, 120, 240)),),
    incidents=(Incident("night", Label("Orang di malam hari", "Somebody at night")),),
)
