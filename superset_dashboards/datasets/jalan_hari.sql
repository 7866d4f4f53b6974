-- Jalan per hari: a row a road, direction and local day, with its peak hour.
SELECT
    $camera(w),
    m.camera_id AS camera_id,
    r.name AS jalan,
    $arah(m.direction) AS direction,
    $wib(m.ts) AS waktu,
    m.day_type AS day_type,
    m.vehicles AS vehicles,
    m.vehicles_estimated AS vehicles_estimated,
    if(isNull(m.peak_hour), '', formatDateTime($wib(m.peak_hour), '%H.%i')) AS jam_puncak,
    m.peak_hour_vehicles AS peak_hour_vehicles,
    m.phf AS phf,
    m.dj AS dj,
    m.los AS los,
    m.coverage AS coverage,
    $sebab(m.reason) AS reason
FROM road_day AS m
LEFT JOIN roads AS r ON r.road = m.road
LEFT JOIN cameras_now AS w ON w.camera_id = m.camera_id
WHERE $asked(m.ts)
