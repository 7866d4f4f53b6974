ALTER TABLE health_now_log ADD COLUMN IF NOT EXISTS `with_id` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Persons and vehicles that came with a track id [1]' AFTER `skew_ms`;

ALTER TABLE health_now_log ADD COLUMN IF NOT EXISTS `without_id` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Those that came without one and were not tracked here [1]' AFTER `with_id`;

ALTER TABLE health_now_log ADD COLUMN IF NOT EXISTS `made_here` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Frames whose tracks are made here [1]' AFTER `without_id`;

ALTER TABLE health_now_log ADD COLUMN IF NOT EXISTS `untracked_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time watched in which nobody tracked persons and vehicles [ms]' AFTER `made_here`;

ALTER TABLE health_minute_log ADD COLUMN IF NOT EXISTS `with_id` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Persons and vehicles that came with a track id [1]' AFTER `skew_ms`;

ALTER TABLE health_minute_log ADD COLUMN IF NOT EXISTS `without_id` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Those that came without one and were not tracked here [1]' AFTER `with_id`;

ALTER TABLE health_minute_log ADD COLUMN IF NOT EXISTS `made_here` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Frames whose tracks are made here [1]' AFTER `without_id`;

ALTER TABLE health_minute_log ADD COLUMN IF NOT EXISTS `untracked_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time watched in which nobody tracked persons and vehicles [ms]' AFTER `made_here`;

ALTER TABLE health_quarter_log ADD COLUMN IF NOT EXISTS `with_id` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Persons and vehicles that came with a track id [1]' AFTER `skew_ms`;

ALTER TABLE health_quarter_log ADD COLUMN IF NOT EXISTS `without_id` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Those that came without one and were not tracked here [1]' AFTER `with_id`;

ALTER TABLE health_quarter_log ADD COLUMN IF NOT EXISTS `made_here` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames whose tracks are made here [1]' AFTER `without_id`;

ALTER TABLE health_quarter_log ADD COLUMN IF NOT EXISTS `untracked_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched in which nobody tracked persons and vehicles [ms]' AFTER `made_here`;

ALTER TABLE health_hour_log ADD COLUMN IF NOT EXISTS `with_id` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Persons and vehicles that came with a track id [1]' AFTER `skew_ms`;

ALTER TABLE health_hour_log ADD COLUMN IF NOT EXISTS `without_id` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Those that came without one and were not tracked here [1]' AFTER `with_id`;

ALTER TABLE health_hour_log ADD COLUMN IF NOT EXISTS `made_here` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames whose tracks are made here [1]' AFTER `without_id`;

ALTER TABLE health_hour_log ADD COLUMN IF NOT EXISTS `untracked_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched in which nobody tracked persons and vehicles [ms]' AFTER `made_here`;

ALTER TABLE health_day_log ADD COLUMN IF NOT EXISTS `with_id` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Persons and vehicles that came with a track id [1]' AFTER `skew_ms`;

ALTER TABLE health_day_log ADD COLUMN IF NOT EXISTS `without_id` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Those that came without one and were not tracked here [1]' AFTER `with_id`;

ALTER TABLE health_day_log ADD COLUMN IF NOT EXISTS `made_here` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames whose tracks are made here [1]' AFTER `without_id`;

ALTER TABLE health_day_log ADD COLUMN IF NOT EXISTS `untracked_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched in which nobody tracked persons and vehicles [ms]' AFTER `made_here`;
