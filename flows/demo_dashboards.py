"""The last part of `make run`: the pages of what it left, in Superset (`DASHBOARDS=0` leaves them out)."""

from __future__ import annotations

from connectors.ports import is_taken
from flows.console import note, say
from flows.dashboards import PORT, STATE, serving
from flows.settings import Settings
from schemas.errors import TilikError


def show(settings: Settings) -> None:
    """Serve the pages and say where; where that cannot be had, say why and go on."""
    try:
        said = serving.up(STATE, 0 if is_taken(PORT) else PORT, settings.warehouse, note)
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
