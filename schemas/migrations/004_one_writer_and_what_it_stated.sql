ALTER TABLE runs_log COMMENT COLUMN IF EXISTS `fingerprint` 'Hash of the input and of what the options say of it';

ALTER TABLE runs_log ADD COLUMN IF NOT EXISTS `definitions` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Hash of registry, calendar, thresholds, kernel versions: what it was stated by' AFTER `fingerprint`;

ALTER TABLE runs_log COMMENT COLUMN IF EXISTS `generation` '0 is live; a run that replaces, or states its input otherwise, takes the next';

ALTER TABLE runs_log ADD COLUMN IF NOT EXISTS `replaces` Bool COMMENT 'The run was allowed to write over minutes of other input' AFTER `generation`;

ALTER TABLE runs_log ADD COLUMN IF NOT EXISTS `cameras` Array(String) COMMENT 'Cameras that the run states' AFTER `replaces`;

ALTER TABLE runs_log ADD COLUMN IF NOT EXISTS `since` DateTime64(6, 'UTC') COMMENT 'Begin of what the run states' AFTER `cameras`;

ALTER TABLE runs_log ADD COLUMN IF NOT EXISTS `until` DateTime64(6, 'UTC') COMMENT 'End of what the run states' AFTER `since`;

CREATE TABLE IF NOT EXISTS leases_log (
    `token` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Which claim: each waits or holds under its own',
    `kind` LowCardinality(String) COMMENT 'What it is about: rows, registry, roll or across',
    `cameras` Array(String) COMMENT 'Cameras it touches; empty means all',
    `since_us` Int64 CODEC(T64, ZSTD(1)) COMMENT 'Begin of the time it touches, us since 1970',
    `until_us` Int64 CODEC(T64, ZSTD(1)) COMMENT 'End of that time',
    `input` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Hash of the input it states',
    `number` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Its place in the queue, 0 while it chooses one',
    `phase` UInt8 CODEC(T64, ZSTD(1)) COMMENT '0 choosing, 1 waiting or holding, 2 gone',
    `place` String COMMENT 'Host, boot and process namespace of its process, or ''''',
    `pid` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Its process',
    `began` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'When the process began, clock ticks since boot',
    `renewed` DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it was renewed, by the server''s clock',
    `step` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the renewal: the highest counts; what is gone has the last'
)
ENGINE = ReplacingMergeTree(step)
ORDER BY token
TTL toDateTime(renewed) + INTERVAL 1 DAY DELETE WHERE phase = 2;

CREATE TABLE IF NOT EXISTS sources_log (
    `kind` LowCardinality(String) COMMENT 'camera, place or road',
    `id` String COMMENT 'Its id',
    `source` String COMMENT 'The registry that spoke of it last: a path, or the input of provisional cameras',
    `version` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the registration: the highest counts',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (kind, id);

ALTER TABLE dead_letters_log COMMENT COLUMN IF EXISTS `count` 'Records of this kind at this place; 0 when a later statement of the input has none';
