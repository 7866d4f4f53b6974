-- Asal data: a row a registered camera, whether it is simulated, and its newest minute.
SELECT
    $camera(w),
    w.camera_id AS camera_id,
    $wib(h.ts) AS menit
FROM cameras_now AS w
LEFT JOIN health_now AS h ON h.camera_id = w.camera_id
