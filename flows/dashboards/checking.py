"""`tilik dashboards check`: every chart's query against the warehouse, and what fails.

Queries are those of the datasets with the charts' own figures, as Superset asks them without filters.
"""

from __future__ import annotations

import time
from typing import NamedTuple

from connectors.warehouse import Warehouse
from flows.dashboards import datasets, layout, pages
from flows.dashboards.pages import Chart
from schemas.errors import TilikError


class Checked(NamedTuple):
    """One chart's query: how many rows it gave in how long, or why it failed."""

    page: str
    chart: str
    rows: int
    ms: float
    why: str


def check(store: Warehouse) -> list[Checked]:
    """Ask every chart's query once."""
    known = datasets.read()
    return [
        _checked(store, page.slug, cell, known[cell.dataset][1]) for page in pages.read() for cell in layout.cells(page)
    ]


def query(cell: Chart, dataset: str) -> str:
    """Return what a chart asks of its dataset's query, over all times."""
    where = f"\nWHERE {cell.where}" if cell.where else ""
    rows = f"FROM ({datasets.plain(dataset)}) AS virtual_table{where}"
    if not cell.figures:
        order = f"\nORDER BY {cell.order} {'DESC' if cell.descending else 'ASC'}" if cell.order else ""
        return f"SELECT {', '.join(cell.columns or ('geojson',))}\n{rows}{order}\nLIMIT {cell.limit}"
    by = list(cell.by)
    if cell.kind in ("line", "columns", "heatmap"):
        by.append(cell.x)
    figures = ", ".join([*by, *(f"{datasets.worded(each.sql)} AS `{each.label}`" for each in cell.figures)])
    grouped = f"\nGROUP BY {', '.join(by)}" if by else ""
    return f"SELECT {figures}\n{rows}{grouped}\nLIMIT {cell.limit}"


def _checked(store: Warehouse, page: str, cell: Chart, dataset: str) -> Checked:
    began = time.monotonic()
    try:
        rows, why = len(store.query(query(cell, dataset)).rows), ""
    except TilikError as error:
        rows, why = 0, str(error)
    return Checked(page, cell.id, rows, 1000 * (time.monotonic() - began), why)
