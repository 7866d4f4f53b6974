"""Parking's zones and thresholds, compiled from the registry."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from operators.city import City, first_of, limit
from operators.incidents import persistence
from schemas.frames import CLASSES
from schemas.registry import METRIC_NAMES, ZONE_KINDS

_VEHICLES: Final = sum(1 << CLASSES.index(name) for name in ("motorcycle", "car", "bus", "truck"))


class Params(NamedTuple):
    """Thresholds of metrics.md; a zone's own `stopped_s` and `parked_s` come first."""

    stopped_s: float = 60.0
    parked_s: float = 180.0
    left_s: float = 30.0
    """Gone or hidden for so long ends it; until it is `stopped`, hidden time does not count as standing ..."""
    gap_s: float = 5.0
    """... but where it is at its anchor again after no more than this (ours: detectors see far ones now and then)."""
    same: float = 0.75
    """IoU with the anchor of a vehicle that stands."""
    bridge: float = 0.5
    """IoU with the anchor of a vehicle that is still there, under whatever track."""
    moved: float = 0.2
    """Way of the foot point, in box widths, from which a vehicle moved."""
    noise_px: float = 2.0
    """Edges that shift no more than this are detector noise (ours: boxes of far vehicles are 10 px wide)."""
    sure: float = 0.4
    """Confidence that starts a track; where fewer than a third of the boxes have it, none is confirmed (ours)."""
    still_s: float = 2.0
    """Standing so long, a spot is kept while its vehicle is hidden."""
    away_s: float = 1.0
    """Seen elsewhere for so long while its place lies bare, a vehicle drove off: its spot is nobody else's (ours)."""
    resettle_s: float = 5.0
    """A vehicle that stands so long again before its incident ended goes on with it (ours: one a vehicle)."""
    queue_share: float = 0.6
    """In a moving lane, this share of vehicles standing is a queue ..."""
    queue_least: int = 3
    """... of at least so many (ours: one vehicle alone is no queue)."""
    expire_s: float = 6 * 3600.0
    most: int = 64
    """Spots of one camera; further vehicles are not followed."""


class Plan(NamedTuple):
    """`p` parking zones of the city, grouped by camera, and the thresholds."""

    params: Params
    rule: persistence.Rule  # rows are zone codes
    first: NDArray[np.int64]  # (c + 1,) zones of camera i are zone[first[i]:first[i + 1]]
    zone: NDArray[np.int32]  # (p,) zone codes, no_stopping first
    classes: NDArray[np.uint16]  # (z,) bit i: CLASSES[i] counts
    camera_classes: NDArray[np.uint16]  # (c,) classes that count in any zone of a camera
    in_lane: NDArray[np.bool_]  # (z,) at least half of the zone lies in lane zones
    zone_first: NDArray[np.int64]  # (c + 1,) all zones of camera i
    hours_first: NDArray[np.int64]  # (z + 1,)
    hours: NDArray[np.int32]  # (h, 2) local minutes in which a zone's rule holds
    offset_us: int  # local time - UTC
    aspect: NDArray[np.float64]  # (c,)


def plan(city: City, params: Params | None = None) -> Plan:
    """Return the no-parking and no-stopping zones of cameras with metric parking, and their thresholds."""
    params = Params() if params is None else params
    stopping, parking = (ZONE_KINDS.index(kind) for kind in ("no_stopping", "no_parking"))
    wanted = city.enabled[city.zone_camera, METRIC_NAMES.index("parking")] & np.isin(
        city.zone_kind, [stopping, parking]
    )
    zones = np.flatnonzero(wanted)
    zones = zones[np.lexsort((city.zone_kind[zones] != stopping, city.zone_camera[zones]))]
    every = np.arange(len(city.zone_kind))
    stopped_us, parked_us = (
        np.rint(limit(city, every, name, getattr(params, name)) * 1e6) for name in ("stopped_s", "parked_s")
    )
    rule = persistence.rule(
        "parking", len(city.zone_kind), on=params.same, off=params.bridge,
        on_us=stopped_us, off_us=round(params.left_s * 1e6),
        severe_us=parked_us, expire_us=round(params.expire_s * 1e6),
        grace_us=round(params.left_s * 1e6),
    )  # fmt: skip
    classes = np.where(city.zone_classes == 0, _VEHICLES, city.zone_classes).astype(np.uint16)
    of_camera = np.zeros(len(city.cameras), np.uint16)
    np.bitwise_or.at(of_camera, city.zone_camera[zones], classes[zones])
    return Plan(
        params=params,
        rule=rule,
        first=first_of(city.zone_camera[zones], len(city.cameras)),
        zone=zones.astype(np.int32),
        classes=classes,
        camera_classes=of_camera,
        in_lane=_in_lane(city, zones),
        zone_first=city.zone_first,
        hours_first=city.hours_first,
        hours=city.hours,
        offset_us=city.offset_us,
        aspect=city.aspect,
    )


def _in_lane(city: City, zones: NDArray[np.int64]) -> NDArray[np.bool_]:
    out = np.zeros(len(city.zone_kind), np.bool_)

    def polygon(z: int) -> shapely.Polygon:
        """Return a zone's outline."""
        return shapely.Polygon(city.vertex[city.vertex_first[z] : city.vertex_first[z + 1]])

    for z in zones:
        camera = city.zone_camera[z]
        around = np.arange(city.zone_first[camera], city.zone_first[camera + 1])
        lanes = [polygon(i) for i in around if city.zone_kind[i] == ZONE_KINDS.index("lane")]
        own = polygon(z)
        out[z] = bool(lanes) and own.intersection(shapely.union_all(lanes)).area >= own.area / 2
    return out
