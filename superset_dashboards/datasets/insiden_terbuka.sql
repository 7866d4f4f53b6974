-- Insiden terbuka: a row an incident that goes on now, with its age and how grave it is.
SELECT
    $camera(w),
    o.incident_id AS incident_id,
    o.camera_id AS camera_id,
    $wib(o.ts) AS mulai,
    o.kind AS kind,
    k.label_id AS jenis,
    v.label_id AS tingkat,
    s.label_id AS keadaan,
    multiIf(o.kind IN ('flood', 'racing', 'gathering') OR o.severity = 'F', 1, o.kind IN ('camera_down', 'mute'), 3, 2) AS urutan,
    multiIf(urutan = 1, 'Berat', urutan = 2, 'Sedang', 'Ringan') AS bobot,
    o.age_min AS age_min,
    if(o.age_min < 60, concat(toString(toUInt32(o.age_min)), ' menit'),
        concat(toString(intDiv(toUInt32(o.age_min), 60)), ' jam ', toString(toUInt32(o.age_min) % 60), ' menit')) AS sudah
FROM incidents_open AS o
LEFT JOIN cameras_now AS w ON w.camera_id = o.camera_id
LEFT JOIN $kata(kind) AS k ON k.word = o.kind
LEFT JOIN $kata(severity) AS v ON v.word = o.severity
LEFT JOIN $kata(state) AS s ON s.word = o.state
WHERE o.inhibited_by = ''
