"""The views of floods and garbage, and what is asked of their incidents.

A flood counts by the hours it lasted, with the hours that nobody watched beside
them. Garbage counts by how long it lies: spots that are still there, or that no
camera saw again, are censored (Kaplan-Meier), so that dying cameras flatter nobody.
"""

from __future__ import annotations

from typing import Final

from schemas.card import Figure
from schemas.views.lasting import ENDS, until
from schemas.views.sql import View, day_type, published, select, unread, unseen, versions
from schemas.words import Label

UNKNOWN_AFTER_S: Final = 300
EXPIRE_S: Final = {"flood": 86_400, "garbage": 259_200}
"""An incident is unknown 5 min after its camera's last frame, and expires after so long (metrics.md)."""

TIE: Final = 1e-9
"""Slack of a survival share against its quantile: what a product of a few thousand ratios may be off by."""

FIGURES: Final = {
    "flood_month": {
        "hours_flooded": Figure(
            "h",
            "Hours of the month within a flood; up to the last sight where the camera went silent",
            Label("Jam tergenang", "Hours flooded"),
            ",.1f",
            "sum",
        ),
        "hours_watched": Figure(
            "h", "Watched hours of the month that had signals", Label("Jam teramati", "Hours watched"), ",.1f", "sum"
        ),
        "hours_not_watched": Figure(
            "h",
            "The month's other hours, from the zone's first row to the newest minute of its registry's cameras",
            Label("Jam tidak teramati", "Hours not watched"),
            ",.1f",
            "sum",
        ),
        "incidents": Figure(
            "1", "Floods that lasted into the month", Label("Kejadian genangan", "Floods"), ",d", "sum"
        ),
        "peak": Figure(
            "1", "Highest wet share of these floods", Label("Puncak genangan", "Highest wet share"), ".0%", "max"
        ),
        "longest_h": Figure(
            "h",
            "Hours of the month within the longest of them",
            Label("Genangan terlama (jam)", "Longest flood (h)"),
            ",.1f",
            "max",
        ),
        "rank": Figure("1", "Place of the zone in its month, most hours first", Label("Peringkat", "Rank"), ",d"),
    },
    "garbage_open": {
        "ts": Figure("", "Start of what became the incident, UTC", Label("Mulai (UTC)", "Start (UTC)")),
        "local_ts": Figure("", "Start in the city's time zone", Label("Mulai", "Start")),
        "age_h": Figure(
            "h",
            "From its start to the camera's newest minute, or to the last sight where the camera went silent",
            Label("Umur (jam)", "Age (h)"),
            ",.1f",
        ),
    },
    "garbage_clearance": {
        "area_name": Figure("", "Name of the kecamatan", Label("Kecamatan", "Kecamatan")),
        "clear_p50_h": Figure(
            "h",
            "Half of the spots were cleared within so long (Kaplan-Meier); NULL when fewer were",
            Label("Separuh dibersihkan dalam (jam)", "Half cleared within (h)"),
            ",.1f",
        ),
        "clear_p90_h": Figure(
            "h",
            "Nine of ten spots were cleared within so long (Kaplan-Meier); NULL when fewer were",
            Label("90 % dibersihkan dalam (jam)", "90 % cleared within (h)"),
            ",.1f",
        ),
        "n_cleared": Figure(
            "1",
            "Spots that began in the period and were seen cleared",
            Label("Sudah dibersihkan", "Cleared"),
            ",d",
            "sum",
        ),
        "n_censored": Figure(
            "1",
            "Spots of the period still there, or never seen again",
            Label("Masih ada atau tidak teramati lagi", "Still there or not seen again"),
            ",d",
            "sum",
        ),
        "oldest_age_h": Figure(
            "h",
            "Age of the oldest spot of the period that is still open; NULL when none is",
            Label("Umur tumpukan tertua (jam)", "Age of the oldest (h)"),
            ",.1f",
            "max",
        ),
    },
}


def _incidents(kind: str) -> str:
    """Return incidents that were confirmed, with `seen_until`: their end, or until when they are known to last."""
    last = (
        "multiIf(closed_at IS NOT NULL, closed_at, "
        f"state = 'unknown', updated_at - INTERVAL {UNKNOWN_AFTER_S} SECOND, "
        f"state = 'expired_unobserved', updated_at - INTERVAL {EXPIRE_S[kind]} SECOND, {until('until')})"
    )
    rows = f"(SELECT * FROM incidents_log FINAL WHERE kind = '{kind}' AND deleted = 0 AND state != 'pending') AS r"
    return (
        f"(SELECT r.*, greatest(opened_at, assumeNotNull({last})) AS seen_until\n"
        f"    FROM {rows}\n    LEFT JOIN {ENDS} AS e ON e.camera_id = r.camera_id)"
    )


def flood_month(zone: str) -> View:
    """Return the view of flooded and unwatched hours by camera, zone and local month."""
    kept = ("area", "camera_id", "zone_id", "owner", "category", "simulated", "month")
    lived_s = (
        f"toUnixTimestamp(least(toDateTime(addMonths(z.month, 1), '{zone}'), z.present)) "
        f"- toUnixTimestamp(greatest(toDateTime(z.month, '{zone}'), z.begun))"
    )
    columns = [
        *(f"z.{name} AS {name}" for name in kept),
        "toInt64(w.watched_ms) AS watched_ms",
        "w.frames AS frames",
        "w.unread AS unread",
        "w.rev AS rev",
        *(f"f.{name} AS {name}" for name in ("n", "peak", "flooded_us", "longest_us")),
        f"greatest(1000 * ({lived_s}), watched_ms) AS all_ms",
        "f.n > 0 OR w.watched_ms > 0 AS known",
    ]
    joins = [
        f"LEFT JOIN ({rows}) AS {alias} ON "
        + " AND ".join(f"{alias}.{name} = z.{name}" for name in ("camera_id", "zone_id", "month"))
        for alias, rows in (("w", _watched_months(zone)), ("f", _flooded_months(zone)))
    ]
    rows = "(SELECT " + ",\n    ".join(columns) + f"\nFROM ({_zone_months(zone)}) AS z\n" + "\n".join(joins) + ") AS m"
    return select("flood_month", _flood_columns(zone), rows, "Where and how long it flooded by month; rank by hours")


def _months(start: str, end: str, zone: str) -> str:
    """Return SQL for the first days of the local months from one time to another."""
    count = f"toUInt32(1 + dateDiff('month', {start}, {end}, '{zone}'))"
    return f"arrayMap(n -> addMonths(toStartOfMonth(toTimeZone({start}, '{zone}')), n), range({count}))"


def _zone_months(zone: str) -> str:
    """Return one row a flood zone and month, from its first row to the newest minute of its registry."""
    columns = [
        *(f"h.{name} AS {name}" for name in ("area", "camera_id", "zone_id")),
        "any(owner) AS owner",
        "any(category) AS category",
        "max(simulated) AS simulated",
        "min(ts) AS begun",
        f"any({until('present')}) AS present",
        f"arrayJoin({_months('begun', 'present', zone)}) AS month",
    ]
    held = (
        "FROM (SELECT * FROM flood_hour_log FINAL WHERE deleted = 0) AS h\n"
        f"    LEFT JOIN {ENDS} AS e ON e.camera_id = h.camera_id\n    GROUP BY area, camera_id, zone_id"
    )
    return "SELECT " + ",\n        ".join(columns) + f"\n    {held}"


def _watched_months(zone: str) -> str:
    """Return what was watched of each month, hours without any signal left out."""
    return (
        f"SELECT camera_id, zone_id, toStartOfMonth(toTimeZone(ts, '{zone}')) AS month,\n"
        "        sumIf(least(observed_ms, expected_ms), signals_n > 0) AS watched_ms,\n"
        f"        sum(frames) AS frames, max({unread('reason')}) AS unread, max(rev) AS rev\n"
        "    FROM flood_hour_log FINAL WHERE deleted = 0 GROUP BY camera_id, zone_id, month"
    )


def _flooded_months(zone: str) -> str:
    """Return how long it was flooded in each month that a flood lasted into."""
    start, end = (f"toDateTime64({at}, 6, '{zone}')" for at in ("month", "addMonths(month, 1)"))
    within = f"dateDiff('microsecond', greatest(i.opened_at, {start}), least(i.seen_until, {end}))"
    return (
        "SELECT i.camera_id AS camera_id, i.zone_id AS zone_id, month, count() AS n, max(i.peak) AS peak,\n"
        f"        sum({within}) AS flooded_us,\n        max({within}) AS longest_us\n"
        f"    FROM {_incidents('flood')} AS i\n"
        f"    ARRAY JOIN {_months('i.opened_at', 'i.seen_until', zone)} AS month\n"
        "    GROUP BY camera_id, zone_id, month"
    )


def _flood_columns(zone: str) -> list[str]:
    local = f"toDateTime(m.month, '{zone}')"
    return [
        f"toTimeZone({local}, 'UTC') AS ts",
        f"{local} AS local_ts",
        *(f"m.{name} AS {name}" for name in ("camera_id", "area", "owner", "category", "zone_id", "frames")),
        "if(m.all_ms = 0, 0., m.watched_ms / m.all_ms) AS coverage",
        f"multiIf(m.known, '', m.frames = 0, {unseen('m')}, 'no_signal_data') AS reason",
        *versions("m"),
        "m.simulated AS simulated",
        f"{published('m.flooded_us / 3600000000', 'm.known')} AS hours_flooded",
        "m.watched_ms / 3600000 AS hours_watched",
        "(m.all_ms - m.watched_ms) / 3600000 AS hours_not_watched",
        f"{published('m.n', 'm.known')} AS incidents",
        f"{published('m.peak', 'm.n > 0')} AS peak",
        f"{published('m.longest_us / 3600000000', 'm.n > 0')} AS longest_h",
        f"{published('rank() OVER (PARTITION BY m.month ORDER BY m.flooded_us DESC)', 'm.known')} AS rank",
    ]


def garbage_open(zone: str) -> View:
    """Return the view of garbage that still lies, oldest first."""
    local = f"toTimeZone(i.opened_at, '{zone}')"
    names = ("camera_id", "area", "owner", "category", "zone_id", "incident_id", "state", "severity", "box")
    columns = [
        "i.opened_at AS ts",
        f"{local} AS local_ts",
        *(f"i.{name} AS {name}" for name in (*names, "simulated")),
        f"{day_type(local)} AS day_type",
        "dateDiff('microsecond', i.opened_at, i.seen_until) / 3600000000 AS age_h",
    ]
    still = f"{_incidents('garbage')} AS i\nWHERE i.state IN ('active', 'clearing', 'unknown')\nORDER BY age_h DESC"
    return select("garbage_open", columns, still, "Garbage that still lies, oldest first; the age grows with the data")


def garbage_clearance(zone: str) -> View:
    """Return the parameterised view of the time to clear garbage, by kecamatan.

    Parameters of the view: `from` and `to`, the first and the last local day on
    which a spot began. A spot that was censored at the very time another one was
    cleared still counts as being there then.
    """
    curves = f"({_curves(_lay_times(_spots(zone)))})"
    columns = [
        "c.kecamatan AS area",
        "a.name AS area_name",
        *(f"{_quantile(share)} AS clear_p{round(100 * share)}_h" for share in (0.5, 0.9)),
        "c.n_cleared AS n_cleared",
        "c.n_censored AS n_censored",
        "if(c.lying > 0, c.oldest / 3600000000, NULL) AS oldest_age_h",
    ]
    names = "(SELECT area, name FROM areas_log FINAL) AS a ON a.area = c.kecamatan"
    comment = (
        "Time to clear garbage by kecamatan: garbage_clearance(from = '2026-01-01', to = '2026-01-31'), both days in"
    )
    return select("garbage_clearance", columns, f"{curves} AS c\nLEFT JOIN {names}", comment)


def _spots(zone: str) -> str:
    """Return the garbage that began in the period: how long it lay, seen cleared or not, still there or not."""
    opened = f"toDate(toTimeZone(opened_at, '{zone}'))"
    return (
        "SELECT arrayStringConcat(arraySlice(splitByChar('.', area), 1, 3), '.') AS kecamatan,\n"
        "        dateDiff('microsecond', opened_at, seen_until) AS lay_us,\n"
        "        state = 'closed' AND close_reason = 'cleared' AS cleared,\n"
        "        state IN ('active', 'clearing', 'unknown') AS lies\n"
        f"    FROM {_incidents('garbage')}\n"
        f"    WHERE {opened} BETWEEN {{from:Date}} AND {{to:Date}}"
    )


def _lay_times(spots: str) -> str:
    """Return one row a kecamatan and duration: how many ended, how many lay at least so long."""
    return (
        "SELECT kecamatan, lay_us, countIf(cleared) AS ended, countIf(NOT cleared) AS censored,\n"
        "        maxIf(lay_us, lies) AS oldest, countIf(lies) AS lying,\n"
        "        sum(count()) OVER (PARTITION BY kecamatan ORDER BY lay_us DESC) AS at_risk\n"
        f"    FROM ({spots}) GROUP BY kecamatan, lay_us"
    )


def _curves(times: str) -> str:
    """Return one row a kecamatan with its survival curve: `left[n]` after the duration of `steps[n]`."""
    return (
        "SELECT kecamatan, sum(ended) AS n_cleared, sum(censored) AS n_censored,\n"
        "        max(t.oldest) AS oldest, sum(t.lying) AS lying,\n"
        "        arraySort(groupArrayIf((lay_us, 1 - ended / at_risk), ended > 0)) AS steps,\n"
        "        arrayMap(n -> arrayProduct(arrayMap(s -> s.2, arraySlice(steps, 1, n))),\n"
        "            range(1, length(steps) + 1)) AS left\n"
        f"    FROM ({times}) AS t GROUP BY kecamatan"
    )


def _quantile(share: float) -> str:
    at = f"arrayFirstIndex(x -> x <= {round(1 - share, 9)} + {TIE}, c.left)"
    return f"if({at} = 0, NULL, c.steps[{at}].1 / 3600000000)"


def kpis(zone: str) -> list[View]:
    """Return the views of floods and garbage that are not by grain."""
    return [flood_month(zone), garbage_open(zone), garbage_clearance(zone)]
