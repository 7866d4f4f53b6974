CREATE TABLE IF NOT EXISTS road_hour_log (
    `ts` DateTime('UTC') COMMENT 'As the view road_hour has it',
    `camera_id` String COMMENT 'As the view road_hour has it',
    `area` String COMMENT 'As the view road_hour has it',
    `owner` String COMMENT 'As the view road_hour has it',
    `category` String COMMENT 'As the view road_hour has it',
    `road` String COMMENT 'As the view road_hour has it',
    `direction` String COMMENT 'As the view road_hour has it',
    `frames` UInt64 COMMENT 'As the view road_hour has it',
    `coverage` Float64 COMMENT 'As the view road_hour has it',
    `reason` String COMMENT 'As the view road_hour has it',
    `revision` UInt32 COMMENT 'As the view road_hour has it',
    `generation` UInt64 COMMENT 'As the view road_hour has it',
    `params_hash` UInt64 COMMENT 'As the view road_hour has it',
    `model_id` String COMMENT 'As the view road_hour has it',
    `simulated` Bool COMMENT 'As the view road_hour has it',
    `observed_ms` UInt64 COMMENT 'As the view road_hour has it',
    `expected_ms` UInt64 COMMENT 'As the view road_hour has it',
    `vehicles` Nullable(UInt64) COMMENT 'As the view road_hour has it',
    `vehicles_per_hour` Nullable(Float64) COMMENT 'As the view road_hour has it',
    `smp_per_hour` Nullable(Float64) COMMENT 'As the view road_hour has it',
    `emp_row` Nullable(String) COMMENT 'As the view road_hour has it',
    `capacity` Nullable(Float64) COMMENT 'As the view road_hour has it',
    `dj` Nullable(Float64) COMMENT 'As the view road_hour has it',
    `los` Nullable(String) COMMENT 'As the view road_hour has it',
    `near_saturation` Nullable(Bool) COMMENT 'As the view road_hour has it',
    `speed_mean_kmh` Nullable(Float64) COMMENT 'As the view road_hour has it',
    `peak_hour` Nullable(DateTime('UTC')) COMMENT 'As the view road_hour has it',
    `phf` Nullable(Float64) COMMENT 'As the view road_hour has it',
    `roll` UInt64 COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 COMMENT 'Tombstone'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (ts, road, direction)
PARTITION BY toYYYYMM(ts)
COMMENT 'Kept rows of the view road_hour';

CREATE TABLE IF NOT EXISTS road_day_log (
    `ts` DateTime('UTC') COMMENT 'As the view road_day has it',
    `camera_id` String COMMENT 'As the view road_day has it',
    `area` String COMMENT 'As the view road_day has it',
    `owner` String COMMENT 'As the view road_day has it',
    `category` String COMMENT 'As the view road_day has it',
    `road` String COMMENT 'As the view road_day has it',
    `direction` String COMMENT 'As the view road_day has it',
    `frames` UInt64 COMMENT 'As the view road_day has it',
    `coverage` Float64 COMMENT 'As the view road_day has it',
    `reason` String COMMENT 'As the view road_day has it',
    `revision` UInt32 COMMENT 'As the view road_day has it',
    `generation` UInt64 COMMENT 'As the view road_day has it',
    `params_hash` UInt64 COMMENT 'As the view road_day has it',
    `model_id` String COMMENT 'As the view road_day has it',
    `simulated` Bool COMMENT 'As the view road_day has it',
    `observed_ms` UInt64 COMMENT 'As the view road_day has it',
    `expected_ms` UInt64 COMMENT 'As the view road_day has it',
    `vehicles` Nullable(UInt64) COMMENT 'As the view road_day has it',
    `vehicles_per_hour` Nullable(Float64) COMMENT 'As the view road_day has it',
    `smp_per_hour` Nullable(Float64) COMMENT 'As the view road_day has it',
    `emp_row` Nullable(String) COMMENT 'As the view road_day has it',
    `capacity` Nullable(Float64) COMMENT 'As the view road_day has it',
    `dj` Nullable(Float64) COMMENT 'As the view road_day has it',
    `los` Nullable(String) COMMENT 'As the view road_day has it',
    `near_saturation` Nullable(Bool) COMMENT 'As the view road_day has it',
    `speed_mean_kmh` Nullable(Float64) COMMENT 'As the view road_day has it',
    `peak_hour` Nullable(DateTime('UTC')) COMMENT 'As the view road_day has it',
    `phf` Nullable(Float64) COMMENT 'As the view road_day has it',
    `hours_missing` Array(UInt8) COMMENT 'As the view road_day has it',
    `vehicles_estimated` Nullable(UInt64) COMMENT 'As the view road_day has it',
    `peak_hour_vehicles` Nullable(UInt64) COMMENT 'As the view road_day has it',
    `clock_hour` Nullable(DateTime('UTC')) COMMENT 'As the view road_day has it',
    `clock_hour_vehicles` Nullable(UInt64) COMMENT 'As the view road_day has it',
    `roll` UInt64 COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 COMMENT 'Tombstone'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (ts, road, direction)
PARTITION BY toYYYYMM(ts)
COMMENT 'Kept rows of the view road_day';

CREATE TABLE IF NOT EXISTS visits_place_day_log (
    `ts` DateTime('UTC') COMMENT 'As the view visits_place_day has it',
    `place_id` String COMMENT 'As the view visits_place_day has it',
    `name` String COMMENT 'As the view visits_place_day has it',
    `area` LowCardinality(String) COMMENT 'As the view visits_place_day has it',
    `cameras_reporting` UInt64 COMMENT 'As the view visits_place_day has it',
    `cameras_total` UInt64 COMMENT 'As the view visits_place_day has it',
    `frames` UInt64 COMMENT 'As the view visits_place_day has it',
    `coverage` Float64 COMMENT 'As the view visits_place_day has it',
    `observed_ms` UInt64 COMMENT 'As the view visits_place_day has it',
    `expected_ms` UInt64 COMMENT 'As the view visits_place_day has it',
    `reason` String COMMENT 'As the view visits_place_day has it',
    `hours_missing` Array(UInt8) COMMENT 'As the view visits_place_day has it',
    `revision` UInt32 COMMENT 'As the view visits_place_day has it',
    `generation` UInt64 COMMENT 'As the view visits_place_day has it',
    `simulated` Bool COMMENT 'As the view visits_place_day has it',
    `basis` String COMMENT 'As the view visits_place_day has it',
    `entries` Nullable(UInt64) COMMENT 'As the view visits_place_day has it',
    `exits` Nullable(UInt64) COMMENT 'As the view visits_place_day has it',
    `entries_per_hour` Nullable(Float64) COMMENT 'As the view visits_place_day has it',
    `exits_per_hour` Nullable(Float64) COMMENT 'As the view visits_place_day has it',
    `person_minutes` Nullable(Float64) COMMENT 'As the view visits_place_day has it',
    `person_minutes_per_hour` Nullable(Float64) COMMENT 'As the view visits_place_day has it',
    `stay_median_s` Nullable(Float64) COMMENT 'As the view visits_place_day has it',
    `passages` Nullable(Float64) COMMENT 'As the view visits_place_day has it',
    `passages_per_hour` Nullable(Float64) COMMENT 'As the view visits_place_day has it',
    `entries_estimated` Nullable(UInt64) COMMENT 'As the view visits_place_day has it',
    `exits_estimated` Nullable(UInt64) COMMENT 'As the view visits_place_day has it',
    `person_minutes_estimated` Nullable(Float64) COMMENT 'As the view visits_place_day has it',
    `roll` UInt64 COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 COMMENT 'Tombstone'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (ts, place_id)
PARTITION BY toYYYYMM(ts)
COMMENT 'Kept rows of the view visits_place_day';

CREATE TABLE IF NOT EXISTS kept_log (
    `what` LowCardinality(String) COMMENT 'Which view',
    `day` DateTime('UTC') COMMENT 'Start of a local day',
    `roll` UInt64 COMMENT 'Number of the recomputation that touched or reckoned it',
    `state` UInt8 COMMENT '0 what it follows from changes, 1 its rows are kept',
    `by` UInt64 COMMENT 'Hash of what was registered, and of how it was reckoned',
    `version` UInt64 DEFAULT (2 * roll) + state COMMENT 'The highest counts'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (what, day)
COMMENT 'Days of roads and places kept';
