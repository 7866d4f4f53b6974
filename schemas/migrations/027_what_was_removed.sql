CREATE TABLE IF NOT EXISTS removals_log (
    `removal` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Number of the removal; of frames the local day before which they went, since 1970',
    `kind` LowCardinality(String) COMMENT 'Class of what went: minutes, hours, evidence, ...',
    `name` String COMMENT 'The table, archive or backfill that it went from',
    `day` Date COMMENT 'Local day of what went; of a backfill that on which it was made',
    `before` Date COMMENT 'The first local day of this class that stayed',
    `removed_rows` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Stored rows, those that were replaced too; of an archive frames or files',
    `removed_bytes` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'What they took on disk, about',
    `at` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Wall clock',
    `step` UInt8 CODEC(T64, ZSTD(1)) COMMENT '0 about to go, 1 gone: the higher counts'
)
ENGINE = ReplacingMergeTree(step)
ORDER BY (kind, day, name, removal);
