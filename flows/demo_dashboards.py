"""The last part of `make run`: the pages of what it left, in Superset (`DASHBOARDS=0` leaves them out)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from flows.console import note, say
from flows.dashboards import serving
from flows.settings import Settings
from schemas.errors import TilikError

STATE: Final = Path("data/dashboards")


def show(settings: Settings) -> None:
    """Serve the pages and say where; where that cannot be had, say why and go on."""
    try:
        said = serving.up(STATE, 0 if serving.is_taken(serving.PORT) else serving.PORT, settings.warehouse, note)
    except TilikError as error:
        note(f"no dashboards: {error}")
        return
    say(f"Dashboards: {said.url}superset/dashboard/kota-sekarang/ (the first login: {STATE / 'login.txt'})")


def end() -> None:
    """End them, where they are served."""
    try:
        serving.down(STATE)
    except TilikError as error:
        note(str(error))
