SELECT DISTINCT camera_id FROM (SELECT * FROM health_minute_log)
SELECT camera_id FROM health_minute_log WHERE 1 OR 1
SELECT camera_id FROM health_minute_log UNION ALL SELECT camera_id FROM incidents_log UNION ALL SELECT camera_id FROM crowd_now
SELECT b.camera_id FROM health_minute_log AS a FULL JOIN health_minute_log AS b ON 1 = 1
SELECT b.camera_id FROM cameras_now AS a RIGHT JOIN incidents_log AS b ON a.area != b.area
WITH x AS (SELECT camera_id FROM health_minute_log) SELECT arrayJoin(groupArray(camera_id)) FROM x
SELECT camera_id FROM merge('tilik', '.*_minute_log')
SELECT count(camera_id) FROM merge('tilik', 'health_minute_log')
SELECT camera_id FROM merge(REGEXP('tilik'), 'incidents_log|health_now_feed')
SELECT camera_id FROM view(SELECT camera_id FROM tilik.health_minute_log)
SELECT camera_id FROM loop('tilik', 'health_minute_log') LIMIT 100
SELECT camera_id FROM remote('127.0.0.1', 'tilik', 'health_minute_log')
SELECT camera_id FROM clusterAllReplicas('default', tilik.health_minute_log)
SELECT * FROM eval('SELECT camera_id FROM tilik.health_minute_log') SETTINGS allow_experimental_eval_table_function = 1
SELECT * FROM mergeTreeIndex('tilik', 'health_minute_log', with_minmax = true)
SELECT * FROM mergeTreeAnalyzeIndexes('tilik', 'health_minute_log', area = '33.74.01.1012')
SELECT * FROM mergeTreeCodecBlockCounts('tilik', 'health_minute_log')
SELECT min(camera_id), max(camera_id), min(area), max(area) FROM health_minute_log
SELECT any(camera_id), groupUniqArray(area), argMax(camera_id, area), topK(9)(owner) FROM incidents_log
SELECT groupUniqArray(lowCardinalityKeys(camera_id)) FROM health_minute_log
SELECT groupUniqArray(lowCardinalityKeys(area)), groupUniqArray(lowCardinalityKeys(owner)) FROM health_minute_log FINAL
SELECT groupUniqArray(lowCardinalityKeys(owner)) FROM crowd_minute
SELECT toUInt64(toString(camera_id)) FROM health_minute_log WHERE camera_id NOT LIKE 'milik%'
SELECT count() FROM health_minute WHERE toUInt64(concat(camera_id, area)) = 4 AND owner = 'asing'
SELECT count() FROM incidents_log FINAL PREWHERE toDate(toString(owner)) = 1 SETTINGS apply_row_policy_after_final = 1
SELECT camera_id FROM health_minute_log SETTINGS additional_table_filters = {'tilik.health_minute_log': '1 OR 1'}
SELECT camera_id FROM health_minute_log SETTINGS enable_analyzer = 0
SELECT camera_id FROM health_minute_log SETTINGS enable_parallel_replicas = 1, max_parallel_replicas = 3, cluster_for_parallel_replicas = 'default'
SELECT camera_id FROM health_minute_log SETTINGS use_query_cache = 1, query_cache_share_between_users = 1
SELECT DISTINCT camera_id FROM health_now_feed
SELECT dictGet('tilik.cameras', 'name', 'asing-jauh')
SELECT joinGet('tilik.cameras_log', 'name', 'asing-jauh')
SELECT * FROM system.parts
SELECT * FROM system.parts_columns
SELECT * FROM system.query_log
SELECT * FROM system.processes
SELECT * FROM system.row_policies
SELECT * FROM system.mutations
SELECT * FROM system.users
SELECT * FROM system.role_grants
SELECT * FROM system.settings_changes WHERE 0
SHOW ACCESS
SHOW CREATE USER tilik
SHOW PROCESSLIST
SHOW ROW POLICIES
SHOW QUOTAS
SELECT total_rows FROM system.tables WHERE database = 'tilik' AND total_rows > 0 AND name LIKE '%_log'
SELECT data_compressed_bytes FROM system.columns WHERE data_compressed_bytes > 0 AND table LIKE '%_log'
SELECT table_rows FROM information_schema.tables WHERE table_rows > 0
EXPLAIN QUERY TREE SELECT * FROM health_minute_log
EXPLAIN indexes = 1, projections = 1 SELECT camera_id FROM health_minute_log
CREATE VIEW tilik.v AS SELECT 1
CREATE TEMPORARY TABLE t (x Int8)
CREATE TABLE tilik.t (x Int8) ENGINE = Memory
INSERT INTO tilik.health_minute_log (camera_id) VALUES ('x')
ALTER TABLE tilik.health_minute_log DELETE WHERE 1
EXECUTE AS tilik SELECT camera_id FROM health_minute_log
SET ROLE ALL
GRANT sees_all TO tilik_dinas
DROP ROW POLICY tilik_dinas ON tilik.health_minute_log
SYSTEM RELOAD CONFIG
KILL QUERY WHERE 1
SELECT file('people.json')
SELECT * FROM url('http://127.0.0.1/', 'LineAsString')
SELECT road FROM road_hour_log SETTINGS apply_row_policy_after_final = 0
SELECT road, lines FROM roads_log FINAL SETTINGS apply_row_policy_after_final = 0
