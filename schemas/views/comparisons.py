"""Two periods compared over the cameras that were valid, and published, in both.

Parameterised views: from_a, to_a, from_b, to_b are local days, first and last.
A day of a camera counts when it is published and the camera was registered for
all of it; each zone or line has its mean day in either period, over the kinds of
day that are in both, and only those that have one in both are added: neither a
new camera nor a week without holidays is growth.
"""

from __future__ import annotations

from typing import Final

from schemas.card import Card, Figure
from schemas.metrics import crowd, flow, visits
from schemas.metrics.flow import VEHICLES
from schemas.views import registered
from schemas.views.place_days import whole_days
from schemas.views.sql import View, array, day_type, published, select, source
from schemas.words import Label

_PERIOD: Final = "of the published days {} to {}, of the cameras in both periods"


def _pair(figure: str, unit: str, meaning: str, label: Label) -> dict[str, Figure]:
    """Return a figure of both periods."""
    spans = {"a": ("from_a", "to_a", "awal", "before"), "b": ("from_b", "to_b", "akhir", "after")}
    return {
        f"{figure}_{period}": Figure(
            unit,
            f"{meaning} {_PERIOD.format(first, last)}",
            Label(f"{label.id}, periode {said_id}", f"{label.en}, {said_en}"),
            ",.0f",
        )
        for period, (first, last, said_id, said_en) in spans.items()
    }


def _cameras(meaning: str, label: Label) -> Figure:
    return Figure("1", meaning, label, ",d")


FIGURES: Final = {
    "*_compare": {
        "area_level": Figure("", "city, kecamatan, kelurahan or place", Label("Tingkat wilayah", "Level of area")),
        "name": Figure("", "Name of the area or place", Label("Wilayah atau tempat", "Area or place")),
        "place_id": Figure("", "The place, or '' for an area", Label("Kode tempat", "Place")),
        "change": Figure(
            "1",
            "b / a - 1: 0.1 is a tenth more; NULL where a is 0 or no camera has both periods",
            Label("Perubahan", "Change"),
            "+.1%",
        ),
        **{
            f"days_{period}": Figure(
                "", f"Days of each kind in the {which} period", Label(f"Hari dalam periode {id_}", f"Days {which}")
            )
            for period, which, id_ in (("a", "first", "awal"), ("b", "second", "akhir"))
        },
        "day_types": Figure(
            "",
            "Kinds of day behind the figures: published ones of both periods, each weighing alike in both",
            Label("Jenis hari yang dibandingkan", "Kinds of day compared"),
        ),
        "cameras_both": _cameras(
            "Cameras with published days of one kind in both periods: the figures are theirs",
            Label("Kamera di kedua periode", "Cameras in both periods"),
        ),
        "cameras_only_a": _cameras(
            "Cameras with published days in the first period only: left out",
            Label("Kamera hanya di periode awal", "Cameras only before"),
        ),
        "cameras_only_b": _cameras(
            "Cameras with published days in the second period only: left out",
            Label("Kamera hanya di periode akhir", "Cameras only after"),
        ),
    },
    "crowd_compare": _pair(
        "person_minutes", "person min", "Mean day", Label("Orang-menit per hari", "Person-minutes a day")
    ),
    "visits_compare": _pair("entries", "1", "Mean day's entries", Label("Orang masuk per hari", "Entries a day")),
    "flow_compare": {
        "class": flow.FIGURES["class"],
        **_pair(
            "crossings",
            "1",
            "Mean day's crossings of a line and direction",
            Label("Arus per garis dan hari", "Crossings of a line a day"),
        ),
        "lines_both": _cameras(
            "Lines with direction behind the figures", Label("Garis hitung di kedua periode", "Lines in both periods")
        ),
    },
}

DAY_S: Final = 86_400
"""A day's length; a camera was registered for all of it if it was at the end of its first second and at its end."""


def _within(ts: str, period: str, zone: str) -> str:
    start = f"toDateTime({{from_{period}:Date}}, '{zone}')"
    end = f"toDateTime({{to_{period}:Date}} + 1, '{zone}')"
    return f"({ts} >= {start} AND {ts} < {end})"


def _whole(part: str) -> str:
    """Return a day's count, with what the hours that it lacks usually have."""
    return f"ifNull(d.{part}_estimated, d.{part})"


def _days(rows: str, key: str, parts: dict[str, str], where: str, zone: str) -> str:
    """Return one row a zone or line and kind of day: days in each period, and each part summed over them."""
    keys = ", ".join(f"d.{name}" for name in key.split(", "))
    kind = day_type(f"toTimeZone(d.ts, '{zone}')")
    columns = [
        *(f"d.{name} AS {name}" for name in key.split(", ")),
        f"{kind} AS kind",
        *(f"countIf({_within('d.ts', period, zone)}) AS days_{period}" for period in "ab"),
        *(f"sumIf({row}, {_within('d.ts', x, zone)}) AS {name}_{x}" for name, row in parts.items() for x in "ab"),
    ]
    asked = f"({_within('d.ts', 'a', zone)} OR {_within('d.ts', 'b', zone)})"
    return "(SELECT " + ",\n    ".join(columns) + f"\nFROM {rows}\nWHERE {where} AND {asked}\nGROUP BY {keys}, kind)"


def _like(days: str, key: str, names: tuple[str, ...]) -> str:
    """Return one row a zone or line: its mean day in each period, in thousandths, over the kinds of day of both.

    A kind weighs alike in both periods, by the days of both; so a week with holidays is not held against one without.
    """
    both = "k.days_a > 0 AND k.days_b > 0"
    weight = "(k.days_a + k.days_b)"
    of_kind = "intDiv(1000 * toUInt64(k.{0}_{1}) + intDiv(k.days_{1}, 2), greatest(k.days_{1}, 1))"
    whole = f"sumIf({weight}, {both})"
    mean = f"intDiv(sumIf({weight} * {of_kind}, {both}) + intDiv({whole}, 2), greatest({whole}, 1))"
    columns = [
        *(f"k.{name} AS {name}" for name in key.split(", ")),
        *(f"max(k.days_{period} > 0) AS in_{period}" for period in "ab"),
        f"max({both}) AS in_both",
        f"groupUniqArrayIf(k.kind, {both}) AS kinds",
        *(f"{mean.format(name, period)} AS {name}_{period}" for name in names for period in "ab"),
    ]
    grouped = ", ".join(f"k.{name}" for name in key.split(", "))
    return "(SELECT " + ",\n    ".join(columns) + f"\nFROM {days} AS k\nGROUP BY {grouped})"


def _by_camera(rows: str, key: str, names: tuple[str, ...]) -> str:
    """Return one row a camera: in which periods it has days, and its zones' or lines' means added."""
    columns = [
        *(f"z.{name} AS {name}" for name in key.split(", ")),
        *(f"max(z.{name}) AS {name}" for name in ("in_a", "in_b", "in_both")),
        "countIf(z.in_both) AS spots",
        "groupUniqArrayArray(z.kinds) AS kinds",
        *(f"sumIf(z.{name}_{period}, z.in_both) AS {name}_{period}" for name in names for period in "ab"),
    ]
    grouped = ", ".join(f"z.{name}" for name in key.split(", "))
    return "(SELECT " + ", ".join(columns) + f"\nFROM {rows} AS z GROUP BY {grouped})"


def _added(head: list[str], names: tuple[str, ...], rows: str, group: str) -> str:
    """Return one row an area or place."""
    columns = [
        *head,
        "countIf(c.in_both) AS cameras_both",
        "countIf(c.in_a AND NOT c.in_both) AS cameras_only_a",
        "countIf(c.in_b AND NOT c.in_both) AS cameras_only_b",
        "sum(c.spots) AS spots",
        "countIf(c.in_a AND c.in_b) AS in_each",
        "arraySort(groupUniqArrayArray(c.kinds)) AS kinds",
        *(f"sum(c.{name}_{period}) AS {name}_{period}" for name in names for period in "ab"),
    ]
    return "SELECT " + ",\n    ".join(columns) + f"\nFROM {rows}\nGROUP BY {group}"


def _areas(metric: str, key: str, parts: dict[str, str], zone: str) -> str:
    """Return one row an area, out of the published days of cameras that were registered all day."""
    spot, names = f"area, camera_id, {key}", tuple(parts)
    valid = " AND ".join(f"{registered.at('v.steps', 'd.ts', length_s)} > 0" for length_s in (1, DAY_S))
    rows = f"{source(metric, 'day', 'd')}\nINNER JOIN {registered.by_camera(metric)} AS v ON v.camera_id = d.camera_id"
    days = _days(rows, spot, parts, f"d.published AND {valid}", zone)
    cameras = _by_camera(_like(days, spot, names), "area, camera_id", names)
    head = ["code AS area", f"{registered.level('code')} AS area_level", "'' AS place_id"]
    return _added(head, names, f"{cameras} AS c\nARRAY JOIN {registered.codes('c.area')} AS code", "code")


def _places(card: Card, parts: dict[str, str], zone: str) -> str:
    """Return one row a place, out of the days of its zones or gates that lack little."""
    spot, names = "place_id, camera_id, spot_id", tuple(parts)
    days = _days(f"{whole_days(card, zone)} AS d", spot, parts, "d.whole", zone)
    cameras = _by_camera(_like(days, spot, names), "place_id, camera_id", names)
    return _added(
        ["'' AS area", "'place' AS area_level", "c.place_id AS place_id"], names, f"{cameras} AS c", "c.place_id"
    )


def _kinds(zone: str) -> str:
    """Return one row: how many days of each kind either period has."""

    def of(period: str) -> str:
        first, last = f"{{from_{period}:Date}}", f"{{to_{period}:Date}}"
        days = f"arrayMap(n -> {first} + n, range(toUInt32({last} - {first} + 1)))"
        listed = f"SELECT toDateTime(arrayJoin({days}), '{zone}') AS day"
        counted = f"SELECT {day_type('day')} AS kind, count() AS n FROM ({listed}) GROUP BY kind ORDER BY kind"
        return f"SELECT arrayStringConcat(groupArray(concat(kind, ' ', toString(n))), ', ') FROM ({counted})"

    return f"(SELECT ({of('a')}) AS days_a, ({of('b')}) AS days_b) AS t"


REASON: Final = "multiIf(m.cameras_both > 0, '', m.in_each > 0, 'day_types', 'low_coverage') AS reason"
"""Why nothing is compared: no camera has days in both periods, or none of a kind that is in both."""

SAID: Final = ("t.days_a AS days_a", "t.days_b AS days_b", "arrayStringConcat(m.kinds, ', ') AS day_types")


def _compare(metric: str, figure: str, rows: str, over: int, zone: str) -> View:
    columns = [
        "if(m.place_id = '', m.area, p.area) AS area",
        "m.area_level AS area_level",
        "m.place_id AS place_id",
        "if(m.place_id = '', a.name, p.name) AS name",
        *(f"{published(f'm.part_{x} / {over}', 'm.cameras_both > 0')} AS {figure}_{x}" for x in "ab"),
        f"{published('m.part_b / m.part_a - 1', 'm.cameras_both > 0 AND m.part_a > 0')} AS change",
        *(f"m.{name} AS {name}" for name in ("cameras_both", "cameras_only_a", "cameras_only_b")),
        *SAID,
        REASON,
    ]
    joined = (
        f"({rows}) AS m\nCROSS JOIN {_kinds(zone)}\n"
        "LEFT JOIN (SELECT area, name FROM areas_log FINAL) AS a ON a.area = m.area\n"
        "LEFT JOIN (SELECT place_id, name, area FROM places_log FINAL WHERE deleted = 0) AS p\n"
        "    ON p.place_id = m.place_id"
    )
    said = f"{METRICS[metric]} of two periods over the cameras and kinds of day of both: {CALL.format(metric)}"
    return select(f"{metric}_compare", columns, joined, said)


METRICS: Final = {"crowd": "Persons", "visits": "Entries"}
CALL: Final = "{0}_compare(from_a = '2026-01-05', to_a = '2026-01-11', from_b = '2026-01-12', to_b = '2026-01-18')"


def crowd_compare(zone: str) -> View:
    """Return the parameterised view that compares persons, by area and place."""
    parts = {"part": _whole("person_ms")}
    rows = f"{_areas('crowd', 'zone_id', parts, zone)}\nUNION ALL {_places(crowd.CARD, parts, zone)}"
    return _compare("crowd", "person_minutes", rows, 60_000_000, zone)


def visits_compare(zone: str) -> View:
    """Return the parameterised view that compares entries, by area and place."""
    parts = {"part": _whole("entries_n")}
    rows = f"{_areas('visits', 'line_id', parts, zone)}\nUNION ALL {_places(visits.CARD, parts, zone)}"
    return _compare("visits", "entries", rows, 1000, zone)


def flow_compare(zone: str) -> View:
    """Return the parameterised view that compares crossings by area and class; flows have means, no totals."""
    rows = _areas("flow", "line_id, direction", {name: _whole(f"{name}_n") for name in VEHICLES}, zone)
    sums = {period: f"[{', '.join(f'm.{name}_{period}' for name in VEHICLES)}][class_at]" for period in "ab"}
    both = "m.cameras_both > 0"
    columns = [
        "m.area AS area",
        "m.area_level AS area_level",
        "a.name AS name",
        f"{array(VEHICLES)}[class_at] AS class",
        *(f"{published(f'{sums[period]} / 1000 / m.spots', both)} AS crossings_{period}" for period in "ab"),
        published(f"{sums['b']} / {sums['a']} - 1", f"{both} AND {sums['a']} > 0") + " AS change",
        *(f"m.{name} AS {name}" for name in ("cameras_both", "cameras_only_a", "cameras_only_b")),
        "m.spots AS lines_both",
        *SAID,
        REASON,
    ]
    joined = (
        f"({rows}) AS m\nCROSS JOIN {_kinds(zone)}\n"
        "LEFT JOIN (SELECT area, name FROM areas_log FINAL) AS a ON a.area = m.area\n"
        f"ARRAY JOIN range(1, {len(VEHICLES) + 1}) AS class_at"
    )
    said = "Crossings a line of two periods over the cameras and kinds of day of both: " + CALL.format("flow")
    return select("flow_compare", columns, joined, said)


def comparisons(zone: str) -> list[View]:
    """Return the views that compare two periods."""
    return [crowd_compare(zone), visits_compare(zone), flow_compare(zone)]
