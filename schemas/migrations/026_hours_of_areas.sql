CREATE TABLE IF NOT EXISTS crowd_area_hour_log (
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Start of the hour, UTC',
    `area` LowCardinality(String) COMMENT 'City, kecamatan or kelurahan; '''' all cameras together',
    `cameras` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with rows',
    `reporting` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras of which a row enters the parts',
    `watching` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with a published row',
    `seeing` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with frames',
    `expected` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time that they should have watched, added over cameras, ms',
    `watched` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time that they watched of it, ms',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames, the most of a camera''s rows, added over cameras',
    `unread` UInt8 CODEC(T64, ZSTD(1)) COMMENT '2 frames of some could not be read, 1 some were lost before, 0 neither',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'The highest of the rows',
    `simulated` Bool COMMENT 'Some are simulated',
    `milli` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: milli',
    `person_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: person_ms',
    `level` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: level',
    `saturated` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: saturated',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, ts)
PARTITION BY toYYYYMM(ts)
COMMENT 'Persons in an area''s zones, by hour';

CREATE TABLE IF NOT EXISTS flow_area_hour_log (
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Start of the hour, UTC',
    `area` LowCardinality(String) COMMENT 'City, kecamatan or kelurahan; '''' all cameras together',
    `cameras` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with rows',
    `reporting` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras of which a row enters the parts',
    `watching` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with a published row',
    `seeing` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with frames',
    `expected` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time that they should have watched, added over cameras, ms',
    `watched` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time that they watched of it, ms',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames, the most of a camera''s rows, added over cameras',
    `unread` UInt8 CODEC(T64, ZSTD(1)) COMMENT '2 frames of some could not be read, 1 some were lost before, 0 neither',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'The highest of the rows',
    `simulated` Bool COMMENT 'Some are simulated',
    `lines` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: lines',
    `medians` Array(Float64) COMMENT 'Folded: medians',
    `rates` Array(Float64) COMMENT 'Folded: rates',
    `speed_n` Array(UInt64) COMMENT 'Folded: speed_n',
    `speed_sum` Array(UInt64) COMMENT 'Folded: speed_sum',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, ts)
PARTITION BY toYYYYMM(ts)
COMMENT 'Crossings of an area''s lines, the median of a line and direction, by hour';

CREATE TABLE IF NOT EXISTS visits_area_hour_log (
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Start of the hour, UTC',
    `area` LowCardinality(String) COMMENT 'City, kecamatan or kelurahan; '''' all cameras together',
    `cameras` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with rows',
    `reporting` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras of which a row enters the parts',
    `watching` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with a published row',
    `seeing` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with frames',
    `expected` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time that they should have watched, added over cameras, ms',
    `watched` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time that they watched of it, ms',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames, the most of a camera''s rows, added over cameras',
    `unread` UInt8 CODEC(T64, ZSTD(1)) COMMENT '2 frames of some could not be read, 1 some were lost before, 0 neither',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'The highest of the rows',
    `simulated` Bool COMMENT 'Some are simulated',
    `entries_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: entries_n',
    `exits_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: exits_n',
    `entries_hourly` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: entries_hourly',
    `exits_hourly` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: exits_hourly',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, ts)
PARTITION BY toYYYYMM(ts)
COMMENT 'Entries and exits at an area''s gates, by hour';

CREATE TABLE IF NOT EXISTS mask_area_hour_log (
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Start of the hour, UTC',
    `area` LowCardinality(String) COMMENT 'City, kecamatan or kelurahan; '''' all cameras together',
    `cameras` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with rows',
    `reporting` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras of which a row enters the parts',
    `watching` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with a published row',
    `seeing` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with frames',
    `expected` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time that they should have watched, added over cameras, ms',
    `watched` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time that they watched of it, ms',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames, the most of a camera''s rows, added over cameras',
    `unread` UInt8 CODEC(T64, ZSTD(1)) COMMENT '2 frames of some could not be read, 1 some were lost before, 0 neither',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'The highest of the rows',
    `simulated` Bool COMMENT 'Some are simulated',
    `masked_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: masked_n',
    `unmasked_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: unmasked_n',
    `unknown_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: unknown_n',
    `frame_masked_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: frame_masked_n',
    `frame_unmasked_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: frame_unmasked_n',
    `frame_unknown_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: frame_unknown_n',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, ts)
PARTITION BY toYYYYMM(ts)
COMMENT 'Masks worn in an area: masked and decided are added over zones, by hour';

CREATE TABLE IF NOT EXISTS congestion_area_hour_log (
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Start of the hour, UTC',
    `area` LowCardinality(String) COMMENT 'City, kecamatan or kelurahan; '''' all cameras together',
    `cameras` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with rows',
    `reporting` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras of which a row enters the parts',
    `watching` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with a published row',
    `seeing` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with frames',
    `expected` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time that they should have watched, added over cameras, ms',
    `watched` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time that they watched of it, ms',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames, the most of a camera''s rows, added over cameras',
    `unread` UInt8 CODEC(T64, ZSTD(1)) COMMENT '2 frames of some could not be read, 1 some were lost before, 0 neither',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'The highest of the rows',
    `simulated` Bool COMMENT 'Some are simulated',
    `occupied_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: occupied_ms',
    `observed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: observed_ms',
    `vehicle_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: vehicle_ms',
    `standing_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: standing_ms',
    `tracked_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: tracked_ms',
    `way_mm` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: way_mm',
    `timed_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: timed_ms',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, ts)
PARTITION BY toYYYYMM(ts)
COMMENT 'Vehicles in an area''s lanes: occupancy, standing share, speed, by hour';

CREATE TABLE IF NOT EXISTS flood_area_hour_log (
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Start of the hour, UTC',
    `area` LowCardinality(String) COMMENT 'City, kecamatan or kelurahan; '''' all cameras together',
    `cameras` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with rows',
    `reporting` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras of which a row enters the parts',
    `watching` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with a published row',
    `seeing` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with frames',
    `expected` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time that they should have watched, added over cameras, ms',
    `watched` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time that they watched of it, ms',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames, the most of a camera''s rows, added over cameras',
    `unread` UInt8 CODEC(T64, ZSTD(1)) COMMENT '2 frames of some could not be read, 1 some were lost before, 0 neither',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'The highest of the rows',
    `simulated` Bool COMMENT 'Some are simulated',
    `signals_n` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: signals_n',
    `wet_ppm` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: wet_ppm',
    `wet_ppm_max` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: wet_ppm_max',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, ts)
PARTITION BY toYYYYMM(ts)
COMMENT 'Wet share of an area''s road zones, a trend index and not a depth, by hour';

CREATE TABLE IF NOT EXISTS garbage_area_hour_log (
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Start of the hour, UTC',
    `area` LowCardinality(String) COMMENT 'City, kecamatan or kelurahan; '''' all cameras together',
    `cameras` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with rows',
    `reporting` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras of which a row enters the parts',
    `watching` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with a published row',
    `seeing` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with frames',
    `expected` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time that they should have watched, added over cameras, ms',
    `watched` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time that they watched of it, ms',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames, the most of a camera''s rows, added over cameras',
    `unread` UInt8 CODEC(T64, ZSTD(1)) COMMENT '2 frames of some could not be read, 1 some were lost before, 0 neither',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'The highest of the rows',
    `simulated` Bool COMMENT 'Some are simulated',
    `milli` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: milli',
    `garbage_max` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Folded: garbage_max',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, ts)
PARTITION BY toYYYYMM(ts)
COMMENT 'Garbage seen in an area''s zones, by hour';

CREATE TABLE IF NOT EXISTS health_area_hour_log (
    `ts` DateTime('UTC') CODEC(T64, ZSTD(1)) COMMENT 'Start of the hour, UTC',
    `area` LowCardinality(String) COMMENT 'City, kecamatan or kelurahan; '''' all cameras together',
    `cameras` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with rows',
    `reporting` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras of which a row enters the parts',
    `watching` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with a published row',
    `seeing` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Cameras with frames',
    `expected` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time that they should have watched, added over cameras, ms',
    `watched` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time that they watched of it, ms',
    `frames` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Frames, the most of a camera''s rows, added over cameras',
    `unread` UInt8 CODEC(T64, ZSTD(1)) COMMENT '2 frames of some could not be read, 1 some were lost before, 0 neither',
    `rev` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'The highest of the rows',
    `simulated` Bool COMMENT 'Some are simulated',
    `roll` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Number of the recomputation that wrote the row',
    `deleted` UInt8 CODEC(T64, ZSTD(1)) COMMENT 'Tombstone'
)
ENGINE = ReplacingMergeTree(roll)
ORDER BY (area, ts)
PARTITION BY toYYYYMM(ts)
COMMENT 'How many of an area''s cameras watch, by hour';
