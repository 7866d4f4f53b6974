-- Peringatan yang berlangsung: a row a message and place of which an office is told now, the newest minute being now.
SELECT
    any(area) AS area,
    any(owner) AS owner,
    any(kamera) AS kamera,
    any(kelurahan) AS kelurahan,
    any(kecamatan) AS kecamatan,
    any(kategori) AS kategori,
    any(pemilik) AS pemilik,
    max(simulated) AS simulated,
    kantor,
    message,
    any(jenis) AS jenis,
    any(kegawatan) AS kegawatan,
    tempat,
    min(pesan_sejak) AS mulai,
    count() AS peringatan,
    any(answer) AS answer,
    any(answered_by) AS answered_by,
    greatest(0, dateDiff('minute', mulai, any(n.newest))) AS lama_menit
FROM ($dataset(peringatan)) AS p
CROSS JOIN (SELECT $wib(max(ts) + INTERVAL 1 MINUTE) AS newest FROM health_now) AS n
WHERE is_open = 1
GROUP BY kantor, message, tempat
