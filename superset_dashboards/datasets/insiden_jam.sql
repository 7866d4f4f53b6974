-- Insiden per jam: a row a camera and hour with the time that was watched, and a row an incident: add them up, and hours without incidents are there, too.
SELECT
    $camera(w),
    m.camera_id AS camera_id,
    $wib(m.ts) AS waktu,
    $jam(m.ts) AS jam,
    $hari(m.ts) AS hari_minggu,
    m.observed_ms AS observed_ms,
    m.expected_ms AS expected_ms,
    m.parkir AS parkir,
    m.orang_malam AS orang_malam,
    m.balap_liar AS balap_liar,
    m.massa AS massa
FROM (
    SELECT h.camera_id AS camera_id, h.ts AS ts, h.observed_ms AS observed_ms, h.expected_ms AS expected_ms,
        0 AS parkir, 0 AS orang_malam, 0 AS balap_liar, 0 AS massa
    FROM health_hour AS h WHERE $asked(h.ts)
    UNION ALL
    SELECT o.camera_id AS camera_id, toStartOfHour(toDateTime(o.opened_at, 'UTC')) AS ts, 0 AS observed_ms, 0 AS expected_ms,
        o.kind = 'parking' AS parkir, o.kind = 'night' AS orang_malam, o.kind = 'racing' AS balap_liar, o.kind = 'gathering' AS massa
    FROM incidents AS o
    WHERE o.kind IN ('parking', 'night', 'racing', 'gathering') AND o.state != 'pending' AND o.inhibited_by = '' AND $asked(o.opened_at)
) AS m
LEFT JOIN cameras_now AS w ON w.camera_id = m.camera_id
