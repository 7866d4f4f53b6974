-- Tempat, dua periode: a row a place and what is counted there, on a mean day of the period asked for and of the one before it.
SELECT
    m.area AS area,
    '' AS owner,
    m.name AS tempat,
    d.kecamatan AS kecamatan,
    d.kelurahan AS kelurahan,
    m.ukuran AS dihitung,
    m.sebelum AS sebelum,
    m.sesudah AS sesudah,
    m.change AS change,
    m.cameras_both AS cameras_both,
    m.cameras_only_a AS cameras_only_a,
    m.cameras_only_b AS cameras_only_b
FROM (
    SELECT 'orang masuk' AS ukuran, area, name, place_id, entries_a AS sebelum, entries_b AS sesudah, change,
        cameras_both, cameras_only_a, cameras_only_b
    FROM visits_compare($hari_banding()) WHERE area_level = 'place'
    UNION ALL
    SELECT 'orang-menit' AS ukuran, area, name, place_id, person_minutes_a AS sebelum, person_minutes_b AS sesudah, change,
        cameras_both, cameras_only_a, cameras_only_b
    FROM crowd_compare($hari_banding()) WHERE area_level = 'place'
) AS m
LEFT JOIN $areas AS d ON d.kode = m.area
