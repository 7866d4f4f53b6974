ALTER TABLE health_now_log ADD COLUMN IF NOT EXISTS `misread` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Frames all of whose boxes were refused: dead letters, no frames [1]' AFTER `frozen_ms`;

ALTER TABLE health_now_log ADD COLUMN IF NOT EXISTS `misread_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time that such frames stand for: not watched [ms]' AFTER `misread`;

ALTER TABLE health_now_log COMMENT COLUMN IF EXISTS `last_ms` 'Time of the last frame, read or misread, ms since 1970 [ms]';

ALTER TABLE health_minute_log ADD COLUMN IF NOT EXISTS `misread` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Frames all of whose boxes were refused: dead letters, no frames [1]' AFTER `frozen_ms`;

ALTER TABLE health_minute_log ADD COLUMN IF NOT EXISTS `misread_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time that such frames stand for: not watched [ms]' AFTER `misread`;

ALTER TABLE health_minute_log COMMENT COLUMN IF EXISTS `last_ms` 'Time of the last frame, read or misread, ms since 1970 [ms]';

ALTER TABLE health_quarter_log ADD COLUMN IF NOT EXISTS `misread` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames all of whose boxes were refused: dead letters, no frames [1]' AFTER `frozen_ms`;

ALTER TABLE health_quarter_log ADD COLUMN IF NOT EXISTS `misread_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time that such frames stand for: not watched [ms]' AFTER `misread`;

ALTER TABLE health_quarter_log COMMENT COLUMN IF EXISTS `last_ms` 'Time of the last frame, read or misread, ms since 1970 [ms]';

ALTER TABLE health_hour_log ADD COLUMN IF NOT EXISTS `misread` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames all of whose boxes were refused: dead letters, no frames [1]' AFTER `frozen_ms`;

ALTER TABLE health_hour_log ADD COLUMN IF NOT EXISTS `misread_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time that such frames stand for: not watched [ms]' AFTER `misread`;

ALTER TABLE health_hour_log COMMENT COLUMN IF EXISTS `last_ms` 'Time of the last frame, read or misread, ms since 1970 [ms]';

ALTER TABLE health_day_log ADD COLUMN IF NOT EXISTS `misread` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames all of whose boxes were refused: dead letters, no frames [1]' AFTER `frozen_ms`;

ALTER TABLE health_day_log ADD COLUMN IF NOT EXISTS `misread_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time that such frames stand for: not watched [ms]' AFTER `misread`;

ALTER TABLE health_day_log COMMENT COLUMN IF EXISTS `last_ms` 'Time of the last frame, read or misread, ms since 1970 [ms]';
