-- Insiden: a row an incident that is certain, begun in the period asked for; those that another one explains are left out.
SELECT
    $camera(w),
    i.incident_id AS incident_id,
    i.camera_id AS camera_id,
    $wib(i.opened_at) AS waktu,
    i.kind AS kind,
    k.label_id AS jenis,
    v.label_id AS tingkat,
    s.label_id AS keadaan,
    i.state IN ('active', 'clearing', 'unknown') AS terbuka,
    $jam(i.opened_at) AS jam,
    $hari(i.opened_at) AS hari_minggu,
    i.duration_s / 60 AS lama_menit,
    i.zone_id AS zone_id,
    if(i.kind IN ('site_down', 'camera_down', 'mute'), 1, 0) AS tentang_kamera,
    $wib(i.closed_at) AS selesai
FROM incidents AS i
LEFT JOIN cameras_now AS w ON w.camera_id = i.camera_id
LEFT JOIN $kata(kind) AS k ON k.word = i.kind
LEFT JOIN $kata(severity) AS v ON v.word = i.severity
LEFT JOIN $kata(state) AS s ON s.word = i.state
WHERE i.state != 'pending' AND i.inhibited_by = '' AND $asked(i.opened_at)
