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


class Section(NamedTuple):
    """One table of the report."""

    title: str
    sql: str
    empty: str


SECTIONS: Final = (
    Section(
        "Busiest places: the fullest hour of each zone (persons at once)",
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
        "Incidents that are open",
        f"""
SELECT kind, severity, camera_id AS camera, zone_id AS zone, state,
    formatDateTime(toTimeZone(opened_at, 'Asia/Jakarta'), '%F %T') AS opened_local, {LABEL}
FROM tilik.incidents WHERE state NOT IN ('closed', 'expired_unobserved')
ORDER BY opened_at DESC, camera_id LIMIT 10""",
        "none",
    ),
    Section(
        "Incidents so far",
        f"""
SELECT kind, {LABEL}, count() AS incidents, countIf(closed_at IS NULL) AS open,
    round(quantileExact(0.5)(duration_s) / 60, 1) AS median_minutes
FROM tilik.incidents GROUP BY kind, simulated ORDER BY incidents DESC, kind""",
        "none",
    ),
    Section(
        "Cameras that were not watching when their stream ended",
        f"""
SELECT if(n.name = '', camera_id, n.name) AS place, camera_id AS camera, state,
    formatDateTime(local_ts, '%F %H:%i') AS last_minute, round(100 * uptime, 1) AS uptime_percent, {LABEL}
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
