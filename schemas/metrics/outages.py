"""Cameras and sites that are down, told from stored minutes of camera health."""

from __future__ import annotations

from typing import Final

from schemas.card import Card, Incident
from schemas.words import Label

CARD: Final = Card(
    number=99,  # after the health that it reads
    name="outages",
    label=Label("Kamera mati", "Outages"),
    enabled_by="",
    incidents=(
        Incident("site_down", Label("Lokasi mati", "Site down")),
        Incident("camera_down", Label("Kamera mati", "Camera down")),
    ),
)
