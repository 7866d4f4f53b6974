-- Jalan per jam: a row a road, direction and hour.
SELECT
    $camera(w),
    m.camera_id AS camera_id,
    r.name AS jalan,
    $arah(m.direction) AS direction,
    $wib(m.ts) AS waktu,
    $jam(m.ts) AS jam,
    $hari(m.ts) AS hari_minggu,
    m.day_type AS day_type,
    m.vehicles AS vehicles,
    m.vehicles_per_hour AS vehicles_per_hour,
    m.smp_per_hour AS smp_per_hour,
    m.capacity AS capacity,
    m.dj AS dj,
    m.los AS los,
    m.speed_mean_kmh AS speed_mean_kmh,
    m.coverage AS coverage,
    m.observed_ms AS observed_ms,
    m.expected_ms AS expected_ms,
    $sebab(m.reason) AS reason
FROM road_hour AS m
LEFT JOIN roads AS r ON r.road = m.road
LEFT JOIN cameras_now AS w ON w.camera_id = m.camera_id
WHERE $asked(m.ts)
