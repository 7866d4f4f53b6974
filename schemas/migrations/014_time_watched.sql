ALTER TABLE crowd_now_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE crowd_minute_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE crowd_quarter_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE crowd_hour_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE crowd_day_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE flow_now_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE flow_minute_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE flow_quarter_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE flow_hour_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE flow_day_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE visits_now_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE visits_minute_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE visits_quarter_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE visits_hour_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE visits_day_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE stays_now_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE stays_minute_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE stays_quarter_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE stays_hour_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE stays_day_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE mask_now_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE mask_minute_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE mask_quarter_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE mask_hour_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE mask_day_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE congestion_now_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE congestion_minute_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE congestion_quarter_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE congestion_hour_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE congestion_day_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE flood_now_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE flood_minute_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE flood_quarter_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE flood_hour_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE flood_day_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE garbage_now_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE garbage_minute_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE garbage_quarter_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE garbage_hour_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE garbage_day_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE health_now_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE health_minute_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE health_quarter_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE health_hour_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';

ALTER TABLE health_day_log COMMENT COLUMN IF EXISTS `observed_ms` 'Time watched: the union of what frames cover, each up to the next and two periods at most [ms]';
