"""Two recomputations at once: the one that read less must not win over the one that cleared the mark."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from connectors.warehouse import Warehouse, connect, kept
from connectors.warehouse.session import Session

from .minutes import rows
from .test_warehouse_figures import ask

NOON = datetime(2026, 1, 5, 5, 0, tzinfo=UTC)


def test_a_slow_roll_and_a_fast_one_end_with_the_newest_minutes(
    warehouse: Warehouse, warehouse_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Roll 5 stops between crowd and health; 6 wants to roll; new minutes land; 5 goes on and clears their mark.

    ::

        5  crowd |                            | reads health, writes, clears
        6        | reads health, writes ...?  |
                 |              minutes land  |
    """
    for name in ("crowd", "health"):
        warehouse.insert(f"{name}_minute_log", rows(name, "turn-5", NOON, 30))
    usual, paused = kept.touch, []

    def touch(session: Session, metric: str, days: list[datetime], number: int) -> None:
        if session is warehouse and metric == "health" and not paused:
            paused.append(number)
            fast.start()
            while fast.is_alive() and not is_queueing():
                fast.join(0.05)
            warehouse.insert("health_minute_log", rows("health", "turn-5", NOON, 60))
        usual(session, metric, days, number)

    def is_queueing() -> bool:
        found = warehouse.query("SELECT count() AS n FROM leases_log FINAL WHERE kind = 'roll' AND phase = 1")
        return found["n"][0].as_py() > 1

    with connect(warehouse_url) as other:
        fast = threading.Thread(target=other.roll)
        monkeypatch.setattr(kept, "touch", touch)
        warehouse.roll()
        fast.join()
    assert paused
    assert ask(warehouse, "health_hour", "turn-5", "frames") == [(36_000,)]
