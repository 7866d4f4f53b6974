-- Kamera, dua periode: a row a registered camera, its time watched and its incidents of the period asked for and of the one before it.
SELECT
    $camera(w),
    w.camera_id AS camera_id,
    h.observed AS observed_ms,
    h.expected AS expected_ms,
    h.observed_lalu AS observed_ms_lalu,
    h.expected_lalu AS expected_ms_lalu,
    h.expected > 0 AND h.observed >= 0.8 * h.expected AND h.expected_lalu > 0 AND h.observed_lalu >= 0.8 * h.expected_lalu
        AND least(h.observed, h.observed_lalu) >= 0.8 * greatest(h.observed, h.observed_lalu) AS sebanding,
    i.parkir AS parkir,
    i.parkir_lalu AS parkir_lalu,
    i.sampah AS sampah,
    i.sampah_lalu AS sampah_lalu,
    i.mati AS mati,
    i.mati_lalu AS mati_lalu,
    $sebelumnya() AS sebelumnya,
    $periode_kata() AS periode
FROM cameras_now AS w
LEFT JOIN (
    SELECT m.camera_id AS camera_id,
        sumIf(m.observed_ms, $terpilih(m.ts)) AS observed, sumIf(m.expected_ms, $terpilih(m.ts)) AS expected,
        sumIf(m.observed_ms, NOT $terpilih(m.ts)) AS observed_lalu, sumIf(m.expected_ms, NOT $terpilih(m.ts)) AS expected_lalu
    FROM health_hour AS m WHERE $terbanding(m.ts) GROUP BY camera_id
) AS h ON h.camera_id = w.camera_id
LEFT JOIN (
    SELECT m.camera_id AS camera_id,
        countIf(m.kind = 'parking' AND $terpilih(m.opened_at)) AS parkir,
        countIf(m.kind = 'parking' AND NOT $terpilih(m.opened_at)) AS parkir_lalu,
        countIf(m.kind = 'garbage' AND $terpilih(m.opened_at)) AS sampah,
        countIf(m.kind = 'garbage' AND NOT $terpilih(m.opened_at)) AS sampah_lalu,
        countIf(m.kind IN ('camera_down', 'mute') AND $terpilih(m.opened_at)) AS mati,
        countIf(m.kind IN ('camera_down', 'mute') AND NOT $terpilih(m.opened_at)) AS mati_lalu
    FROM incidents AS m WHERE m.state != 'pending' AND m.inhibited_by = '' AND $terbanding(m.opened_at) GROUP BY camera_id
) AS i ON i.camera_id = w.camera_id
