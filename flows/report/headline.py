"""What stands out, in sentences that need no explanation: each the answer to one query.

Every figure stands beside what it is measured against: what is usual there at that
hour on days of its kind, where such are stored, else the place's whole day; a road's
capacity; how many cameras there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from flows.asking import Store, ask
from flows.report.sections import DAY, LASTS, NAMES, OF_DAY, ON_DAY, OPEN

Found = dict[str, Any]
"""One row of an answer, by column; no column is NULL."""


class Sentence(NamedTuple):
    """A question whose answer is one row, and what is said of it; `none` where it has no row."""

    sql: str
    words: Callable[[Found], str]
    none: str


def sentences(store: Store) -> Iterator[str]:
    """Yield what stands out in the simulated city."""
    for sentence in SENTENCES:
        answer = ask(store, sentence.sql)
        if answer.rows and None not in answer.rows[0]:
            yield sentence.words(dict(zip(answer.column_names, answer.rows[0], strict=True)))
        else:
            yield sentence.none


def _times(count: int, one: str, many: str) -> str:
    return f"1 {one}" if count == 1 else f"{count:,} {many}"


def _long(found: Found) -> str:
    """Return how long it lasted; the store rounds, as in the tables: Python's 2.55 h would be 2.5."""
    if not found["minutes"]:  # what was seen to end had lasted for minutes
        return "its end unseen"
    return f"{found['minutes']:.0f} min" if found["minutes"] < 90 else f"{found['hours']:.1f} h"


def _longest(found: Found, still: str, at: str = "") -> str:
    """Return where and how long it lasted most, and how often it was `still` so at the end."""
    since = f" from {found['since']}" if "since" in found else ""
    left = f"{found['open']:,}" if found["open"] else "none"
    end = f"{left} {still} at the end"
    if found.get("seen", 0) < found.get("watched", 0):
        end = f"at the end {found['seen']} of {found['watched']} were watched, {left} of them {still}"
    return f"the longest {at}{found['place']}{since} ({_long(found)}); {end}"


def _watched(found: Found) -> str:
    wrong = f". Of {_times(found['misread'], 'camera', 'cameras')} nothing is known for a while: all boxes lay outside"
    return (
        f"Watched: {found['percent']} % of {_times(found['cameras'], 'camera', 'cameras')}' time. At the end "
        f"({found['until']}) {found['online']} of them were watching"
        f"{wrong if found['misread'] else ''}"
    )


def _outages(found: Found) -> str:
    return (
        f"Out of order for 5 minutes or more: {_times(found['sites'], 'time a whole site', 'times a whole site')}, "
        f"{_times(found['cameras'], 'time a single camera', 'times a single camera')}, "
        f"{_longest(found, 'still out')}"
    )


def _before(found: Found, usual: str) -> str:
    """Return what is usual, and of how many days before that is told."""
    kind = KINDS[found["kind"]] if found["days"] > 1 else KINDS[found["kind"]].replace("days", "day")
    return f"{usual} on the {found['days']} {kind} before"


def _crowds(found: Found) -> str:
    usual = _before(found, f"{found['usual']} then") if found["days"] else f"{found['whole']} over its whole day"
    return (
        f"People: most at {found['place']}, {found['hour']}: {found['persons']} at once on average, against {usual}; "
        f"up to {found['most']}"
    )


def _change(found: Found) -> str:
    days = f"{KINDS[found['kind']]} of the week before" if found["kind"] in KINDS else "like days of the week before"
    return (
        f"Against {days}, at {_times(found['cameras'], 'camera', 'cameras')} watched enough on both: vehicles "
        f"{found['vehicles']:+.0f} %, people in view {found['persons']:+.0f} %"
    )


def _pressed(found: Found) -> str:
    return (
        f"People too close together: {_times(found['times'], 'time', 'times')} at "
        f"{_times(found['places'], 'camera', 'cameras')} of {found['watched']} that watch people, "
        f"{_longest(found, 'still crowded', 'at ')}"
    )


def _jams(found: Found) -> str:
    return (
        f"Traffic stood: {_times(found['times'], 'jam', 'jams')} at {_times(found['places'], 'camera', 'cameras')} of "
        f"{found['watched']} that watch lanes, {_longest(found, 'standing', 'at ')}"
    )


def _roads(found: Found) -> str:
    usual = f"against {_before(found, str(found['usual']) + ' %')}; " if found["days"] else ""
    return (
        f"Roads: the fullest hour was {found['street']}, {found['hour']}: {found['percent']} % of what it can carry "
        f"({usual}from 85 % it is near saturation)"
    )


def _water(found: Found) -> str:
    return (
        f"Water: {_times(found['places'], 'road', 'roads')} of {found['watched']} that are watched, "
        f"{_longest(found, 'under water')}"
    )


def _garbage(found: Found) -> str:
    are_some_unseen = found["seen"] < found["watched"]
    unseen = f"; {found['seen']} of {found['watched']} cameras were watching then" if are_some_unseen else ""
    return (
        f"Garbage: {_times(found['heaps'], 'heap lies', 'heaps lie')} there at the end, the oldest for "
        f"{found['hours']} h at {found['place']}{unseen}"
    )


def _parking(found: Found) -> str:
    return (
        f"Parking: {_times(found['times'], 'vehicle', 'vehicles')} suspected of standing where they must not, "
        f"{found['parked']:,} of them for 3 minutes or more; most at {found['place']} ({found['most']}, against "
        f"{found['usual']} on average where any stood)"
    )


KINDS: Final = {
    "weekday": "weekdays",
    "saturday": "Saturdays",
    "sunday": "Sundays",
    "holiday": "holidays",
    "joint_leave": "days of joint leave",
}
"""What days of a kind are called."""

LOOKED_BACK: Final = 28
"""Days in which the usual is looked for, as for days that lack hours."""

PAST: Final = f"simulated AND toDate(local_ts) >= {DAY} - {LOOKED_BACK} AND toDate(local_ts) < {DAY}"
AT_ONCE: Final = "sum(person_minutes) / (sum(observed_ms) / 60000)"
WEEK_AND_DAY: Final = f"(from_a = {DAY} - 7, to_a = {DAY} - 1, from_b = {DAY}, to_b = {DAY})"


def _usual(view: str, keys: str, figure: str, published: str) -> str:
    """Return the question what is usual of a view by hour: by key, hour and kind of day, and of how many days."""
    return (
        f"(SELECT {keys}, toHour(local_ts) AS at, day_type, count() AS days, {figure} AS usual\n"
        f"      FROM tilik.{view} WHERE {published} IS NOT NULL AND {PAST} GROUP BY {keys}, at, day_type)"
    )


def _lasting(columns: str, *kinds: str) -> str:
    """Return the question how often something was that no site explains, where longest, and more `columns`."""
    named = ", ".join(f"'{kind}'" for kind in kinds)
    return f"""
SELECT count() AS times, countIf({OPEN}) AS open, argMax(place, lasts) AS place,
    round(max(lasts) / 60) AS minutes, round(max(lasts) / 3600, 1) AS hours, {columns}
FROM (SELECT i.*, place, {LASTS} AS lasts FROM tilik.incidents AS i INNER JOIN {NAMES} USING (camera_id)
      WHERE kind IN ({named}) AND inhibited_by = '' AND {OF_DAY})
HAVING times > 0"""


SINCE: Final = "formatDateTime(argMax(local_ts, lasts), '%H:%i') AS since"


def _among(kind: str) -> str:
    """Return columns that say at how many cameras it was, of how many that watch for it, `seen` at the end."""
    return f"uniqExact(camera_id) AS places, {_watching(kind)}"


def _watching(kind: str) -> str:
    """Return columns that say how many cameras watch for something, and how many of them did at the end."""
    cameras = f"SELECT uniqExact(camera_id) FROM tilik.{kind}_now WHERE simulated"
    return f"({cameras}) AS watched, ({cameras} AND reason = '') AS seen"


SENTENCES: Final = (
    Sentence(
        f"""
SELECT round(100 * sum(observed_ms) / sum(expected_ms), 1) AS percent, uniqExact(camera_id) AS cameras,
    uniqExactIf(camera_id, state = 'misread') AS misread, formatDateTime(max(local_ts) + 60, '%e %b %Y %H:%i') AS until,
    (SELECT countIf(state = 'online') FROM tilik.health_now WHERE simulated) AS online
FROM tilik.health_minute WHERE {ON_DAY} HAVING cameras > 0""",
        _watched,
        "Watched: nothing",
    ),
    Sentence(
        _lasting(
            "countIf(kind = 'site_down') AS sites, countIf(kind = 'camera_down') AS cameras", "site_down", "camera_down"
        ),
        _outages,
        "Out of order: no camera for 5 minutes or more",
    ),
    Sentence(
        f"""
SELECT vehicles, round(100 * c.change) AS persons, c.cameras_both AS cameras, c.day_types AS kind
FROM (SELECT round(100 * (sum(crossings_b) / sum(crossings_a) - 1)) AS vehicles FROM tilik.flow_compare{WEEK_AND_DAY}
      WHERE area_level = 'city' AND class IN ('motorcycle', 'car', 'bus', 'truck') AND reason = ''
      HAVING sum(crossings_a) > 0) AS f
CROSS JOIN (SELECT change, cameras_both, day_types FROM tilik.crowd_compare{WEEK_AND_DAY}
            WHERE area_level = 'city' AND reason = '') AS c""",
        _change,
        "Against the week before: no camera was watched enough on like days of both",
    ),
    Sentence(
        f"""
SELECT place, formatDateTime(h.local_ts, '%H:00') AS hour, round(h.persons_mean, 1) AS persons, h.persons_max AS most,
    round(w.whole, 1) AS whole, u.days AS days, round(ifNull(u.usual, 0), 1) AS usual, h.day_type AS kind
FROM (SELECT *, toHour(local_ts) AS at FROM tilik.crowd_hour WHERE persons_mean IS NOT NULL AND {ON_DAY}
      ORDER BY persons_mean DESC, camera_id, zone_id LIMIT 1) AS h
INNER JOIN {NAMES} USING (camera_id)
INNER JOIN (SELECT camera_id, zone_id, {AT_ONCE} AS whole FROM tilik.crowd_hour
            WHERE {ON_DAY} GROUP BY camera_id, zone_id HAVING sum(observed_ms) > 0) AS w USING (camera_id, zone_id)
LEFT JOIN {_usual("crowd_hour", "camera_id, zone_id", AT_ONCE, "persons_mean")}
    AS u USING (camera_id, zone_id, at, day_type)""",
        _crowds,
        "People: no zone was watched for a whole hour",
    ),
    Sentence(_lasting(f"{_among('crowd')}, {SINCE}", "crowd"), _pressed, "People too close together: nowhere"),
    Sentence(
        _lasting(f"{_among('congestion')}, {SINCE}", "congestion"),
        _jams,
        "Traffic stood: nowhere",
    ),
    Sentence(
        f"""
SELECT any(r.name) AS street, formatDateTime(any(h.local_ts), '%H:00') AS hour, round(100 * any(h.dj)) AS percent,
    any(u.days) AS days, round(100 * ifNull(any(u.usual), 0)) AS usual, any(h.day_type) AS kind
FROM (SELECT *, toHour(local_ts) AS at FROM tilik.road_hour WHERE dj IS NOT NULL AND {ON_DAY}
      ORDER BY dj DESC, road LIMIT 1) AS h
INNER JOIN tilik.roads AS r USING (road)
LEFT JOIN {_usual("road_hour", "road, direction", "avg(dj)", "dj")} AS u USING (road, direction, at, day_type)
HAVING count() > 0""",
        _roads,
        "Roads: none with a known capacity was watched for a whole hour",
    ),
    Sentence(
        _lasting(f"{_among('flood')}, {SINCE}", "flood"),
        _water,
        "Water: on no road that is watched",
    ),
    Sentence(
        f"""
SELECT count() AS heaps, round(max(lasts) / 3600, 1) AS hours, argMax(place, lasts) AS place, {_watching("garbage")}
FROM (SELECT place, {LASTS} AS lasts FROM tilik.incidents AS i INNER JOIN {NAMES} USING (camera_id)
      WHERE kind = 'garbage' AND {OPEN} AND {OF_DAY})
HAVING heaps > 0""",
        _garbage,
        "Garbage: none lies there at the end",
    ),
    Sentence(
        f"""
SELECT sum(n) AS times, sum(parked) AS parked, argMax(place, n) AS place, max(n) AS most, round(avg(n)) AS usual
FROM (SELECT camera_id, any(place) AS place, count() AS n, countIf(severity = 'parked') AS parked
      FROM tilik.incidents AS i INNER JOIN {NAMES} USING (camera_id)
      WHERE kind = 'parking' AND {OF_DAY} GROUP BY camera_id ORDER BY camera_id)
HAVING times > 0""",
        _parking,
        "Parking: nobody stood where they must not",
    ),
)
"""The headline, in the order it is read."""
