-- Tempat, dua periode: a row a place, its visits on a mean day of the period asked for and of the one before it, by like days of the same cameras.
SELECT
    p.area AS area,
    '' AS owner,
    p.name AS tempat,
    d.kecamatan AS kecamatan,
    d.kelurahan AS kelurahan,
    if(p.basis = 'entries', 'orang masuk', 'lintasan') AS dihitung,
    p.sebelum AS sebelum,
    p.sesudah AS sesudah,
    round(p.sesudah / nullIf(p.sebelum, 0) - 1, 3) + 0 AS change
FROM (
    SELECT k.place_id AS place_id, any(k.name) AS name, any(k.area) AS area, k.basis AS basis,
        sumIf(k.hari * k.rata_lalu, k.sebanding) / nullIf(sumIf(k.hari, k.sebanding), 0) AS sebelum,
        sumIf(k.hari * k.rata, k.sebanding) / nullIf(sumIf(k.hari, k.sebanding), 0) AS sesudah
    FROM (
        SELECT m.place_id AS place_id, m.name AS name, m.area AS area, m.basis AS basis, $jenis_hari(m.day_type) AS jenis_hari,
            m.cameras_total AS kamera,
            count(if(m.basis = 'entries', toFloat64(m.entries), m.passages)) AS hari, avgIf(if(m.basis = 'entries', toFloat64(m.entries), m.passages), $terpilih(m.ts)) AS rata, avgIf(if(m.basis = 'entries', toFloat64(m.entries), m.passages), NOT $terpilih(m.ts)) AS rata_lalu,
            countIf(if(m.basis = 'entries', toFloat64(m.entries), m.passages) IS NOT NULL AND $terpilih(m.ts)) > 0 AND countIf(if(m.basis = 'entries', toFloat64(m.entries), m.passages) IS NOT NULL AND NOT $terpilih(m.ts)) > 0 AS sebanding
        FROM visits_place_day AS m WHERE $terbanding(m.ts)
        GROUP BY place_id, name, area, basis, jenis_hari, kamera
    ) AS k
    GROUP BY place_id, basis
) AS p
LEFT JOIN $areas AS d ON d.kode = $kelurahan(p.area)
