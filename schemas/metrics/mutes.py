"""Detectors that have gone mute, told from stored hours of camera health."""

from __future__ import annotations

from typing import Final

from schemas.card import Card, Incident
from schemas.words import Label

CARD: Final = Card(
    number=100,  # after the health that it reads
    name="mutes",
    label=Label("Detektor bisu", "Mute detectors"),
    enabled_by="",
    incidents=(Incident("mute", Label("Detektor bisu", "Detector mute")),),
)
