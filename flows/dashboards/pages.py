"""What a page says of itself in `superset_dashboards/pages/*.toml`: rows of charts and words, and its filters.

It is the design, written by hand; `flows.dashboards.assets` makes Superset's own YAML of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from flows.dashboards.access import Role
from schemas.errors import UsageError

FOLDER: Final = Path(__file__).parents[2] / "superset_dashboards"
RIBBON: Final = FOLDER / "ribbon.toml"
COLUMNS: Final = 12
"""A row is so many columns wide."""

Kind = Literal["card", "columns", "heatmap", "line", "map", "note", "ranking", "ribbon", "table", "text"]


class Figure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a chart asks for: an aggregate in SQL, what people read, and how numbers are written (d3-format)."""

    label: str
    sql: str
    format: str = ""
    colour: str = ""


class Chart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One cell of a row.

    Attributes
    ----------
    by
        Columns that split it: series of lines, bars of a ranking, rows of a heat map.
    x
        The column along the bottom: `waktu` for times.
    grain
        ISO 8601 length of a step in time.
    columns
        Of a table without figures: columns as they are.
    where
        SQL that rows must meet.
    empty
        What it says where it has no rows.
    links
        Of a table whose cells are links. In all others what people have written is text, whatever it looks like.
    more
        Superset's own parameters, for what no other word here says.
    """

    kind: Kind
    width: int
    id: str = ""
    title: str = ""
    about: str = ""
    dataset: str = ""
    figures: tuple[Figure, ...] = ()
    by: tuple[str, ...] = ()
    x: str = "waktu"
    grain: str = "PT1H"
    columns: tuple[str, ...] = ()
    order: str = ""
    descending: bool = True
    limit: int = 1_000
    where: str = ""
    text: str = ""
    empty: str = ""
    links: bool = False
    more: dict[str, Any] = {}


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cells side by side, so many units of 8 pixels high."""

    height: int
    cell: tuple[Chart, ...]


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A dashboard.

    Attributes
    ----------
    filters
        Names of `FILTERS` that stand at its left.
    refresh_s
        How often it looks again [s]; 0 never.
    unknown
        What tables say where a figure is NULL.
    roles
        Who may open it; nobody named: every role of ours.
    """

    slug: str
    title: str
    about: str
    row: tuple[Row, ...]
    filters: tuple[str, ...] = ()
    refresh_s: int = 0
    unknown: str = "belum diketahui"
    roles: tuple[Role, ...] = ()


def read(folder: Path = FOLDER / "pages") -> list[Page]:
    """Read all pages, by the names of their files; each begins with the same ribbon.

    Raises
    ------
    UsageError
        A page that says what nobody knows, or whose rows are too wide.
    """
    ribbon = msgspec.toml.decode(RIBBON.read_bytes(), type=Row)
    return [_page(path, ribbon) for path in sorted(folder.glob("*.toml"))]


def _page(path: Path, ribbon: Row) -> Page:
    try:
        page = msgspec.toml.decode(path.read_bytes(), type=Page)
    except msgspec.DecodeError as error:
        raise UsageError(f"{path}: {error}") from error
    for row in page.row:
        wide = sum(cell.width for cell in row.cell)
        if wide > COLUMNS:
            raise UsageError(f"{path}: expected rows of {COLUMNS} columns at most, came {wide}: {row.cell[0].title}")
        for cell in row.cell:
            if cell.kind != "text" and not (cell.id and cell.dataset):
                raise UsageError(f"{path}: {cell.title or cell.kind}: expected an id and a dataset")
    return msgspec.structs.replace(page, row=(ribbon, *page.row))
