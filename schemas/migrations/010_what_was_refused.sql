ALTER TABLE health_now_log ADD COLUMN IF NOT EXISTS `signals` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Values of zones that were taken [1]' AFTER `untracked_ms`;

ALTER TABLE health_now_log ADD COLUMN IF NOT EXISTS `refused_hist` Array(UInt32) COMMENT 'Objects and signals refused, by reason: a number each of REJECTS [1]' AFTER `signals`;

ALTER TABLE health_minute_log ADD COLUMN IF NOT EXISTS `signals` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Values of zones that were taken [1]' AFTER `untracked_ms`;

ALTER TABLE health_minute_log ADD COLUMN IF NOT EXISTS `refused_hist` Array(UInt32) COMMENT 'Objects and signals refused, by reason: a number each of REJECTS [1]' AFTER `signals`;

ALTER TABLE health_quarter_log ADD COLUMN IF NOT EXISTS `signals` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Values of zones that were taken [1]' AFTER `untracked_ms`;

ALTER TABLE health_quarter_log ADD COLUMN IF NOT EXISTS `refused_hist` Array(UInt64) COMMENT 'Objects and signals refused, by reason: a number each of REJECTS [1]' AFTER `signals`;

ALTER TABLE health_hour_log ADD COLUMN IF NOT EXISTS `signals` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Values of zones that were taken [1]' AFTER `untracked_ms`;

ALTER TABLE health_hour_log ADD COLUMN IF NOT EXISTS `refused_hist` Array(UInt64) COMMENT 'Objects and signals refused, by reason: a number each of REJECTS [1]' AFTER `signals`;

ALTER TABLE health_day_log ADD COLUMN IF NOT EXISTS `signals` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Values of zones that were taken [1]' AFTER `untracked_ms`;

ALTER TABLE health_day_log ADD COLUMN IF NOT EXISTS `refused_hist` Array(UInt64) COMMENT 'Objects and signals refused, by reason: a number each of REJECTS [1]' AFTER `signals`;
