-- Kerumunan per jam: a row a zone and hour.
SELECT
    $camera(w),
    m.camera_id AS camera_id,
    m.zone_id AS zone_id,
    concat(m.zone_id, ', ', w.name) AS zona,
    $wib(m.ts) AS waktu,
    $jam(m.ts) AS jam,
    $hari(m.ts) AS hari_minggu,
    m.day_type AS day_type,
    m.persons_mean AS persons_mean,
    m.persons_max AS persons_max,
    m.person_minutes AS person_minutes,
    m.density_mean AS density_mean,
    m.density_p95 AS density_p95,
    m.level AS level,
    m.coverage AS coverage,
    m.observed_ms AS observed_ms,
    m.expected_ms AS expected_ms,
    $sebab(m.reason) AS reason
FROM crowd_hour AS m
LEFT JOIN cameras_now AS w ON w.camera_id = m.camera_id
WHERE $asked(m.ts)
