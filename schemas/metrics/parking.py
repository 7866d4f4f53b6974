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
    looks=(
        Looks("lane", MOTOR_CLASSES),
        Looks("no_parking", MOTOR_CLASSES, colour=(240, 90, 80)),
        Looks("no_stopping", MOTOR_CLASSES, colour=(214, 60, 160)),
    ),
    incidents=(Incident("parking", Label("Diduga parkir liar", "Suspected parking"), ("", "stopped", "parked"), True),),
)
