-- Kendaraan, dua periode: a row a road, direction, kind of day and hour, of the period asked for and of the one before it.
SELECT
    $camera(w),
    m.camera_id AS camera_id,
    r.name AS jalan,
    m.direction AS direction,
    m.jenis_hari AS jenis_hari,
    m.jam AS jam,
    $dari_dua(m),
    $sebelumnya() AS sebelumnya
FROM (
    SELECT h.camera_id AS camera_id, h.road AS road, $arah(h.direction) AS direction,
        $jenis_hari(h.day_type) AS jenis_hari, $jam(h.ts) AS jam,
        $dua(h.ts, 3600000 * h.vehicles, h.observed_ms, h.expected_ms)
    FROM road_hour AS h WHERE $terbanding(h.ts)
    GROUP BY camera_id, road, direction, jenis_hari, jam
) AS m
LEFT JOIN roads AS r ON r.road = m.road
LEFT JOIN cameras_now AS w ON w.camera_id = m.camera_id
