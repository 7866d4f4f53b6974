-- Kini dan minggu lalu: a row a registered camera, its state, and what it saw in the last whole hour and in the same one a week before.
SELECT
    w.area AS area,
    w.owner AS owner,
    w.kamera AS kamera,
    w.kelurahan AS kelurahan,
    w.kecamatan AS kecamatan,
    w.kategori AS kategori,
    $tautan(keramaian, kecamatan, w.kecamatan) AS telusuri,
    w.pemilik AS pemilik,
    w.simulated AS simulated,
    w.camera_id AS camera_id,
    w.melihat AS melihat,
    w.persons AS persons,
    c.orang AS orang,
    c.orang_lalu AS orang_lalu,
    h.melihat_lalu AS melihat_lalu,
    h.ada_lalu AS ada_lalu,
    c.orang IS NOT NULL AND c.orang_lalu IS NOT NULL AS sebanding
FROM $dataset(kamera_kini) AS w
LEFT JOIN (
    SELECT m.camera_id AS camera_id, sumIf(m.persons_mean, m.ts = t.jam) AS orang, sumIf(m.persons_mean, m.ts < t.jam) AS orang_lalu
    FROM crowd_hour AS m CROSS JOIN $jam_terakhir() AS t
    WHERE m.ts IN (SELECT arrayJoin([jam, jam - INTERVAL 7 DAY]) FROM $jam_terakhir()) GROUP BY camera_id
) AS c ON c.camera_id = w.camera_id
LEFT JOIN (
    SELECT m.camera_id AS camera_id, maxIf(m.coverage >= 0.8, m.ts < t.jam) AS melihat_lalu, max(m.ts < t.jam) AS ada_lalu
    FROM health_hour AS m CROSS JOIN $jam_terakhir() AS t
    WHERE m.ts IN (SELECT arrayJoin([jam, jam - INTERVAL 7 DAY]) FROM $jam_terakhir()) GROUP BY camera_id
) AS h ON h.camera_id = w.camera_id
