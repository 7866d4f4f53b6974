ALTER TABLE dead_letters_log COMMENT COLUMN IF EXISTS `content` 'Upper half: hash of the file and its options; lower: of the part of the record';

ALTER TABLE dead_letters_raw COMMENT COLUMN IF EXISTS `content` 'Upper half: hash of the file and its options; lower: of the part of the record';
