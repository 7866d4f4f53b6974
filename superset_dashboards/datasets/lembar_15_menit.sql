-- Lembar 15 menit: a row a line, direction and quarter of an hour, classes side by side, as traffic engineers fill it in.
SELECT
    $camera(w),
    m.camera_id AS camera_id,
    m.line_id AS line_id,
    $arah(m.direction) AS direction,
    $wib(m.ts) AS waktu,
    sumIf(m.crossings, m.class = 'motorcycle') AS sepeda_motor,
    sumIf(m.crossings, m.class = 'car') AS mobil,
    sumIf(m.crossings, m.class = 'bus') AS bus,
    sumIf(m.crossings, m.class = 'truck') AS truk,
    sumIf(m.crossings, m.class = 'bicycle') AS sepeda,
    any(m.coverage) AS coverage,
    $sebab(any(m.reason)) AS reason
FROM flow_quarter AS m
LEFT JOIN cameras_now AS w ON w.camera_id = m.camera_id
WHERE $asked(m.ts)
GROUP BY ALL
