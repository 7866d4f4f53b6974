-- Genangan per bulan: a row a road under watch and month; hours not watched stand beside those under water.
SELECT
    $camera(w),
    m.camera_id AS camera_id,
    m.zone_id AS zone_id,
    formatDateTime($wib(m.ts), '%Y-%m') AS bulan,
    m.ts = max(m.ts) OVER () AS terbaru,
    m.hours_flooded AS hours_flooded,
    m.hours_watched AS hours_watched,
    m.hours_not_watched AS hours_not_watched,
    m.incidents AS incidents,
    m.longest_h AS longest_h,
    m.peak AS peak
FROM flood_month AS m
LEFT JOIN cameras_now AS w ON w.camera_id = m.camera_id
