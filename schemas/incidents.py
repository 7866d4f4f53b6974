"""Incidents: their kinds, severities, states and columns, defined once, with what people read."""

from __future__ import annotations

from typing import Final, NamedTuple

from schemas import cards
from schemas.words import LEVEL_LABELS, Label

INCIDENT_KINDS: Final = tuple(cards.INCIDENTS)

OUTAGE_KINDS: Final = tuple(each.kind for each in cards.BY_NAME["outages"].incidents)

ACROSS_KINDS: Final = (*OUTAGE_KINDS, *(each.kind for each in cards.BY_NAME["mutes"].incidents))
"""Kinds that are told across cameras, from stored rows: the second flow writes and withdraws them."""

KIND_LABELS: Final = {kind: each.label for kind, each in cards.INCIDENTS.items()}

SEVERITIES: Final = {kind: each.severities for kind, each in cards.INCIDENTS.items()}
"""By kind, the words of its severities by their code."""

SEVERITY_LABELS: Final = LEVEL_LABELS | {
    "stopped": Label("Berhenti", "Stopped"),
    "parked": Label("Parkir", "Parked"),
}

INCIDENT_STATES: Final = ("pending", "active", "clearing", "closed", "unknown", "expired_unobserved")
"""A row is written from `active` on. What is not confirmed yet, or clears but may come back, has no row of its own:
`pending` and `clearing` are kept for whom they may be told to."""

STATE_LABELS: Final = {
    "pending": Label("Belum pasti", "Not confirmed"),
    "active": Label("Berlangsung", "Going on"),
    "clearing": Label("Mereda", "Clearing"),
    "closed": Label("Selesai", "Closed"),
    "unknown": Label("Belum diketahui", "Unknown"),
    "expired_unobserved": Label("Tidak teramati lagi", "Not seen again"),
}

CLOSE_REASONS: Final = {"closed": "cleared", "expired_unobserved": "expired_unobserved"}
"""By state, why it is over; '' for the others."""

VERSION_ENDED: Final = "version_ended"
"""The camera looks elsewhere from then on: nobody saw it end."""

CAMERA_REMOVED: Final = "camera_removed"
"""The camera was taken away, or out of the registry: nobody saw it end."""

END_OF_INPUT: Final = "end_of_input"
"""It went on when the recording ended: nobody saw it end."""

CLOSE_LABELS: Final = {
    "cleared": Label("Sudah bersih", "Cleared"),
    "expired_unobserved": STATE_LABELS["expired_unobserved"],
    VERSION_ENDED: Label("Kamera berubah arah", "The camera looks elsewhere"),
    CAMERA_REMOVED: Label("Kamera dilepas", "The camera was taken away"),
    END_OF_INPUT: Label("Rekaman berakhir", "The recording ended"),
}


class Column(NamedTuple):
    """A stored column of incidents."""

    type: str
    meaning: str
    label: Label
    unit: str = ""
    format: str = ""


_KEPT: Final = ("run", "rev", "deleted")
"""Bookkeeping that views turn into other columns, or leave out."""

COLUMNS: Final = {
    "area": Column("LowCardinality(String)", "Kemendagri code of the camera", Label("Kode wilayah", "Area code")),
    "camera_id": Column("LowCardinality(String)", "Camera placement", Label("Kamera", "Camera")),
    "incident_id": Column(
        "String",
        "hash(camera, zone, kind, track or anchor, opened_at), 16 hex digits",
        Label("Nomor insiden", "Incident"),
    ),
    "zone_id": Column("LowCardinality(String)", "Zone, or '' for the whole camera", Label("Zona", "Zone")),
    "site": Column("LowCardinality(String)", "Recorder or RT of the camera, or ''", Label("Lokasi perekam", "Site")),
    "kind": Column("LowCardinality(String)", f"Of what: {', '.join(INCIDENT_KINDS)}", Label("Jenis insiden", "Kind")),
    "state": Column("LowCardinality(String)", f"How it stands: {', '.join(INCIDENT_STATES)}", Label("Status", "State")),
    "severity": Column(
        "LowCardinality(String)", "Level or, for parking, stopped or parked", Label("Tingkat", "Severity")
    ),
    "opened_at": Column("DateTime64(6, 'UTC')", "Start of what became the incident", Label("Mulai", "Start")),
    "active_at": Column("DateTime64(6, 'UTC')", "When it was confirmed", Label("Dipastikan", "Confirmed")),
    "updated_at": Column(
        "DateTime64(6, 'UTC')", "Event time of the last change", Label("Perubahan terakhir", "Last change")
    ),
    "closed_at": Column(
        "Nullable(DateTime64(6, 'UTC'))",
        "First sample below the off threshold, confirmed later",
        Label("Selesai", "End"),
    ),
    "close_reason": Column(
        "LowCardinality(String)",
        "cleared, expired_unobserved, version_ended, camera_removed, end_of_input or ''",
        Label("Sebab selesai", "Why it ended"),
    ),
    "peak": Column("Float64", "Highest signal", Label("Puncak", "Peak"), "1", ",.2f"),
    "track_ids": Column(
        "Array(String)",
        "Tracks behind it: the stream's own numbers; other names as a hash",
        Label("Jejak objek", "Tracks"),
    ),
    "inhibited_by": Column(
        "String",
        "Incident of the site that explains this one: nobody is told of it; or ''",
        Label("Dijelaskan oleh insiden", "Explained by"),
    ),
    "box": Column("Array(Float32)", "x1, y1, x2, y2 in 0..1, or empty", Label("Letak di gambar", "Box")),
    "owner": Column("LowCardinality(String)", "Who runs the camera", Label("Pemilik", "Owner")),
    "category": Column("LowCardinality(String)", "atcs, pasar, pompa_air, ...", Label("Kategori", "Category")),
    "params_hash": Column(
        "UInt64", "Kernel version, geometry and thresholds behind the row", Label("Sidik definisi", "Definitions' hash")
    ),
    "simulated": Column("Bool", "The camera is simulated", Label("Data simulasi", "Simulated")),
    "run": Column("UInt32", "The run that wrote the row", Label("Proses", "Run")),
    "rev": Column("UInt64", "generation * 65536 + 8 x the change's number", Label("Versi baris", "Version")),
    "deleted": Column("UInt8", "Tombstone", Label("Dihapus", "Withdrawn")),
}

INCIDENTS: Final = {name: (column.type, column.meaning) for name, column in COLUMNS.items()}
"""Type and meaning of each column of `incidents_log`."""

SHOWN: Final = tuple(name for name in COLUMNS if name not in _KEPT)
"""Columns that views show as they are."""
