ALTER TABLE dead_letters_raw ADD COLUMN IF NOT EXISTS `form` LowCardinality(String) COMMENT 'What reads it: a format, or ours where it was read before' AFTER `raw`;

ALTER TABLE dead_letters_raw ADD COLUMN IF NOT EXISTS `given` String COMMENT 'JSON: what the options said of its file' AFTER `form`;

ALTER TABLE dead_letters_raw ADD COLUMN IF NOT EXISTS `cut` String COMMENT 'What of it did not fit' AFTER `given`;
