"""The registered roads in the warehouse, with the capacity that their registration gives."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile
from typing import Any

import polars as pl
import pyarrow as pa

from connectors.warehouse.inserts import to_arrow
from connectors.warehouse.session import Session
from schemas.registry import Registry, Road
from schemas.roads import TYPES, capacity, stored_type

_KINDS: dict[str, Any] = {
    "lanes": pl.UInt8,
    "lines": pl.List(pl.String),
    "version": pl.UInt64,
}


def store(session: Session, registry: Registry, version: int) -> None:
    """Store the registry's roads under a number of registration: the highest counts."""
    if not registry.road:
        return
    areas = {camera.id: camera.area for camera in registry.camera}
    rows = pl.DataFrame([_row(road, areas, version) for road in registry.road], schema_overrides=_KINDS)
    factors = pa.array([list(road.factors.items()) for road in registry.road], pa.map_(pa.string(), pa.float64()))
    session.insert_block("roads_log", to_arrow(rows).append_column("factors", factors))


def common_area(codes: Iterable[str]) -> str:
    """Return the longest code that all areas lie in, or ''."""
    parts = [code.split(".") for code in codes]
    return ".".join(step[0] for step in takewhile(lambda step: len(set(step)) == 1, zip(*parts, strict=False)))


def _row(road: Road, areas: dict[str, str], version: int) -> dict[str, Any]:
    known = TYPES.get(road.type)
    amounts = ("width_m", "free_flow_kmh", "green_s", "cycle_s", "saturation_flow")
    cameras = [line.partition("/")[0] for line in road.lines]
    return {
        "road": road.id,
        "name": road.name,
        "area": common_area(areas[camera] for camera in cameras if camera in areas),
        "kind": road.kind,
        "type": stored_type(road),
        "lanes": 0 if known is None else known.lanes,
        **{name: 0.0 if (value := getattr(road, name)) is None else float(value) for name in amounts},
        "capacity": capacity(road),
        "lines": list(road.lines),
        "version": version,
        "deleted": 0,
    }
