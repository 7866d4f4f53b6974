-- A letter is known by what its file holds: the same path with other content is another file.
ALTER TABLE dead_letters_log ADD COLUMN IF NOT EXISTS `content` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Hash of the file''s bytes and of what the options say of them' AFTER `reason`, MODIFY ORDER BY (source, position, reason, content);

ALTER TABLE dead_letters_raw ADD COLUMN IF NOT EXISTS `content` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Hash of the file''s bytes and of what the options say of them' AFTER `reason`, MODIFY ORDER BY (source, position, reason, content);

ALTER TABLE dead_letters_log COMMENT COLUMN IF EXISTS `position` 'Record number from 1; of a frame without a record, minus its number';

ALTER TABLE dead_letters_log COMMENT COLUMN IF EXISTS `detail` 'What was expected and of what kind came: no value of the record';

ALTER TABLE dead_letters_raw COMMENT COLUMN IF EXISTS `position` 'Record number from 1; of a frame without a record, minus its number';

ALTER TABLE dead_letters_raw COMMENT COLUMN IF EXISTS `raw` 'The record, at most 64 KB: what is not read of it is cut out';

ALTER TABLE incidents_log COMMENT COLUMN IF EXISTS `track_ids` 'Tracks behind it: the stream''s own numbers; other names as a hash';

-- What older versions kept of persons goes, from the files too: records as they came, details that quote them,
-- words that nobody knew, names of tracks. DROP PARTITION of none removes the files that the lines above replaced.
ALTER TABLE dead_letters_raw DELETE WHERE content = 0 AND length(raw) > 2 SETTINGS mutations_sync = 2;

ALTER TABLE dead_letters_log UPDATE detail = '' WHERE content = 0 AND (length(detail) > 200 OR match(detail, '[''"]')) SETTINGS mutations_sync = 2;

ALTER TABLE runs_log UPDATE summary = concat('{', arrayStringConcat(arrayMap(each -> concat('"', each.1, '":', each.2), arrayFilter(each -> each.1 IN ('frames', 'objects', 'rows', 'dead_letters', 'late', 'duplicates', 'seconds', 'incidents', 'rejected_objects', 'rejects'), JSONExtractKeysAndValuesRaw(summary))), ','), '}') WHERE summary != '' AND NOT JSONHas(summary, 'by') SETTINGS mutations_sync = 2;

ALTER TABLE incidents_log UPDATE track_ids = arrayMap(each -> if(match(each, '^[0-9]{1,18}$'), each, concat('t-', lower(hex(sipHash64(each))))), track_ids) WHERE arrayExists(each -> NOT match(each, '^([0-9]{1,18}|t-[0-9a-f]+)$'), track_ids) SETTINGS mutations_sync = 2;

ALTER TABLE dead_letters_raw DROP PARTITION ID 'none';

ALTER TABLE dead_letters_log DROP PARTITION ID 'none';

ALTER TABLE runs_log DROP PARTITION ID 'none';

ALTER TABLE incidents_log DROP PARTITION ID 'none';
