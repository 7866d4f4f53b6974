ALTER TABLE incidents_log COMMENT COLUMN IF EXISTS `kind` 'Of what: crowd, congestion, flood, garbage, parking, night, gathering, racing, site_down, camera_down, mute';

ALTER TABLE incidents_log COMMENT COLUMN IF EXISTS `state` 'How it stands: pending, active, clearing, closed, unknown, expired_unobserved';

ALTER TABLE incidents_log COMMENT COLUMN IF EXISTS `close_reason` 'cleared, expired_unobserved, version_ended, end_of_input or ''''';
