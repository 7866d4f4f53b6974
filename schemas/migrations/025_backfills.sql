CREATE TABLE IF NOT EXISTS backfills_log (
    `generation` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Of the rows that it has made again: what it is called by',
    `run` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'The run that they carry',
    `id` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Hash of all that decides what it makes: the same command goes on with the same backfill',
    `state` LowCardinality(String) COMMENT 'running (or killed: the same command goes on), done or undone',
    `archive` String COMMENT 'Where its frames were read',
    `since` DateTime64(6, 'UTC') COMMENT 'Minutes from here on were made again',
    `until` DateTime64(6, 'UTC') COMMENT 'Minutes before this were made again',
    `cameras` Array(String) COMMENT 'Cameras that were made again',
    `metrics` Array(LowCardinality(String)) COMMENT 'Metrics that were made again',
    `too_late` Bool COMMENT 'Frames that had come too late were taken in',
    `definitions` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Hash of registry, calendar, thresholds, kernel versions: what it was made by',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames that were read for it, those before and after its time too',
    `rows` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Rows and incidents that it stated, for they differed from those that stood',
    `withdrawn` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Rows and incidents that it withdrew, for it did not make them again',
    `at` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Wall clock',
    `step` UInt8 CODEC(T64, ZSTD(1)) COMMENT '0 running, 1 done, 2 undone: the highest counts'
)
ENGINE = ReplacingMergeTree(step)
ORDER BY generation;

CREATE TABLE IF NOT EXISTS backfill_jobs_log (
    `generation` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Which backfill',
    `day` Date COMMENT 'Local day',
    `shard` UInt16 CODEC(T64, ZSTD(1)) COMMENT 'Which group of the archive''s cameras',
    `state` LowCardinality(String) COMMENT 'made (read and counted, beside the warehouse) or stored',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames that were read',
    `remembered` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Cameras that began with what was remembered at a midnight',
    `beginning` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Cameras that began with their recording',
    `warm_up` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Cameras that began with nothing, a while before',
    `rows` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Rows and incidents that differed',
    `withdrawn` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Rows and incidents that were withdrawn',
    `seconds` Float64 COMMENT 'What making them took',
    `at` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Wall clock',
    `step` UInt8 CODEC(T64, ZSTD(1)) COMMENT '0 made, 1 stored: the higher counts'
)
ENGINE = ReplacingMergeTree(step)
ORDER BY (generation, day, shard);

CREATE TABLE IF NOT EXISTS backfill_changes_log (
    `generation` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Which backfill',
    `metric` LowCardinality(String) COMMENT 'Metric, or kind of incident',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement',
    `day` Date COMMENT 'Local day',
    `part` LowCardinality(String) COMMENT 'Which part of its rows; `incidents` of a kind of incident',
    `rows` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Rows that differed, of the day and all zones',
    `withdrawn` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Rows that were withdrawn',
    `before` Float64 COMMENT 'The part over the day and all zones as it stood: its sum, largest or smallest',
    `after` Float64 COMMENT 'As it was made again'
)
ENGINE = ReplacingMergeTree
ORDER BY (generation, metric, camera_id, day, part);
