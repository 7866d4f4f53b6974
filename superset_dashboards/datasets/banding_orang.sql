-- Orang, dua periode: a row a zone, kind of day and hour, of the period asked for and of the one before it.
SELECT
    $camera(w),
    m.camera_id AS camera_id,
    concat(m.zone_id, ', ', w.name) AS zona,
    m.jenis_hari AS jenis_hari,
    m.jam AS jam,
    $dari_dua(m),
    $sebelumnya() AS sebelumnya
FROM (
    SELECT h.camera_id AS camera_id, h.zone_id AS zone_id, $jenis_hari(h.day_type) AS jenis_hari, $jam(h.ts) AS jam,
        $dua(h.ts, 60000 * h.person_minutes, h.observed_ms, h.expected_ms)
    FROM crowd_hour AS h WHERE $terbanding(h.ts)
    GROUP BY camera_id, zone_id, jenis_hari, jam
) AS m
LEFT JOIN cameras_now AS w ON w.camera_id = m.camera_id
