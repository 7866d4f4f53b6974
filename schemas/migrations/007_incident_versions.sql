ALTER TABLE incidents_log COMMENT COLUMN IF EXISTS `rev` 'generation * 65536 + 8 x the change''s number';
