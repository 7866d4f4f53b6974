-- Kunjungan per hari: a row a place and local day.
SELECT
    m.area AS area,
    '' AS owner,
    m.name AS tempat,
    d.kecamatan AS kecamatan,
    d.kelurahan AS kelurahan,
    $wib(m.ts) AS waktu,
    m.day_type AS day_type,
    if(m.basis = 'entries', 'orang masuk', 'lintasan') AS dasar,
    if(m.basis = 'entries', toFloat64(m.entries), m.passages) AS kunjungan,
    m.entries AS entries,
    m.exits AS exits,
    m.passages AS passages,
    m.person_minutes AS person_minutes,
    m.stay_median_s / 60 AS singgah_menit,
    m.cameras_reporting AS cameras_reporting,
    m.cameras_total AS cameras_total,
    m.coverage AS coverage,
    $sebab(m.reason) AS reason,
    m.simulated AS simulated
FROM visits_place_day AS m
LEFT JOIN $areas AS d ON d.kode = $kelurahan(m.area)
WHERE $asked(m.ts)
