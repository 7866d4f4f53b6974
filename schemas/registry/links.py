"""What must hold between entries: ids that stand once, roads and places that name what there is.

A camera id may stand once per `valid_from` and always under one area: `camera_id`
names a placement, and a moved camera is a new id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import shapely

from schemas.registry.entries import Camera, Line, Place, Registry, Road, Zone
from schemas.registry.mistakes import Flaw, Located, did_you_mean, expected
from schemas.registry.rules import MIN_ZONE, is_span, positive, utc
from schemas.registry.structure import UNREAD
from schemas.roads import EMP_TABLES, FACTORS, SPLIT_RANGE, TYPES
from schemas.toml_lines import Path


def since(camera: Camera) -> datetime:
    """Return from when a version of a camera holds."""
    return utc(camera.valid_from)


def ids(registry: Registry) -> frozenset[str]:
    """Return the ids of all cameras, their zones and lines."""
    cameras = registry.camera
    zones = (zone.id for camera in cameras for zone in camera.zone)
    lines = (line.id for camera in cameras for line in camera.line)
    return frozenset((*(camera.id for camera in cameras), *zones, *lines))


def newest(cameras: Iterable[Camera]) -> dict[str, Camera]:
    """Return the newest version of each camera by id, in the order of the ids' first versions."""
    found: dict[str, Camera] = {}
    for camera in cameras:
        held = found.setdefault(camera.id, camera)
        if since(camera) > since(held):
            found[camera.id] = camera
    return found


class Entry(NamedTuple):
    """A camera, road or place, its file and its path there."""

    file: str
    path: Path
    value: Any


def entries(registries: dict[str, Registry], kind: str) -> list[Entry]:
    """Return all entries of one kind over all files."""
    return [
        Entry(file, (kind, i), value)
        for file, registry in registries.items()
        for i, value in enumerate(getattr(registry, kind))
    ]


def link_flaws(registries: dict[str, Registry]) -> Iterator[Located]:
    """Yield the mistakes between cameras, roads and places of all files."""
    cameras = entries(registries, "camera")
    yield from _placements(cameras)
    for kind in ("road", "place"):
        yield from _once(entries(registries, kind), kind)
    values = [entry.value for entry in cameras]
    things = {kind: _by_reference(values, kind) for kind in ("zone", "line")}
    for file, path, road in entries(registries, "road"):
        yield from _located(file, path, road_flaws(road, things["line"]))
    for file, path, spot in entries(registries, "place"):
        yield from _located(file, path, place_flaws(spot, things["zone"], things["line"]))


def _located(file: str, path: Path, flaws: Iterable[Flaw]) -> Iterator[Located]:
    for flaw in flaws:
        yield Located(file, Flaw((*path, *flaw.path), flaw.text))


def _placements(cameras: list[Entry]) -> Iterator[Located]:
    areas: dict[str, tuple[str, str]] = {}
    seen: dict[tuple[str, datetime], str] = {}
    for file, path, camera in cameras:
        if camera.id == UNREAD:
            continue
        begins = since(camera)
        if (camera.id, begins) in seen:
            came = f"{camera.id} again, first in {seen[camera.id, begins]}"
            yield Located(
                file, Flaw((*path, "id"), expected("each camera id once a valid_from", came, "rename or date one"))
            )
        seen.setdefault((camera.id, begins), file)
        area, where = areas.setdefault(camera.id, (camera.area, file))
        if camera.area != area:
            todo = "give a moved camera a new id"
            what = f"the area {area} that {camera.id} has in {where}"
            yield Located(file, Flaw((*path, "area"), expected(what, camera.area, todo)))


def _once(found: list[Entry], kind: str) -> Iterator[Located]:
    seen: set[str] = set()
    for file, path, value in found:
        if value.id in seen and value.id != UNREAD:
            yield Located(file, Flaw((*path, "id"), expected(f"each {kind} id once", f"{value.id} again", "rename it")))
        seen.add(value.id)


def _by_reference(cameras: Iterable[Camera], kind: str) -> dict[str, list[tuple[Camera, Any]]]:
    """Map ``camera/zone`` or ``camera/line`` to its versions."""
    found: dict[str, list[tuple[Camera, Any]]] = {}
    for camera in cameras:
        for thing in getattr(camera, kind):
            found.setdefault(f"{camera.id}/{thing.id}", []).append((camera, thing))
    return found


def _references(name: str, named: Sequence[str], known: dict[str, Any], kind: str) -> Iterator[Flaw]:
    for i, reference in enumerate(named):
        if reference not in known:
            todo = did_you_mean(reference, known, f"write camera/{kind}")
            yield Flaw((name, i), expected(f"a registered {kind}", reference, todo))
        elif reference in named[:i]:
            yield Flaw((name, i), expected(f"each {kind} once", f"{reference} again", "remove one"))


def road_flaws(road: Road, lines: dict[str, list[tuple[Camera, Line]]]) -> Iterator[Flaw]:
    """Yield the mistakes of one road."""
    yield from _references("lines", road.lines, lines, "line")
    for name in ("lanes", "width_m", "free_flow_kmh", "green_s", "cycle_s", "saturation_flow", "city_millions"):
        value = getattr(road, name)
        if value is not None and not positive(value):
            yield Flaw((name,), expected("a number above 0", value, "correct it"))
    if road.emp not in EMP_TABLES:
        todo = did_you_mean(road.emp, EMP_TABLES, "known are " + ", ".join(EMP_TABLES))
        yield Flaw(("emp",), expected("a known table of equivalents", road.emp, todo))
    if road.occupancy is not None and not 0 < road.occupancy <= 1:
        todo = "give a share of time, such as 0.3"
        yield Flaw(("occupancy",), expected("a share above 0, at most 1", road.occupancy, todo))
    yield from _type(road)
    yield from _factors(road)
    yield from _signal(road)


def _type(road: Road) -> Iterator[Flaw]:
    known = ", ".join(TYPES)
    if road.type and road.type not in TYPES:
        todo = did_you_mean(road.type, TYPES, f"known are {known}")
        yield Flaw(("type",), expected("a known road type", road.type, todo))
    elif not road.type and road.kind == "ruas":
        yield Flaw((), expected("a road type", "none", f'add type = "4/2 D", or what it is of {known}'))
    elif road.type and road.lanes is not None:
        kind = TYPES[road.type]
        fit = sorted({kind.lanes, kind.carriageway_lanes})
        if road.lanes not in fit:
            what = f"{' or '.join(map(str, fit))} lanes on a road {road.type}"
            yield Flaw(("lanes",), expected(what, road.lanes, "correct one, or drop lanes: the type says them"))


def _factors(road: Road) -> Iterator[Flaw]:
    for name, value in road.factors.items():
        if name not in FACTORS:
            todo = did_you_mean(name, FACTORS, "known are " + ", ".join(FACTORS))
            yield Flaw(("factors", name), expected("a factor of capacity", name, todo))
        elif not positive(value):
            yield Flaw(("factors", name), expected("a factor above 0", value, "correct it"))
    least, most = SPLIT_RANGE
    if road.split is not None and not least <= road.split <= most:
        todo = "give the busier direction's share, or factors = { FCsp = ... } beyond the table"
        yield Flaw(("split",), expected(f"{least:g} to {most:g} %", road.split, todo))


def _signal(road: Road) -> Iterator[Flaw]:
    given = [name for name in ("green_s", "cycle_s") if getattr(road, name) is not None]
    if len(given) == 1:
        yield Flaw((given[0],), expected("green_s and cycle_s together", f"{given[0]} alone", "add the other"))
    elif road.green_s is not None and road.cycle_s is not None and road.green_s > road.cycle_s:
        came = f"green_s = {road.green_s:g}, cycle_s = {road.cycle_s:g}"
        yield Flaw(("green_s",), expected("a green within its cycle", came, "correct one"))


def place_flaws(
    place: Place, zones: dict[str, list[tuple[Camera, Zone]]], lines: dict[str, list[tuple[Camera, Line]]]
) -> Iterator[Flaw]:
    """Yield the mistakes of one place."""
    yield from _references("zones", place.zones, zones, "zone")
    yield from _references("gates", place.gates, lines, "line")
    for i, reference in enumerate(place.zones):
        kinds = {zone.kind for _, zone in zones.get(reference, [])} - {"crowd", UNREAD}
        if kinds:
            todo = "name zones whose persons are counted"
            yield Flaw(("zones", i), expected("a zone of kind crowd", f"{reference} of kind {min(kinds)}", todo))
    for i, reference in enumerate(place.gates):
        if any(line.role == "flow" for _, line in lines.get(reference, [])):
            todo = 'give the line role = "gate" and entry'
            yield Flaw(("gates", i), expected("a line of role gate", f"{reference} of role flow", todo))
    if place.hours and not is_span(list(place.hours)):
        yield Flaw(("hours",), expected('hours such as ["06:00", "23:00"]', list(place.hours), "correct them"))
    for one, other in combinations([name for name in dict.fromkeys(place.zones) if name in zones], 2):
        if any(a is b and _overlap(x, y) for a, x in zones[one] for b, y in zones[other]):
            todo = "redraw one: their persons would count twice"
            yield Flaw(("zones",), expected("zones that do not overlap", f"{one} and {other}", todo))


def _overlap(one: Zone, other: Zone) -> bool:
    corners = [np.array(zone.polygon) for zone in (one, other)]
    if any(len(points) < 3 or not np.isfinite(points).all() for points in corners):
        return False
    first, second = (shapely.Polygon(points) for points in corners)
    if not (first.is_valid and second.is_valid):
        return False  # said by the zone's own rule
    return bool(first.intersection(second).area > MIN_ZONE)
