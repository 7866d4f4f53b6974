-- Sampah yang masih ada: a row a heap, with its age.
SELECT
    $camera(w),
    g.camera_id AS camera_id,
    g.zone_id AS zone_id,
    $wib(g.ts) AS mulai,
    s.label_id AS keadaan,
    g.age_h AS age_h
FROM garbage_open AS g
LEFT JOIN cameras_now AS w ON w.camera_id = g.camera_id
LEFT JOIN $kata(state) AS s ON s.word = g.state
