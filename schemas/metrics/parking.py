"""Vehicles that stand where they must not; whether the driver left no camera sees."""

from __future__ import annotations

from typing import Final

from schemas.card import Card, Incident, Looks
from schemas.frames import MOTOR_CLASSES
from schemas.words import Label

CARD: Final = Card(
    number=9,
    name="parking",
    label=Label("Parkir liar", "Illegal parking"),
    enabled_by="parking",
    looks=tuple(Looks(kind, MOTOR_CLASSES) for kind in ("lane", "no_parking", "no_stopping")),
    incidents=(Incident("parking", Label("Diduga parkir liar", "Suspected parking"), ("", "stopped", "parked"), True),),
)
