"""What `LIVE=1 make run` asks; that frames become rows as they come is asked by `tests/flows/live/test_soak.py`."""

from __future__ import annotations

from connectors.warehouse import Warehouse
from flows.asking import ask
from flows.demo_live import NOW


def test_the_newest_minutes_can_be_asked_for(warehouse: Warehouse) -> None:
    assert ask(warehouse, NOW).column_names == ["minute_wib", "cameras", "online", "persons", "crossings"]
