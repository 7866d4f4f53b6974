"""A figure that is said to add up does: an hour's is the sum, or the highest, of its quarters'."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from connectors.warehouse import Warehouse
from schemas.card import Card
from schemas.cards import CARDS

from .minutes import rows

FROM = datetime(2023, 5, 1, 17, 0, tzinfo=UTC)
CAMERA = "adds-1"
ADDING = {
    card.name: {
        name: figure.adds
        for name, figure in card.figures.items()
        if figure.camera is not None and figure.adds != "no" and not figure.is_of_days
    }
    for card in CARDS
}
SHOWN = [card for card in CARDS if card.table is not None and ADDING[card.name]]


def minutes(card: Card, generator: np.random.Generator) -> pl.DataFrame:
    """Two whole hours of random parts, all of them watched; few bins, so that medians exist."""
    assert card.table is not None
    base = rows(card.name, CAMERA, FROM, 120)
    drawn = {
        name: generator.integers(0, 12, (len(base), part.width))
        for name, part in card.table.parts.items()
        if name not in ("frames", "observed_ms", "state")
    }
    made = {
        name: pl.Series(name, values.tolist() if card.table.parts[name].bins else values[:, 0], base[name].dtype)
        for name, values in drawn.items()
    }
    return base.with_columns(**made)


@pytest.fixture(scope="module")
def stored(warehouse: Warehouse) -> Warehouse:
    generator = np.random.default_rng(11)
    for card in SHOWN:
        warehouse.insert(f"{card.name}_minute_log", minutes(card, generator))
    warehouse.roll()
    return warehouse


@pytest.mark.parametrize("card", SHOWN, ids=lambda card: card.name)
def test_an_hour_is_what_its_quarters_add_up_to(stored: Warehouse, card: Card) -> None:
    assert card.table is not None
    adding = ADDING[card.name]
    keys = ", ".join(["toStartOfHour(ts)", *card.table.key, *(["class"] if "class" in card.figures else [])])
    folds = ", ".join(f"{adds}({name})" for name, adds in adding.items())
    asked = f"SELECT [{folds}] FROM {card.name}_{{}} WHERE camera_id = '{CAMERA}' GROUP BY {keys} ORDER BY {keys}"
    hours, quarters = (stored.query(asked.format(grain)).rows for grain in ("hour", "quarter"))
    assert len(hours) >= 2
    for (hour,), (four,) in zip(hours, quarters, strict=True):
        assert None not in hour
        assert four == pytest.approx(hour, rel=1e-12)  # sums of ratios by one number


def test_the_hours_are_those_that_were_stored(stored: Warehouse) -> None:
    sql = f"SELECT ts, coverage FROM crowd_hour WHERE camera_id = '{CAMERA}' ORDER BY ts"
    assert stored.query(sql).rows == [(FROM, 1.0), (FROM + timedelta(hours=1), 1.0)]
