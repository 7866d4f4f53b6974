ALTER TABLE kept_log COMMENT COLUMN IF EXISTS `by` 'Hash of how it was reckoned';

CREATE TABLE IF NOT EXISTS kept_names_log (
    `what` LowCardinality(String) COMMENT 'Which view',
    `name` String COMMENT 'A road, a place',
    `roll` UInt64 COMMENT 'Number of the recomputation that reckoned its days',
    `by` UInt64 COMMENT 'Hash of what was registered of it, 0 nothing any more'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (what, name)
COMMENT 'Roads and places as they were kept';
