SELECT count() FROM health_minute_log
SELECT uniqExact(camera_id) FROM incidents
SELECT count() FROM (SELECT throwIf(startsWith(camera_id, 'asing')) FROM health_minute_log)
SELECT countIf(NOT throwIf(owner = 'asing')) FROM incidents_log FINAL SETTINGS apply_row_policy_after_final = 1
SELECT count() FROM health_minute WHERE NOT throwIf(startsWith(camera_id, 'asing'))
SELECT count() FROM health_minute_log PREWHERE NOT throwIf(owner = 'asing')
SELECT count() FROM health_minute_log FINAL PREWHERE NOT throwIf(owner = 'asing') SETTINGS apply_prewhere_after_final = 0
SELECT count() FROM cameras_now WHERE intDiv(1, owner != 'asing') = 1
SELECT count() FROM numbers(1) AS n RIGHT JOIN health_minute_log AS h ON n.number = 5
SELECT length(groupArray(camera_id)) FROM health_minute_log WHERE area IN (SELECT area FROM health_minute_log)
