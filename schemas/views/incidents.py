"""The view of incidents."""

from __future__ import annotations

from typing import Final

from schemas.incidents import INCIDENTS
from schemas.views.sql import day_type, select

FIGURES: Final = {"incidents": {"duration_s": ("s", "From opened_at to closed_at; NULL while open")}}


def incidents(zone: str) -> str:
    """Return the view of incidents: `ts` is `opened_at`."""
    local = f"toTimeZone(i.opened_at, '{zone}')"
    own = [name for name in INCIDENTS if name not in ("run", "rev", "deleted")]
    columns = [
        "i.opened_at AS ts",
        f"{local} AS local_ts",
        *(f"i.{name} AS {name}" for name in own),
        "dateDiff('microsecond', i.opened_at, i.closed_at) / 1000000 AS duration_s",
        "CAST(NULL AS Nullable(UInt32)) AS frames",
        "CAST(NULL AS Nullable(Float64)) AS coverage",
        "'' AS reason",
        f"{day_type(local)} AS day_type",
        "i.rev % 65536 AS revision",
        "intDiv(i.rev, 65536) AS generation",
        "'' AS model_id",
    ]
    rows = "(SELECT * FROM incidents_log FINAL WHERE deleted = 0) AS i"
    return select("incidents", columns, rows, "Newest state of each incident; inhibited_by names one that explains it")
