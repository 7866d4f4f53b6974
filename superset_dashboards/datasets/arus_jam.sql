-- Arus per jam: a row a counting line, direction, class and hour.
SELECT
    $camera(w),
    m.camera_id AS camera_id,
    m.line_id AS line_id,
    $arah(m.direction) AS direction,
    $wib(m.ts) AS waktu,
    $jam(m.ts) AS jam,
    transform(m.class, ['person', 'rider', 'bicycle', 'motorcycle', 'car', 'bus', 'truck', 'other'],
        ['Orang', 'Pengendara', 'Sepeda', 'Sepeda motor', 'Mobil', 'Bus', 'Truk', 'Lainnya'], m.class) AS kelas,
    m.class AS class,
    m.crossings AS crossings,
    m.coverage AS coverage,
    m.observed_ms AS observed_ms,
    m.expected_ms AS expected_ms,
    $sebab(m.reason) AS reason
FROM flow_hour AS m
LEFT JOIN cameras_now AS w ON w.camera_id = m.camera_id
WHERE $asked(m.ts)
