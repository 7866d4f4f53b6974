ALTER TABLE incidents_log COMMENT COLUMN IF EXISTS `close_reason` 'cleared, expired_unobserved, version_ended, camera_removed, end_of_input or ''''';
