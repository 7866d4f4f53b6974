"""The camera registry, its places and the areas in the warehouse."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import polars as pl

from connectors.warehouse import roads, rolls
from connectors.warehouse.inserts import mark, to_arrow
from connectors.warehouse.session import Session
from schemas.columns import METRICS
from schemas.errors import WarehouseError
from schemas.geo import Areas
from schemas.local_time import minutes
from schemas.registry import Camera, Place, Registry

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def store(session: Session, registry: Registry, areas: Areas | None) -> None:
    """Store cameras, places, roads and areas; see `Warehouse.store_registry`."""
    _refuse_moved(session, registry)
    last = ", ".join(f"(SELECT max(version) FROM {table})" for table in ("cameras_log", "places_log", "areas_log"))
    version = session.query(f"SELECT greatest({last}) AS v")["v"][0].as_py() + 1
    if registry.camera:
        rows = pl.DataFrame([_row(camera, version) for camera in registry.camera], schema_overrides=_KINDS)
        session.insert_block("cameras_log", to_arrow(rows))
    if registry.place:
        areas_of = {camera.id: camera.area for camera in registry.camera}
        spots = pl.DataFrame([_place(place, areas_of, version) for place in registry.place], schema_overrides=_KINDS)
        session.insert_block("places_log", to_arrow(spots))
    if areas is not None and areas.by_code:
        named = [
            {"area": area.code, "name": area.name, "level": area.level, "parent": _parent(area.code, areas)}
            for area in areas.by_code.values()
        ]
        session.insert_block(
            "areas_log", to_arrow(pl.DataFrame(named).with_columns(version=pl.lit(version, pl.UInt64)))
        )
    roads.store(session, registry)


def forget(session: Session, camera_id: str) -> None:
    """Withdraw a camera's rows and its registration: tombstones, which merges clear away."""
    given = {"c": camera_id}
    for metric in METRICS:
        table = f"{metric.name}_minute_log"
        held = f"FROM {table} FINAL WHERE camera_id = {{c:String}} AND deleted = 0"
        hours = session.query(f"SELECT DISTINCT toStartOfHour(ts) AS hour {held}", given)["hour"].to_pylist()
        if hours:
            mark(session, metric.name, hours)
            _withdraw(session, table, held, given)
            mark(session, metric.name, hours)
    for table in ("incidents_log", "cameras_log"):
        _withdraw(session, table, f"FROM {table} FINAL WHERE camera_id = {{c:String}} AND deleted = 0", given)
    rolls.roll(session)


def _withdraw(session: Session, table: str, held: str, given: dict[str, str]) -> None:
    many = "SETTINGS max_partitions_per_insert_block = 0"
    session.command(
        f"INSERT INTO {table} SELECT * REPLACE (toUInt8(1) AS deleted) FROM (SELECT * {held}) {many}", given
    )


_KINDS: dict[str, Any] = {
    "valid_from": pl.Datetime("us", "UTC"),
    "lat": pl.Float64,
    "lon": pl.Float64,
    "metrics": pl.List(pl.String),
    "version": pl.UInt64,
    "zones": pl.List(pl.String),
    "gates": pl.List(pl.String),
    "opens": pl.UInt16,
    "closes": pl.UInt16,
}


def _row(camera: Camera, version: int) -> dict[str, Any]:
    lat, lon = (None, None) if camera.position is None else camera.position
    return {
        "camera_id": camera.id,
        "valid_from": EPOCH if camera.valid_from is None else camera.valid_from.astimezone(UTC),
        "lat": lat,
        "lon": lon,
        "metrics": list(camera.metrics),
        "definition": msgspec.json.encode(camera, order="deterministic").decode(),
        "version": version,
        **{name: getattr(camera, name) for name in ("name", "area", "owner", "category", "site", "fps", "simulated")},
    }


def _place(place: Place, areas_of: dict[str, str], version: int) -> dict[str, Any]:
    opens, closes = (minutes(clock) for clock in place.hours or ("00:00", "24:00"))
    cameras = (spot.partition("/")[0] for spot in (*place.zones, *place.gates))
    return {
        "place_id": place.id,
        "name": place.name,
        "area": roads.common_area(areas_of[camera] for camera in cameras if camera in areas_of),
        "zones": list(place.zones),
        "gates": list(place.gates),
        "opens": opens,
        "closes": closes,
        "version": version,
    }


def _parent(code: str, areas: Areas) -> str:
    head = code.rpartition(".")[0]
    return head if head in areas.by_code else ""


def _refuse_moved(session: Session, registry: Registry) -> None:
    """Area stands in the key: an id whose rows stand under another area would split in two."""
    areas = {camera.id: camera.area for camera in registry.camera}
    known = session.query(
        "SELECT DISTINCT camera_id, toString(area) AS area FROM cameras_log FINAL WHERE deleted = 0"
    ).rows
    moved = sorted({camera for camera, area in known if camera in areas and areas[camera] != area})
    if not moved:
        return
    held = session.query(
        "SELECT DISTINCT toString(camera_id) AS camera_id, toString(area) AS area FROM health_minute_log FINAL "
        "WHERE has({c:Array(String)}, camera_id) AND deleted = 0 ORDER BY camera_id",
        {"c": moved},
    ).rows
    wrong = [(camera, area) for camera, area in held if areas[camera] != area]
    if wrong:
        listed = "\n".join(
            f"camera {camera}: registered in area {areas[camera]}, but its stored rows stand in area {area}"
            for camera, area in wrong[:20]
        )
        raise WarehouseError(
            f"{listed}\na camera never changes its area: give it a new id, or forget its rows first "
            f"(tilik registry forget {wrong[0][0]} --warehouse ...)"
        )
