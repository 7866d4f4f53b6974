"""Twins of simulated cameras, for tests of load: other ids, names and places, and the figures of another camera.

Nothing is played for a twin: whoever stores rows repeats those of the camera it is a
twin of. So a store is as large as that of a large city, and says no more than that
of a small one. Recorders, roads and places have twins as their cameras do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from connectors.warehouse import Twin
from schemas.registry import Camera, Place, Registry, Road
from simulation import few, layout

STEP: Final = 67
"""Kelurahan from one twin's to the next, a prime that does not divide their number: twins stand all over; ours."""


def of(city: Registry, count: int) -> list[Twin]:
    """Return `count` twins of a city's cameras, in rounds of one of each, each in another kelurahan than the last."""
    places, cameras = layout.kelurahan(), city.camera
    found = []
    for n in range(count):
        camera, mark = cameras[n % len(cameras)], f"-k{n // len(cameras) + 1}"
        found.append(Twin(camera.id + mark, camera.id, places[n * STEP % len(places)].code, mark))
    return found


def registry(city: Registry, twins: Sequence[Twin]) -> Registry:
    """Return a city with its twins, their roads and places."""
    alone = {camera.id: few.of(city, [camera.id]) for camera in city.camera}
    each = [(twin, alone[twin.of]) for twin in twins]
    return Registry(
        camera=city.camera + tuple(_camera(own.camera[0], twin) for twin, own in each),
        road=city.road + tuple(_road(road, twin) for twin, own in each for road in own.road),
        place=city.place + tuple(_place(place, twin) for twin, own in each for place in own.place),
    )


def _camera(camera: Camera, twin: Twin) -> Camera:
    point = next(each for each in layout.kelurahan() if each.code == twin.area).outline.representative_point()
    return msgspec.structs.replace(
        camera,
        id=twin.camera,
        name=_name(camera.name, twin),
        area=twin.area,
        position=(round(point.y, 6), round(point.x, 6)),
        site=f"{camera.site}{twin.mark}",
    )


def _road(road: Road, twin: Twin) -> Road:
    return msgspec.structs.replace(
        road, id=road.id + twin.mark, name=_name(road.name, twin), lines=_spots(road.lines, twin)
    )


def _place(place: Place, twin: Twin) -> Place:
    zones, gates = _spots(place.zones, twin), _spots(place.gates, twin)
    return msgspec.structs.replace(
        place, id=place.id + twin.mark, name=_name(place.name, twin), zones=zones, gates=gates
    )


def _name(name: str, twin: Twin) -> str:
    return f"{name} kembaran {twin.mark.removeprefix('-k')}"


def _spots(spots: Sequence[str], twin: Twin) -> tuple[str, ...]:
    return tuple(f"{twin.camera}/{spot.partition('/')[2]}" for spot in spots)
