"""Every metric's columns, defined once: type, unit, meaning and way of combining.

From these come the merge of parts, the ClickHouse tables with their comments,
the coarse grains' SQL and docs/metrics.md. Parts are integers, so that any
order of merging gives the same bits; ratios are taken last, in views.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Combine = Literal["sum", "max", "min"]
Kind = Literal["UInt8", "UInt16", "UInt32", "UInt64", "Int32", "Int64"]


@dataclass(frozen=True, slots=True)
class Part:
    """One stored column of a metric.

    Attributes
    ----------
    type
        ClickHouse integer type.
    combine
        How two parts of the same key merge; a histogram is ``sum`` with ``bins``.
    unit
        Unit in words, "1" for a count.
    meaning
        One sentence, shown as the column's comment.
    bins
        Number of bins when the column is an array (merged bin by bin), else 0.
    """

    type: Kind
    combine: Combine
    unit: str
    meaning: str
    bins: int = 0

    @property
    def width(self) -> int:
        """Return how many int64 values hold the part."""
        return max(1, self.bins)


@dataclass(frozen=True, slots=True)
class Metric:
    """A domain's minute table: its key beside camera and minute, and its parts."""

    name: str
    key: tuple[str, ...]
    parts: dict[str, Part]
    meaning: str

    @property
    def width(self) -> int:
        """Return how many int64 values hold a row's parts."""
        return sum(part.width for part in self.parts.values())

    def offset(self, column: str) -> int:
        """Return where a part starts in a row of int64 values."""
        at = 0
        for name, part in self.parts.items():
            if name == column:
                return at
            at += part.width
        raise KeyError(column)


PERSON_EDGES: Final = (*range(16), 20, 25, 30, 40, 50, 60, 80, 100, 150, 200, 300, 500)
"""Lower edges of the histogram of persons in a zone: exact up to 14, the last bin is open."""

DELAY_EDGES_MS: Final = (0, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 600_000)
"""Lower edges of the histogram of arrival - capture [ms]."""

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
        "person_ms": Part("UInt64", "sum", "person ms", "Persons in the zone, times how long each frame lasted"),
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
        **{f"{name}_n": Part("UInt32", "sum", "1", f"Crossings, class {name}") for name in VEHICLES},
        **{f"{name}_speed_n": Part("UInt32", "sum", "1", f"Crossings with a speed, class {name}") for name in VEHICLES},
        **{
            f"{name}_speed_sum": Part("UInt64", "sum", "mm/s", f"Sum of their speeds, class {name}")
            for name in VEHICLES
        },
    },
    "Tracks that cross a line, by direction and class",
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
    },
    "Was the camera watching, and how well",
)

METRICS: Final = (CROWD, FLOW, HEALTH)
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

INCIDENT_KINDS: Final = (
    "crowd",
    "congestion",
    "flood",
    "garbage",
    "parking",
    "site_down",
    "camera_down",
    "night",
    "racing",
    "gathering",
)
INCIDENT_STATES: Final = ("pending", "active", "clearing", "closed", "unknown", "expired_unobserved")
INCIDENTS: Final = {
    "area": ("LowCardinality(String)", "Kemendagri code of the camera"),
    "camera_id": ("LowCardinality(String)", "Camera placement"),
    "incident_id": ("String", "hash(camera, zone, kind, track or anchor, opened_at), 16 hex digits"),
    "zone_id": ("LowCardinality(String)", "Zone, or '' for the whole camera"),
    "kind": ("LowCardinality(String)", "One of INCIDENT_KINDS"),
    "state": ("LowCardinality(String)", "One of INCIDENT_STATES"),
    "severity": ("LowCardinality(String)", "Level or, for parking, stopped or parked"),
    "opened_at": ("DateTime64(6, 'UTC')", "Start of what became the incident"),
    "active_at": ("DateTime64(6, 'UTC')", "When it was confirmed"),
    "updated_at": ("DateTime64(6, 'UTC')", "Event time of the last change"),
    "closed_at": ("Nullable(DateTime64(6, 'UTC'))", "First sample below the off threshold, confirmed later"),
    "close_reason": ("LowCardinality(String)", "cleared, left, expired_unobserved, end_of_input or ''"),
    "peak": ("Float64", "Highest signal"),
    "track_ids": ("Array(String)", "Tracks behind it, as the stream names them"),
    "box": ("Array(Float32)", "x1, y1, x2, y2 in 0..1, or empty"),
    "owner": ("LowCardinality(String)", "Who runs the camera"),
    "category": ("LowCardinality(String)", "atcs, pasar, pompa_air, ..."),
    "params_hash": ("UInt64", "Kernel version, geometry and thresholds behind the row"),
    "simulated": ("Bool", "The camera is simulated"),
    "run": ("UInt32", "The run that wrote the row"),
    "rev": ("UInt64", "generation * 65536 + the incident's own change number"),
    "deleted": ("UInt8", "Tombstone"),
}
