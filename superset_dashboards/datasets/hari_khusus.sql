-- Hari khusus: a row a registered camera and a holiday, Ramadan or event of the period asked for or of the one before it.
SELECT
    $camera(w),
    w.camera_id AS camera_id,
    k.jenis_hari_khusus AS jenis_hari_khusus,
    k.nama AS nama,
    k.hari_ini AS hari_ini,
    k.hari_lalu AS hari_lalu,
    k.mulai AS mulai
FROM cameras_now AS w
CROSS JOIN (
    SELECT e.1 AS jenis_hari_khusus, e.2 AS nama, countIf($terpilih(day)) AS hari_ini, countIf(NOT $terpilih(day)) AS hari_lalu,
        $tanggal(min(day)) AS mulai
    FROM (
        SELECT toDateTime(toDateTime(toDate(c.date), 'Asia/Jakarta'), 'UTC') AS day, arrayJoin(arrayConcat(
            if(c.holiday = '', [], [('Libur', c.holiday)]),
            if(c.is_ramadan, [('Ramadan', 'Ramadan')], []),
            if(c.school_holiday = '', [], [('Libur sekolah', c.school_holiday)]),
            arrayMap(x -> ('Acara', x.name), c.events))) AS e
        FROM calendar AS c
        WHERE $terbanding(day)
    )
    GROUP BY e
) AS k
