"""Who should be watching: cameras by the registry's versions, whether or not they have rows.

A camera that was silent for a day has no rows any more, yet it still is one of
the N in "n of N". A version holds from its `valid_from` to the next one's, or
to its `valid_until`; what counts is the version that holds at the end of a window. A withdrawn camera has none.
"""

from __future__ import annotations

from typing import Final

from schemas.cards import BY_NAME

LEVELS: Final = {2: "city", 3: "kecamatan", 4: "kelurahan"}
"""Levels of areas by the parts of their code; RW and RT count for their kelurahan."""

NEVER: Final = "toDateTime64('2200-01-01 00:00:00', 6, 'UTC')"


def codes(area: str) -> str:
    """Return SQL for the codes of city, kecamatan and kelurahan around an area; none for the provisional one."""
    split = f"splitByChar('.', toString({area}))"
    return (
        f"arrayMap(n -> arrayStringConcat(arraySlice({split}, 1, n), '.'), "
        f"arrayFilter(n -> length({split}) >= n, {list(LEVELS)}))"
    )


def level(code: str) -> str:
    """Return SQL for the level of a code that `codes` gave."""
    count = f"length(splitByChar('.', {code}))"
    names = ", ".join(f"{count} = {parts}, '{name}'" for parts, name in LEVELS.items())
    return f"multiIf({names}, '')"


def _measures(metric: str) -> str:
    """Return SQL: a camera's version has the metric and, where only gates count, a gate to count at."""
    card = BY_NAME[metric]
    if not card.enabled_by:
        return "1"
    has = f"has(metrics, '{card.enabled_by}')"
    gates = "has(JSONExtract(definition, 'line', 'Array(Tuple(role String))').role, 'gate')"
    return f"{has} AND {gates}" if card.roles == ("gate",) else has


def _versions(metric: str, more: str = "") -> str:
    """Return rows camera_id, area, at [us since 1970] and change: +1 begins to measure `metric`, -1 stops.

    `more` are further columns of the version, with a comma before each.
    """
    following = (
        "leadInFrame(valid_from, 1, "
        f"{NEVER}) OVER (PARTITION BY camera_id ORDER BY valid_from ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)"
    )
    said = "parseDateTime64BestEffortOrNull(JSONExtractString(definition, 'valid_until'), 6, 'UTC')"
    until = f"least({following}, ifNull({said}, {NEVER}))"
    return (
        f"(SELECT camera_id, area, step.1 AS at, step.2 AS change{more}\n"
        f"    FROM (SELECT *, {until} AS until FROM cameras_log FINAL WHERE deleted = 0)\n"
        "    ARRAY JOIN [(toUnixTimestamp64Micro(valid_from), 1), (toUnixTimestamp64Micro(until), -1)] AS step\n"
        f"    WHERE {_measures(metric)})"
    )


def by_area(metric: str) -> str:
    """Return rows code and steps: when how many cameras of an area begin or stop to measure `metric`."""
    return (
        "(SELECT code, sumMap([at], [toInt64(change)]) AS steps, max(startsWith(camera_id, 'sim-')) AS simulated\n"
        f"    FROM {_versions(metric)} ARRAY JOIN {codes('area')} AS code GROUP BY code)"
    )


def by_spot(metric: str, spots: str) -> str:
    """Return rows place_id, camera_id, spot_id, span and steps: when a place's zones (or gates) are measured.

    Parameters
    ----------
    metric
        What the camera must measure.
    spots
        zones or gates: a column of places and, without its s, what cameras call it.
    """
    kind = {"zones": "zone", "gates": "line"}[spots]
    listed = f"JSONExtract(definition, '{kind}', 'Array(Tuple(id String))').id"
    place = (
        "(SELECT place_id, opens, closes, substringIndex(spot, '/', 1) AS camera_id,\n"
        "        substring(spot, length(camera_id) + 2) AS spot_id\n"
        f"    FROM places_log FINAL ARRAY JOIN {spots} AS spot WHERE deleted = 0)"
    )
    measured = (
        "(SELECT v.camera_id AS camera_id, spot_id, sumMap([v.at], [toInt64(v.change)]) AS steps\n"
        f"    FROM {_versions(metric, f', {listed} AS listed')} AS v\n"
        "    ARRAY JOIN v.listed AS spot_id GROUP BY camera_id, spot_id)"
    )
    return (
        "(SELECT p.place_id AS place_id, p.opens AS opens, p.closes AS closes, p.camera_id AS camera_id,\n"
        "    p.spot_id AS spot_id, k.steps AS steps\n"
        f"    FROM {place} AS p LEFT JOIN {measured} AS k ON k.camera_id = p.camera_id AND k.spot_id = p.spot_id)"
    )


def by_camera(metric: str) -> str:
    """Return rows camera_id and steps: when a camera measures `metric`."""
    return (
        f"(SELECT camera_id, sumMap([at], [toInt64(change)]) AS steps\n    FROM {_versions(metric)} GROUP BY camera_id)"
    )


def at(steps: str, ts: str, length_s: int) -> str:
    """Return SQL for how many cameras measure at the end of the window [ts, ts + length_s)."""
    end_us = f"1000000 * (toInt64(toUnixTimestamp({ts})) + {length_s})"
    return f"arraySum((t, n) -> if(t < {end_us}, n, 0), {steps}.1, {steps}.2)"


def windows(metric: str, grain: str) -> str:
    """Return the windows in which any camera has a row."""
    return f"(SELECT DISTINCT ts FROM {metric}_{grain}_log FINAL WHERE deleted = 0)"
