ALTER TABLE health_now_log ADD COLUMN IF NOT EXISTS `few_samples_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time watched of which only lives of tracks came, not frames [ms]' AFTER `untracked_ms`;

ALTER TABLE health_minute_log ADD COLUMN IF NOT EXISTS `few_samples_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time watched of which only lives of tracks came, not frames [ms]' AFTER `untracked_ms`;

ALTER TABLE health_quarter_log ADD COLUMN IF NOT EXISTS `few_samples_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched of which only lives of tracks came, not frames [ms]' AFTER `untracked_ms`;

ALTER TABLE health_hour_log ADD COLUMN IF NOT EXISTS `few_samples_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched of which only lives of tracks came, not frames [ms]' AFTER `untracked_ms`;

ALTER TABLE health_day_log ADD COLUMN IF NOT EXISTS `few_samples_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched of which only lives of tracks came, not frames [ms]' AFTER `untracked_ms`;
