-- Insiden per jam: a row a camera and hour, with the time that was watched: hours without incidents are there, too.
SELECT
    $camera(w),
    m.camera_id AS camera_id,
    $wib(m.ts) AS waktu,
    $jam(m.ts) AS jam,
    $hari(m.ts) AS hari_minggu,
    m.observed_ms AS observed_ms,
    m.expected_ms AS expected_ms,
    i.parkir AS parkir,
    i.orang_malam AS orang_malam,
    i.balap_liar AS balap_liar,
    i.massa AS massa
FROM health_hour AS m
LEFT JOIN (
    SELECT o.camera_id AS camera_id, toStartOfHour(toDateTime(o.opened_at, 'UTC')) AS ts, countIf(o.kind = 'parking') AS parkir,
        countIf(o.kind = 'night') AS orang_malam, countIf(o.kind = 'racing') AS balap_liar, countIf(o.kind = 'gathering') AS massa
    FROM incidents AS o
    WHERE o.state != 'pending' AND o.inhibited_by = '' AND $asked(o.opened_at)
    GROUP BY camera_id, ts
) AS i ON i.camera_id = m.camera_id AND i.ts = m.ts
LEFT JOIN cameras_now AS w ON w.camera_id = m.camera_id
WHERE $asked(m.ts)
