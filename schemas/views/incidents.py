"""The view of incidents."""

from __future__ import annotations

from typing import Final

from schemas.card import Figure
from schemas.incidents import SHOWN
from schemas.views.lasting import ENDS, until
from schemas.views.sql import View, day_type, select, versions
from schemas.words import Label

FIGURES: Final = {
    "incidents": {
        "ts": Figure("", "Start of what became the incident, UTC", Label("Mulai (UTC)", "Start (UTC)")),
        "local_ts": Figure("", "Start in the city's time zone", Label("Mulai", "Start")),
        "duration_s": Figure(
            "s", "From opened_at to closed_at; NULL while open", Label("Lama (detik)", "Duration (s)"), ",.0f"
        ),
    },
    "incidents_open": {
        "ts": Figure("", "Start of what became the incident, UTC", Label("Mulai (UTC)", "Start (UTC)")),
        "local_ts": Figure("", "Start in the city's time zone", Label("Mulai", "Start")),
        "name": Figure("", "What people call the camera", Label("Kamera", "Name of the camera")),
        "age_min": Figure(
            "min",
            "From opened_at to the end of the camera's newest minute; of a camera that is silent, of its registry's",
            Label("Sudah berlangsung (menit)", "Age (min)"),
            ",.0f",
        ),
    },
}


def incidents(zone: str) -> View:
    """Return the view of incidents: `ts` is `opened_at`."""
    local = f"toTimeZone(i.opened_at, '{zone}')"
    columns = [
        "i.opened_at AS ts",
        f"{local} AS local_ts",
        *(f"i.{name} AS {name}" for name in SHOWN),
        "dateDiff('microsecond', i.opened_at, i.closed_at) / 1000000 AS duration_s",
        "CAST(NULL AS Nullable(UInt32)) AS frames",
        "CAST(NULL AS Nullable(Float64)) AS coverage",
        "'' AS reason",
        f"{day_type(local)} AS day_type",
        *versions("i"),
        "'' AS model_id",
    ]
    rows = "(SELECT * FROM incidents_log FINAL WHERE deleted = 0) AS i"
    return select("incidents", columns, rows, "Newest state of each incident; inhibited_by names one that explains it")


def incidents_open(zone: str) -> View:
    """Return the view of what is open now, for the officer on duty: the longest of each kind first."""
    own = ("kind", "severity", "state", "camera_id", "area", "site", "zone_id", "inhibited_by", "incident_id")
    columns = [
        "i.opened_at AS ts",
        f"toTimeZone(i.opened_at, '{zone}') AS local_ts",
        *(f"i.{name} AS {name}" for name in own),
        "c.name AS name",
        f"dateDiff('second', i.opened_at, {until('until')}) / 60 AS age_min",
        *(f"i.{name} AS {name}" for name in ("owner", "category", "simulated")),
    ]
    rows = (
        "(SELECT * FROM incidents_log FINAL WHERE deleted = 0 AND state IN ('active', 'clearing', 'unknown')) AS i\n"
        "LEFT JOIN (SELECT camera_id, argMax(name, valid_from) AS name FROM cameras_log FINAL WHERE deleted = 0\n"
        "    GROUP BY camera_id) AS c ON c.camera_id = i.camera_id\n"
        f"LEFT JOIN {ENDS} AS e ON e.camera_id = i.camera_id\nORDER BY kind, age_min DESC"
    )
    return select("incidents_open", columns, rows, "Incidents that are open, and for how long")
