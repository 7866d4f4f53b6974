"""The views by camera, out of each metric's card, and the last row of each of its keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from schemas.card import By, Card, Figure
from schemas.cards import CARDS
from schemas.views.sql import GRAINS, View, common, newest, select, source, view

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


def by_camera(card: Card, grain: str, zone: str) -> View:
    """Return the view of a metric by camera."""
    assert card.table is not None
    assert card.camera is not None
    chosen = [*common(zone, card.table.key, card.camera.why), *columns(card, "camera", grain)]
    rows = source(card.name, grain) + card.camera.rows(grain)
    return select(f"{card.name}_{grain}", chosen, rows, f"{card.camera.comment} {grain}{card.camera.note}")


def now(card: Card, minute: View) -> View:
    """Return the view of the last row of each key. Minute rows stop after a day of silence, and so does this."""
    assert card.table is not None
    assert card.camera is not None
    keys = ", ".join(("camera_id", *card.table.key, *card.camera.also_by))
    query = (
        f"SELECT *\nFROM {minute.name}\nWHERE ts > {newest(card.name)} - INTERVAL 1 DAY\n"
        f"ORDER BY ts DESC\nLIMIT 1 BY {keys}"
    )
    return view(f"{card.name}_now", minute.columns, query, f"The last minute of each {keys} of the last stored day")


def cameras(zone: str) -> list[View]:
    """Return every view by camera."""
    shown = [card for card in CARDS if card.camera is not None]
    made = {(card.name, grain): by_camera(card, grain, zone) for card in shown for grain in GRAINS}
    return [*made.values(), *(now(card, made[card.name, "minute"]) for card in shown)]
