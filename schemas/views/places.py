"""The views by place: a square, a market, with its persons, its gates and how much of it was watched.

Persons are added over a place's zones, which do not overlap; its level is that
of its worst zone. A day counts its opening hours; what it lacks of them may carry
little of its usual day: a day without its evening peak is not a day.
"""

from __future__ import annotations

from typing import Final

from schemas.card import Card, Figure
from schemas.cards import CARDS
from schemas.kept import KEPT
from schemas.metrics import crowd, stays, visits
from schemas.sql import hourly, milli
from schemas.views.by_camera import columns as figures
from schemas.views.kept import shown
from schemas.views.place_days import estimate, folded, whole_days
from schemas.views.place_rows import by_window, read
from schemas.views.sql import GRAINS, View, day_type, hours_said, select, unseen, versions
from schemas.words import PUBLISHED_COVERAGE, Label

FIGURES: Final = {
    "place_id": Figure("", "The place", Label("Kode tempat", "Place")),
    "name": Figure("", "What people call it", Label("Tempat", "Name of the place")),
    "cameras_reporting": Figure(
        "1",
        "Cameras behind the figures; of a day, those that lack little of it",
        Label("Kamera yang melihat", "Cameras reporting"),
        ",d",
    ),
    "cameras_total": Figure(
        "1",
        "Cameras of its zones or gates, registered for it at the window's end, silent ones too",
        Label("Kamera terdaftar", "Cameras in all"),
        ",d",
    ),
    "observed_ms": Figure(
        "ms",
        "Time that its zones or gates were watched, added over them; of a day, of its opening hours",
        Label("Waktu teramati semua zona (ms)", "Time watched of all zones (ms)"),
        ",d",
        "sum",
    ),
    "expected_ms": Figure(
        "ms",
        "Time that its zones or gates should have been watched, added over them",
        Label("Waktu seharusnya semua zona (ms)", "Time expected of all zones (ms)"),
        ",d",
        "sum",
    ),
}
"""What every view by place has."""


def _folded(card: Card, grain: str, zone: str, parts: list[str]) -> str:
    """Return one row a place and window: its time, its cameras, whether it is published, and parts of rows `k`."""
    if grain == "day":
        judged, whole, rows = folded(), "k.whole", whole_days(card, zone)
    else:
        enough = f"sum(k.watched) / greatest(sum(k.expected), 1) >= {PUBLISHED_COVERAGE}"
        judged = [f"toUInt8({enough}) AS enough", "CAST([], 'Array(UInt8)') AS lacking"]
        whole, rows = "k.reports", by_window(card, grain)
    columns = [
        "k.place_id AS place_id",
        "k.ts AS ts",
        "sum(k.expected) AS expected",
        "sum(k.watched) AS watched",
        *judged,
        "groupUniqArray(k.camera_id) AS cameras",
        f"groupUniqArrayIf(k.camera_id, {whole}) AS reporting",
        "sum(k.frames) AS frames",
        "max(k.unread) AS unread",
        "max(k.rev) AS rev",
        "max(k.simulated) AS simulated",
        *parts,
    ]
    return "(SELECT " + ",\n    ".join(columns) + f"\nFROM {rows} AS k\nGROUP BY k.place_id, k.ts)"


def _estimate(part: str, grain: str) -> str:
    return estimate(part) if grain == "day" else "CAST(NULL AS Nullable(UInt64))"


def _common(zone: str, why: str, grain: str) -> list[str]:
    local = f"toTimeZone(s.ts, '{zone}')"
    short, missing = "'low_coverage'", []
    if grain == "day":
        short, missing = f"concat({short}, {hours_said('lacking', 's')})", ["s.lacking AS hours_missing"]
    return [
        "s.ts AS ts",
        f"{local} AS local_ts",
        "s.place_id AS place_id",
        "p.name AS name",
        "p.area AS area",
        "length(s.reporting) AS cameras_reporting",
        "length(s.cameras) AS cameras_total",
        "s.frames AS frames",
        "s.watched / greatest(s.expected, 1) AS coverage",
        "s.watched AS observed_ms",
        "s.expected AS expected_ms",
        f"multiIf(s.enough > 0, {why}, s.frames = 0, {unseen()}, {short}) AS reason",
        *missing,
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
    columns = [*_common(zone, "''", grain), *figures(card, "place", grain)]
    rows = f"{_folded(card, grain, zone, parts)} AS s\nINNER JOIN {NAMED}"
    return select(f"{card.name}_place_{grain}", columns, rows, f"{card.place.meaning}, by {grain}")


UNITED: Final = (
    *(
        "place_id",
        "ts",
        "expected",
        "watched",
        "enough",
        "lacking",
        "cameras",
        "reporting",
        "frames",
        "unread",
        "rev",
        "simulated",
    ),
)
"""What the three metrics of a place's visits have in common."""

ADDED: Final = ("entries_n", "exits_n", "entries_hourly", "exits_hourly", "stays_n", "person_ms", "milli")
"""Parts of a place's gates, stays and persons that are added."""


def _three(grain: str, zone: str) -> str:
    """Return one row a place, window and metric: gates, stays and persons, each with zeros for the others."""
    none = dict.fromkeys(ADDED, "0") | {"stays_hist": "[]"}
    own = (
        (
            visits.CARD,
            {f"{name}_n": f"sum(k.{name}_n)" for name in ("entries", "exits")}
            | {f"{name}_hourly": f"sum({hourly(f'k.{name}_n', 'k')})" for name in ("entries", "exits")},
        ),
        (stays.CARD, {"stays_n": "sum(k.stays_n)", "stays_hist": "sumForEach(k.stays_hist)"}),
        (crowd.CARD, {"person_ms": "sum(k.person_ms)", "milli": f"sum({milli('person_ms', 'k')})"}),
    )
    unknown = "CAST(NULL AS Nullable(UInt64))"
    selects = []
    for card, sums in own:
        parts = [f"{sums.get(name, zero)} AS {name}" for name, zero in none.items()]
        for name in ("entries_n", "exits_n", "person_ms"):
            parts.append(f"{_estimate(name, grain) if name in read(card).estimated else unknown} AS {name}_estimated")
        kept = ", ".join((*UNITED, *none, *(f"{name}_estimated" for name in ("entries_n", "exits_n", "person_ms"))))
        selects.append(f"SELECT '{card.name}' AS metric, {kept} FROM {_folded(card, grain, zone, parts)}")
    return "(" + "\nUNION ALL ".join(selects) + ")"


def visits_place(grain: str, zone: str) -> View:
    """Return the view of a place's entries and exits, stays and passages; of a day, how it is reckoned."""
    folded = [
        "t.place_id AS place_id",
        "t.ts AS ts",
        *(f"maxIf(t.enough, t.metric = '{metric}') AS {metric}_enough" for metric in ("visits", "stays", "crowd")),
        *(f"anyIf(t.lacking, t.metric = '{metric}') AS {metric}_lacking" for metric in ("visits", "crowd")),
        *(f"sumIf(t.{name}, t.metric = 'visits') AS gates_{name}" for name in ("expected", "watched", "frames")),
        *(f"sumIf(t.{name}, t.metric = 'crowd') AS zones_{name}" for name in ("expected", "watched", "frames")),
        "groupUniqArrayArray(t.cameras) AS cameras",
        "groupUniqArrayArray(t.reporting) AS reporting",
        "max(t.unread) AS unread",
        "max(t.rev) AS rev",
        "max(t.simulated) AS simulated",
        *(f"sum(t.{name}) AS {name}" for name in ADDED),
        "sumForEach(t.stays_hist) AS stays_hist",
        *(f"max(t.{name}_estimated) AS {name}_estimated" for name in ("entries_n", "exits_n", "person_ms")),
    ]
    gated = "notEmpty(g.gates)"
    chosen = [f"if({gated}, f.gates_{name}, f.zones_{name}) AS {name}" for name in ("expected", "watched", "frames")]
    chosen += [f"if({gated}, f.visits_{name}, f.crowd_{name}) AS {name}" for name in ("enough", "lacking")]
    rows = (
        f"(SELECT f.*, {', '.join(chosen)}\nFROM (SELECT "
        + ",\n    ".join(folded)
        + f"\nFROM {_three(grain, zone)} AS t\n"
        "GROUP BY t.place_id, t.ts) AS f\n"
        "INNER JOIN (SELECT place_id, gates FROM places_log FINAL WHERE deleted = 0) AS g\n"
        "    ON g.place_id = f.place_id) AS s"
    )
    few = f"if(empty(p.gates) AND NOT ({visits.STAYED}), 'few_samples', '')"
    columns = [*_common(zone, few, grain), *figures(visits.CARD, "place", grain)]
    name = f"visits_place_{grain}"
    return select(name, columns, f"{rows}\nINNER JOIN {NAMED}", "" if name in KEPT else _comment(grain))


def _comment(grain: str) -> str:
    return f"Entries, exits, stays and passages of a place by {grain}; a day is of its opening hours"


def places(zone: str) -> list[View]:
    """Return every view by place."""
    cards = [card for card in CARDS if card.place is not None]
    return [
        *(place_view(card, grain, zone) for card in cards for grain in GRAINS),
        *(visits_place(grain, zone) for grain in GRAINS if grain != "day"),
        shown(visits_place("day", zone), zone, _comment("day")),
    ]
