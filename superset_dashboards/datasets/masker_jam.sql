-- Pemakaian masker per jam: a row a zone and hour; add k and n, then take the ratio.
SELECT
    $camera(w),
    m.camera_id AS camera_id,
    m.zone_id AS zone_id,
    $wib(m.ts) AS waktu,
    $jam(m.ts) AS jam,
    m.masked AS masked,
    m.decided AS decided,
    m.unknown AS unknown,
    m.unit AS unit,
    m.coverage AS coverage,
    m.observed_ms AS observed_ms,
    m.expected_ms AS expected_ms,
    $sebab(m.reason) AS reason
FROM mask_hour AS m
LEFT JOIN cameras_now AS w ON w.camera_id = m.camera_id
WHERE m.unit = 'track' AND $asked(m.ts)
