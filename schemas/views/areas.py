"""The views by area: kelurahan, kecamatan, city, each with how many of its cameras stand behind it.

Only rows that are published enter, and sums are of integers, so that the order
of rows changes nothing. A registered camera without a row, dead for longer than
a day, still counts as one that should have been watching for the whole window.
"""

from __future__ import annotations

from typing import Final

from schemas import area_hours
from schemas.card import ByArea, Card, Figure
from schemas.cards import BY_NAME, CARDS
from schemas.views import registered
from schemas.views.by_camera import columns as figures
from schemas.views.sql import GRAINS, LENGTH_S, View, day_type, select, source, unread, unseen, versions
from schemas.words import Label

FIGURES: Final = {
    "area_level": Figure("", "city, kecamatan or kelurahan", Label("Tingkat wilayah", "Level of area")),
    "area_name": Figure("", "Name of the area", Label("Wilayah", "Area")),
    "cameras_reporting": Figure(
        "1",
        "Cameras behind the figures: at least one row of theirs is published",
        Label("Kamera yang melihat", "Cameras reporting"),
        ",d",
    ),
    "cameras_total": Figure(
        "1",
        "Cameras registered for it at the window's end, silent ones too, or with rows in it",
        Label("Kamera terdaftar", "Cameras in all"),
        ",d",
    ),
    "observed_ms": Figure(
        "ms",
        "Time that its cameras watched, added over them",
        Label("Waktu teramati semua kamera (ms)", "Time watched by all cameras (ms)"),
        ",d",
        "sum",
    ),
    "expected_ms": Figure(
        "ms",
        "Time that its cameras should have watched, silent ones too, added over them",
        Label("Waktu seharusnya semua kamera (ms)", "Time expected of all cameras (ms)"),
        ",d",
        "sum",
    ),
}
"""What every view by area has."""


def _by_camera(metric: str, area: ByArea, grain: str, within: str) -> str:
    """Return one row a camera and window: its time, whether it reports, the parts of its rows that do."""
    table = BY_NAME[metric].table
    assert table is not None
    parts = [f"{fold.by_camera}If({fold.row}, {area.reports}) AS {name}" for name, fold in area.parts.items()]
    columns = [
        "m.area AS area",
        "m.camera_id AS camera_id",
        "m.ts AS ts",
        f"max({area.reports}) AS reports",
        "max(m.published) AS watching",
        "max(m.expected_ms) AS expected",
        "max(least(m.observed_ms, m.expected_ms)) AS watched",
        "max(m.frames) AS frames",
        f"max({unread('m.reason')}) AS unread",
        "max(m.rev) AS rev",
        "max(m.simulated) AS simulated",
        *parts,
    ]
    return (
        "SELECT "
        + ",\n        ".join(columns)
        + f"\n    FROM {source(metric, grain, is_of_objects=table.is_of_objects, within=within)}\n"
        "    GROUP BY m.area, m.camera_id, m.ts"
    )


def by_area(card: Card, grain: str, codes: str, within: str = "1") -> str:
    """Return one row an area and window that has rows.

    Parameters
    ----------
    codes
        SQL of the areas that the area `c.area` of a camera counts for.
    within
        A condition on the cameras' rows.
    """
    area = card.area
    assert area is not None
    columns = [
        "c.ts AS ts",
        "code AS area",
        "count() AS cameras",
        "countIf(c.reports) AS reporting",
        "countIf(c.watching) AS watching",
        "countIf(c.frames > 0) AS seeing",
        "sum(c.expected) AS expected",
        "sum(c.watched) AS watched",
        "sum(c.frames) AS frames",
        "max(c.unread) AS unread",
        "max(c.rev) AS rev",
        "max(c.simulated) AS simulated",
        *(f"{fold.over_cameras}(c.{name}) AS {name}" for name, fold in area.parts.items()),
    ]
    return (
        "SELECT " + ",\n    ".join(columns) + f"\nFROM ({_by_camera(card.name, area, grain, within)}) AS c\n"
        f"ARRAY JOIN {codes} AS code\nGROUP BY code, c.ts"
    )


def hours(card: Card, within: str) -> str:
    """Return the rows that the store keeps of a metric's hours (`schemas.area_hours`), of hours `within`."""
    every = f"arrayPushBack({registered.codes('c.area')}, '{area_hours.EVERYWHERE}')"
    return by_area(card, "hour", every, within)


def _known(card: Card, grain: str) -> tuple[str, str]:
    """Return the windows in which any camera has a row, and one row an area and window that has."""
    if grain != "hour":
        return registered.windows(card.name, grain), by_area(card, grain, registered.codes("c.area"))
    kept = f"{area_hours.table(card.name)} FINAL WHERE deleted = 0"
    return f"(SELECT DISTINCT ts FROM {kept})", f"SELECT * FROM {kept}"


def _rows(card: Card, grain: str) -> str:
    """Return one row an area and window in which it has cameras."""
    windows, known = _known(card, grain)
    asked = registered.at("r.steps", "w.ts", LENGTH_S[grain])
    expected = f"t.expected + {1000 * LENGTH_S[grain]} * (greatest(u.registered, t.cameras) - t.cameras)"
    return (
        "(SELECT t.* EXCEPT (ts, area, expected), u.ts AS ts, u.code AS code, u.area_level AS area_level,\n"
        "    greatest(u.registered, t.cameras) AS total, u.twins AS twins,\n"
        f"    {expected} AS expected, if(expected = 0, 0., t.watched / expected) AS covered\n"
        f"FROM (SELECT w.ts AS ts, r.code AS code, {registered.level('r.code')} AS area_level, r.simulated AS twins,\n"
        f"        {asked} AS registered\n"
        f"    FROM {windows} AS w CROSS JOIN {registered.by_area(card.name)} AS r) AS u\n"
        f"LEFT JOIN ({known}) AS t ON t.ts = u.ts AND t.area = u.code\n"
        "WHERE u.registered > 0 OR t.cameras > 0) AS s"
    )


def area_view(card: Card, grain: str, zone: str) -> View:
    """Return the view of a metric by area."""
    area = card.area
    assert area is not None
    local = f"toTimeZone(s.ts, '{zone}')"
    columns = [
        "s.ts AS ts",
        f"{local} AS local_ts",
        "s.code AS area",
        "s.area_level AS area_level",
        "a.name AS area_name",
        "s.reporting AS cameras_reporting",
        "s.total AS cameras_total",
        "s.frames AS frames",
        "s.covered AS coverage",
        "s.watched AS observed_ms",
        "s.expected AS expected_ms",
        f"multiIf(s.reporting > 0, {area.why}, s.frames = 0, {unseen()}, {area.unseen}) AS reason",
        f"{day_type(local)} AS day_type",
        *versions("s"),
        "if(s.frames > 0, s.simulated, s.twins) AS simulated",
        *figures(card, "area", grain),
    ]
    named = "(SELECT area, name FROM areas_log FINAL) AS a ON a.area = s.code"
    rows = f"{_rows(card, grain)}\nLEFT JOIN {named}{area.joins}"
    comment = f"{area.meaning}, by kelurahan, kecamatan, city and {grain}"
    return select(f"{card.name}_area_{grain}", columns, rows, comment)


def areas(zone: str) -> list[View]:
    """Return every view by area."""
    return [area_view(card, grain, zone) for card in CARDS if card.area is not None for grain in GRAINS]
