"""Superset's pages: written from `superset_dashboards/` (`assets`), brought up, watched and ended (`serving`)."""

from pathlib import Path
from typing import Final

STATE: Final = Path("data/dashboards")
"""Where accounts, what people made and the log lie unless told otherwise."""
PORT: Final = 8088
"""Of 127.0.0.1, unless told otherwise."""
