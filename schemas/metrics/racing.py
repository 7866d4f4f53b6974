"""Several vehicles above the speed limit within a minute of the night."""

from __future__ import annotations

from typing import Final

from schemas.card import Card, Incident, Looks
from schemas.words import Label

CARD: Final = Card(
    number=12,
    name="racing",
    label=Label("Balap liar", "Street racing"),
    enabled_by="racing",
    looks=(Looks("lane"),),
    roles=("flow",),
    incidents=(Incident("racing", Label("Balap liar", "Street racing")),),
)
