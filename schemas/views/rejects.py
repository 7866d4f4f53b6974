"""The view `rejects`: what was refused inside frames that were read, by camera, minute and reason."""

from __future__ import annotations

from typing import Final

from schemas.card import Figure
from schemas.rejects import REJECTS
from schemas.sql import array, source
from schemas.views.sql import View, common, select
from schemas.words import Label

FIGURES: Final = {
    "rejects": {
        "reason": Figure("", "Why it was refused, or which word nobody knows", Label("Sebab ditolak", "Reason")),
        "count": Figure(
            "1", "Objects or signals refused inside frames that were read", Label("Ditolak", "Refused"), ",d", "sum"
        ),
    }
}


def rejects(zone: str) -> View:
    """Return the view; its reason is that of the refusal, whatever the minute's coverage."""
    shown = [column for column in common(zone, ()) if not column.endswith(" AS reason")]
    at = next(i for i, column in enumerate(shown) if column.endswith(" AS coverage")) + 1
    shown[at:at] = [f"arrayElement({array(REJECTS)}, reason_at) AS reason", "refused AS count"]
    rows = (
        source("health", "minute") + "\nARRAY JOIN refused_hist AS refused, arrayEnumerate(refused_hist) AS reason_at"
    )
    return select(
        "rejects", shown, f"{rows}\nWHERE refused > 0", "Objects and signals refused, by camera, minute and reason"
    )
