"""What every column of every view says: the view `columns`, and the comments that stand on the views themselves.

A figure is described where it is reckoned: in its metric's card, or in the module
of its view. Here it is only found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from schemas.card import Figure
from schemas.cards import CARDS
from schemas.columns import TABLE_COLUMNS
from schemas.incidents import COLUMNS as INCIDENT_COLUMNS
from schemas.views.alerts import FIGURES as ALERTS
from schemas.views.areas import FIGURES as AREAS
from schemas.views.by_camera import Level, figures
from schemas.views.calendar import FIGURES as CALENDAR
from schemas.views.comparisons import FIGURES as COMPARISONS
from schemas.views.incidents import FIGURES as INCIDENTS
from schemas.views.lists import FIGURES as LISTS
from schemas.views.persistence import FIGURES as PERSISTENCE
from schemas.views.places import FIGURES as PLACES
from schemas.views.rejects import FIGURES as REJECTED
from schemas.views.roads import ROAD_FIGURES
from schemas.views.sheets import FIGURES as SHEETS
from schemas.views.sql import GRAINS, View, string, view
from schemas.views.words import FIGURES as WORDS
from schemas.words import Label


def _table(name: str, label: Label, unit: str = "", form: str = "") -> Figure:
    return Figure(unit, TABLE_COLUMNS[name][1], label, form)


COMMON: Final = {
    "ts": _table("ts", Label("Awal jendela (UTC)", "Window start (UTC)")),
    "local_ts": Figure("", "Window start in the city's time zone", Label("Waktu", "Local time")),
    "camera_id": _table("camera_id", Label("Kamera", "Camera")),
    "area": _table("area", Label("Kode wilayah", "Area code")),
    "owner": _table("owner", Label("Pemilik", "Owner")),
    "category": _table("category", Label("Kategori", "Category")),
    "zone_id": Figure("", "Zone of the camera", Label("Zona", "Zone")),
    "line_id": Figure("", "Line of the camera", Label("Garis hitung", "Line")),
    "direction": Figure(
        "",
        "Direction across the line, as the registry names it; else to_left or to_right",
        Label("Arah", "Direction"),
    ),
    "frames": Figure("1", "Frames observed", Label("Bingkai", "Frames"), ",d", "sum"),
    "observed_ms": Figure(
        "ms",
        "Time watched: the union of what frames cover, each up to the next and two periods at most",
        Label("Waktu teramati (ms)", "Time watched (ms)"),
        ",d",
        "sum",
    ),
    "expected_ms": _table("expected_ms", Label("Waktu seharusnya (ms)", "Time expected (ms)"), "ms", ",d"),
    "coverage": Figure(
        "1",
        "Share of the expected time that was watched, 0..1",
        Label("Cakupan pengamatan", "Coverage"),
        ".0%",
    ),
    "reason": Figure(
        "",
        "'' or why figures are NULL; of a day, also which hours it lacks",
        Label("Sebab tidak ada angka", "Why there are no figures"),
    ),
    "hours_missing": Figure(
        "",
        "Local hours of the day that were not watched enough; where there are some, `*_estimated` fills them as usual",
        Label("Jam yang tidak teramati", "Hours not watched"),
    ),
    "day_type": Figure(
        "", "weekday, saturday, sunday, holiday or joint_leave, local", Label("Jenis hari", "Kind of day")
    ),
    "revision": Figure("1", "Measure of what the window has seen: it only grows", Label("Revisi", "Revision"), ",d"),
    "generation": Figure(
        "1", "0 live, else the replacement or backfill it comes from", Label("Generasi", "Generation"), ",d"
    ),
    "params_hash": _table("params_hash", Label("Sidik definisi", "Definitions' hash")),
    "model_id": _table("model_id", Label("Model", "Model")),
    "simulated": _table("simulated", Label("Data simulasi", "Simulated")),
}
"""Columns that mean the same in every view that has them."""

COLUMNS: Final = {
    "view": Figure("", "The view that has the column", Label("Tampilan", "View")),
    "name": Figure("", "The column", Label("Kolom", "Column")),
    "unit": Figure("", "Its unit, 1 for counts and ratios", Label("Satuan", "Unit")),
    "meaning": Figure("", "What it says", Label("Arti", "Meaning")),
    "label_id": Figure("", "What people read, in Indonesian", Label("Nama Indonesia", "Indonesian name")),
    "label_en": Figure("", "What people read, in English", Label("Nama Inggris", "English name")),
    "format": Figure("", "How numbers are written, as d3-format has it", Label("Format angka", "Number format")),
    "adds": Figure(
        "",
        "How it adds up over windows and places: sum, max, or no (parts must be merged first)",
        Label("Cara menjumlah", "How it adds up"),
    ),
    "views": Figure(
        "", "The same as `view`, by the name it had before", Label("Tampilan (nama lama)", "View (former name)")
    ),
}


class Said(NamedTuple):
    """A row of the view `columns`."""

    view: str
    name: str
    unit: str
    meaning: str
    label_id: str
    label_en: str
    format: str
    adds: str


def _incidents() -> dict[str, Figure]:
    return {name: Figure(of.unit, of.meaning, of.label, of.format) for name, of in INCIDENT_COLUMNS.items()}


def _of_cards() -> dict[str, dict[str, Figure]]:
    """Return what cards' views by camera, area and place say: view -> name -> figure."""
    levels: dict[Level, tuple[str, tuple[str, ...]]] = {
        "camera": ("", (*GRAINS, "now")),
        "area": ("area_", GRAINS),
        "place": ("place_", GRAINS),
    }
    return {
        f"{card.name}_{infix}{end}": {
            name: replace(figure, meaning=reckoned.meaning or figure.meaning)
            for name, figure, reckoned in figures(card, level, end)
        }
        for card in CARDS
        for level, (infix, ends) in levels.items()
        for end in ends
    }


FIGURES: Final[dict[str, dict[str, Figure]]] = {
    "*_area_*": AREAS,
    "*_place_*": PLACES,
    "road_*": ROAD_FIGURES,
    "columns": COLUMNS,
    **ALERTS,
    **INCIDENTS,
    **PERSISTENCE,
    **COMPARISONS,
    **LISTS,
    **REJECTED,
    **SHEETS,
    **WORDS,
    "calendar": LISTS["calendar"] | CALENDAR["calendar"],
    **_of_cards(),
}
"""Columns that only some views have: views, * for any letters -> name -> what it says."""

CALLED: Final = re.compile(r"\{\w+:\w+\}")
"""A parameter of a view that is called with some."""

OF_INCIDENTS: Final = ("incidents", "incidents_open", "garbage_open")


def of(shown: View) -> dict[str, Figure]:
    """Return what each column of a view says.

    Raises
    ------
    KeyError
        For a column that nothing describes.
    """
    known = dict(COMMON)
    if shown.name in OF_INCIDENTS:
        known |= _incidents()
    for pattern, described in FIGURES.items():
        if fnmatchcase(shown.name, pattern):
            known |= described
    return {name: known[name] for name in shown.columns}


def _rows(views: Sequence[View]) -> Iterator[Said]:
    for each in views:
        for name, said in of(each).items():
            yield Said(each.name, name, said.unit, said.meaning, *said.label, said.format, said.adds)


def describe(views: Sequence[View]) -> View:
    """Return the view that explains the columns of all views, its own too: a row a view and column."""
    own = View("columns", tuple(COLUMNS), "")
    held: dict[tuple[str, ...], list[str]] = {}
    for row in _rows([*views, own]):
        held.setdefault(row[1:], []).append(row.view)
    values = ",\n    ".join(_quoted((*said, " ".join(names))) for said, names in held.items())
    types = ", ".join(f"{name} String" for name in (*Said._fields[1:], "held_by"))
    query = (
        f"SELECT view, {', '.join(Said._fields[1:])}, view AS views\nFROM values('{types}',\n    {values})\n"
        "ARRAY JOIN splitByChar(' ', held_by) AS view"
    )
    return view("columns", tuple(COLUMNS), query, "What every column of every view says, its unit, labels and format")


def _quoted(cells: Sequence[str]) -> str:
    return "(" + ", ".join(map(string, cells)) + ")"


def meanings(shown: View) -> dict[str, str]:
    """Return what stands on each column of a view; nothing for one that is called: it keeps none."""
    return {} if CALLED.search(shown.text) else {name: _worded(said) for name, said in of(shown).items()}


def comments(shown: View) -> str:
    """Return the statement that says on a view what its columns mean; '' of one that is called."""
    said = ", ".join(f"COMMENT COLUMN `{name}` {string(words)}" for name, words in meanings(shown).items())
    return f"ALTER TABLE {shown.name} {said}" if said else ""


def _worded(said: Figure) -> str:
    return f"{said.meaning} [{said.unit}]" if said.unit else said.meaning
