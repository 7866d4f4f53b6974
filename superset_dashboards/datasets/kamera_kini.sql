-- Kamera, keadaan terakhir: a row a registered camera, as its newest minute says.
SELECT
    $camera(w),
    w.camera_id AS camera_id,
    w.site AS site,
    w.lat AS lat,
    w.lon AS lon,
    $wib(h.ts) AS waktu,
    if(h.camera_id = '', 'offline', toString(h.state)) AS state,
    if(s.label_id = '', 'Luring', s.label_id) AS keadaan,
    h.coverage >= 0.8 AND h.camera_id != '' AND b.camera_id = '' AS melihat,
    h.fps_mean AS fps_mean,
    if(b.camera_id = '', NULL, $wib(b.opened_at)) AS buta_sejak,
    if(b.camera_id = '', NULL, dateDiff('minute', b.opened_at, n.newest)) / 60 AS buta_jam,
    c.level AS level,
    c.persons AS persons
FROM cameras_now AS w
CROSS JOIN (SELECT max(ts) AS newest FROM health_now) AS n
LEFT JOIN health_now AS h ON h.camera_id = w.camera_id
LEFT JOIN (SELECT word, label_id FROM words WHERE about = 'camera state') AS s ON s.word = toString(h.state)
LEFT JOIN (
    SELECT camera_id, min(opened_at) AS opened_at FROM incidents
    WHERE kind = 'camera_down' AND state IN ('active', 'clearing', 'unknown') GROUP BY camera_id
) AS b ON b.camera_id = w.camera_id
LEFT JOIN (
    SELECT camera_id, max(level) AS level, sum(persons_mean) AS persons FROM crowd_now
    WHERE ts > (SELECT max(ts) FROM crowd_now) - INTERVAL 10 MINUTE GROUP BY camera_id
) AS c ON c.camera_id = w.camera_id
