-- Tidak biasa: zones whose last whole hour lies outside what the same hour usually has, over up to eight weeks of the same weekday.
SELECT
    $camera(w),
    m.camera_id AS camera_id,
    concat(m.zone_id, ', ', w.name) AS zona,
    $wib(m.ts) AS mulai,
    m.persons_mean AS persons_mean,
    m.biasa AS biasa,
    m.rendah AS rendah,
    m.tinggi AS tinggi,
    m.n AS n,
    m.persons_mean / m.biasa AS kali
FROM (
    SELECT h.camera_id AS camera_id, h.zone_id AS zone_id, max(h.ts) AS ts, maxIf(h.persons_mean, h.ts = h.newest) AS persons_mean,
        quantileExactIf(0.5)(h.persons_mean, h.ts < h.newest) AS biasa, quantileExactIf(0.1)(h.persons_mean, h.ts < h.newest) AS rendah,
        quantileExactIf(0.9)(h.persons_mean, h.ts < h.newest) AS tinggi, countIf(h.persons_mean IS NOT NULL AND h.ts < h.newest) AS n
    FROM (
        SELECT camera_id, zone_id, ts, persons_mean, (SELECT max(ts) FROM crowd_hour WHERE persons_mean IS NOT NULL) AS newest
        FROM crowd_hour
        WHERE ts IN (SELECT arrayJoin(arrayMap(k -> (SELECT max(ts) FROM crowd_hour WHERE persons_mean IS NOT NULL) - INTERVAL 7 * k DAY, range(0, 9))))
    ) AS h
    GROUP BY camera_id, zone_id HAVING n >= 3
) AS m
LEFT JOIN cameras_now AS w ON w.camera_id = m.camera_id
WHERE (m.persons_mean < m.rendah OR m.persons_mean > m.tinggi) AND greatest(m.persons_mean, m.biasa) >= 1
