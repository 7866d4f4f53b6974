-- Naik, landai, turun: a row a place, by its newest verdict.
SELECT
    t.area AS area,
    '' AS owner,
    t.name AS tempat,
    d.kecamatan AS kecamatan,
    d.kelurahan AS kelurahan,
    t.day AS hari,
    t.verdict AS verdict,
    t.slope AS slope,
    t.slope_low AS slope_low,
    t.slope_high AS slope_high,
    if(t.slope IS NULL, '', concat($bertanda(t.slope), ' (', toString(round(100 * t.slope_low)), ' sampai ', toString(round(100 * t.slope_high)), ')')) AS perubahan_mingguan,
    t.days_used AS days_used
FROM (SELECT * FROM visits_trend ORDER BY place_id, day DESC LIMIT 1 BY place_id) AS t
LEFT JOIN $areas AS d ON d.kode = $kelurahan(t.area)
