-- Peta: outlines of kelurahan, coloured by the share of their cameras that see, and a point a camera, by its level.
SELECT
    $camera(w),
    'kamera' AS lapis,
    w.name AS nama,
    concat('{"type":"Feature","geometry":{"type":"Point","coordinates":[', toString(w.lon_tampak), ',', toString(w.lat_tampak), ']},"properties":{"name":',
        toJSONString(concat(w.name, ' - ', if(h.camera_id = '' OR h.coverage < 0.8, 'tidak melihat', if(c.level = '', 'melihat', concat('tingkat ', c.level))))),
        ',"fillColor":', multiIf(h.camera_id = '' OR h.coverage < 0.8, '[158,158,158,255]', c.level = 'A', '[33,102,172,255]',
            c.level = 'B', '[103,169,207,255]', c.level = 'C', '[209,229,240,255]', c.level = 'D', '[253,219,199,255]',
            c.level = 'E', '[239,138,98,255]', c.level = 'F', '[178,24,43,255]', '[51,51,51,255]'),
        ',"strokeColor":[255,255,255,255]}}') AS geojson
FROM (
    SELECT *, row_number() OVER (PARTITION BY round(200 * lat), round(200 * lon) ORDER BY camera_id) - 1 AS ke,
        count() OVER (PARTITION BY round(200 * lat), round(200 * lon)) AS sekitar,
        lat + if(sekitar = 1, 0, least(0.005, 0.002 + 0.0005 * sekitar) * cos(2 * pi() * ke / sekitar)) AS lat_tampak,
        lon + if(sekitar = 1, 0, least(0.005, 0.002 + 0.0005 * sekitar) * sin(2 * pi() * ke / sekitar)) AS lon_tampak
    FROM cameras_now
) AS w
LEFT JOIN (SELECT camera_id, coverage FROM health_now WHERE ts > (SELECT max(ts) FROM health_now) - INTERVAL 10 MINUTE) AS h
    ON h.camera_id = w.camera_id
LEFT JOIN (
    SELECT camera_id, ifNull(max(level), '') AS level FROM crowd_now
    WHERE ts > (SELECT max(ts) FROM crowd_now) - INTERVAL 10 MINUTE GROUP BY camera_id
) AS c ON c.camera_id = w.camera_id
WHERE w.lat != 0
UNION ALL
SELECT
    a.area AS area, '' AS owner, '' AS kamera, a.name AS kelurahan, d.name AS kecamatan, '' AS kategori, '' AS pemilik,
    0 AS simulated, 'kelurahan' AS lapis, a.name AS nama,
    concat('{"type":"Feature","geometry":', a.outline, ',"properties":{"name":',
        toJSONString(concat(a.name, ' - ', if(n.cameras = 0, 'tanpa kamera', concat(toString(n.seeing), ' dari ', toString(n.cameras), ' kamera melihat')))),
        ',"fillColor":', multiIf(n.cameras = 0, '[255,255,255,0]', n.seeing = n.cameras, '[214,230,242,200]',
            n.seeing = 0, '[158,158,158,200]', '[227,227,227,200]'),
        ',"strokeColor":[158,158,158,255]}}') AS geojson
FROM area_outlines AS a
LEFT JOIN areas AS d ON d.area = a.parent
LEFT JOIN (
    SELECT $kelurahan(w.area) AS kode,
        count() AS cameras, countIf(h.coverage >= 0.8) AS seeing
    FROM cameras_now AS w LEFT JOIN (SELECT camera_id, coverage FROM health_now WHERE ts > (SELECT max(ts) FROM health_now) - INTERVAL 10 MINUTE) AS h
    ON h.camera_id = w.camera_id GROUP BY kode
) AS n ON n.kode = a.area
WHERE a.level = 'kelurahan'
