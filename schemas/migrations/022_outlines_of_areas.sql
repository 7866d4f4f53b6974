ALTER TABLE areas_log ADD COLUMN IF NOT EXISTS `outline` String COMMENT 'Its outline as a GeoJSON geometry, WGS84 degrees; '''' where none is known' AFTER `parent`;
