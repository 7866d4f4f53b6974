-- The first tables. Frozen: see docs/decisions/store-shape.md.

CREATE TABLE IF NOT EXISTS crowd_minute_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `run` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'The run that wrote the row: runs_log',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `person_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Persons in the zone, times how long each frame lasted [person ms]',
    `persons_max` UInt16 CODEC(T64, ZSTD(1)) COMMENT 'Most persons in one frame [person]',
    `persons_hist` Array(UInt32) COMMENT 'Time with so many persons; bins of PERSON_EDGES [ms]',
    `area_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Zone area times time watched; 0 where the zone is not calibrated [dm2 ms]',
    `saturated_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time above the density where detectors undercount [ms]',
    `level_ms` Array(UInt32) COMMENT 'Time at each level A to F, with hysteresis [ms]'
)
ENGINE = ReplacingMergeTree(rev)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMMDD(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Persons in a zone: occupancy, density and level, by minute';

CREATE TABLE IF NOT EXISTS crowd_quarter_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `person_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Persons in the zone, times how long each frame lasted [person ms]',
    `persons_max` UInt16 CODEC(T64, ZSTD(1)) COMMENT 'Most persons in one frame [person]',
    `persons_hist` Array(UInt64) COMMENT 'Time with so many persons; bins of PERSON_EDGES [ms]',
    `area_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Zone area times time watched; 0 where the zone is not calibrated [dm2 ms]',
    `saturated_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time above the density where detectors undercount [ms]',
    `level_ms` Array(UInt64) COMMENT 'Time at each level A to F, with hysteresis [ms]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Persons in a zone: occupancy, density and level, by quarter';

CREATE TABLE IF NOT EXISTS crowd_hour_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `person_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Persons in the zone, times how long each frame lasted [person ms]',
    `persons_max` UInt16 CODEC(T64, ZSTD(1)) COMMENT 'Most persons in one frame [person]',
    `persons_hist` Array(UInt64) COMMENT 'Time with so many persons; bins of PERSON_EDGES [ms]',
    `area_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Zone area times time watched; 0 where the zone is not calibrated [dm2 ms]',
    `saturated_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time above the density where detectors undercount [ms]',
    `level_ms` Array(UInt64) COMMENT 'Time at each level A to F, with hysteresis [ms]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Persons in a zone: occupancy, density and level, by hour';

CREATE TABLE IF NOT EXISTS crowd_day_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `hours_short` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Expected hours of the day that were not watched enough',
    `person_ms_estimated` Nullable(UInt64) COMMENT 'person_ms, each hour''s over its coverage; NULL if one is 0',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `person_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Persons in the zone, times how long each frame lasted [person ms]',
    `persons_max` UInt16 CODEC(T64, ZSTD(1)) COMMENT 'Most persons in one frame [person]',
    `persons_hist` Array(UInt64) COMMENT 'Time with so many persons; bins of PERSON_EDGES [ms]',
    `area_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Zone area times time watched; 0 where the zone is not calibrated [dm2 ms]',
    `saturated_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time above the density where detectors undercount [ms]',
    `level_ms` Array(UInt64) COMMENT 'Time at each level A to F, with hysteresis [ms]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Persons in a zone: occupancy, density and level, by day';

CREATE TABLE IF NOT EXISTS flow_minute_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `run` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'The run that wrote the row: runs_log',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `line_id` LowCardinality(String) COMMENT 'line id',
    `direction` LowCardinality(String) COMMENT 'direction',
    `frames` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `person_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class person [1]',
    `bicycle_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class bicycle [1]',
    `motorcycle_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class motorcycle [1]',
    `car_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class car [1]',
    `bus_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class bus [1]',
    `truck_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class truck [1]',
    `other_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class other [1]',
    `person_speed_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class person [1]',
    `bicycle_speed_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class bicycle [1]',
    `motorcycle_speed_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class motorcycle [1]',
    `car_speed_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class car [1]',
    `bus_speed_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class bus [1]',
    `truck_speed_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class truck [1]',
    `other_speed_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class other [1]',
    `person_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class person [mm/s]',
    `bicycle_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class bicycle [mm/s]',
    `motorcycle_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class motorcycle [mm/s]',
    `car_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class car [mm/s]',
    `bus_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class bus [mm/s]',
    `truck_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class truck [mm/s]',
    `other_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class other [mm/s]'
)
ENGINE = ReplacingMergeTree(rev)
ORDER BY (area, camera_id, line_id, direction, ts)
PARTITION BY toYYYYMMDD(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Tracks that cross a line, by direction and class, by minute';

CREATE TABLE IF NOT EXISTS flow_quarter_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `line_id` LowCardinality(String) COMMENT 'line id',
    `direction` LowCardinality(String) COMMENT 'direction',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `person_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class person [1]',
    `bicycle_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class bicycle [1]',
    `motorcycle_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class motorcycle [1]',
    `car_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class car [1]',
    `bus_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class bus [1]',
    `truck_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class truck [1]',
    `other_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class other [1]',
    `person_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class person [1]',
    `bicycle_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class bicycle [1]',
    `motorcycle_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class motorcycle [1]',
    `car_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class car [1]',
    `bus_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class bus [1]',
    `truck_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class truck [1]',
    `other_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class other [1]',
    `person_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class person [mm/s]',
    `bicycle_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class bicycle [mm/s]',
    `motorcycle_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class motorcycle [mm/s]',
    `car_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class car [mm/s]',
    `bus_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class bus [mm/s]',
    `truck_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class truck [mm/s]',
    `other_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class other [mm/s]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, line_id, direction, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Tracks that cross a line, by direction and class, by quarter';

CREATE TABLE IF NOT EXISTS flow_hour_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `line_id` LowCardinality(String) COMMENT 'line id',
    `direction` LowCardinality(String) COMMENT 'direction',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `person_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class person [1]',
    `bicycle_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class bicycle [1]',
    `motorcycle_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class motorcycle [1]',
    `car_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class car [1]',
    `bus_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class bus [1]',
    `truck_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class truck [1]',
    `other_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class other [1]',
    `person_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class person [1]',
    `bicycle_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class bicycle [1]',
    `motorcycle_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class motorcycle [1]',
    `car_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class car [1]',
    `bus_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class bus [1]',
    `truck_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class truck [1]',
    `other_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class other [1]',
    `person_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class person [mm/s]',
    `bicycle_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class bicycle [mm/s]',
    `motorcycle_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class motorcycle [mm/s]',
    `car_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class car [mm/s]',
    `bus_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class bus [mm/s]',
    `truck_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class truck [mm/s]',
    `other_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class other [mm/s]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, line_id, direction, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Tracks that cross a line, by direction and class, by hour';

CREATE TABLE IF NOT EXISTS flow_day_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `hours_short` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Expected hours of the day that were not watched enough',
    `person_n_estimated` Nullable(UInt64) COMMENT 'person_n, each hour''s over its coverage; NULL if one is 0',
    `bicycle_n_estimated` Nullable(UInt64) COMMENT 'bicycle_n, each hour''s over its coverage; NULL if one is 0',
    `motorcycle_n_estimated` Nullable(UInt64) COMMENT 'motorcycle_n, each hour''s over its coverage; NULL if one is 0',
    `car_n_estimated` Nullable(UInt64) COMMENT 'car_n, each hour''s over its coverage; NULL if one is 0',
    `bus_n_estimated` Nullable(UInt64) COMMENT 'bus_n, each hour''s over its coverage; NULL if one is 0',
    `truck_n_estimated` Nullable(UInt64) COMMENT 'truck_n, each hour''s over its coverage; NULL if one is 0',
    `other_n_estimated` Nullable(UInt64) COMMENT 'other_n, each hour''s over its coverage; NULL if one is 0',
    `line_id` LowCardinality(String) COMMENT 'line id',
    `direction` LowCardinality(String) COMMENT 'direction',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `person_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class person [1]',
    `bicycle_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class bicycle [1]',
    `motorcycle_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class motorcycle [1]',
    `car_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class car [1]',
    `bus_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class bus [1]',
    `truck_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class truck [1]',
    `other_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings, class other [1]',
    `person_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class person [1]',
    `bicycle_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class bicycle [1]',
    `motorcycle_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class motorcycle [1]',
    `car_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class car [1]',
    `bus_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class bus [1]',
    `truck_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class truck [1]',
    `other_speed_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Crossings with a speed, class other [1]',
    `person_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class person [mm/s]',
    `bicycle_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class bicycle [mm/s]',
    `motorcycle_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class motorcycle [mm/s]',
    `car_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class car [mm/s]',
    `bus_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class bus [mm/s]',
    `truck_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class truck [mm/s]',
    `other_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class other [mm/s]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, line_id, direction, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Tracks that cross a line, by direction and class, by day';

CREATE TABLE IF NOT EXISTS visits_minute_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `run` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'The run that wrote the row: runs_log',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `line_id` LowCardinality(String) COMMENT 'line id',
    `frames` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `entries_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Persons who came in, once a track [1]',
    `exits_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Persons who went out, once a track [1]'
)
ENGINE = ReplacingMergeTree(rev)
ORDER BY (area, camera_id, line_id, ts)
PARTITION BY toYYYYMMDD(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Persons who pass a gate, by minute';

CREATE TABLE IF NOT EXISTS visits_quarter_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `line_id` LowCardinality(String) COMMENT 'line id',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `entries_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Persons who came in, once a track [1]',
    `exits_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Persons who went out, once a track [1]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, line_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Persons who pass a gate, by quarter';

CREATE TABLE IF NOT EXISTS visits_hour_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `line_id` LowCardinality(String) COMMENT 'line id',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `entries_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Persons who came in, once a track [1]',
    `exits_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Persons who went out, once a track [1]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, line_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Persons who pass a gate, by hour';

CREATE TABLE IF NOT EXISTS visits_day_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `hours_short` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Expected hours of the day that were not watched enough',
    `entries_n_estimated` Nullable(UInt64) COMMENT 'entries_n, each hour''s over its coverage; NULL if one is 0',
    `exits_n_estimated` Nullable(UInt64) COMMENT 'exits_n, each hour''s over its coverage; NULL if one is 0',
    `line_id` LowCardinality(String) COMMENT 'line id',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `entries_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Persons who came in, once a track [1]',
    `exits_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Persons who went out, once a track [1]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, line_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Persons who pass a gate, by day';

CREATE TABLE IF NOT EXISTS stays_minute_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `run` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'The run that wrote the row: runs_log',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `stays_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Tracked persons who left the zone [1]',
    `stay_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their stays, first sight to last [ms]',
    `stays_hist` Array(UInt32) COMMENT 'Their stays; bins of STAY_EDGES_S [1]'
)
ENGINE = ReplacingMergeTree(rev)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMMDD(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'How long persons stay in view in a zone, by minute';

CREATE TABLE IF NOT EXISTS stays_quarter_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `stays_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Tracked persons who left the zone [1]',
    `stay_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their stays, first sight to last [ms]',
    `stays_hist` Array(UInt64) COMMENT 'Their stays; bins of STAY_EDGES_S [1]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'How long persons stay in view in a zone, by quarter';

CREATE TABLE IF NOT EXISTS stays_hour_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `stays_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Tracked persons who left the zone [1]',
    `stay_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their stays, first sight to last [ms]',
    `stays_hist` Array(UInt64) COMMENT 'Their stays; bins of STAY_EDGES_S [1]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'How long persons stay in view in a zone, by hour';

CREATE TABLE IF NOT EXISTS stays_day_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `hours_short` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Expected hours of the day that were not watched enough',
    `stays_n_estimated` Nullable(UInt64) COMMENT 'stays_n, each hour''s over its coverage; NULL if one is 0',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `stays_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Tracked persons who left the zone [1]',
    `stay_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their stays, first sight to last [ms]',
    `stays_hist` Array(UInt64) COMMENT 'Their stays; bins of STAY_EDGES_S [1]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'How long persons stay in view in a zone, by day';

CREATE TABLE IF NOT EXISTS mask_minute_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `run` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'The run that wrote the row: runs_log',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `masked_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Tracks decided: masked [1]',
    `unmasked_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Tracks decided: not masked, or wrongly [1]',
    `unknown_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Tracks of persons not decided [1]',
    `frame_masked_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Faces of untracked persons, frame by frame: masked [1]',
    `frame_unmasked_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Faces of untracked persons, frame by frame: not masked [1]',
    `frame_unknown_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Untracked persons, frame by frame: no face to judge [1]'
)
ENGINE = ReplacingMergeTree(rev)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMMDD(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Masks worn, by track, by minute';

CREATE TABLE IF NOT EXISTS mask_quarter_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `masked_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Tracks decided: masked [1]',
    `unmasked_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Tracks decided: not masked, or wrongly [1]',
    `unknown_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Tracks of persons not decided [1]',
    `frame_masked_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Faces of untracked persons, frame by frame: masked [1]',
    `frame_unmasked_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Faces of untracked persons, frame by frame: not masked [1]',
    `frame_unknown_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Untracked persons, frame by frame: no face to judge [1]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Masks worn, by track, by quarter';

CREATE TABLE IF NOT EXISTS mask_hour_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `masked_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Tracks decided: masked [1]',
    `unmasked_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Tracks decided: not masked, or wrongly [1]',
    `unknown_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Tracks of persons not decided [1]',
    `frame_masked_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Faces of untracked persons, frame by frame: masked [1]',
    `frame_unmasked_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Faces of untracked persons, frame by frame: not masked [1]',
    `frame_unknown_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Untracked persons, frame by frame: no face to judge [1]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Masks worn, by track, by hour';

CREATE TABLE IF NOT EXISTS mask_day_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `hours_short` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Expected hours of the day that were not watched enough',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `masked_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Tracks decided: masked [1]',
    `unmasked_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Tracks decided: not masked, or wrongly [1]',
    `unknown_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Tracks of persons not decided [1]',
    `frame_masked_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Faces of untracked persons, frame by frame: masked [1]',
    `frame_unmasked_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Faces of untracked persons, frame by frame: not masked [1]',
    `frame_unknown_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Untracked persons, frame by frame: no face to judge [1]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Masks worn, by track, by day';

CREATE TABLE IF NOT EXISTS congestion_minute_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `run` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'The run that wrote the row: runs_log',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `occupied_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time when a vehicle''s foot point was in the lane [ms]',
    `vehicle_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Vehicles in the lane, times how long each frame lasted [vehicle ms]',
    `tracked_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'The same, tracked vehicles only [vehicle ms]',
    `standing_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'The same, tracked vehicles that stand [vehicle ms]',
    `timed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time of tracked vehicles over calibrated ground [vehicle ms]',
    `way_mm` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Their way in that time [mm]'
)
ENGINE = ReplacingMergeTree(rev)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMMDD(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Vehicles in a lane: occupancy, standing share, speed, by minute';

CREATE TABLE IF NOT EXISTS congestion_quarter_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `occupied_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time when a vehicle''s foot point was in the lane [ms]',
    `vehicle_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Vehicles in the lane, times how long each frame lasted [vehicle ms]',
    `tracked_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'The same, tracked vehicles only [vehicle ms]',
    `standing_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'The same, tracked vehicles that stand [vehicle ms]',
    `timed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time of tracked vehicles over calibrated ground [vehicle ms]',
    `way_mm` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Their way in that time [mm]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Vehicles in a lane: occupancy, standing share, speed, by quarter';

CREATE TABLE IF NOT EXISTS congestion_hour_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `occupied_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time when a vehicle''s foot point was in the lane [ms]',
    `vehicle_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Vehicles in the lane, times how long each frame lasted [vehicle ms]',
    `tracked_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'The same, tracked vehicles only [vehicle ms]',
    `standing_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'The same, tracked vehicles that stand [vehicle ms]',
    `timed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time of tracked vehicles over calibrated ground [vehicle ms]',
    `way_mm` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Their way in that time [mm]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Vehicles in a lane: occupancy, standing share, speed, by hour';

CREATE TABLE IF NOT EXISTS congestion_day_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `hours_short` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Expected hours of the day that were not watched enough',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `occupied_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time when a vehicle''s foot point was in the lane [ms]',
    `vehicle_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Vehicles in the lane, times how long each frame lasted [vehicle ms]',
    `tracked_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'The same, tracked vehicles only [vehicle ms]',
    `standing_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'The same, tracked vehicles that stand [vehicle ms]',
    `timed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time of tracked vehicles over calibrated ground [vehicle ms]',
    `way_mm` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Their way in that time [mm]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Vehicles in a lane: occupancy, standing share, speed, by day';

CREATE TABLE IF NOT EXISTS flood_minute_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `run` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'The run that wrote the row: runs_log',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `signals_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Signals of the wet share [1]',
    `wet_ppm` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Their sum [1e-6]',
    `wet_ppm_max` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'The highest [1e-6]'
)
ENGINE = ReplacingMergeTree(rev)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMMDD(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Wet share of a road zone, a trend index and not a depth, by minute';

CREATE TABLE IF NOT EXISTS flood_quarter_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `signals_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Signals of the wet share [1]',
    `wet_ppm` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Their sum [1e-6]',
    `wet_ppm_max` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'The highest [1e-6]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Wet share of a road zone, a trend index and not a depth, by quarter';

CREATE TABLE IF NOT EXISTS flood_hour_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `signals_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Signals of the wet share [1]',
    `wet_ppm` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Their sum [1e-6]',
    `wet_ppm_max` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'The highest [1e-6]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Wet share of a road zone, a trend index and not a depth, by hour';

CREATE TABLE IF NOT EXISTS flood_day_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `hours_short` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Expected hours of the day that were not watched enough',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `signals_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Signals of the wet share [1]',
    `wet_ppm` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Their sum [1e-6]',
    `wet_ppm_max` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'The highest [1e-6]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Wet share of a road zone, a trend index and not a depth, by day';

CREATE TABLE IF NOT EXISTS garbage_minute_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `run` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'The run that wrote the row: runs_log',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `garbage_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Garbage in the zone, times how long each frame lasted [object ms]',
    `garbage_max` UInt16 CODEC(T64, ZSTD(1)) COMMENT 'Most garbage in one frame [1]'
)
ENGINE = ReplacingMergeTree(rev)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMMDD(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Garbage seen in a zone, by minute';

CREATE TABLE IF NOT EXISTS garbage_quarter_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `garbage_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Garbage in the zone, times how long each frame lasted [object ms]',
    `garbage_max` UInt16 CODEC(T64, ZSTD(1)) COMMENT 'Most garbage in one frame [1]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Garbage seen in a zone, by quarter';

CREATE TABLE IF NOT EXISTS garbage_hour_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `garbage_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Garbage in the zone, times how long each frame lasted [object ms]',
    `garbage_max` UInt16 CODEC(T64, ZSTD(1)) COMMENT 'Most garbage in one frame [1]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Garbage seen in a zone, by hour';

CREATE TABLE IF NOT EXISTS garbage_day_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `hours_short` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Expected hours of the day that were not watched enough',
    `zone_id` LowCardinality(String) COMMENT 'zone id',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `garbage_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Garbage in the zone, times how long each frame lasted [object ms]',
    `garbage_max` UInt16 CODEC(T64, ZSTD(1)) COMMENT 'Most garbage in one frame [1]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, zone_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Garbage seen in a zone, by day';

CREATE TABLE IF NOT EXISTS health_minute_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `run` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'The run that wrote the row: runs_log',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `frames` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `late_frames` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Frames later than reorder_s that restated their minute [1]',
    `duplicate_frames` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Frames that came again and were not counted [1]',
    `objects` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Objects detected, of any class [1]',
    `dark_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time when the picture was dark [ms]',
    `blurred_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time when the picture was blurred [ms]',
    `frozen_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time when the picture stood still: not watched [ms]',
    `skew_ms` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Time when capture and arrival differed by more than 30 s [ms]',
    `delay_hist` Array(UInt32) COMMENT 'Frames by arrival - capture; bins of DELAY_EDGES_MS [1]',
    `state` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Worst state: an index into STATES [1]',
    `last_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time of the last frame, ms since 1970 [ms]'
)
ENGINE = ReplacingMergeTree(rev)
ORDER BY (area, camera_id, ts)
PARTITION BY toYYYYMMDD(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Was the camera watching, and how well, by minute';

CREATE TABLE IF NOT EXISTS health_quarter_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `late_frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames later than reorder_s that restated their minute [1]',
    `duplicate_frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames that came again and were not counted [1]',
    `objects` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Objects detected, of any class [1]',
    `dark_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time when the picture was dark [ms]',
    `blurred_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time when the picture was blurred [ms]',
    `frozen_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time when the picture stood still: not watched [ms]',
    `skew_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time when capture and arrival differed by more than 30 s [ms]',
    `delay_hist` Array(UInt64) COMMENT 'Frames by arrival - capture; bins of DELAY_EDGES_MS [1]',
    `state` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Worst state: an index into STATES [1]',
    `last_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time of the last frame, ms since 1970 [ms]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Was the camera watching, and how well, by quarter';

CREATE TABLE IF NOT EXISTS health_hour_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `late_frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames later than reorder_s that restated their minute [1]',
    `duplicate_frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames that came again and were not counted [1]',
    `objects` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Objects detected, of any class [1]',
    `dark_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time when the picture was dark [ms]',
    `blurred_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time when the picture was blurred [ms]',
    `frozen_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time when the picture stood still: not watched [ms]',
    `skew_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time when capture and arrival differed by more than 30 s [ms]',
    `delay_hist` Array(UInt64) COMMENT 'Frames by arrival - capture; bins of DELAY_EDGES_MS [1]',
    `state` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Worst state: an index into STATES [1]',
    `last_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time of the last frame, ms since 1970 [ms]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Was the camera watching, and how well, by hour';

CREATE TABLE IF NOT EXISTS health_day_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement; a moved camera is a new id',
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Window start, UTC',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `expected_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time the camera should have been watching, ms; time without any row counts',
    `reason` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Why the window is not published: an index into REASONS, 0 when it is or coverage decides',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `model_id` LowCardinality(String) COMMENT 'Detector or tracker behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + revision',
    `from_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the first stored minute of the window begins to be expected, ms since 1970',
    `until_ms` Int64 CODEC(T64, ZSTD(1)) COMMENT 'When the last stored minute of the window stops being expected, ms since 1970',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone',
    `hours_short` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Expected hours of the day that were not watched enough',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames observed [1]',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time watched: each frame''s share, capped at two periods [ms]',
    `late_frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames later than reorder_s that restated their minute [1]',
    `duplicate_frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames that came again and were not counted [1]',
    `objects` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Objects detected, of any class [1]',
    `dark_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time when the picture was dark [ms]',
    `blurred_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time when the picture was blurred [ms]',
    `frozen_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time when the picture stood still: not watched [ms]',
    `skew_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time when capture and arrival differed by more than 30 s [ms]',
    `delay_hist` Array(UInt64) COMMENT 'Frames by arrival - capture; bins of DELAY_EDGES_MS [1]',
    `state` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Worst state: an index into STATES [1]',
    `last_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time of the last frame, ms since 1970 [ms]'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, camera_id, ts)
PARTITION BY toYYYYMM(ts)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192
COMMENT 'Was the camera watching, and how well, by day';

CREATE TABLE IF NOT EXISTS incidents_log (
    `area` LowCardinality(String) COMMENT 'Kemendagri code of the camera',
    `camera_id` LowCardinality(String) COMMENT 'Camera placement',
    `incident_id` String COMMENT 'hash(camera, zone, kind, track or anchor, opened_at), 16 hex digits',
    `zone_id` LowCardinality(String) COMMENT 'Zone, or '''' for the whole camera',
    `site` LowCardinality(String) COMMENT 'Recorder or RT of the camera, or ''''',
    `kind` LowCardinality(String) COMMENT 'One of INCIDENT_KINDS',
    `state` LowCardinality(String) COMMENT 'One of INCIDENT_STATES',
    `severity` LowCardinality(String) COMMENT 'Level or, for parking, stopped or parked',
    `opened_at` DateTime64(6, 'UTC') COMMENT 'Start of what became the incident',
    `active_at` DateTime64(6, 'UTC') COMMENT 'When it was confirmed',
    `updated_at` DateTime64(6, 'UTC') COMMENT 'Event time of the last change',
    `closed_at` Nullable(DateTime64(6, 'UTC')) COMMENT 'First sample below the off threshold, confirmed later',
    `close_reason` LowCardinality(String) COMMENT 'cleared, left, expired_unobserved, end_of_input or ''''',
    `peak` Float64 COMMENT 'Highest signal',
    `track_ids` Array(String) COMMENT 'Tracks behind it, as the stream names them',
    `inhibited_by` String COMMENT 'Incident of the site that explains this one: nobody is told of it; or ''''',
    `box` Array(Float32) COMMENT 'x1, y1, x2, y2 in 0..1, or empty',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `params_hash` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Kernel version, geometry and thresholds behind the row',
    `simulated` Bool COMMENT 'The camera is simulated',
    `run` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'The run that wrote the row',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'generation * 65536 + the incident''s own change number',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone'
)
ENGINE = ReplacingMergeTree(rev)
ORDER BY (area, camera_id, incident_id)
PARTITION BY toYYYYMM(opened_at)
COMMENT 'Every state an incident reached; the highest rev counts';

CREATE TABLE IF NOT EXISTS runs_log (
    `run` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Number of the run',
    `token` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Who asked for the number: two runs never share one',
    `fingerprint` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Hash of the input: the same input is the same statement',
    `generation` UInt32 CODEC(T64, ZSTD(1)) COMMENT '0 is live; a run that replaces takes the next',
    `command` String COMMENT 'What was called',
    `inputs` Array(String) COMMENT 'Paths or topics',
    `simulated` Bool COMMENT 'The input was simulated',
    `state` LowCardinality(String) COMMENT 'running, done or abandoned',
    `summary` String COMMENT 'JSON, once done',
    `started_at` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Wall clock',
    `step` UInt8 CODEC(T64, ZSTD(1)) COMMENT '0 running, 1 done or abandoned: the higher counts'
)
ENGINE = ReplacingMergeTree(step)
ORDER BY (run, token);

CREATE TABLE IF NOT EXISTS cameras_log (
    `camera_id` String COMMENT 'Camera placement',
    `valid_from` DateTime64(6, 'UTC') COMMENT 'From when this version holds; 1970 when not said',
    `name` String COMMENT 'What people call it',
    `area` LowCardinality(String) COMMENT 'Kemendagri code',
    `lat` Nullable(Float64) COMMENT 'Latitude, degrees',
    `lon` Nullable(Float64) COMMENT 'Longitude, degrees',
    `owner` LowCardinality(String) COMMENT 'Who runs the camera',
    `category` LowCardinality(String) COMMENT 'atcs, pasar, pompa_air, ...',
    `site` LowCardinality(String) COMMENT 'Recorder or power supply it shares',
    `fps` Float64 COMMENT 'Nominal frame rate, 1/s',
    `metrics` Array(LowCardinality(String)) COMMENT 'Metrics that are on; health always',
    `simulated` Bool COMMENT 'The camera is simulated',
    `definition` String COMMENT 'The whole entry as JSON: zones, lines, calibration',
    `version` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the registration: the highest counts',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (camera_id, valid_from);

CREATE TABLE IF NOT EXISTS areas_log (
    `area` String COMMENT 'Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]',
    `name` String COMMENT 'Its name',
    `level` LowCardinality(String) COMMENT 'province, city, kecamatan, kelurahan, rw or rt',
    `parent` String COMMENT 'Code of the area around it, or ''''',
    `version` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the registration: the highest counts'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY area;

CREATE TABLE IF NOT EXISTS places_log (
    `place_id` String COMMENT 'A square, a market, a park',
    `name` String COMMENT 'What people call it',
    `area` LowCardinality(String) COMMENT 'Kemendagri code that its cameras have in common',
    `zones` Array(String) COMMENT 'camera/zone; they do not overlap',
    `gates` Array(String) COMMENT 'camera/line; all ways in and out',
    `opens` UInt16 CODEC(T64, ZSTD(1)) COMMENT 'Opening, minutes after local midnight',
    `closes` UInt16 CODEC(T64, ZSTD(1)) COMMENT 'Closing, minutes after local midnight; before `opens`: on the next day',
    `version` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the registration: the highest counts',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY place_id;

CREATE TABLE IF NOT EXISTS roads_log (
    `road` String COMMENT 'A street''s cross-section',
    `name` String COMMENT 'What people call it',
    `area` LowCardinality(String) COMMENT 'Kemendagri code that its cameras have in common',
    `kind` LowCardinality(String) COMMENT 'ruas (mid-block) or pendekat (approach to a signal)',
    `type` LowCardinality(String) COMMENT '2/2 UD, 4/2 D, ... (MKJI 1997)',
    `lanes` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Lanes in one direction; both ways together where undivided; 0 when not known',
    `width_m` Float64 COMMENT 'Carriageway [m], 0 when not known',
    `free_flow_kmh` Float64 COMMENT 'Free-flow speed [km/h], 0 when not known',
    `green_s` Float64 COMMENT 'Green time [s], 0 without signal data',
    `cycle_s` Float64 COMMENT 'Cycle time [s], 0 without signal data',
    `saturation_flow` Float64 COMMENT 'S [smp/h of green], 0 when not known',
    `capacity` Float64 COMMENT 'C [smp/h]: of a direction, or both ways where undivided; 0 when not known',
    `factors` Map(String, Float64) COMMENT 'FCw, FCsp, FCsf, FCcs: what the registry gives',
    `lines` Array(String) COMMENT 'camera/line: together the whole cross-section',
    `version` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the registration: the highest counts',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY road;

CREATE TABLE IF NOT EXISTS calendar_log (
    `date` Date32 COMMENT 'Local day',
    `day_type` LowCardinality(String) COMMENT 'weekday, saturday, sunday, holiday or joint_leave',
    `holiday` String COMMENT 'Name of the public holiday or joint leave, or ''''',
    `hijri` String COMMENT 'Hijri date YYYY-MM-DD',
    `is_ramadan` Bool COMMENT 'A day of the fast',
    `school_holiday` String COMMENT 'Name of the school holiday, or ''''',
    `events` Array(Tuple(from_minute UInt16, to_minute UInt16, name String)) COMMENT 'City events, local minutes',
    `version` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the registration: the highest counts'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY date;

CREATE TABLE IF NOT EXISTS trends_log (
    `place_id` String COMMENT 'The place',
    `day` Date COMMENT 'Local day up to which the verdict looks',
    `verdict` LowCardinality(String) COMMENT 'naik, landai, turun or data tidak cukup',
    `slope` Nullable(Float64) COMMENT 'Theil-Sen slope, share of the median a week',
    `slope_low` Nullable(Float64) COMMENT 'Its interval, lower end',
    `slope_high` Nullable(Float64) COMMENT 'Its interval, upper end',
    `days_used` UInt16 CODEC(T64, ZSTD(1)) COMMENT 'Days of the last 8 weeks that were published and not left out',
    `basis` LowCardinality(String) COMMENT 'entries or lintasan: what was counted',
    `version` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the computation: the highest counts',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (place_id, day);

CREATE TABLE IF NOT EXISTS dead_letters_log (
    `source` String COMMENT 'Path or topic',
    `position` Int64 CODEC(T64, ZSTD(1)) COMMENT 'Record number from 1',
    `reason` LowCardinality(String) COMMENT 'Why it was not used',
    `detail` String COMMENT 'What was expected and what came',
    `first_seen` DateTime64(6, 'UTC') COMMENT 'When it was seen',
    `count` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Records of this kind at this place',
    `run` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'The run that met it last'
)
ENGINE = ReplacingMergeTree(run)
ORDER BY (source, position, reason);

CREATE TABLE IF NOT EXISTS dead_letters_raw (
    `source` String COMMENT 'Path or topic',
    `position` Int64 CODEC(T64, ZSTD(1)) COMMENT 'Record number from 1',
    `reason` LowCardinality(String) COMMENT 'Why it was not used',
    `raw` String COMMENT 'The record''s bytes, at most 64 KB',
    `stored_at` DateTime('UTC') DEFAULT now('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Wall clock: kept for 7 days'
)
ENGINE = ReplacingMergeTree(stored_at)
ORDER BY (source, position, reason)
TTL stored_at + INTERVAL 7 DAY DELETE;

CREATE TABLE IF NOT EXISTS marks_log (
    `domain` LowCardinality(String) COMMENT 'Which metric''s minutes changed',
    `hour` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Hour that must be recomputed',
    `mark` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'The insert that marked it',
    `state` UInt8 CODEC(T64, ZSTD(1)) COMMENT '0 about to insert, 1 inserted, 2 recomputed: the highest counts',
    `at` DateTime('UTC') DEFAULT now('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Wall clock'
)
ENGINE = ReplacingMergeTree(state)
ORDER BY (domain, hour, mark)
TTL at + INTERVAL 7 DAY DELETE WHERE state = 2;

CREATE TABLE IF NOT EXISTS rolls_log (
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation',
    `domain` LowCardinality(String) COMMENT 'Which metric it recomputed',
    `hour` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Hour of a mark that it read',
    `mark` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'The mark',
    `at` DateTime('UTC') DEFAULT now('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Wall clock'
)
ENGINE = ReplacingMergeTree
ORDER BY (roll, domain, hour, mark)
TTL at + INTERVAL 7 DAY DELETE;

CREATE TABLE IF NOT EXISTS settings_log (
    `name` String COMMENT 'Set-up constant',
    `value` String COMMENT 'Its value; a change is refused'
)
ENGINE = ReplacingMergeTree
ORDER BY name;

INSERT INTO settings_log (name, value) VALUES ('zone', 'Asia/Jakarta');
