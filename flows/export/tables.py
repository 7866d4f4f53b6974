"""The tables of an export: what of which view, by which key, and which figures are counts of persons."""

from __future__ import annotations

from typing import Final, NamedTuple

import polars as pl

from connectors.warehouse import Warehouse
from flows.export import parking
from flows.export.asked import ExportOptions
from operators import suppression
from schemas.card import Figure
from schemas.local_time import ZONE
from schemas.views import every
from schemas.views.describe import of
from schemas.words import Label

WINDOW: Final = ("local_ts", "day_type")
AREA: Final = ("area", "area_level", "area_name")
PLACE: Final = ("place_id", "name", "area")
SAMPLE: Final = ("cameras_reporting", "cameras_total", "coverage", "reason", "simulated")
"""How much stands behind the figures of every row."""
DECIMALS: Final = 6
"""Of ratios and rates: beyond them are only bits of floating point; ours."""
TOLD: Final = Figure(
    "",
    "True: figures are left out since few persons, or the rest of a sum, would be told; reason is 'suppressed'",
    Label("Dirahasiakan karena sedikit", "Suppressed"),
)


class Table(NamedTuple):
    """A table of the export, out of the view `{view}_{grain}`."""

    name: str
    title: Label
    view: str
    key: tuple[str, ...]
    figures: tuple[str, ...]
    persons: tuple[str, ...] = ()
    """Figures that count persons: where one is small all figures of the row are left out."""
    adds: bool = False
    """An area's first count of persons is the sum of those of the areas within it."""
    where: str = "1"
    """Rows that are about persons."""


TABLES: Final = (
    Table(
        "crowd",
        Label("Keramaian per wilayah", "Persons by area"),
        "crowd_area",
        AREA,
        ("person_minutes", "persons_mean", "person_minutes_per_hour", "level", "is_lower_bound"),
        persons=("person_minutes",),
        adds=True,
    ),
    Table(
        "flow",
        Label("Arus per wilayah dan jenis kendaraan", "Traffic flow by area and class"),
        "flow_area",
        (*AREA, "class"),
        ("lines_reporting", "crossings_median", "crossings_per_hour", "speed_mean_mps"),
        persons=("crossings_median",),
        where="class IN ('person', 'rider', 'bicycle')",
    ),
    Table(
        "visits",
        Label("Kunjungan per tempat", "Visits by place"),
        "visits_place",
        PLACE,
        ("basis", "entries", "exits", "passages"),
        persons=("entries", "exits", "passages"),
    ),
    Table("flood", Label("Genangan per wilayah", "Wet roads by area"), "flood_area", AREA, ("wet_mean", "wet_max")),
    Table(
        "garbage",
        Label("Sampah per wilayah", "Garbage by area"),
        "garbage_area",
        AREA,
        ("objects_mean", "objects_max"),
    ),
    Table(
        "parking",
        Label("Dugaan parkir liar per wilayah", "Suspected illegal parking by area"),
        parking.VIEW,
        AREA,
        tuple(parking.FIGURES),
    ),
    Table(
        "health",
        Label("Kesehatan kamera per wilayah", "Cameras by area"),
        "health_area",
        AREA,
        ("uptime", "cameras_blind"),
    ),
)


def fields(table: Table, grain: str) -> dict[str, Figure]:
    """Return what each column of a table says, from the one definition of the view's column."""
    name = f"{parking.LIKE if table.view == parking.VIEW else table.view}_{grain}"
    said = parking.FIGURES | of(next(view for view in every(ZONE) if view.name == name))
    named = {name: said[name] for name in (*WINDOW, *table.key, *table.figures, *SAMPLE)}
    return named | ({"suppressed": TOLD} if table.persons else {})


def read(store: Warehouse, table: Table, asked: ExportOptions) -> pl.DataFrame:
    """Return a table's rows in order, small counts left out over the whole city, whatever area is asked for."""
    names = ", ".join((*WINDOW, *table.key, *table.figures, *SAMPLE))
    simulated = "1" if asked.simulated else "NOT simulated"
    source = parking.rows(asked) if table.view == parking.VIEW else f"{table.view}_{asked.grain}"
    answer = store.query(
        f"SELECT {names}, {table.where} AS of_persons FROM {source} "
        f"WHERE {asked.within('ts')} AND {simulated} ORDER BY ts, {', '.join(table.key)}"
    )
    rows = pl.DataFrame(pl.from_arrow(answer.table)).with_columns(pl.selectors.float().round(DECIMALS))
    if table.persons:
        rows = _suppressed(rows, table, asked.least)
    return rows.filter(_lies_in(asked.area)).drop("of_persons")


def _lies_in(area: str) -> pl.Expr:
    """Return whether rows are of an area or lie in it."""
    return (
        (pl.col("area") == area) | pl.col("area").cast(pl.String).str.starts_with(f"{area}.") if area else pl.lit(True)
    )


def _suppressed(rows: pl.DataFrame, table: Table, least: int) -> pl.DataFrame:
    small = pl.any_horizontal(
        *(((pl.col(name) > 0) & (pl.col(name) < least)).fill_null(False) for name in table.persons)
    )
    told = rows.with_columns(suppressed=small & (pl.col("of_persons") != 0))
    if table.adds and told["suppressed"].any():
        told = told.with_columns(suppressed=_protected(told, table.persons[0], least))
    hide = pl.col("suppressed")
    return told.with_columns(
        *(pl.when(hide).then(None).otherwise(pl.col(name)).alias(name) for name in table.figures),
        reason=pl.when(hide).then(pl.lit("suppressed")).otherwise(pl.col("reason").cast(pl.String)),
    )


def _protected(rows: pl.DataFrame, count: str, least: int) -> pl.Series:
    """Return which rows are left out so that no small count can be worked out from the areas around it."""
    numbered = rows.with_row_index("at")
    out = [False] * rows.height
    of = numbered.filter(pl.col(count).is_not_null() & pl.col("suppressed").any().over("local_ts"))
    for _, window in of.group_by("local_ts", maintain_order=True):
        at = dict(zip(window["area"].cast(pl.String), window["at"], strict=True))
        for code in suppression.hidden(dict(zip(at, window[count], strict=True)), least):
            out[at[code]] = True
    return pl.Series(out)
