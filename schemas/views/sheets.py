"""The view that traffic engineers fill sheets from: quarters of lines with their classes side by side.

`flow_quarter` has a row a class; to set eight of them beside each other again would read
and group eight times as many rows.
"""

from __future__ import annotations

from typing import Final

from schemas.card import Figure
from schemas.metrics.flow import CARD, VEHICLES
from schemas.sql import published, source
from schemas.views.sql import View, common, select
from schemas.words import Label

NAMED: Final = {
    "person": "Orang",
    "rider": "Pengendara",
    "bicycle": "Sepeda",
    "motorcycle": "Sepeda motor",
    "car": "Mobil",
    "bus": "Bus",
    "truck": "Truk",
    "other": "Lainnya",
}
FIGURES: Final = {
    "flow_sheet_quarter": {
        name: Figure("1", f"Crossings, class {name}", Label(NAMED[name], name.capitalize()), ",d", "sum")
        for name in VEHICLES
    }
}


def sheets(zone: str) -> list[View]:
    """Return the view of quarters."""
    assert CARD.table is not None
    columns = [*common(zone, CARD.table.key), *(f"{published(f'm.{name}_n')} AS {name}" for name in VEHICLES)]
    comment = "Crossings by camera, line, direction and quarter, classes side by side"
    return [select("flow_sheet_quarter", columns, source(CARD.name, "quarter"), comment)]
