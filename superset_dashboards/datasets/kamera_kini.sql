-- Kamera, keadaan terakhir: a row a registered camera, as its minute says where that is one of the city's last ten.
SELECT
    $camera(w),
    w.camera_id AS camera_id,
    w.site AS site,
    w.lat AS lat,
    w.lon AS lon,
    $wib(h.ts) AS menit,
    h.camera_id != '' AND h.ts > n.newest - INTERVAL 10 MINUTE AS kini,
    if(kini, toString(h.state), 'offline') AS state,
    if(kini AND s.label_id != '', s.label_id, 'Luring') AS keadaan,
    kini AND h.coverage >= 0.8 AND b.camera_id = '' AS melihat,
    h.fps_mean AS fps_mean,
    if(b.camera_id = '', NULL, $wib(b.opened_at)) AS buta_sejak,
    if(b.camera_id = '', NULL, dateDiff('minute', b.opened_at, n.newest)) / 60 AS buta_jam,
    c.level AS level,
    c.persons AS persons
FROM cameras_now AS w
CROSS JOIN (SELECT max(ts) AS newest FROM health_now) AS n
LEFT JOIN health_now AS h ON h.camera_id = w.camera_id
LEFT JOIN $kata(camera state) AS s ON s.word = toString(h.state)
LEFT JOIN (
    SELECT camera_id, min(opened_at) AS opened_at FROM incidents
    WHERE kind = 'camera_down' AND state IN ('active', 'clearing', 'unknown') GROUP BY camera_id
) AS b ON b.camera_id = w.camera_id
LEFT JOIN (
    SELECT camera_id, max(level) AS level, sum(persons_mean) AS persons FROM crowd_now
    WHERE ts > (SELECT max(ts) FROM crowd_now) - INTERVAL 10 MINUTE GROUP BY camera_id
) AS c ON c.camera_id = w.camera_id
