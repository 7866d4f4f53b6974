CREATE TABLE IF NOT EXISTS views_log (
    `name` String COMMENT 'A view that Tilik made',
    `fingerprint` String COMMENT 'Hash of its text and of all that it reads: another one is applied again',
    `tilik` LowCardinality(String) COMMENT 'Version of Tilik that made it',
    `version` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the application: the highest counts',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY name;
