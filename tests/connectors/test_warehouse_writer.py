"""What the one writer holds while it writes: nobody comes between what it has looked at and what it says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from connectors.warehouse import Definitions, Stage, Statement, Warehouse, Writer, leases, runs
from connectors.warehouse.bakery import Scope
from schemas.calendar import DAYS
from schemas.errors import WarehouseError
from schemas.registry import Camera, Registry

from .minutes import AREA, rows

NOON = datetime(2026, 1, 5, 5, tzinfo=UTC)
HOUR_US = 3_600_000_000


def definitions(name: str, area: str) -> Definitions:
    return Definitions(
        Registry(camera=(Camera(id=name, area=area, fps=10.0),)), "test", None, pl.DataFrame(schema=DAYS)
    )


def commit(store: Warehouse, name: str, area: str = AREA, of_input: int = 1) -> runs.Run:
    """Commit half an hour of one camera."""
    with Stage() as stage:
        stage.add("health_minute_log", rows("health", name, NOON, 30, area=area).cast({"rev": pl.UInt64}))
        writer = Writer(store, Statement(of_input, 1, "test", []), stage)
        with writer.committed(definitions(name, area)) as run:
            return run


@pytest.fixture
def scopes(monkeypatch: pytest.MonkeyPatch) -> list[Scope]:
    """Leases of rows that were taken, in their order."""
    taken: list[Scope] = []
    held: Callable[..., Any] = leases.held

    def noted(session: Any, scope: Scope, *more: Any) -> Any:
        taken.extend([scope] if scope.kind == "rows" else [])
        return held(session, scope, *more)

    monkeypatch.setattr(leases, "held", noted)
    return taken


def test_who_is_first_to_name_a_cameras_area_goes_alone(warehouse: Warehouse, scopes: list[Scope]) -> None:
    """Another registry may place it elsewhere: two days of one camera at once stood in two areas."""
    commit(warehouse, "area-1", of_input=91)
    commit(warehouse, "area-1", of_input=91)
    reach = [scope.until_us - scope.since_us for scope in scopes]
    assert reach == [leases.ALL_TIME_US, HOUR_US // 2]
    with pytest.raises(WarehouseError, match="never changes its area"):
        commit(warehouse, "area-1", "33.74.01.1013", of_input=92)


def test_numbers_of_runs_are_asked_for_one_at_a_time(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two that asked at once, one that was killed before it withdrew had the other's rows for its own."""
    begin, asking = runs.begin, "SELECT count() FROM leases_log FINAL WHERE kind = 'registry' AND phase = 1"

    def alone(*given: Any) -> runs.Run:
        assert warehouse.query(asking).rows == [(1,)]
        return begin(*given)

    monkeypatch.setattr(runs, "begin", alone)
    commit(warehouse, "number-1", of_input=3)
