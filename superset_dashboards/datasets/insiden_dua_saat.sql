-- Insiden pada dua saat: a row an incident that is open now or was open at the same minute a week before.
SELECT
    $camera(w),
    o.incident_id AS incident_id,
    o.camera_id AS camera_id,
    o.kind AS kind,
    o.kini AS kini,
    t.ada_lalu AS ada_lalu,
    o.age_min AS age_min,
    multiIf(o.kind IN ('flood', 'racing', 'gathering') OR o.severity = 'F', 1, o.kind IN ('camera_down', 'mute'), 3, 2) AS urutan
FROM (
    SELECT incident_id, camera_id, kind, severity, 1 AS kini, age_min FROM incidents_open WHERE inhibited_by = ''
    UNION ALL
    SELECT i.incident_id AS incident_id, i.camera_id AS camera_id, i.kind AS kind, i.severity AS severity, 0 AS kini, NULL AS age_min
    FROM incidents AS i CROSS JOIN (SELECT max(ts) - INTERVAL 7 DAY AS saat FROM health_now) AS t
    WHERE i.state != 'pending' AND i.inhibited_by = '' AND i.opened_at <= t.saat
        AND multiIf(i.closed_at IS NOT NULL, i.closed_at > t.saat, i.state = 'expired_unobserved', i.updated_at > t.saat, 1)
) AS o
CROSS JOIN (
    SELECT count() > 0 AS ada_lalu FROM health_hour
    WHERE ts = (SELECT toStartOfHour(max(ts) - INTERVAL 7 DAY) FROM health_now)
) AS t
LEFT JOIN cameras_now AS w ON w.camera_id = o.camera_id
