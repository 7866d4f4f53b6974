"""The camera registry: what is registered, and how a file of it is checked.

The entries stand here; `check` reads a file into them and names every mistake.
"""

from schemas.cards import METRIC_NAMES, ZONE_KINDS
from schemas.registry.entries import (
    CATEGORIES,
    MOST_ZONES,
    TRACKERS,
    Calibration,
    Camera,
    Limits,
    Line,
    Place,
    Point,
    Registry,
    Road,
    Zone,
    fingerprint,
    fingerprints,
    written,
)

__all__ = [
    "CATEGORIES",
    "METRIC_NAMES",
    "MOST_ZONES",
    "TRACKERS",
    "ZONE_KINDS",
    "Calibration",
    "Camera",
    "Limits",
    "Line",
    "Place",
    "Point",
    "Registry",
    "Road",
    "Zone",
    "fingerprint",
    "fingerprints",
    "written",
]
