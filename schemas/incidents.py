"""Incidents: their kinds, states and columns, defined once."""

from __future__ import annotations

from typing import Final

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
    "site": ("LowCardinality(String)", "Recorder or RT of the camera, or ''"),
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
    "inhibited_by": ("String", "Incident of the site that explains this one: nobody is told of it; or ''"),
    "box": ("Array(Float32)", "x1, y1, x2, y2 in 0..1, or empty"),
    "owner": ("LowCardinality(String)", "Who runs the camera"),
    "category": ("LowCardinality(String)", "atcs, pasar, pompa_air, ..."),
    "params_hash": ("UInt64", "Kernel version, geometry and thresholds behind the row"),
    "simulated": ("Bool", "The camera is simulated"),
    "run": ("UInt32", "The run that wrote the row"),
    "rev": ("UInt64", "generation * 65536 + the incident's own change number"),
    "deleted": ("UInt8", "Tombstone"),
}
