"""The tables of the page: what each asks, and in plain words what its columns are."""

from __future__ import annotations

from typing import Final, NamedTuple

NAMES: Final = (
    "(SELECT camera_id, any(if(name = '', camera_id, name)) AS place FROM tilik.cameras GROUP BY camera_id) AS n"
)

DAY: Final = "(SELECT toDate(max(local_ts)) FROM tilik.health_now WHERE simulated)"
"""The simulated day that the page is about: the last one. What lies before it is what is usual."""

ON_DAY: Final = f"simulated AND toDate(local_ts) = {DAY}"

LEFT: Final = "i.state = 'expired_unobserved'"
"""Nobody saw how an incident `i` ended, since its camera was silent too long: it has no end, and is not open."""

OF_DAY: Final = f"simulated AND (toDate(i.local_ts) = {DAY} OR (closed_at IS NULL AND NOT {LEFT}))"
"""Incidents `i` of that day: those that began on it, and what still lasts."""

OPEN: Final = "((closed_at IS NULL AND state != 'expired_unobserved') OR close_reason = 'end_of_input')"
"""What was still so when the recording ended: a replay closes it then, for nobody sees it end."""

AGE: Final = "dateDiff('second', i.ts, (SELECT max(ts) + 60 FROM tilik.health_now WHERE simulated))"
LASTS: Final = f"coalesce(duration_s, if({LEFT}, 0, toFloat64({AGE})))"
"""How long an incident `i` lasted, or has lasted when the recording ended [s]; 0 where nobody saw its end."""


MADE_HERE: Final = f"""(
    SELECT DISTINCT place_id
    FROM (SELECT place_id, splitByChar('/', arrayJoin(arrayConcat(zones, gates)))[1] AS camera_id
          FROM tilik.places_log FINAL WHERE deleted = 0)
    WHERE camera_id IN (SELECT camera_id FROM tilik.health_minute AS m WHERE {ON_DAY} GROUP BY camera_id
                        HAVING sumIf(m.objects, startsWith(model_id, 'tilik-')) > 0.1 * sum(m.objects)))"""
"""The places of which a camera's tracks were made here on that day, of more than a tenth of its objects (ours).

Not of its frames: before anybody came, a stream has shown no id yet.
"""


RATE: Final = "if(v.basis = 'entries', v.entries_per_hour, v.passages_per_hour)"
"""People an hour watched, of a place's hour `v`."""


class Section(NamedTuple):
    """One table of the page."""

    title: str
    words: str
    sql: str
    empty: str


RECORDED: Final = Section(
    "Recordings of real cameras",
    "Seconds to minutes long: they show that real detections are read and counted, and are no figures of a city. "
    "persons: in the zone at once; crossings: over all lines, either way; stopped: vehicles suspected of standing "
    "where they must not.",
    f"""
SELECT any(place) AS recording, camera_id AS camera, round(sum(observed_ms) / 1000) AS watched_s,
    sum(h.frames) AS frames, any(persons) AS persons, any(crossed) AS crossings, any(stopped) AS stopped
FROM tilik.health_minute AS h INNER JOIN {NAMES} USING (camera_id)
LEFT JOIN (SELECT camera_id, round(sum(person_minutes) / (sum(observed_ms) / 60000), 1) AS persons
           FROM tilik.crowd_minute WHERE observed_ms > 0 GROUP BY camera_id) AS c USING (camera_id)
LEFT JOIN (SELECT camera_id, sum(crossings) AS crossed FROM tilik.flow_minute GROUP BY camera_id) AS f USING (camera_id)
LEFT JOIN (SELECT camera_id, count() AS stopped FROM tilik.incidents WHERE kind = 'parking' GROUP BY camera_id) AS p
    USING (camera_id)
WHERE NOT simulated GROUP BY camera_id ORDER BY recording SETTINGS join_use_nulls = 1""",
    "none was played",
)

SECTIONS: Final = (
    Section(
        "Busiest places: the fullest hour of each zone",
        "persons_mean: at once, on average over the hour; level A (free) to F (packed) by persons on a square metre, "
        "'-' where the ground is not measured.",
        f"""
SELECT place, camera_id AS camera, zone_id AS zone, formatDateTime(local_ts, '%F %H:%i') AS local_hour,
    round(persons_mean, 1) AS persons_mean, persons_max, level
FROM (SELECT * FROM tilik.crowd_hour WHERE persons_mean IS NOT NULL AND {ON_DAY}
      ORDER BY persons_mean DESC, camera_id, zone_id LIMIT 1 BY camera_id, zone_id) AS c
INNER JOIN {NAMES} USING (camera_id)
ORDER BY c.persons_mean DESC, camera_id LIMIT 5""",
        "no zone was watched long enough to publish an hour",
    ),
    Section(
        "Flow: the lines that most vehicles cross an hour",
        "Counted in the minutes that were watched enough, of lines with an hour of these; per_hour: vehicles over that "
        "time. vehicles: two_wheeled (motorcycles, bicycles), cars and heavy (buses, trucks); riders and persons stand "
        "beside them and are not in it.",
        f"""
SELECT place, camera_id AS camera, line_id AS line, direction, round(vehicles / (watched / 3.6e6)) AS per_hour,
    vehicles, two_wheeled, cars, heavy, riders, persons
FROM (SELECT camera_id, line_id, direction, sumIf(f.crossings, class = 'car') AS cars,
        sumIf(f.crossings, class IN ('motorcycle', 'bicycle')) AS two_wheeled,
        sumIf(f.crossings, class IN ('bus', 'truck')) AS heavy, two_wheeled + cars + heavy AS vehicles,
        sumIf(f.crossings, class = 'rider') AS riders, sumIf(f.crossings, class = 'person') AS persons,
        sumIf(f.observed_ms, class = 'car') AS watched
      FROM tilik.flow_minute AS f WHERE f.crossings IS NOT NULL AND {ON_DAY} GROUP BY camera_id, line_id, direction
      HAVING vehicles > 0 AND watched >= 3.6e6
      ORDER BY vehicles / watched DESC, camera_id, line_id, direction LIMIT 6) AS f
INNER JOIN {NAMES} USING (camera_id)
ORDER BY f.vehicles / f.watched DESC, camera_id, line, direction""",
        "no vehicle crossed a line that was watched for an hour",
    ),
    Section(
        "Roads: where traffic stood, then nearest to capacity; the worst hour of each",
        "dj (derajat kejenuhan): traffic in passenger cars (smp) over what the road can carry, near saturation from "
        "0.85; los: A (free) to F (stands); jam_min: minutes that its lanes stood, over the day.",
        f"""
SELECT any(r.name) AS street, h.road AS road, h.direction AS direction,
    formatDateTime(any(h.local_ts), '%F %H:%i') AS local_hour, any(h.vehicles) AS vehicles,
    round(any(h.smp_per_hour)) AS smp_per_hour, round(any(h.dj), 2) AS dj, any(h.los) AS los,
    round(any(h.speed_mean_kmh)) AS kmh, max(j.jams) AS jams, round(max(j.jam_min)) AS jam_min
FROM (SELECT * FROM tilik.road_hour WHERE dj IS NOT NULL AND {ON_DAY}
      ORDER BY los DESC, dj DESC, road LIMIT 1 BY road) AS h
INNER JOIN (SELECT road, name, arrayJoin(arrayMap(l -> splitByChar('/', l)[1], lines)) AS camera_id
            FROM tilik.roads) AS r USING (road)
LEFT JOIN (SELECT camera_id, count() AS jams, sum(coalesce(duration_s, 0)) / 60 AS jam_min FROM tilik.incidents AS i
           WHERE kind = 'congestion' AND {OF_DAY} GROUP BY camera_id) AS j ON j.camera_id = r.camera_id
GROUP BY h.road, h.direction ORDER BY max(j.jam_min) DESC, any(h.dj) DESC, road LIMIT 8""",
        "no road with a capacity was watched for a whole hour",
    ),
    Section(
        "Visits by place, in its watched hours",
        "Ranked by per_hour: people in an hour of the time that was watched, since places differ in hours that were. "
        "basis entries: who came in by the gates; basis lintasan (passages): who passed through the view, "
        "person-minutes over the median stay. Who passes twice counts twice: these are no visitors. trend, against the "
        "weeks before: naik (more), landai (about as many), turun (fewer), data tidak cukup (too few days to tell). "
        "tracks 'made here': of one of its cameras at least, by Tilik; such places come last.",
        f"""
SELECT any(v.name) AS place, any(v.basis) AS basis, if(any(h.place_id) = '', 'own', 'made here') AS tracks,
    countIf(v.entries IS NOT NULL OR v.passages IS NOT NULL) AS hours,
    sum(if(v.basis = 'entries', toFloat64(v.entries), round(v.passages))) AS counted_in_them,
    round(sum({RATE} * v.observed_ms) / sumIf(v.observed_ms, {RATE} IS NOT NULL)) AS per_hour,
    round(quantileExact(0.5)(v.stay_median_s)) AS stay_s, max(v.cameras_total) AS cameras, any(t.verdict) AS trend
FROM tilik.visits_place_hour AS v
LEFT JOIN (SELECT place_id, argMax(verdict, day) AS verdict FROM tilik.visits_trend GROUP BY place_id) AS t
    ON t.place_id = v.place_id
LEFT JOIN {MADE_HERE} AS h ON h.place_id = v.place_id
WHERE {ON_DAY} GROUP BY v.place_id HAVING hours > 0 ORDER BY tracks = 'made here', per_hour DESC, place LIMIT 6""",
        "no place was watched for a whole hour",
    ),
    Section(
        "Masks worn (pemakaian masker)",
        "decided: people whose face was seen long and clearly enough to say; percent: of these, with a mask; low, "
        "high: how far off chance alone may be (95 %).",
        f"""
SELECT place, zone_id AS zone, formatDateTime(local_ts, '%F %H:%i') AS local_hour, masked, decided, unknown,
    round(100 * ratio) AS percent, round(100 * ratio_low) AS low, round(100 * ratio_high) AS high
FROM (SELECT * FROM tilik.mask_hour WHERE ratio IS NOT NULL AND {ON_DAY}
      ORDER BY decided DESC, camera_id, zone_id LIMIT 1 BY camera_id, zone_id) AS m
INNER JOIN {NAMES} USING (camera_id) ORDER BY m.decided DESC LIMIT 4""",
        "no zone had 30 decided people in an hour",
    ),
    Section(
        "Floods: hours under water, with the hours not watched beside them",
        "peak_index: the largest share of the road that was wet; it says more or less, not how deep.",
        f"""
SELECT place, zone_id AS zone, formatDateTime(local_ts, '%Y-%m') AS month, round(hours_flooded, 1) AS hours_flooded,
    round(hours_not_watched, 1) AS hours_not_watched, incidents, round(peak, 2) AS peak_index,
    round(longest_h, 1) AS longest_h
FROM (SELECT * FROM tilik.flood_month WHERE incidents > 0 AND simulated) AS f INNER JOIN {NAMES} USING (camera_id)
ORDER BY f.hours_flooded DESC, camera_id LIMIT 5""",
        "no road was under water",
    ),
    Section(
        "Garbage that lies there at the end, oldest first",
        "age_h: hours since it was first seen.",
        f"""
SELECT place, zone_id AS zone, round({LASTS} / 3600, 1) AS age_h
FROM tilik.incidents AS i INNER JOIN {NAMES} USING (camera_id) WHERE kind = 'garbage' AND {OPEN} AND {OF_DAY}
ORDER BY {LASTS} DESC, camera_id LIMIT 5""",
        "none",
    ),
    Section(
        "Areas: the eight kecamatan with most persons in an hour, and how many cameras saw it",
        "persons: at once, added over the zones of the cameras that were watching.",
        f"""
SELECT area, any(area_name) AS kecamatan, formatDateTime(argMax(local_ts, persons_mean), '%F %H:%i') AS local_hour,
    round(max(persons_mean), 1) AS persons, argMax(cameras_reporting, persons_mean) AS cameras_reporting,
    argMax(cameras_total, persons_mean) AS cameras_total
FROM tilik.crowd_area_hour WHERE area_level = 'kecamatan' AND persons_mean IS NOT NULL AND {ON_DAY}
GROUP BY area ORDER BY persons DESC, area LIMIT 8""",
        "no area was watched for a whole hour",
    ),
    Section(
        "Incidents that are open at the end: the three oldest of each kind, of those that no site explains",
        "hours: since it began, at the end of the day.",
        f"""
SELECT kind, severity, place, zone_id AS zone, formatDateTime(local_ts, '%F %T') AS opened_local,
    round({LASTS} / 3600, 1) AS hours
FROM tilik.incidents AS i INNER JOIN {NAMES} USING (camera_id)
WHERE {OPEN} AND inhibited_by = '' AND {OF_DAY} ORDER BY kind, i.ts, camera_id LIMIT 3 BY kind""",
        "none",
    ),
    Section(
        "Incidents of the day",
        "inhibited: of cameras whose whole site was out, which explains them; median_minutes: of those that are over. "
        "parking: vehicles suspected of standing where they must not; congestion: traffic stood; crowd: people too "
        "close together; gathering: people who stay together; night: somebody where nobody should be then; racing: "
        "street racing is suspected.",
        f"""
SELECT kind, count() AS incidents, countIf({OPEN}) AS open, countIf(inhibited_by != '') AS inhibited,
    round(quantileExact(0.5)(duration_s) / 60, 1) AS median_minutes
FROM tilik.incidents AS i WHERE {OF_DAY} GROUP BY kind ORDER BY incidents DESC, kind""",
        "none",
    ),
    Section(
        "Cameras that were not watching when the day ended",
        "stale: silent for seconds; offline: for five minutes or more; misread: all it sends are boxes outside; "
        "missed: its frames were lost before they were read; percent_of_it_watched: of that last minute.",
        f"""
SELECT place, camera_id AS camera, state, formatDateTime(local_ts, '%F %H:%i') AS last_minute,
    round(100 * uptime, 1) AS percent_of_it_watched
FROM (SELECT * FROM tilik.health_now WHERE state != 'online' AND simulated) AS h INNER JOIN {NAMES} USING (camera_id)
ORDER BY state DESC, camera_id LIMIT 10""",
        "all were watching",
    ),
    Section(
        "Coverage: the share of expected time that was watched",
        "Figures of a minute that was watched for less than four fifths are not published.",
        f"""
SELECT uniqExact(camera_id) AS cameras, count() AS camera_minutes,
    round(100 * sum(observed_ms) / sum(expected_ms), 2) AS watched_percent,
    countIf(coverage < 0.8) AS minutes_not_published
FROM tilik.health_minute WHERE {ON_DAY} HAVING cameras > 0""",
        "no camera sent anything",
    ),
)
"""The tables of the simulated day, in the order they are read."""
