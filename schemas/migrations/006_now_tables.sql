CREATE TABLE IF NOT EXISTS crowd_now_log (
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
    `level_ms` Array(UInt32) COMMENT 'Time at each level A to F, with hysteresis [ms]',
    `at` UInt128 DEFAULT bitShiftLeft(toUInt128(toUnixTimestamp(ts)), 64) + rev COMMENT 'ts, then rev'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (area, camera_id, zone_id)
COMMENT 'Persons in a zone: occupancy, density and level, newest minute of each key';

CREATE TABLE IF NOT EXISTS flow_now_log (
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
    `other_speed_sum` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Sum of their speeds, class other [mm/s]',
    `at` UInt128 DEFAULT bitShiftLeft(toUInt128(toUnixTimestamp(ts)), 64) + rev COMMENT 'ts, then rev'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (area, camera_id, line_id, direction)
COMMENT 'Tracks that cross a line, by direction and class, newest minute of each key';

CREATE TABLE IF NOT EXISTS visits_now_log (
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
    `exits_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Persons who went out, once a track [1]',
    `at` UInt128 DEFAULT bitShiftLeft(toUInt128(toUnixTimestamp(ts)), 64) + rev COMMENT 'ts, then rev'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (area, camera_id, line_id)
COMMENT 'Persons who pass a gate, newest minute of each key';

CREATE TABLE IF NOT EXISTS stays_now_log (
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
    `stays_hist` Array(UInt32) COMMENT 'Their stays; bins of STAY_EDGES_S [1]',
    `at` UInt128 DEFAULT bitShiftLeft(toUInt128(toUnixTimestamp(ts)), 64) + rev COMMENT 'ts, then rev'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (area, camera_id, zone_id)
COMMENT 'How long persons stay in view in a zone, newest minute of each key';

CREATE TABLE IF NOT EXISTS mask_now_log (
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
    `frame_unknown_n` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Untracked persons, frame by frame: no face to judge [1]',
    `at` UInt128 DEFAULT bitShiftLeft(toUInt128(toUnixTimestamp(ts)), 64) + rev COMMENT 'ts, then rev'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (area, camera_id, zone_id)
COMMENT 'Masks worn, by track, newest minute of each key';

CREATE TABLE IF NOT EXISTS congestion_now_log (
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
    `way_mm` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Their way in that time [mm]',
    `at` UInt128 DEFAULT bitShiftLeft(toUInt128(toUnixTimestamp(ts)), 64) + rev COMMENT 'ts, then rev'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (area, camera_id, zone_id)
COMMENT 'Vehicles in a lane: occupancy, standing share, speed, newest minute of each key';

CREATE TABLE IF NOT EXISTS flood_now_log (
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
    `wet_ppm_max` UInt32 CODEC(T64, ZSTD(1)) COMMENT 'The highest [1e-6]',
    `at` UInt128 DEFAULT bitShiftLeft(toUInt128(toUnixTimestamp(ts)), 64) + rev COMMENT 'ts, then rev'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (area, camera_id, zone_id)
COMMENT 'Wet share of a road zone, a trend index and not a depth, newest minute of each key';

CREATE TABLE IF NOT EXISTS garbage_now_log (
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
    `garbage_max` UInt16 CODEC(T64, ZSTD(1)) COMMENT 'Most garbage in one frame [1]',
    `at` UInt128 DEFAULT bitShiftLeft(toUInt128(toUnixTimestamp(ts)), 64) + rev COMMENT 'ts, then rev'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (area, camera_id, zone_id)
COMMENT 'Garbage seen in a zone, newest minute of each key';

CREATE TABLE IF NOT EXISTS health_now_log (
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
    `last_ms` UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Time of the last frame, ms since 1970 [ms]',
    `at` UInt128 DEFAULT bitShiftLeft(toUInt128(toUnixTimestamp(ts)), 64) + rev COMMENT 'ts, then rev'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (area, camera_id)
COMMENT 'Was the camera watching, and how well, newest minute of each key';

INSERT INTO crowd_now_log (area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, person_ms, persons_max, persons_hist, area_ms, saturated_ms, level_ms)
SELECT area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, person_ms, persons_max, persons_hist, area_ms, saturated_ms, level_ms
FROM crowd_minute_log
WHERE (area, camera_id, zone_id, ts) IN (SELECT area, camera_id, zone_id, max(ts) FROM crowd_minute_log GROUP BY area, camera_id, zone_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS crowd_now_feed TO crowd_now_log AS
SELECT * FROM crowd_minute_log;

INSERT INTO crowd_now_log (area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, person_ms, persons_max, persons_hist, area_ms, saturated_ms, level_ms)
SELECT area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, person_ms, persons_max, persons_hist, area_ms, saturated_ms, level_ms
FROM crowd_minute_log
WHERE (area, camera_id, zone_id, ts) IN (SELECT area, camera_id, zone_id, max(ts) FROM crowd_minute_log GROUP BY area, camera_id, zone_id);

INSERT INTO flow_now_log (area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, line_id, direction, frames, observed_ms, person_n, bicycle_n, motorcycle_n, car_n, bus_n, truck_n, other_n, person_speed_n, bicycle_speed_n, motorcycle_speed_n, car_speed_n, bus_speed_n, truck_speed_n, other_speed_n, person_speed_sum, bicycle_speed_sum, motorcycle_speed_sum, car_speed_sum, bus_speed_sum, truck_speed_sum, other_speed_sum)
SELECT area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, line_id, direction, frames, observed_ms, person_n, bicycle_n, motorcycle_n, car_n, bus_n, truck_n, other_n, person_speed_n, bicycle_speed_n, motorcycle_speed_n, car_speed_n, bus_speed_n, truck_speed_n, other_speed_n, person_speed_sum, bicycle_speed_sum, motorcycle_speed_sum, car_speed_sum, bus_speed_sum, truck_speed_sum, other_speed_sum
FROM flow_minute_log
WHERE (area, camera_id, line_id, direction, ts) IN (SELECT area, camera_id, line_id, direction, max(ts) FROM flow_minute_log GROUP BY area, camera_id, line_id, direction);

CREATE MATERIALIZED VIEW IF NOT EXISTS flow_now_feed TO flow_now_log AS
SELECT * FROM flow_minute_log;

INSERT INTO flow_now_log (area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, line_id, direction, frames, observed_ms, person_n, bicycle_n, motorcycle_n, car_n, bus_n, truck_n, other_n, person_speed_n, bicycle_speed_n, motorcycle_speed_n, car_speed_n, bus_speed_n, truck_speed_n, other_speed_n, person_speed_sum, bicycle_speed_sum, motorcycle_speed_sum, car_speed_sum, bus_speed_sum, truck_speed_sum, other_speed_sum)
SELECT area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, line_id, direction, frames, observed_ms, person_n, bicycle_n, motorcycle_n, car_n, bus_n, truck_n, other_n, person_speed_n, bicycle_speed_n, motorcycle_speed_n, car_speed_n, bus_speed_n, truck_speed_n, other_speed_n, person_speed_sum, bicycle_speed_sum, motorcycle_speed_sum, car_speed_sum, bus_speed_sum, truck_speed_sum, other_speed_sum
FROM flow_minute_log
WHERE (area, camera_id, line_id, direction, ts) IN (SELECT area, camera_id, line_id, direction, max(ts) FROM flow_minute_log GROUP BY area, camera_id, line_id, direction);

INSERT INTO visits_now_log (area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, line_id, frames, observed_ms, entries_n, exits_n)
SELECT area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, line_id, frames, observed_ms, entries_n, exits_n
FROM visits_minute_log
WHERE (area, camera_id, line_id, ts) IN (SELECT area, camera_id, line_id, max(ts) FROM visits_minute_log GROUP BY area, camera_id, line_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS visits_now_feed TO visits_now_log AS
SELECT * FROM visits_minute_log;

INSERT INTO visits_now_log (area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, line_id, frames, observed_ms, entries_n, exits_n)
SELECT area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, line_id, frames, observed_ms, entries_n, exits_n
FROM visits_minute_log
WHERE (area, camera_id, line_id, ts) IN (SELECT area, camera_id, line_id, max(ts) FROM visits_minute_log GROUP BY area, camera_id, line_id);

INSERT INTO stays_now_log (area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, stays_n, stay_ms, stays_hist)
SELECT area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, stays_n, stay_ms, stays_hist
FROM stays_minute_log
WHERE (area, camera_id, zone_id, ts) IN (SELECT area, camera_id, zone_id, max(ts) FROM stays_minute_log GROUP BY area, camera_id, zone_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS stays_now_feed TO stays_now_log AS
SELECT * FROM stays_minute_log;

INSERT INTO stays_now_log (area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, stays_n, stay_ms, stays_hist)
SELECT area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, stays_n, stay_ms, stays_hist
FROM stays_minute_log
WHERE (area, camera_id, zone_id, ts) IN (SELECT area, camera_id, zone_id, max(ts) FROM stays_minute_log GROUP BY area, camera_id, zone_id);

INSERT INTO mask_now_log (area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, masked_n, unmasked_n, unknown_n, frame_masked_n, frame_unmasked_n, frame_unknown_n)
SELECT area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, masked_n, unmasked_n, unknown_n, frame_masked_n, frame_unmasked_n, frame_unknown_n
FROM mask_minute_log
WHERE (area, camera_id, zone_id, ts) IN (SELECT area, camera_id, zone_id, max(ts) FROM mask_minute_log GROUP BY area, camera_id, zone_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS mask_now_feed TO mask_now_log AS
SELECT * FROM mask_minute_log;

INSERT INTO mask_now_log (area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, masked_n, unmasked_n, unknown_n, frame_masked_n, frame_unmasked_n, frame_unknown_n)
SELECT area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, masked_n, unmasked_n, unknown_n, frame_masked_n, frame_unmasked_n, frame_unknown_n
FROM mask_minute_log
WHERE (area, camera_id, zone_id, ts) IN (SELECT area, camera_id, zone_id, max(ts) FROM mask_minute_log GROUP BY area, camera_id, zone_id);

INSERT INTO congestion_now_log (area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, occupied_ms, vehicle_ms, tracked_ms, standing_ms, timed_ms, way_mm)
SELECT area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, occupied_ms, vehicle_ms, tracked_ms, standing_ms, timed_ms, way_mm
FROM congestion_minute_log
WHERE (area, camera_id, zone_id, ts) IN (SELECT area, camera_id, zone_id, max(ts) FROM congestion_minute_log GROUP BY area, camera_id, zone_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS congestion_now_feed TO congestion_now_log AS
SELECT * FROM congestion_minute_log;

INSERT INTO congestion_now_log (area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, occupied_ms, vehicle_ms, tracked_ms, standing_ms, timed_ms, way_mm)
SELECT area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, occupied_ms, vehicle_ms, tracked_ms, standing_ms, timed_ms, way_mm
FROM congestion_minute_log
WHERE (area, camera_id, zone_id, ts) IN (SELECT area, camera_id, zone_id, max(ts) FROM congestion_minute_log GROUP BY area, camera_id, zone_id);

INSERT INTO flood_now_log (area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, signals_n, wet_ppm, wet_ppm_max)
SELECT area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, signals_n, wet_ppm, wet_ppm_max
FROM flood_minute_log
WHERE (area, camera_id, zone_id, ts) IN (SELECT area, camera_id, zone_id, max(ts) FROM flood_minute_log GROUP BY area, camera_id, zone_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS flood_now_feed TO flood_now_log AS
SELECT * FROM flood_minute_log;

INSERT INTO flood_now_log (area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, signals_n, wet_ppm, wet_ppm_max)
SELECT area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, signals_n, wet_ppm, wet_ppm_max
FROM flood_minute_log
WHERE (area, camera_id, zone_id, ts) IN (SELECT area, camera_id, zone_id, max(ts) FROM flood_minute_log GROUP BY area, camera_id, zone_id);

INSERT INTO garbage_now_log (area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, garbage_ms, garbage_max)
SELECT area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, garbage_ms, garbage_max
FROM garbage_minute_log
WHERE (area, camera_id, zone_id, ts) IN (SELECT area, camera_id, zone_id, max(ts) FROM garbage_minute_log GROUP BY area, camera_id, zone_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS garbage_now_feed TO garbage_now_log AS
SELECT * FROM garbage_minute_log;

INSERT INTO garbage_now_log (area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, garbage_ms, garbage_max)
SELECT area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, zone_id, frames, observed_ms, garbage_ms, garbage_max
FROM garbage_minute_log
WHERE (area, camera_id, zone_id, ts) IN (SELECT area, camera_id, zone_id, max(ts) FROM garbage_minute_log GROUP BY area, camera_id, zone_id);

INSERT INTO health_now_log (area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, frames, observed_ms, late_frames, duplicate_frames, objects, dark_ms, blurred_ms, frozen_ms, skew_ms, delay_hist, state, last_ms)
SELECT area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, frames, observed_ms, late_frames, duplicate_frames, objects, dark_ms, blurred_ms, frozen_ms, skew_ms, delay_hist, state, last_ms
FROM health_minute_log
WHERE (area, camera_id, ts) IN (SELECT area, camera_id, max(ts) FROM health_minute_log GROUP BY area, camera_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS health_now_feed TO health_now_log AS
SELECT * FROM health_minute_log;

INSERT INTO health_now_log (area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, frames, observed_ms, late_frames, duplicate_frames, objects, dark_ms, blurred_ms, frozen_ms, skew_ms, delay_hist, state, last_ms)
SELECT area, camera_id, ts, owner, category, expected_ms, reason, params_hash, model_id, simulated, run, rev, deleted, frames, observed_ms, late_frames, duplicate_frames, objects, dark_ms, blurred_ms, frozen_ms, skew_ms, delay_hist, state, last_ms
FROM health_minute_log
WHERE (area, camera_id, ts) IN (SELECT area, camera_id, max(ts) FROM health_minute_log GROUP BY area, camera_id);
