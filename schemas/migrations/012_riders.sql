ALTER TABLE flow_now_log ADD COLUMN IF NOT EXISTS `rider_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class rider [1]' AFTER `person_n`;

ALTER TABLE flow_now_log ADD COLUMN IF NOT EXISTS `rider_speed_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class rider [1]' AFTER `person_speed_n`;

ALTER TABLE flow_now_log ADD COLUMN IF NOT EXISTS `rider_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class rider [mm/s]' AFTER `person_speed_sum`;

ALTER TABLE flow_minute_log ADD COLUMN IF NOT EXISTS `rider_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class rider [1]' AFTER `person_n`;

ALTER TABLE flow_minute_log ADD COLUMN IF NOT EXISTS `rider_speed_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class rider [1]' AFTER `person_speed_n`;

ALTER TABLE flow_minute_log ADD COLUMN IF NOT EXISTS `rider_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class rider [mm/s]' AFTER `person_speed_sum`;

ALTER TABLE flow_quarter_log ADD COLUMN IF NOT EXISTS `rider_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class rider [1]' AFTER `person_n`;

ALTER TABLE flow_quarter_log ADD COLUMN IF NOT EXISTS `rider_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class rider [1]' AFTER `person_speed_n`;

ALTER TABLE flow_quarter_log ADD COLUMN IF NOT EXISTS `rider_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class rider [mm/s]' AFTER `person_speed_sum`;

ALTER TABLE flow_hour_log ADD COLUMN IF NOT EXISTS `rider_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class rider [1]' AFTER `person_n`;

ALTER TABLE flow_hour_log ADD COLUMN IF NOT EXISTS `rider_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class rider [1]' AFTER `person_speed_n`;

ALTER TABLE flow_hour_log ADD COLUMN IF NOT EXISTS `rider_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class rider [mm/s]' AFTER `person_speed_sum`;

ALTER TABLE flow_day_log ADD COLUMN IF NOT EXISTS `rider_n_estimated` Nullable(UInt64) COMMENT 'rider_n, each hour''s over its coverage, hours not watched as usual; NULL if they carry too much' AFTER `person_n_estimated`;

ALTER TABLE flow_day_log ADD COLUMN IF NOT EXISTS `rider_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class rider [1]' AFTER `person_n`;

ALTER TABLE flow_day_log ADD COLUMN IF NOT EXISTS `rider_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class rider [1]' AFTER `person_speed_n`;

ALTER TABLE flow_day_log ADD COLUMN IF NOT EXISTS `rider_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class rider [mm/s]' AFTER `person_speed_sum`;
