-- Genangan per jam: a row a road under watch and hour.
SELECT
    $camera(w),
    m.camera_id AS camera_id,
    m.zone_id AS zone_id,
    $wib(m.ts) AS waktu,
    m.wet_mean AS wet_mean,
    m.wet_max AS wet_max,
    m.coverage AS coverage,
    $sebab(m.reason) AS reason
FROM flood_hour AS m
LEFT JOIN cameras_now AS w ON w.camera_id = m.camera_id
WHERE $asked(m.ts)
