"""Garbage's zones and thresholds, compiled from the registry."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from operators.city import City, first_of, on_off, zones_of
from operators.incidents import persistence
from operators.stage import feet


class Params(NamedTuple):
    """Thresholds of metrics.md; a zone's own limits come first."""

    on: float = 0.4  # confidence
    off: float = 0.3
    k: int = 10
    n: int = 15
    sample_s: int = 60
    on_s: float = 600.0
    off_s: float = 1800.0
    expire_s: float = 72 * 3600.0
    same: float = 0.5  # IoU with the anchor
    near: float = 1.5  # distance of a person, in sizes of the anchor
    seen: float = 0.5  # share of the judged time from which a minute is a hit (ours)
    most: int = 16  # spots a zone; further objects are not followed (ours)


class Plan(NamedTuple):
    """`g` garbage zones of the city, their thresholds, and `most` cells each."""

    params: Params
    zone: NDArray[np.int32]  # (g,) dense zone code
    first: NDArray[np.int64]  # (c + 1,) rows of `zone` of camera i
    zone_first: NDArray[np.int64]  # (c + 1,) all zones of camera i
    classes: NDArray[np.uint16]  # (z,) bit i: CLASSES[i] is garbage here
    camera_classes: NDArray[np.uint16]  # (c,) classes that are garbage in any zone of a camera
    camera: NDArray[np.int32]  # (g,)
    aspect: NDArray[np.float64]  # (c,)
    slot_us: int
    rule: persistence.Rule  # rows are those of `zone`


def plan(city: City, params: Params | None = None) -> Plan:
    """Return the garbage zones of cameras with metric garbage, and their thresholds."""
    params = Params() if params is None else params
    zone = np.flatnonzero(zones_of(city, "garbage", "garbage")).astype(np.int32)

    rule = persistence.rule(
        "garbage",
        len(zone),
        **on_off(city, zone, params),
        k=params.k,
        n=params.n,
        expire_us=round(params.expire_s * 1e6),
    )
    camera = city.zone_camera[zone]
    first = first_of(camera, len(city.cameras))
    wanted = np.where(city.zone_classes > 0, city.zone_classes, feet.flags(("garbage",))).astype(np.uint16)
    of_camera = np.zeros(len(city.cameras), np.uint16)
    np.bitwise_or.at(of_camera, camera, wanted[zone])
    return Plan(
        params, zone, first, city.zone_first, wanted, of_camera, camera, city.aspect, params.sample_s * 1_000_000, rule
    )  # fmt: skip
