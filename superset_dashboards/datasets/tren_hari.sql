-- Hari demi hari, dua periode: a row a zone or road and local day, of the period asked for and of the one before it.
SELECT
    $camera(w),
    m.camera_id AS camera_id,
    m.ukuran AS ukuran,
    $wib(m.ts) AS tanggal,
    $terpilih(m.ts) AS periode_ini,
    multiIf(m.day_type IN ('holiday', 'joint_leave'), 'Libur', c.is_ramadan, 'Ramadan', '') AS tanda,
    m.jumlah AS jumlah,
    m.observed_ms AS observed_ms,
    m.expected_ms AS expected_ms
FROM (
    SELECT 'orang' AS ukuran, camera_id, ts, day_type, 60000 * person_minutes AS jumlah, observed_ms, expected_ms
    FROM crowd_day AS z WHERE $terbanding(z.ts)
    UNION ALL
    SELECT 'kendaraan' AS ukuran, camera_id, ts, day_type, toFloat64(3600000 * vehicles) AS jumlah, observed_ms, expected_ms
    FROM road_day AS z WHERE $terbanding(z.ts)
) AS m
LEFT JOIN (SELECT toDate(date) AS date, is_ramadan FROM calendar) AS c ON c.date = toDate($wib(m.ts))
LEFT JOIN cameras_now AS w ON w.camera_id = m.camera_id
