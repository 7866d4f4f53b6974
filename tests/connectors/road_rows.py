"""Roads for tests: registered with cameras of their own, watched quarter by quarter, asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from connectors.warehouse import Warehouse
from schemas.registry import Camera, Line, Registry, Road

from .minutes import AREA, rows

NOON = datetime(2026, 1, 5, 5, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 2, 1, 17, 0, tzinfo=UTC)  # of 2 February in Jakarta
QUARTER_MS = 900_000
SHOWN = "vehicles, smp_per_hour, emp_row, capacity, dj, los, near_saturation, speed_mean_kmh"


def register(warehouse: Warehouse, *roads: Road) -> None:
    cameras = {line.partition("/")[0] for road in roads for line in road.lines}
    line = Line("utara", ((0.1, 0.5), (0.9, 0.5)))
    made = tuple(Camera(name, AREA, 10.0, metrics=("flow",), line=(line,)) for name in sorted(cameras))
    warehouse.store_registry(Registry(made, roads))


def ruas(name: str, *lines: str, kind: str = "2/2 UD", **given: object) -> Road:
    return Road(id=name, kind="ruas", type=kind, lines=lines or (f"{name}/utara",), **given)


def watched(road: str, hour: datetime = NOON, direction: str = "masuk", **given: object) -> pl.DataFrame:
    """Return an hour as four rows of a quarter each, in the shape of minutes; counts are those of a quarter."""
    plain: dict[str, object] = {"expected_ms": QUARTER_MS, "observed_ms": QUARTER_MS, "direction": direction}
    at = (hour + timedelta(minutes=15 * n) for n in range(4))
    return pl.concat([rows("flow", road, start, **(plain | given)) for start in at])


def ask(warehouse: Warehouse, grain: str, road: str, columns: str) -> list[tuple]:
    sql = f"SELECT {columns} FROM road_{grain} WHERE road = {{r:String}} ORDER BY ts, direction"
    return warehouse.query(sql, {"r": road}).rows
