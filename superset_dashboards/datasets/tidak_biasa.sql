-- Tidak biasa: zones whose last whole hour lies outside what the same hour usually has, over up to eight weeks of the same weekday.
SELECT
    $camera(w),
    m.camera_id AS camera_id,
    concat(m.zone_id, ', ', w.name) AS zona,
    $wib(m.ts) AS mulai,
    m.persons_mean AS persons_mean,
    u.biasa AS biasa,
    u.rendah AS rendah,
    u.tinggi AS tinggi,
    u.n AS n,
    m.persons_mean / u.biasa AS kali
FROM (SELECT * FROM crowd_hour WHERE ts = (SELECT max(ts) FROM crowd_hour WHERE persons_mean IS NOT NULL)) AS m
INNER JOIN (
    SELECT camera_id, zone_id, quantileExact(0.5)(persons_mean) AS biasa, quantileExact(0.1)(persons_mean) AS rendah,
        quantileExact(0.9)(persons_mean) AS tinggi, count(persons_mean) AS n
    FROM crowd_hour
    WHERE ts IN (
        SELECT arrayJoin(arrayMap(k -> newest - INTERVAL 7 * k DAY, range(1, 9)))
        FROM (SELECT max(ts) AS newest FROM crowd_hour WHERE persons_mean IS NOT NULL)
    )
    GROUP BY camera_id, zone_id HAVING n >= 3
) AS u ON u.camera_id = m.camera_id AND u.zone_id = m.zone_id
LEFT JOIN cameras_now AS w ON w.camera_id = m.camera_id
WHERE (m.persons_mean < u.rendah OR m.persons_mean > u.tinggi) AND greatest(m.persons_mean, u.biasa) >= 1
