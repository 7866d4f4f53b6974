"""The views by camera, out of each metric's card, and the last row of each of its keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from schemas.card import By, Card, Figure
from schemas.cards import CARDS
from schemas.views.newest import last_day
from schemas.views.sql import GRAINS, View, common, select, source

Level = Literal["camera", "area", "place"]


def by(figure: Figure, level: Level) -> By | None:
    """Return how a figure is reckoned at a level, None where it does not stand."""
    return {"camera": figure.camera, "area": figure.area, "place": figure.place}[level]


def figures(card: Card, level: Level, grain: str) -> Iterator[tuple[str, Figure, By]]:
    """Yield the figures of a metric's views at a level."""
    for name, figure in card.figures.items():
        reckoned = by(figure, level)
        if reckoned is not None and (grain == "day" or not figure.is_of_days):
            yield name, figure, reckoned


def columns(card: Card, level: Level, grain: str) -> list[str]:
    """Return the columns of the figures of a metric's views at a level."""
    return [f"{reckoned.sql} AS {name}" for name, _, reckoned in figures(card, level, grain)]


def _chosen(card: Card, grain: str, zone: str) -> tuple[list[str], str]:
    """Return the columns of a metric's view by camera, and where they come from."""
    assert card.table is not None
    assert card.camera is not None
    head = common(zone, card.table.key, card.camera.why, of_days=grain == "day")
    chosen = [*head, *columns(card, "camera", grain)]
    return chosen, source(card.name, grain, is_of_objects=card.table.is_of_objects) + card.camera.rows(grain)


def by_camera(card: Card, grain: str, zone: str) -> View:
    """Return the view of a metric by camera."""
    assert card.camera is not None
    chosen, rows = _chosen(card, grain, zone)
    return select(f"{card.name}_{grain}", chosen, rows, f"{card.camera.comment} {grain}{card.camera.note}")


def keys(card: Card) -> str:
    """Return what stands once in a metric's `_now` view."""
    assert card.table is not None
    assert card.camera is not None
    return ", ".join(("camera_id", *card.table.key, *card.camera.also_by))


def now(card: Card, zone: str) -> View:
    """Return the view of the last row of each key. Minute rows stop after a day of silence, and so does this."""
    chosen, rows = _chosen(card, "now", zone)
    named = {f"{other.name}_newest": last_day(other.name) for other in CARDS if f"{other.name}_newest" in rows}
    comment = f"The last minute of each {keys(card)}, of those with one in the last stored day"
    return select(f"{card.name}_now", chosen, rows, comment, named)


def cameras(zone: str) -> list[View]:
    """Return every view by camera."""
    shown = [card for card in CARDS if card.camera is not None]
    return [
        *(by_camera(card, grain, zone) for card in shown for grain in GRAINS),
        *(now(card, zone) for card in shown),
    ]
