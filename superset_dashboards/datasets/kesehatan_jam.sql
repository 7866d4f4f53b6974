-- Kesehatan kamera per jam: a row a camera and hour.
SELECT
    $camera(w),
    m.camera_id AS camera_id,
    w.site AS site,
    $wib(m.ts) AS waktu,
    $jam(m.ts) AS jam,
    m.uptime AS uptime,
    m.fps_mean AS fps_mean,
    m.delay_p95_ms AS delay_p95_ms,
    m.coverage AS coverage,
    m.observed_ms AS observed_ms,
    m.expected_ms AS expected_ms,
    $sebab(m.reason) AS reason
FROM health_hour AS m
LEFT JOIN cameras_now AS w ON w.camera_id = m.camera_id
WHERE $asked(m.ts)
