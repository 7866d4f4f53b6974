"""The camera registry, its places, roads and the areas in the warehouse.

What a registry says of a camera id replaces all that was said of it, versions
included. A registry is also a source: places and roads that it registered and no
longer has are withdrawn, and cameras, unless they have rows. What another source
registered last is that one's; `forgetting` withdraws the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import msgspec
import polars as pl

from connectors.warehouse import leases, roads
from connectors.warehouse.inserts import to_arrow
from connectors.warehouse.session import Session
from schemas.errors import WarehouseError
from schemas.geo import Areas
from schemas.local_time import EPOCH, minutes
from schemas.plain import listed
from schemas.registry import Camera, Place, Registry

T = TypeVar("T")
NAMES_A_QUESTION: Final = 500
"""Parameters travel in the URL, which has its limits."""

MICROSECOND: Final = timedelta(microseconds=1)
TABLES: Final = {
    "camera": ("cameras_log", "camera_id"),
    "place": ("places_log", "place_id"),
    "road": ("roads_log", "road"),
}
"""Where the entries of each kind stand, and by which column they are known."""


def store(session: Session, registry: Registry, areas: Areas | None, source: str) -> None:
    """Store cameras, places, roads and areas; see `Warehouse.store_registry`. The caller holds the registry's lease."""
    refuse_moved(session, registry)
    version = next_version(session)
    if registry.camera:
        _withdraw_versions(session, registry, version)
        rows = pl.DataFrame([_row(camera, version) for camera in registry.camera], schema_overrides=_KINDS)
        session.insert_block("cameras_log", to_arrow(rows))
    if registry.place:
        areas_of = {camera.id: camera.area for camera in registry.camera}
        spots = [_place(place, areas_of, version) for place in registry.place]
        session.insert_block("places_log", to_arrow(pl.DataFrame(spots, schema_overrides=_KINDS)))
    if areas is not None and areas.by_code:
        named = [
            {
                "area": area.code,
                "name": area.name,
                "level": area.level,
                "parent": _parent(area.code, areas),
                "outline": area.drawn(),
            }
            for area in areas.by_code.values()
        ]
        rows = pl.DataFrame(named).with_columns(version=pl.lit(version, pl.UInt64))
        session.insert_block("areas_log", to_arrow(rows))
    roads.store(session, registry, version)
    _own(session, [(kind, name) for kind, names in _ids(registry).items() for name in names], source, version)


def withdraw(session: Session, registry: Registry, source: str) -> None:
    """Withdraw what this source registered and no longer has; a camera only once it has no rows."""
    if not any(_gone(session, registry, source).values()):
        return
    with leases.held(session, leases.REGISTRY):
        for kind, names in _gone(session, registry, source).items():
            remove(session, kind, names)


def _gone(session: Session, registry: Registry, source: str) -> dict[str, list[str]]:
    """Return by kind what is to be withdrawn."""
    owned = session.query(
        "SELECT toString(kind) AS kind, id FROM sources_log FINAL WHERE source = {s:String} AND deleted = 0",
        {"s": source},
    ).rows
    gone = {
        kind: [name for of, name in owned if of == kind and name not in has] for kind, has in _ids(registry).items()
    }
    still = _with_rows(session, gone["camera"])
    return gone | {"camera": [name for name in gone["camera"] if name not in still]}


def remove(session: Session, kind: str, names: list[str]) -> None:
    """Withdraw entries of a kind; the caller holds the registry's lease."""
    table, column = TABLES[kind]
    for some in _slices(names):
        version, given = next_version(session), {"k": kind, "n": some}
        _bury(session, table, version, f"has({{n:Array(String)}}, {column})", given)
        _bury(session, "sources_log", version, "kind = {k:String} AND has({n:Array(String)}, id)", given)


def next_version(session: Session) -> int:
    """Return the next number of registration; the caller holds the registry's lease."""
    tables = ("cameras_log", "places_log", "roads_log", "areas_log", "sources_log")
    last = ", ".join(f"(SELECT max(version) FROM {table})" for table in tables)
    return int(session.query(f"SELECT greatest({last}) AS v")["v"][0].as_py()) + 1


def _ids(registry: Registry) -> dict[str, set[str]]:
    return {
        "camera": {camera.id for camera in registry.camera},
        "place": {place.id for place in registry.place},
        "road": {road.id for road in registry.road},
    }


def _own(session: Session, entries: list[tuple[str, str]], source: str, version: int) -> None:
    """Note that this source spoke of entries last."""
    if entries:
        rows = pl.DataFrame(entries, ["kind", "id"], orient="row").with_columns(
            source=pl.lit(source), version=pl.lit(version, pl.UInt64), deleted=pl.lit(0, pl.UInt8)
        )
        session.insert_block("sources_log", to_arrow(rows))


def _with_rows(session: Session, cameras: list[str]) -> set[str]:
    """Return those of the cameras that have minutes."""
    found: set[str] = set()
    for some in _slices(cameras):
        answer = session.query(
            "SELECT DISTINCT toString(camera_id) AS c FROM health_minute_log FINAL "
            "WHERE has({c:Array(String)}, camera_id) AND deleted = 0",
            {"c": some},
        )
        found |= set(answer["c"].to_pylist())
    return found


def _withdraw_versions(session: Session, registry: Registry, version: int) -> None:
    """Withdraw versions of the registry's cameras that it no longer has."""
    has = {(camera.id, _valid_from(camera)) for camera in registry.camera}
    ids = {name for name, _ in has}
    held = session.query("SELECT camera_id, valid_from FROM cameras_log FINAL WHERE deleted = 0").rows
    gone = [(name, since) for name, since in held if name in ids and (name, since) not in has]
    for some in _slices([(name, round((since - EPOCH) / MICROSECOND)) for name, since in gone]):
        _bury(
            session,
            "cameras_log",
            version,
            "has({n:Array(Tuple(String, Int64))}, (camera_id, toUnixTimestamp64Micro(valid_from)))",
            {"n": some},
        )


def _bury(session: Session, table: str, version: int, which: str, given: dict[str, Any]) -> None:
    session.command(
        f"INSERT INTO {table} SELECT * REPLACE (toUInt8(1) AS deleted, toUInt64({version}) AS version) "
        f"FROM (SELECT * FROM {table} FINAL WHERE {which} AND deleted = 0)",
        given,
    )


_KINDS: Final[dict[str, Any]] = {
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


def _valid_from(camera: Camera) -> datetime:
    return EPOCH if camera.valid_from is None else camera.valid_from.astimezone(UTC)


def _row(camera: Camera, version: int) -> dict[str, Any]:
    lat, lon = (None, None) if camera.position is None else camera.position
    return {
        "camera_id": camera.id,
        "valid_from": _valid_from(camera),
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


def refuse_moved(session: Session, registry: Registry) -> None:
    """Area stands in the key: an id whose rows stand under another area would split in two."""
    areas = {camera.id: camera.area for camera in registry.camera}
    moved = sorted({camera for camera, area in _areas(session) if camera in areas and areas[camera] != area})
    held = [row for some in _slices(moved) for row in _stand(session, some)]
    wrong = [(camera, area) for camera, area in held if areas[camera] != area]
    if wrong:
        told = listed(
            f"camera {camera}: registered in area {areas[camera]}, but its stored rows stand in area {area}"
            for camera, area in wrong[:20]
        )
        raise WarehouseError(
            f"{told}\na camera never changes its area: give it a new id, or forget its rows first "
            f"(tilik registry forget {wrong[0][0]} --warehouse ...)"
        )


def is_settled(session: Session, registry: Registry) -> bool:
    """Say whether every camera is registered under the area that it has here."""
    return {(camera.id, camera.area) for camera in registry.camera} <= set(_areas(session))


def _areas(session: Session) -> list[tuple[str, str]]:
    return session.query(
        "SELECT DISTINCT camera_id, toString(area) AS area FROM cameras_log FINAL WHERE deleted = 0"
    ).rows


def _stand(session: Session, cameras: Sequence[str]) -> list[tuple[str, str]]:
    """Return the areas in which the minutes of cameras stand."""
    return session.query(
        "SELECT DISTINCT toString(camera_id) AS camera_id, toString(area) AS area FROM health_minute_log FINAL "
        "WHERE has({c:Array(String)}, camera_id) AND deleted = 0 ORDER BY camera_id",
        {"c": cameras},
    ).rows


def _slices(entries: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut entries into as many as a question takes."""
    for first in range(0, len(entries), NAMES_A_QUESTION):
        yield entries[first : first + NAMES_A_QUESTION]
