CREATE TABLE IF NOT EXISTS alerts_log (
    `office` LowCardinality(String) COMMENT 'Who was told: the id of a receiver in the rules',
    `message` String COMMENT 'The message that told it, 16 hex digits',
    `alert` String COMMENT 'hash(rule, subject, beginning), 16 hex digits',
    `at` DateTime64(6, 'UTC') COMMENT 'When it was told, or told no more',
    `step` UInt8 CODEC(T64, ZSTD(1)) COMMENT '0 told, 1 told no more',
    `rule` LowCardinality(String) COMMENT 'Id of the rule',
    `kind` LowCardinality(String) COMMENT 'Kind of the incident, else figure, blind or silent',
    `severity` LowCardinality(String) COMMENT 'low, medium, high or critical, as the rule says',
    `area` LowCardinality(String) COMMENT 'Kemendagri code of what it is about',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera, or ''''',
    `category` LowCardinality(String) COMMENT 'Category of the camera, or ''''',
    `place` LowCardinality(String) COMMENT 'Place, road or area that it is about; the camera where it has none',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement, or ''''',
    `zone_id` LowCardinality(String) COMMENT 'Zone, or ''''',
    `site` LowCardinality(String) COMMENT 'Recorder of the camera, or ''''',
    `incident_id` String COMMENT 'The incident that it is, or ''''',
    `since` DateTime64(6, 'UTC') COMMENT 'When its condition began to hold',
    `ended_at` Nullable(DateTime64(6, 'UTC')) COMMENT 'When it ceased to; NULL while it holds',
    `value` Nullable(Float64) COMMENT 'The worst that was measured',
    `why` LowCardinality(String) COMMENT 'Why it is told no more; '''' while it is',
    `simulated` Bool COMMENT 'No camera ever saw it',
    `matchers` String COMMENT 'JSON: by label its words; what a silence of its message keeps back'
)
ENGINE = ReplacingMergeTree
ORDER BY (office, message, alert, at, step);

CREATE TABLE IF NOT EXISTS acknowledgements_log (
    `message` String COMMENT 'The message that was answered',
    `acknowledgement` String COMMENT 'Which answer: each has its own',
    `at` DateTime64(6, 'UTC') COMMENT 'When',
    `answer` LowCardinality(String) COMMENT 'accepted (somebody sees to it) or dismissed (nothing is the matter)',
    `officer` String COMMENT 'Who answered',
    `office` LowCardinality(String) COMMENT 'In whose chat; '''' on the command line',
    `via` LowCardinality(String) COMMENT 'telegram or command',
    `alerts` Array(String) COMMENT 'Alerts that the message told of then'
)
ENGINE = ReplacingMergeTree
ORDER BY (message, acknowledgement);

CREATE TABLE IF NOT EXISTS notes_log (
    `message` String COMMENT 'The message that it is about',
    `note` String COMMENT 'Which note: each has its own',
    `at` DateTime64(6, 'UTC') COMMENT 'When',
    `text` String COMMENT 'What was written',
    `officer` String COMMENT 'Who wrote it',
    `office` LowCardinality(String) COMMENT 'In whose chat; '''' on the command line',
    `via` LowCardinality(String) COMMENT 'telegram or command'
)
ENGINE = ReplacingMergeTree
ORDER BY (message, note);

CREATE TABLE IF NOT EXISTS silences_log (
    `silence` String COMMENT 'Which silence: each has its own',
    `since` DateTime64(6, 'UTC') COMMENT 'From when on nothing is told',
    `until` DateTime64(6, 'UTC') COMMENT 'Until when; one that is ended earlier says so here',
    `matchers` String COMMENT 'JSON: by label its words; alerts that have one of each are not told',
    `reason` String COMMENT 'Why',
    `officer` String COMMENT 'Who asked for it, or ended it',
    `office` LowCardinality(String) COMMENT 'In whose chat; '''' on the command line',
    `via` LowCardinality(String) COMMENT 'telegram or command',
    `message` String COMMENT 'The message that it was asked for at, or ''''',
    `at` DateTime64(6, 'UTC') COMMENT 'When it was asked for, or ended',
    `version` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'The same in us since 1970: the highest counts'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY silence;
