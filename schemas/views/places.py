"""The views by place: a square, a market, with its persons, its gates and how much of it was watched.

Persons are added over a place's zones, which do not overlap; its level is that
of its worst zone. A day counts its opening hours, and needs every one of them:
a day without its evening peak is not a day.
"""

from __future__ import annotations

from typing import Final

from schemas.columns import LEVELS, PUBLISHED_COVERAGE, STAY_EDGES_S
from schemas.views.area_metrics import longest_level
from schemas.views.place_rows import CROWD, STAYS, VISITS, Spots, by_grain, opened
from schemas.views.sql import GRAINS, array, day_type, median, published, select
from schemas.views.visits import FEW_STAYS

FIGURES: Final = {
    "*_place_*": {
        "place_id": ("", "The place"),
        "name": ("", "What people call it"),
        "cameras_reporting": (
            "1",
            "Cameras behind the figures; of a day, those that were watched in all opening hours",
        ),
        "cameras_total": ("1", "Cameras of its zones or gates, registered for it at the window's end, silent ones too"),
        "person_minutes": ("person min", "Persons in its zones, times how long each stayed"),
        "person_minutes_estimated": ("person min", "The same with each opening hour of a zone scaled to full coverage"),
    },
    "crowd_place_*": {
        "persons_mean": ("person", "Persons in its zones, time-weighted means of zones added"),
        "level": ("", "Level of its worst zone, each the one that held longest"),
        "is_lower_bound": ("", "A zone was too full to count everybody for part of the time"),
    },
    "visits_place_*": {
        "basis": ("", "What is counted: entries at gates or, where there are none, lintasan (passages)"),
        "entries": ("1", "Persons who came in at its gates"),
        "exits": ("1", "Persons who went out at its gates"),
        "entries_estimated": ("1", "The same with each opening hour of a gate scaled to full coverage"),
        "exits_estimated": ("1", "The same with each opening hour of a gate scaled to full coverage"),
        "stay_median_s": ("s", f"Median stay in view over its zones; NULL below {FEW_STAYS} stays"),
        "passages": (
            "1",
            "Lintasan: person-minutes / median stay. Passages, not visitors: who comes twice counts twice",
        ),
    },
}

HOURS: Final = f"arrayMap(x -> {opened('p', '60 * x', 60)}, range(24))"
"""The local hours in which a place is open, 24 flags."""


def _whole_days(spots: Spots, zone: str) -> str:
    """Return the days of zones or gates with `open` and `whole`; parts only of those seen in every opening hour.

    Others saw other hours: added up, a day could have more persons than any of its hours.
    """
    zero = {"sum": "0", "sumForEach": "[]"}
    parts = ", ".join(f"if(whole, x.{part}, {zero[kind]}) AS {part}" for part, kind in spots.parts.items())
    return (
        f"(SELECT x.* EXCEPT ({', '.join(spots.parts)}), {HOURS} AS open,\n"
        f"    x.reports AND x.hours = arraySum(open) AS whole, {parts}\n"
        f"FROM {by_grain(spots, 'day', zone)} AS x\n"
        "INNER JOIN (SELECT place_id, opens, closes FROM places_log FINAL WHERE deleted = 0) AS p\n"
        "    ON p.place_id = x.place_id)"
    )


def _folded(spots: Spots, grain: str, zone: str, parts: list[str]) -> str:
    """Return one row a place and window: its time, its cameras, whether it is published, and parts of rows `k`."""
    if grain == "day":
        hours = f"(o, e, w) -> NOT o OR (e > 0 AND w / greatest(e, 1) >= {PUBLISHED_COVERAGE})"
        watched = f"arrayAll({hours}, any(k.open), sumForEach(k.expected_by_hour), sumForEach(k.watched_by_hour))"
        enough, whole, rows = f"{watched} AND max(k.whole)", "k.whole", _whole_days(spots, zone)
    else:
        enough = f"sum(k.watched) / greatest(sum(k.expected), 1) >= {PUBLISHED_COVERAGE}"
        whole, rows = "k.reports", by_grain(spots, grain, zone)
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
        "s.rev % 65536 AS revision",
        "intDiv(s.rev, 65536) AS generation",
        "s.simulated AS simulated",
    ]


NAMED: Final = "(SELECT * FROM places_log FINAL WHERE deleted = 0) AS p ON p.place_id = s.place_id"


def crowd_place(grain: str, zone: str) -> str:
    """Return the view of persons in places."""
    mean = "intDiv(1000 * k.person_ms + intDiv(k.observed_ms, 2), greatest(k.observed_ms, 1))"
    parts = [
        f"sum({mean}) AS milli",
        "sum(k.person_ms) AS person_ms",
        f"max({longest_level('k.level_ms')}) AS level",
        "sum(k.saturated_ms) AS saturated",
        f"{_estimate('person_ms', grain)} AS estimated",
    ]
    columns = [
        *_common(zone, "''"),
        f"{published('s.milli / 1000', 's.enough')} AS persons_mean",
        f"{published('s.person_ms / 60000', 's.enough')} AS person_minutes",
        f"{published(f'arrayElement({array(LEVELS)}, s.level)', 's.enough AND s.level > 0')} AS level",
        f"{published('s.saturated > 0', 's.enough')} AS is_lower_bound",
    ]
    if grain == "day":
        columns.append("s.estimated / 60000 AS person_minutes_estimated")
    rows = f"{_folded(CROWD, grain, zone, parts)} AS s\nINNER JOIN {NAMED}"
    return select(f"crowd_place_{grain}", columns, rows, f"Persons in a place, added over its zones, by {grain}")


def _three(grain: str, zone: str) -> str:
    """Return one row a place, window and metric: gates, stays and persons, each with zeros for the others."""
    none = {"entries_n": "0", "exits_n": "0", "stays_n": "0", "stays_hist": "[]", "person_ms": "0"}
    own = (
        (VISITS, {"entries_n": "sum(k.entries_n)", "exits_n": "sum(k.exits_n)"}),
        (STAYS, {"stays_n": "sum(k.stays_n)", "stays_hist": "sumForEach(k.stays_hist)"}),
        (CROWD, {"person_ms": "sum(k.person_ms)"}),
    )
    unknown = "CAST(NULL AS Nullable(UInt64))"
    selects = []
    for spots, sums in own:
        parts = [f"{sums.get(name, zero)} AS {name}" for name, zero in none.items()]
        for name in ("entries_n", "exits_n", "person_ms"):
            parts.append(f"{_estimate(name, grain) if name in spots.estimated else unknown} AS {name}_estimated")
        selects.append(f"SELECT '{spots.metric}' AS metric, * FROM {_folded(spots, grain, zone, parts)}")
    return "(" + "\nUNION ALL ".join(selects) + ")"


def visits_place(grain: str, zone: str) -> str:
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
    stayed = f"s.stays_enough AND s.stays_n >= {FEW_STAYS}"
    halfway = median("s.stays_hist", STAY_EDGES_S)
    few = f"if(empty(p.gates) AND NOT ({stayed}), 'few_samples', '')"
    columns = [
        *_common(zone, few),
        "if(notEmpty(p.gates), 'entries', 'lintasan') AS basis",
        f"{published('s.entries_n', 's.visits_enough')} AS entries",
        f"{published('s.exits_n', 's.visits_enough')} AS exits",
        f"{published('s.person_ms / 60000', 's.crowd_enough')} AS person_minutes",
        f"{published(halfway, stayed)} AS stay_median_s",
        f"{published(f's.person_ms / 1000 / ({halfway})', f's.crowd_enough AND {stayed}')} AS passages",
    ]
    if grain == "day":
        names = {"entries": "s.entries_n_estimated", "exits": "s.exits_n_estimated"}
        columns += [f"{value} AS {name}_estimated" for name, value in names.items()]
        columns.append("s.person_ms_estimated / 60000 AS person_minutes_estimated")
    comment = f"Entries, exits, stays and passages of a place by {grain}; a day needs every opening hour"
    return select(f"visits_place_{grain}", columns, f"{rows}\nINNER JOIN {NAMED}", comment)


def places(zone: str) -> list[str]:
    """Return every view by place."""
    return [make(grain, zone) for make in (crowd_place, visits_place) for grain in GRAINS]
