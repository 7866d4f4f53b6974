"""What the city looks like: a page of answers, each the result of one query.

Every section is SQL that anybody may send with `tilik query`; simulated figures
are labelled in their own column, and what was not watched shows as a dash.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from flows import rendering
from flows.asking import Store, ask

LABEL: Final = "if(simulated, 'SIMULATED', 'recorded') AS source"
NAMES: Final = "(SELECT camera_id, any(name) AS name FROM tilik.cameras GROUP BY camera_id) AS n"

ROADS: Final = "(SELECT road, name FROM tilik.roads) AS r"


class Section(NamedTuple):
    """One table of the report."""

    title: str
    sql: str
    empty: str


SECTIONS: Final = (
    Section(
        "Busiest places: the fullest hour of each zone (persons at once; the level is by density)",
        f"""
SELECT if(n.name = '', camera_id, n.name) AS place, camera_id AS camera, zone_id AS zone,
    formatDateTime(local_ts, '%F %H:%i') AS local_hour, round(persons_mean, 1) AS persons_mean, persons_max,
    level, {LABEL}
FROM (SELECT * FROM tilik.crowd_hour WHERE persons_mean IS NOT NULL
      ORDER BY persons_mean DESC, camera_id, zone_id LIMIT 1 BY camera_id, zone_id) AS c
LEFT JOIN {NAMES} USING (camera_id)
ORDER BY simulated, c.persons_mean DESC, camera_id LIMIT 5 BY simulated""",
        "no zone was watched long enough to publish an hour",
    ),
    Section(
        "Flow: the lines with most crossings",
        f"""
SELECT if(n.name = '', camera_id, n.name) AS place, camera_id AS camera, line_id AS line, direction,
    crossings, motorcycles, cars, heavy, persons, {LABEL}
FROM (SELECT camera_id, line_id, direction, simulated, sum(crossings) AS crossings,
        sumIf(f.crossings, class = 'motorcycle') AS motorcycles, sumIf(f.crossings, class = 'car') AS cars,
        sumIf(f.crossings, class IN ('bus', 'truck')) AS heavy, sumIf(f.crossings, class = 'person') AS persons
      FROM tilik.flow_minute AS f GROUP BY camera_id, line_id, direction, simulated
      HAVING crossings > 0 ORDER BY crossings DESC, camera_id, line_id, direction LIMIT 6 BY simulated) AS f
LEFT JOIN {NAMES} USING (camera_id)
ORDER BY simulated, f.crossings DESC, camera_id, line, direction""",
        "nothing crossed a line in a minute that was watched enough",
    ),
    Section(
        "Roads: the hour nearest to capacity (smp/h, degree of saturation, level of service)",
        f"""
SELECT any(r.name) AS street, h.road AS road, h.direction AS direction,
    formatDateTime(any(h.local_ts), '%F %H:%i') AS local_hour, any(h.vehicles) AS vehicles,
    round(any(h.smp_per_hour)) AS smp_per_hour, round(any(h.dj), 2) AS dj, any(h.los) AS los,
    round(any(h.speed_mean_kmh)) AS kmh, substring(any(h.emp_row), 10) AS mkji1997_row, {LABEL}
FROM (SELECT * FROM tilik.road_hour WHERE dj IS NOT NULL ORDER BY dj DESC, road LIMIT 1 BY road) AS h
LEFT JOIN {ROADS} USING (road)
GROUP BY h.road, h.direction, simulated ORDER BY simulated, any(h.dj) DESC, road LIMIT 5 BY simulated""",
        "no road with a capacity was watched for a whole hour",
    ),
    Section(
        "Visits by place, in its watched hours: entries at gates, or lintasan (passages in view, not visitors)",
        f"""
SELECT any(v.name) AS place, any(v.basis) AS basis, countIf(v.entries IS NOT NULL OR v.passages IS NOT NULL) AS hours,
    sum(if(v.basis = 'entries', toFloat64(v.entries), round(v.passages))) AS counted_in_them,
    round(quantileExact(0.5)(v.stay_median_s)) AS stay_s, max(v.cameras_total) AS cameras,
    any(t.verdict) AS trend, {LABEL}
FROM tilik.visits_place_hour AS v
LEFT JOIN (SELECT place_id, argMax(verdict, day) AS verdict FROM tilik.visits_trend GROUP BY place_id) AS t
    USING (place_id)
GROUP BY v.place_id, simulated HAVING hours > 0 ORDER BY simulated, counted_in_them DESC LIMIT 6""",
        "no place was watched for a whole hour",
    ),
    Section(
        "Masks worn (pemakaian masker), with the interval of sampling",
        f"""
SELECT if(n.name = '', camera_id, n.name) AS place, zone_id AS zone,
    formatDateTime(local_ts, '%F %H:%i') AS local_hour, masked, decided, unknown, round(100 * ratio) AS percent,
    round(100 * ratio_low) AS low, round(100 * ratio_high) AS high, unit, {LABEL}
FROM (SELECT * FROM tilik.mask_hour WHERE ratio IS NOT NULL
      ORDER BY decided DESC, camera_id, zone_id LIMIT 1 BY camera_id, zone_id) AS m
LEFT JOIN {NAMES} USING (camera_id)
ORDER BY simulated, m.decided DESC LIMIT 4""",
        "no zone had 30 decided tracks in an hour",
    ),
    Section(
        "Floods: hours under water, with the hours not watched beside them",
        f"""
SELECT if(n.name = '', camera_id, n.name) AS place, zone_id AS zone, formatDateTime(local_ts, '%Y-%m') AS month,
    round(hours_flooded, 1) AS hours_flooded, round(hours_not_watched, 1) AS hours_not_watched, incidents,
    round(peak, 2) AS peak_index, round(longest_h, 1) AS longest_h, {LABEL}
FROM (SELECT * FROM tilik.flood_month WHERE incidents > 0) AS f LEFT JOIN {NAMES} USING (camera_id)
ORDER BY simulated, f.hours_flooded DESC, camera_id LIMIT 5 BY simulated""",
        "no road was under water",
    ),
    Section(
        "Garbage that lies there now, oldest first",
        f"""
SELECT if(n.name = '', camera_id, n.name) AS place, zone_id AS zone, state, round(age_h, 1) AS age_h, {LABEL}
FROM tilik.garbage_open AS g LEFT JOIN {NAMES} USING (camera_id)
ORDER BY simulated, g.age_h DESC, camera_id LIMIT 5""",
        "none",
    ),
    Section(
        "Areas: the eight kecamatan with most persons in an hour, and how many cameras saw it",
        f"""
SELECT area, any(area_name) AS kecamatan, formatDateTime(argMax(local_ts, persons_mean), '%F %H:%i') AS local_hour,
    round(max(persons_mean), 1) AS persons, argMax(cameras_reporting, persons_mean) AS cameras_reporting,
    argMax(cameras_total, persons_mean) AS cameras_total, {LABEL}
FROM tilik.crowd_area_hour WHERE area_level = 'kecamatan' AND persons_mean IS NOT NULL
GROUP BY area, simulated ORDER BY persons DESC, area LIMIT 8""",
        "no area was watched for a whole hour",
    ),
    Section(
        "Incidents that are open: the three oldest of each kind, of those that no site explains",
        f"""
SELECT kind, severity, if(name = '', camera_id, name) AS place, zone_id AS zone, state,
    formatDateTime(local_ts, '%F %T') AS opened_local, round(age_min / 60, 1) AS hours, {LABEL}
FROM tilik.incidents_open WHERE inhibited_by = ''
ORDER BY kind, simulated, age_min DESC, camera_id LIMIT 3 BY kind, simulated""",
        "none",
    ),
    Section(
        "Incidents so far",
        f"""
SELECT kind, {LABEL}, count() AS incidents, countIf(closed_at IS NULL) AS open,
    countIf(inhibited_by != '') AS inhibited,
    round(quantileExact(0.5)(duration_s) / 60, 1) AS median_minutes
FROM tilik.incidents GROUP BY kind, simulated ORDER BY incidents DESC, kind""",
        "none",
    ),
    Section(
        "Cameras that were not watching when their stream ended",
        f"""
SELECT if(n.name = '', camera_id, n.name) AS place, camera_id AS camera, state,
    formatDateTime(local_ts, '%F %H:%i') AS last_minute, round(100 * uptime, 1) AS percent_of_it_watched, {LABEL}
FROM (SELECT * FROM tilik.health_now WHERE state != 'online') AS h LEFT JOIN {NAMES} USING (camera_id)
ORDER BY state DESC, camera_id LIMIT 10""",
        "all were watching",
    ),
    Section(
        "Coverage: the share of expected time that was watched",
        f"""
SELECT {LABEL}, uniqExact(camera_id) AS cameras, count() AS camera_minutes,
    round(100 * avg(coverage), 2) AS watched_percent, countIf(coverage < 0.8) AS minutes_not_published
FROM tilik.health_minute GROUP BY simulated ORDER BY simulated""",
        "no camera sent anything",
    ),
)
"""The report, in the order it is read."""


def render(store: Store) -> str:
    """Ask every section's question and return the page."""
    parts = []
    for section in SECTIONS:
        answer = ask(store, section.sql)
        body = rendering.table(answer.column_names, answer.rows, width=140) if answer.rows else f"{section.empty}\n"
        parts.append(f"{section.title}\n{body}")
    return "\n".join(parts)
