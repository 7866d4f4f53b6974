-- Peringatan: a row an alert that an office was told of, with the answer to its message.
SELECT
    $camera(p),
    p.camera_id AS camera_id,
    $wib(p.ts) AS waktu,
    upper(p.office) AS kantor,
    p.message AS message,
    p.alert AS alert,
    p.rule AS rule,
    if(k.label_id != '', k.label_id, transform(p.kind, ['figure', 'blind', 'silent'],
        ['Angka melewati batas', 'Kamera tidak melihat', 'Tidak ada data'], toString(p.kind))) AS jenis,
    transform(p.severity, ['low', 'medium', 'high', 'critical'], ['Rendah', 'Sedang', 'Tinggi', 'Kritis'],
        toString(p.severity)) AS kegawatan,
    if(t.name != '', t.name, coalesce(nullIf(p.name, ''), nullIf(p.area_name, ''), nullIf(p.place, ''), 'kota')) AS tempat,
    $jam(p.ts) AS jam,
    $hari(p.ts) AS hari_minggu,
    p.is_open AS is_open,
    p.answer AS answer,
    transform(p.answer, ['accepted', 'dismissed'], ['ditangani', 'bukan kejadian'], 'belum ditanggapi') AS tanggapan,
    p.answered_by AS answered_by,
    $wib(p.message_ts) AS pesan_sejak,
    if(p.answer = '', NULL, greatest(0, dateDiff('second', p.message_ts, assumeNotNull(p.answered_at)) / 60)) AS tanggap_menit,
    p.clear_min AS clear_min
FROM (
    SELECT
        a.area AS area, a.owner AS owner, a.category AS category, a.simulated AS simulated, a.camera_id AS camera_id, a.ts AS ts,
        a.office AS office, a.message AS message, a.alert AS alert, a.rule AS rule, a.kind AS kind, a.severity AS severity,
        a.place AS place, a.is_open AS is_open, a.answer AS answer, a.answered_by AS answered_by, a.answered_at AS answered_at, a.clear_min AS clear_min,
        min(a.ts) OVER (PARTITION BY a.office, a.message) AS message_ts, w.name AS name,
        g.name AS area_name, d.kelurahan AS kelurahan, d.kecamatan AS kecamatan
    FROM alerts AS a
    LEFT JOIN cameras_now AS w ON w.camera_id = a.camera_id
    LEFT JOIN areas AS g ON g.area = a.area
    LEFT JOIN $areas AS d ON d.kode = $kelurahan(a.area)
) AS p
LEFT JOIN (SELECT place_id, name FROM places) AS t ON t.place_id = p.place
LEFT JOIN $kata(kind) AS k ON k.word = p.kind
