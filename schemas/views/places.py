"""The views by place: a square, a market, with its persons, its gates and how much of it was watched.

Persons are added over a place's zones, which do not overlap; its level is that
of its worst zone. A day counts its opening hours, and needs every one of them:
a day without its evening peak is not a day.
"""

from __future__ import annotations

from typing import Final

from schemas.card import Card, Figure
from schemas.cards import CARDS
from schemas.metrics import crowd, stays, visits
from schemas.views.by_camera import columns as figures
from schemas.views.place_rows import by_grain, opened, read
from schemas.views.sql import GRAINS, View, day_type, select, versions
from schemas.words import PUBLISHED_COVERAGE, Label

FIGURES: Final = {
    "place_id": Figure("", "The place", Label("Kode tempat", "Place")),
    "name": Figure("", "What people call it", Label("Tempat", "Name of the place")),
    "cameras_reporting": Figure(
        "1",
        "Cameras behind the figures; of a day, those that were watched in all opening hours",
        Label("Kamera yang melihat", "Cameras reporting"),
        ",d",
    ),
    "cameras_total": Figure(
        "1",
        "Cameras of its zones or gates, registered for it at the window's end, silent ones too",
        Label("Kamera terdaftar", "Cameras in all"),
        ",d",
    ),
}
"""What every view by place has."""

HOURS: Final = f"arrayMap(x -> {opened('p', '60 * x', 60)}, range(24))"
"""The local hours in which a place is open, 24 flags."""


def _whole_days(card: Card, zone: str) -> str:
    """Return the days of zones or gates with `open` and `whole`; parts only of those seen in every opening hour.

    Others saw other hours: added up, a day could have more persons than any of its hours.
    """
    spots, zero = read(card), {"sum": "0", "sumForEach": "[]"}
    parts = ", ".join(f"if(whole, x.{part}, {zero[kind]}) AS {part}" for part, kind in spots.parts.items())
    return (
        f"(SELECT x.* EXCEPT ({', '.join(spots.parts)}), {HOURS} AS open,\n"
        f"    x.reports AND x.hours = arraySum(open) AS whole, {parts}\n"
        f"FROM {by_grain(card, 'day', zone)} AS x\n"
        "INNER JOIN (SELECT place_id, opens, closes FROM places_log FINAL WHERE deleted = 0) AS p\n"
        "    ON p.place_id = x.place_id)"
    )


def _folded(card: Card, grain: str, zone: str, parts: list[str]) -> str:
    """Return one row a place and window: its time, its cameras, whether it is published, and parts of rows `k`."""
    if grain == "day":
        hours = f"(o, e, w) -> NOT o OR (e > 0 AND w / greatest(e, 1) >= {PUBLISHED_COVERAGE})"
        watched = f"arrayAll({hours}, any(k.open), sumForEach(k.expected_by_hour), sumForEach(k.watched_by_hour))"
        enough, whole, rows = f"{watched} AND max(k.whole)", "k.whole", _whole_days(card, zone)
    else:
        enough = f"sum(k.watched) / greatest(sum(k.expected), 1) >= {PUBLISHED_COVERAGE}"
        whole, rows = "k.reports", by_grain(card, grain, zone)
    columns = [
        "k.place_id AS place_id",
        "k.ts AS ts",
        "sum(k.expected) AS expected",
        "sum(k.watched) AS watched",
        f"toUInt8({enough}) AS enough",
        "groupUniqArray(k.camera_id) AS cameras",
        f"groupUniqArrayIf(k.camera_id, {whole}) AS reporting",
        "sum(k.frames) AS frames",
        "max(k.rev) AS rev",
        "max(k.simulated) AS simulated",
        *parts,
    ]
    return "(SELECT " + ",\n    ".join(columns) + f"\nFROM {rows} AS k\nGROUP BY k.place_id, k.ts)"


def _estimate(part: str, grain: str) -> str:
    """Return the sum of a part's estimates, NULL where one is missing or the part has none."""
    if grain != "day":
        return "CAST(NULL AS Nullable(UInt64))"
    hours = "arrayAll((o, e) -> NOT o OR e > 0, any(k.open), sumForEach(k.expected_by_hour))"
    return f"if({hours} AND countIf(k.{part}_estimated IS NULL) = 0, sum(k.{part}_estimated), NULL)"


def _common(zone: str, why: str, covered: str = "s.watched / greatest(s.expected, 1)") -> list[str]:
    local = f"toTimeZone(s.ts, '{zone}')"
    return [
        "s.ts AS ts",
        f"{local} AS local_ts",
        "s.place_id AS place_id",
        "p.name AS name",
        "p.area AS area",
        "length(s.reporting) AS cameras_reporting",
        "length(s.cameras) AS cameras_total",
        "s.frames AS frames",
        f"{covered} AS coverage",
        f"multiIf(s.enough > 0, {why}, s.frames = 0, 'offline', 'low_coverage') AS reason",
        f"{day_type(local)} AS day_type",
        *versions("s"),
        "s.simulated AS simulated",
    ]


NAMED: Final = "(SELECT * FROM places_log FINAL WHERE deleted = 0) AS p ON p.place_id = s.place_id"


def place_view(card: Card, grain: str, zone: str) -> View:
    """Return the view of a metric by place."""
    assert card.place is not None
    parts = [f"{sql} AS {name}" for name, sql in card.place.parts.items()]
    parts += [f"{_estimate(name, grain)} AS {name}_estimated" for name in read(card).estimated]
    columns = [*_common(zone, "''"), *figures(card, "place", grain)]
    rows = f"{_folded(card, grain, zone, parts)} AS s\nINNER JOIN {NAMED}"
    return select(f"{card.name}_place_{grain}", columns, rows, f"{card.place.meaning}, by {grain}")


def _three(grain: str, zone: str) -> str:
    """Return one row a place, window and metric: gates, stays and persons, each with zeros for the others."""
    none = {"entries_n": "0", "exits_n": "0", "stays_n": "0", "stays_hist": "[]", "person_ms": "0"}
    own = (
        (visits.CARD, {"entries_n": "sum(k.entries_n)", "exits_n": "sum(k.exits_n)"}),
        (stays.CARD, {"stays_n": "sum(k.stays_n)", "stays_hist": "sumForEach(k.stays_hist)"}),
        (crowd.CARD, {"person_ms": "sum(k.person_ms)"}),
    )
    unknown = "CAST(NULL AS Nullable(UInt64))"
    selects = []
    for card, sums in own:
        parts = [f"{sums.get(name, zero)} AS {name}" for name, zero in none.items()]
        for name in ("entries_n", "exits_n", "person_ms"):
            parts.append(f"{_estimate(name, grain) if name in read(card).estimated else unknown} AS {name}_estimated")
        selects.append(f"SELECT '{card.name}' AS metric, * FROM {_folded(card, grain, zone, parts)}")
    return "(" + "\nUNION ALL ".join(selects) + ")"


def visits_place(grain: str, zone: str) -> View:
    """Return the view of a place's entries and exits, stays and passages."""
    folded = [
        "t.place_id AS place_id",
        "t.ts AS ts",
        *(f"maxIf(t.enough, t.metric = '{metric}') AS {metric}_enough" for metric in ("visits", "stays", "crowd")),
        *(f"sumIf(t.{name}, t.metric = 'visits') AS gates_{name}" for name in ("expected", "watched", "frames")),
        *(f"sumIf(t.{name}, t.metric = 'crowd') AS zones_{name}" for name in ("expected", "watched", "frames")),
        "groupUniqArrayArray(t.cameras) AS cameras",
        "groupUniqArrayArray(t.reporting) AS reporting",
        "max(t.rev) AS rev",
        "max(t.simulated) AS simulated",
        *(f"sum(t.{name}) AS {name}" for name in ("entries_n", "exits_n", "stays_n", "person_ms")),
        "sumForEach(t.stays_hist) AS stays_hist",
        *(f"max(t.{name}_estimated) AS {name}_estimated" for name in ("entries_n", "exits_n", "person_ms")),
    ]
    gated = "notEmpty(g.gates)"
    chosen = [f"if({gated}, f.gates_{name}, f.zones_{name}) AS {name}" for name in ("expected", "watched", "frames")]
    chosen.append(f"if({gated}, f.visits_enough, f.crowd_enough) AS enough")
    rows = (
        f"(SELECT f.*, {', '.join(chosen)}\nFROM (SELECT "
        + ",\n    ".join(folded)
        + f"\nFROM {_three(grain, zone)} AS t\n"
        "GROUP BY t.place_id, t.ts) AS f\n"
        "INNER JOIN (SELECT place_id, gates FROM places_log FINAL WHERE deleted = 0) AS g\n"
        "    ON g.place_id = f.place_id) AS s"
    )
    few = f"if(empty(p.gates) AND NOT ({visits.STAYED}), 'few_samples', '')"
    columns = [*_common(zone, few), *figures(visits.CARD, "place", grain)]
    comment = f"Entries, exits, stays and passages of a place by {grain}; a day needs every opening hour"
    return select(f"visits_place_{grain}", columns, f"{rows}\nINNER JOIN {NAMED}", comment)


def places(zone: str) -> list[View]:
    """Return every view by place."""
    cards = [card for card in CARDS if card.place is not None]
    return [
        *(place_view(card, grain, zone) for card in cards for grain in GRAINS),
        *(visits_place(grain, zone) for grain in GRAINS),
    ]
