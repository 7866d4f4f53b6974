"""Which zones each object stands in, found once a batch for all kernels.

An object's place is its foot point, the bottom centre of its box. Each zone says
which classes it is asked about; others are not looked at. The answer is one bit
a zone of the object's camera, so a camera has at most 64 zones
(`schemas.registry.MOST_ZONES`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import Ordered
from operators.city import City, zones_of
from operators.geometry import inside, snap_corners, snap_point
from schemas.cards import LOOKS
from schemas.frames import CLASSES


class Plan(NamedTuple):
    """The zones' outlines on the grid, and what each is asked about."""

    first: NDArray[np.int64]  # (c + 1,) zones of camera i
    classes: NDArray[np.uint16]  # (z,) bit i: CLASSES[i] is looked at
    box: NDArray[np.float64]  # (z, 4) bounds in grid steps
    vertex_first: NDArray[np.int64]  # (z + 1,)
    vertex: NDArray[np.float64]  # (v, 2) corners in grid steps


def flags(names: Iterable[str]) -> int:
    """Return classes as bits; bit i is CLASSES[i]."""
    return sum(1 << CLASSES.index(name) for name in names)


def classes(city: City) -> NDArray[np.uint16]:
    """Return (z,) the classes that the metrics of each zone's camera look at there; bit i is CLASSES[i]."""
    out = np.zeros(len(city.zone_kind), np.uint16)
    for card, look in LOOKS:
        wanted = np.full(len(out), flags(look.classes), np.uint16)
        if look.is_free and look.classes:
            wanted = np.where(city.zone_classes > 0, city.zone_classes, wanted)
        at = zones_of(city, card.enabled_by, look.kind)
        out[at] |= wanted[at]
    return out


def plan(city: City) -> Plan:
    """Return the city's zones, ready to be asked."""
    vertex = snap_corners(city.vertex)
    box = np.array(
        [
            [*vertex[a:b].min(axis=0), *vertex[a:b].max(axis=0)]
            for a, b in zip(city.vertex_first[:-1], city.vertex_first[1:], strict=True)
        ],
        np.float64,
    ).reshape(-1, 4)
    return Plan(city.zone_first, classes(city), box, city.vertex_first, vertex)


class Bits(NamedTuple):
    """Where `k` zones stand in `Ordered.zones`."""

    of_zone: NDArray[np.uint64]  # (k,)
    of_camera: NDArray[np.uint64]  # (c,) those of all its zones


def bits(city: City, zone: NDArray[np.integer[Any]]) -> Bits:
    """Return the bits of zones (k,) by their codes."""
    camera = city.zone_camera[zone]
    of_zone = np.uint64(1) << (zone - city.zone_first[camera]).astype(np.uint64)
    of_camera = np.zeros(len(city.cameras), np.uint64)
    np.bitwise_or.at(of_camera, camera, of_zone)
    return Bits(of_zone, of_camera)


def placed(plan: Plan, ordered: Ordered) -> Ordered:
    """Return the frames with `zones` filled in: bit i is zone `zone_first[camera] + i`."""
    out = np.zeros(len(ordered.cls), np.uint64)
    _zones(plan, ordered.camera, ordered.first, ordered.cls, ordered.box, out)
    return ordered._replace(zones=out)


@njit(cache=True)
def is_in(zones: np.uint64, zone: int, first: int) -> bool:
    """Tell whether an object's `zones` hold a zone code, `first` being its camera's first."""
    return bool((np.uint64(zones) >> np.uint64(zone - first)) & np.uint64(1))


@njit(cache=True)
def _zones(
    plan: Plan, camera: NDArray[np.int32], first: NDArray[np.int64], cls: NDArray[np.uint8], box: NDArray[np.float32],
    out: NDArray[np.uint64],
) -> None:  # fmt: skip
    for i in range(len(camera)):
        begin, end = plan.first[camera[i]], plan.first[camera[i] + 1]
        if begin == end:
            continue
        for o in range(first[i], first[i + 1]):
            if cls[o] >= 16:
                continue
            x = snap_point((np.float64(box[o, 0]) + np.float64(box[o, 2])) / 2.0)
            y = snap_point(np.float64(box[o, 3]))
            found = np.uint64(0)
            for z in range(begin, end):
                if not plan.classes[z] >> cls[o] & 1:
                    continue
                if x < plan.box[z, 0] or x > plan.box[z, 2] or y < plan.box[z, 1] or y > plan.box[z, 3]:
                    continue
                if inside(x, y, plan.vertex, plan.vertex_first[z], plan.vertex_first[z + 1]):
                    found |= np.uint64(1) << np.uint64(z - begin)
            out[o] = found
