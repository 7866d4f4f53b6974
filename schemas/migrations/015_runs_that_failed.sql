ALTER TABLE runs_log COMMENT COLUMN IF EXISTS `state` 'running, done, failed (ended half-way) or abandoned (wrote nothing)';

ALTER TABLE runs_log COMMENT COLUMN IF EXISTS `step` '0 running, 1 done, failed or abandoned: the higher counts';
