"""The columns of the minute tables: those of the metrics' cards, and those that all have.

From these come the merge of parts, the ClickHouse tables with their comments,
the coarse grains' SQL and docs/metrics.md. Parts are integers, so that any
order of merging gives the same bits; ratios are taken last, in views.
"""

from __future__ import annotations

from typing import Final

from schemas.cards import CARDS
from schemas.metrics.congestion import CONGESTION
from schemas.metrics.crowd import CROWD, PERSON_EDGES
from schemas.metrics.flood import FLOOD
from schemas.metrics.flow import FLOW, VEHICLES
from schemas.metrics.garbage import GARBAGE
from schemas.metrics.health import DELAY_EDGES_MS, HEALTH
from schemas.metrics.mask import MASK
from schemas.metrics.stays import STAY_EDGES_S, STAYS
from schemas.metrics.visits import VISITS
from schemas.parts import WATCH
from schemas.words import LEVELS, PUBLISHED_COVERAGE, REASONS, STATES

__all__ = [
    "CONGESTION",
    "CROWD",
    "DELAY_EDGES_MS",
    "FLOOD",
    "FLOW",
    "GARBAGE",
    "HEALTH",
    "LEVELS",
    "MASK",
    "METRICS",
    "PERSON_EDGES",
    "PUBLISHED_COVERAGE",
    "REASONS",
    "STATES",
    "STAYS",
    "STAY_EDGES_S",
    "TABLE_COLUMNS",
    "VEHICLES",
    "VISITS",
    "WATCH",
]

METRICS: Final = tuple(card.table for card in CARDS if card.table is not None)
"""Every metric's minute table `{name}_minute_log`."""

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
