ALTER TABLE crowd_day_log ADD COLUMN IF NOT EXISTS `lacking` Array(UInt8) COMMENT 'Which local hours these are' AFTER `hours_short`;

ALTER TABLE crowd_day_log ADD COLUMN IF NOT EXISTS `lacks_ppm` UInt32 DEFAULT if(hours_short > 0, 1000000, 0) CODEC(T64, ZSTD(1)) COMMENT 'What they carry of a usual day, 1e-6; an even share of the day''s hours where nothing is known of it' AFTER `lacking`;

ALTER TABLE crowd_day_log ADD COLUMN IF NOT EXISTS `usual` Array(UInt64) COMMENT 'Counts an hour, in thousandths, at each local hour of the days of the same kind before; only where hours lack' AFTER `lacks_ppm`;

ALTER TABLE crowd_day_log COMMENT COLUMN IF EXISTS `person_ms_estimated` 'person_ms, each hour''s over its coverage, hours not watched as usual; NULL if they carry too much';

ALTER TABLE flow_day_log ADD COLUMN IF NOT EXISTS `lacking` Array(UInt8) COMMENT 'Which local hours these are' AFTER `hours_short`;

ALTER TABLE flow_day_log ADD COLUMN IF NOT EXISTS `lacks_ppm` UInt32 DEFAULT if(hours_short > 0, 1000000, 0) CODEC(T64, ZSTD(1)) COMMENT 'What they carry of a usual day, 1e-6; an even share of the day''s hours where nothing is known of it' AFTER `lacking`;

ALTER TABLE flow_day_log ADD COLUMN IF NOT EXISTS `usual` Array(UInt64) COMMENT 'Counts an hour, in thousandths, at each local hour of the days of the same kind before; only where hours lack' AFTER `lacks_ppm`;

ALTER TABLE flow_day_log COMMENT COLUMN IF EXISTS `person_n_estimated` 'person_n, each hour''s over its coverage, hours not watched as usual; NULL if they carry too much';

ALTER TABLE flow_day_log COMMENT COLUMN IF EXISTS `bicycle_n_estimated` 'bicycle_n, each hour''s over its coverage, hours not watched as usual; NULL if they carry too much';

ALTER TABLE flow_day_log COMMENT COLUMN IF EXISTS `motorcycle_n_estimated` 'motorcycle_n, each hour''s over its coverage, hours not watched as usual; NULL if they carry too much';

ALTER TABLE flow_day_log COMMENT COLUMN IF EXISTS `car_n_estimated` 'car_n, each hour''s over its coverage, hours not watched as usual; NULL if they carry too much';

ALTER TABLE flow_day_log COMMENT COLUMN IF EXISTS `bus_n_estimated` 'bus_n, each hour''s over its coverage, hours not watched as usual; NULL if they carry too much';

ALTER TABLE flow_day_log COMMENT COLUMN IF EXISTS `truck_n_estimated` 'truck_n, each hour''s over its coverage, hours not watched as usual; NULL if they carry too much';

ALTER TABLE flow_day_log COMMENT COLUMN IF EXISTS `other_n_estimated` 'other_n, each hour''s over its coverage, hours not watched as usual; NULL if they carry too much';

ALTER TABLE visits_day_log ADD COLUMN IF NOT EXISTS `lacking` Array(UInt8) COMMENT 'Which local hours these are' AFTER `hours_short`;

ALTER TABLE visits_day_log ADD COLUMN IF NOT EXISTS `lacks_ppm` UInt32 DEFAULT if(hours_short > 0, 1000000, 0) CODEC(T64, ZSTD(1)) COMMENT 'What they carry of a usual day, 1e-6; an even share of the day''s hours where nothing is known of it' AFTER `lacking`;

ALTER TABLE visits_day_log ADD COLUMN IF NOT EXISTS `usual` Array(UInt64) COMMENT 'Counts an hour, in thousandths, at each local hour of the days of the same kind before; only where hours lack' AFTER `lacks_ppm`;

ALTER TABLE visits_day_log COMMENT COLUMN IF EXISTS `entries_n_estimated` 'entries_n, each hour''s over its coverage, hours not watched as usual; NULL if they carry too much';

ALTER TABLE visits_day_log COMMENT COLUMN IF EXISTS `exits_n_estimated` 'exits_n, each hour''s over its coverage, hours not watched as usual; NULL if they carry too much';

ALTER TABLE stays_day_log ADD COLUMN IF NOT EXISTS `lacking` Array(UInt8) COMMENT 'Which local hours these are' AFTER `hours_short`;

ALTER TABLE stays_day_log ADD COLUMN IF NOT EXISTS `lacks_ppm` UInt32 DEFAULT if(hours_short > 0, 1000000, 0) CODEC(T64, ZSTD(1)) COMMENT 'What they carry of a usual day, 1e-6; an even share of the day''s hours where nothing is known of it' AFTER `lacking`;

ALTER TABLE stays_day_log ADD COLUMN IF NOT EXISTS `usual` Array(UInt64) COMMENT 'Counts an hour, in thousandths, at each local hour of the days of the same kind before; only where hours lack' AFTER `lacks_ppm`;

ALTER TABLE stays_day_log COMMENT COLUMN IF EXISTS `stays_n_estimated` 'stays_n, each hour''s over its coverage, hours not watched as usual; NULL if they carry too much';

ALTER TABLE mask_day_log ADD COLUMN IF NOT EXISTS `lacking` Array(UInt8) COMMENT 'Which local hours these are' AFTER `hours_short`;

ALTER TABLE mask_day_log ADD COLUMN IF NOT EXISTS `lacks_ppm` UInt32 DEFAULT if(hours_short > 0, 1000000, 0) CODEC(T64, ZSTD(1)) COMMENT 'What they carry of a usual day, 1e-6; an even share of the day''s hours where nothing is known of it' AFTER `lacking`;

ALTER TABLE mask_day_log ADD COLUMN IF NOT EXISTS `usual` Array(UInt64) COMMENT 'Counts an hour, in thousandths, at each local hour of the days of the same kind before; only where hours lack' AFTER `lacks_ppm`;

ALTER TABLE congestion_day_log ADD COLUMN IF NOT EXISTS `lacking` Array(UInt8) COMMENT 'Which local hours these are' AFTER `hours_short`;

ALTER TABLE congestion_day_log ADD COLUMN IF NOT EXISTS `lacks_ppm` UInt32 DEFAULT if(hours_short > 0, 1000000, 0) CODEC(T64, ZSTD(1)) COMMENT 'What they carry of a usual day, 1e-6; an even share of the day''s hours where nothing is known of it' AFTER `lacking`;

ALTER TABLE congestion_day_log ADD COLUMN IF NOT EXISTS `usual` Array(UInt64) COMMENT 'Counts an hour, in thousandths, at each local hour of the days of the same kind before; only where hours lack' AFTER `lacks_ppm`;

ALTER TABLE flood_day_log ADD COLUMN IF NOT EXISTS `lacking` Array(UInt8) COMMENT 'Which local hours these are' AFTER `hours_short`;

ALTER TABLE flood_day_log ADD COLUMN IF NOT EXISTS `lacks_ppm` UInt32 DEFAULT if(hours_short > 0, 1000000, 0) CODEC(T64, ZSTD(1)) COMMENT 'What they carry of a usual day, 1e-6; an even share of the day''s hours where nothing is known of it' AFTER `lacking`;

ALTER TABLE flood_day_log ADD COLUMN IF NOT EXISTS `usual` Array(UInt64) COMMENT 'Counts an hour, in thousandths, at each local hour of the days of the same kind before; only where hours lack' AFTER `lacks_ppm`;

ALTER TABLE garbage_day_log ADD COLUMN IF NOT EXISTS `lacking` Array(UInt8) COMMENT 'Which local hours these are' AFTER `hours_short`;

ALTER TABLE garbage_day_log ADD COLUMN IF NOT EXISTS `lacks_ppm` UInt32 DEFAULT if(hours_short > 0, 1000000, 0) CODEC(T64, ZSTD(1)) COMMENT 'What they carry of a usual day, 1e-6; an even share of the day''s hours where nothing is known of it' AFTER `lacking`;

ALTER TABLE garbage_day_log ADD COLUMN IF NOT EXISTS `usual` Array(UInt64) COMMENT 'Counts an hour, in thousandths, at each local hour of the days of the same kind before; only where hours lack' AFTER `lacks_ppm`;

ALTER TABLE health_quarter_log ADD COLUMN IF NOT EXISTS `busy_minutes` UInt16 CODEC(T64, ZSTD(1)) COMMENT 'Minutes of which holds: r.objects > 0' AFTER `last_ms`;

ALTER TABLE health_hour_log ADD COLUMN IF NOT EXISTS `busy_minutes` UInt16 CODEC(T64, ZSTD(1)) COMMENT 'Minutes of which holds: r.objects > 0' AFTER `last_ms`;

ALTER TABLE health_day_log ADD COLUMN IF NOT EXISTS `lacking` Array(UInt8) COMMENT 'Which local hours these are' AFTER `hours_short`;

ALTER TABLE health_day_log ADD COLUMN IF NOT EXISTS `lacks_ppm` UInt32 DEFAULT if(hours_short > 0, 1000000, 0) CODEC(T64, ZSTD(1)) COMMENT 'What they carry of a usual day, 1e-6; an even share of the day''s hours where nothing is known of it' AFTER `lacking`;

ALTER TABLE health_day_log ADD COLUMN IF NOT EXISTS `usual` Array(UInt64) COMMENT 'Counts an hour, in thousandths, at each local hour of the days of the same kind before; only where hours lack' AFTER `lacks_ppm`;

ALTER TABLE health_day_log ADD COLUMN IF NOT EXISTS `busy_minutes` UInt16 CODEC(T64, ZSTD(1)) COMMENT 'Minutes of which holds: r.objects > 0' AFTER `last_ms`;

CREATE TABLE IF NOT EXISTS mutes_log (
    `camera_id` LowCardinality(String) COMMENT 'Camera placement',
    `at` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Begin of an hour or minute in which the camera''s detector was mute',
    `seconds` UInt16 CODEC(T64, ZSTD(1)) COMMENT 'How long it is: 3600 or 60',
    `version` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the computation: the highest counts',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (camera_id, at, seconds);
