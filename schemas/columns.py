"""Every metric's columns, defined once: type, unit, meaning and way of combining.

From these come the merge of parts, the ClickHouse tables with their comments,
the coarse grains' SQL and docs/metrics.md. Parts are integers, so that any
order of merging gives the same bits; ratios are taken last, in views.
"""

from __future__ import annotations

from typing import Final

from schemas.parts import Metric, Part

PERSON_EDGES: Final = (*range(16), 20, 25, 30, 40, 50, 60, 80, 100, 150, 200, 300, 500)
"""Lower edges of the histogram of persons in a zone: exact up to 14, the last bin is open."""

DELAY_EDGES_MS: Final = (0, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 600_000)
"""Lower edges of the histogram of arrival - capture [ms]."""

STAY_EDGES_S: Final = (0, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 450, 600, 900, 1_200, 1_800, 3_600, 7_200)
"""Lower edges of the histogram of how long a person stayed in view [s]; the last bin is open."""

LEVELS: Final = ("A", "B", "C", "D", "E", "F")

WATCH: Final = {
    "frames": Part("UInt32", "sum", "1", "Frames observed"),
    "observed_ms": Part("UInt32", "sum", "ms", "Time watched: each frame's share, capped at two periods"),
}

CROWD: Final = Metric(
    "crowd",
    ("zone_id",),
    {
        **WATCH,
        "person_ms": Part(
            "UInt64", "sum", "person ms", "Persons in the zone, times how long each frame lasted", is_count=True
        ),
        "persons_max": Part("UInt16", "max", "person", "Most persons in one frame"),
        "persons_hist": Part(
            "UInt32", "sum", "ms", "Time with so many persons; bins of PERSON_EDGES", len(PERSON_EDGES)
        ),
        "area_ms": Part("UInt64", "sum", "dm2 ms", "Zone area times time watched; 0 where the zone is not calibrated"),
        "saturated_ms": Part("UInt32", "sum", "ms", "Time above the density where detectors undercount"),
        "level_ms": Part("UInt32", "sum", "ms", "Time at each level A to F, with hysteresis", len(LEVELS)),
    },
    "Persons in a zone: occupancy, density and level",
)

VEHICLES: Final = ("person", "bicycle", "motorcycle", "car", "bus", "truck", "other")
"""Classes that are counted across lines, each a column."""

FLOW: Final = Metric(
    "flow",
    ("line_id", "direction"),
    {
        **WATCH,
        **{f"{name}_n": Part("UInt32", "sum", "1", f"Crossings, class {name}", is_count=True) for name in VEHICLES},
        **{f"{name}_speed_n": Part("UInt32", "sum", "1", f"Crossings with a speed, class {name}") for name in VEHICLES},
        **{
            f"{name}_speed_sum": Part("UInt64", "sum", "mm/s", f"Sum of their speeds, class {name}")
            for name in VEHICLES
        },
    },
    "Tracks that cross a line, by direction and class",
    told=tuple(f"{name}_n" for name in VEHICLES),
)

VISITS: Final = Metric(
    "visits",
    ("line_id",),
    {
        **WATCH,
        "entries_n": Part("UInt32", "sum", "1", "Persons who came in, once a track", is_count=True),
        "exits_n": Part("UInt32", "sum", "1", "Persons who went out, once a track", is_count=True),
    },
    "Persons who pass a gate",
    told=("entries_n", "exits_n"),
)

STAYS: Final = Metric(
    "stays",
    ("zone_id",),
    {
        **WATCH,
        "stays_n": Part("UInt32", "sum", "1", "Tracked persons who left the zone", is_count=True),
        "stay_ms": Part("UInt64", "sum", "ms", "Sum of their stays, first sight to last"),
        "stays_hist": Part("UInt32", "sum", "1", "Their stays; bins of STAY_EDGES_S", len(STAY_EDGES_S)),
    },
    "How long persons stay in view in a zone",
    told=("stays_n",),
)

MASK: Final = Metric(
    "mask",
    ("zone_id",),
    {
        **WATCH,
        "masked_n": Part("UInt32", "sum", "1", "Tracks decided: masked"),
        "unmasked_n": Part("UInt32", "sum", "1", "Tracks decided: not masked, or wrongly"),
        "unknown_n": Part("UInt32", "sum", "1", "Tracks of persons not decided"),
        "frame_masked_n": Part("UInt32", "sum", "1", "Faces of untracked persons, frame by frame: masked"),
        "frame_unmasked_n": Part("UInt32", "sum", "1", "Faces of untracked persons, frame by frame: not masked"),
        "frame_unknown_n": Part("UInt32", "sum", "1", "Untracked persons, frame by frame: no face to judge"),
    },
    "Masks worn, by track",
    told=("masked_n", "unmasked_n", "unknown_n"),
)

CONGESTION: Final = Metric(
    "congestion",
    ("zone_id",),
    {
        **WATCH,
        "occupied_ms": Part("UInt32", "sum", "ms", "Time when a vehicle's foot point was in the lane"),
        "vehicle_ms": Part("UInt64", "sum", "vehicle ms", "Vehicles in the lane, times how long each frame lasted"),
        "tracked_ms": Part("UInt64", "sum", "vehicle ms", "The same, tracked vehicles only"),
        "standing_ms": Part("UInt64", "sum", "vehicle ms", "The same, tracked vehicles that stand"),
        "timed_ms": Part("UInt64", "sum", "vehicle ms", "Time of tracked vehicles over calibrated ground"),
        "way_mm": Part("UInt64", "sum", "mm", "Their way in that time"),
    },
    "Vehicles in a lane: occupancy, standing share, speed",
)

FLOOD: Final = Metric(
    "flood",
    ("zone_id",),
    {
        **WATCH,
        "signals_n": Part("UInt32", "sum", "1", "Signals of the wet share"),
        "wet_ppm": Part("UInt64", "sum", "1e-6", "Their sum"),
        "wet_ppm_max": Part("UInt32", "max", "1e-6", "The highest"),
    },
    "Wet share of a road zone, a trend index and not a depth",
)

GARBAGE: Final = Metric(
    "garbage",
    ("zone_id",),
    {
        **WATCH,
        "garbage_ms": Part("UInt64", "sum", "object ms", "Garbage in the zone, times how long each frame lasted"),
        "garbage_max": Part("UInt16", "max", "1", "Most garbage in one frame"),
    },
    "Garbage seen in a zone",
)

STATES: Final = (
    "online",
    "low_fps",
    "clock_skew",
    "degraded",
    "blurred",
    "moved",
    "dark",
    "frozen",
    "flapping",
    "stale",
    "offline",
)
"""Camera states from best to worst; a window's state is its worst."""

HEALTH: Final = Metric(
    "health",
    (),
    {
        **WATCH,
        "late_frames": Part("UInt32", "sum", "1", "Frames later than reorder_s that restated their minute"),
        "duplicate_frames": Part("UInt32", "sum", "1", "Frames that came again and were not counted"),
        "objects": Part("UInt32", "sum", "1", "Objects detected, of any class"),
        "dark_ms": Part("UInt32", "sum", "ms", "Time when the picture was dark"),
        "blurred_ms": Part("UInt32", "sum", "ms", "Time when the picture was blurred"),
        "frozen_ms": Part("UInt32", "sum", "ms", "Time when the picture stood still: not watched"),
        "skew_ms": Part("UInt32", "sum", "ms", "Time when capture and arrival differed by more than 30 s"),
        "delay_hist": Part(
            "UInt32", "sum", "1", "Frames by arrival - capture; bins of DELAY_EDGES_MS", len(DELAY_EDGES_MS)
        ),
        "state": Part("UInt8", "max", "1", "Worst state: an index into STATES"),
        "last_ms": Part("UInt64", "max", "ms", "Time of the last frame, ms since 1970"),
    },
    "Was the camera watching, and how well",
    told=("duplicate_frames", "state"),
)

METRICS: Final = (CROWD, FLOW, VISITS, STAYS, MASK, CONGESTION, FLOOD, GARBAGE, HEALTH)
"""Every metric's minute table `{name}_minute_log`; adding one adds it everywhere."""

REASONS: Final = (
    "",
    "offline",
    "stale",
    "dark",
    "blurred",
    "moved",
    "frozen",
    "clock_skew",
    "low_fps",
    "late",
    "low_coverage",
    "uncalibrated",
    "few_samples",
    "no_signal_data",
)
"""Why figures are NULL; rows hold the index."""

PUBLISHED_COVERAGE: Final = 0.8
"""A window is published when at least this share of it was watched (metrics.md)."""

TABLE_COLUMNS: Final = {
    "area": ("LowCardinality(String)", "Kemendagri code: province.city.kecamatan.kelurahan[.RW[.RT]]"),
    "camera_id": ("LowCardinality(String)", "Camera placement; a moved camera is a new id"),
    "ts": ("DateTime('UTC')", "Window start, UTC"),
    "owner": ("LowCardinality(String)", "Who runs the camera"),
    "category": ("LowCardinality(String)", "atcs, pasar, pompa_air, ..."),
    "expected_ms": ("UInt32", "Time the camera should have been watching, ms"),
    "reason": ("UInt8", "Why the window is not published: an index into REASONS, 0 when it is or coverage decides"),
    "params_hash": ("UInt64", "Kernel version, geometry and thresholds behind the row"),
    "model_id": ("LowCardinality(String)", "Detector or tracker behind the row"),
    "simulated": ("Bool", "The camera is simulated"),
    "run": ("UInt32", "The run that wrote the row: runs_log"),
    "rev": ("UInt64", "generation * 65536 + revision"),
    "deleted": ("UInt8", "Tombstone"),
}
"""Columns every minute table has beside its key and parts, with type and meaning."""
