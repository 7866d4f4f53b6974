"""The registry as arrays: dense codes for cameras, zones and lines, geometry in rows.

A camera id with several `valid_from` is several cameras here: each version has
its own code, geometry and validity, so state never leaks across a change.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.frames import CLASSES
from schemas.ground import homography, to_ground
from schemas.local_time import OFFSET_US, minutes
from schemas.registry import METRIC_NAMES, ZONE_KINDS, Camera, Line, Registry

FOREVER_US = 1 << 62


class City(NamedTuple):
    """`c` camera versions, `z` zones and `l` lines; CSR offsets end with the total.

    Zones and lines of camera `i` are `zone_first[i]:zone_first[i + 1]` and likewise.
    """

    cameras: tuple[Camera, ...]  # (c,) sorted by id, then valid_from
    zone_ids: tuple[str, ...]  # (z,)
    line_ids: tuple[str, ...]  # (l,)
    period_us: NDArray[np.int64]  # (c,) time between frame events
    silence_us: NDArray[np.int64]  # (c,) gaps up to this count as watched: 2 periods, or silence_s
    valid_from_us: NDArray[np.int64]  # (c,)
    valid_to_us: NDArray[np.int64]  # (c,) where the next version begins, or the camera goes
    is_leaving: NDArray[np.bool_]  # (c,) the version ends by its own `valid_until`
    aspect: NDArray[np.float64]  # (c,) width / height
    enabled: NDArray[np.bool_]  # (c, len(METRIC_NAMES))
    fixed: NDArray[np.bool_]  # (c,) optics allow density and lines
    zone_first: NDArray[np.int64]  # (c + 1,)
    zone_camera: NDArray[np.int32]  # (z,)
    zone_kind: NDArray[np.uint8]  # (z,) index into ZONE_KINDS
    zone_area_m2: NDArray[np.float64]  # (z,) 0 when not calibrated
    zone_standing: NDArray[np.bool_]  # (z,)
    zone_classes: NDArray[np.uint16]  # (z,) bit i: CLASSES[i] counts; 0 means the metric's default
    zone_limits: NDArray[np.float64]  # (z, 7) on off on_s off_s stopped_s parked_s saturation; NaN = default
    zone_free_mps: NDArray[np.float64]  # (z,) free-flow speed of the camera's road, NaN when not known
    zone_occupancy: NDArray[np.float64]  # (z,) occupancy from which its slow lane is congested, NaN: the default
    hours_first: NDArray[np.int64]  # (z + 1,)
    hours: NDArray[np.int32]  # (h, 2) local minutes of the day from, to; no hours: always
    vertex_first: NDArray[np.int64]  # (z + 1,)
    vertex: NDArray[np.float64]  # (v, 2)
    line_first: NDArray[np.int64]  # (c + 1,)
    line_camera: NDArray[np.int32]  # (l,)
    point_first: NDArray[np.int64]  # (l + 1,)
    point: NDArray[np.float64]  # (p, 2)
    line_entry: NDArray[np.int8]  # (l,) a gate's way in: 1 to_right, -1 to_left; 0: no gate
    line_limit_mps: NDArray[np.float64]  # (l,) speed limit, NaN: the default
    homography: NDArray[np.float64]  # (c, 3, 3) image 0..1 -> ground m; NaN when not calibrated
    offset_us: int  # local time - UTC


LIMITS = ("on", "off", "on_s", "off_s", "stopped_s", "parked_s", "saturation")


def first_of(camera: NDArray[np.int32], cameras: int) -> NDArray[np.int64]:
    """Return (c + 1,) offsets: what belongs to camera i is ``first[i]:first[i + 1]`` of things in camera order."""
    return np.searchsorted(camera, np.arange(cameras + 1)).astype(np.int64)


def cameras_with(city: City, metric: str) -> NDArray[np.bool_]:
    """Return (c,) which cameras measure a metric."""
    return np.asarray(city.enabled[:, METRIC_NAMES.index(metric)])


def zones_of(city: City, metric: str, kind: str) -> NDArray[np.bool_]:
    """Return (z,) the zones of a kind whose camera measures a metric."""
    return np.asarray((city.zone_kind == ZONE_KINDS.index(kind)) & cameras_with(city, metric)[city.zone_camera])


def limit(
    city: City, zone: NDArray[np.integer[Any]], name: str, default: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (k,) the zones' own limits of a name of `LIMITS`, the default where they have none."""
    own = city.zone_limits[zone, LIMITS.index(name)]
    return np.asarray(np.where(np.isnan(own), default, own))


def on_off(city: City, zone: NDArray[np.integer[Any]], params: Any) -> dict[str, Any]:
    """Return what `persistence.rule` asks for: on, off, on_us, off_us (k,), each zone's own before `params`'."""
    own = {name: limit(city, zone, name, getattr(params, name)) for name in ("on", "off", "on_s", "off_s")}
    times = {f"{name}_us": np.rint(own.pop(f"{name}_s") * 1e6) for name in ("on", "off")}
    return own | times


def polygon_area(points: NDArray[np.float64]) -> float:
    """Return the area of a simple polygon (shoelace)."""
    x, y = points.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def _calibration(camera: Camera) -> NDArray[np.float64]:
    if camera.calibration is None:
        return np.full((3, 3), np.nan)
    return homography(np.array(camera.calibration.image), np.array(camera.calibration.ground_m))


def _area_m2(given: float | None, polygon: NDArray[np.float64], matrix: NDArray[np.float64]) -> float:
    if given is not None:
        return given
    return 0.0 if np.isnan(matrix).any() else polygon_area(to_ground(matrix, polygon))


def _us(moment: datetime | None) -> int:
    return 0 if moment is None else round(moment.timestamp() * 1e6)


def roads(registry: Registry) -> dict[str, tuple[float, float]]:
    """Return free-flow speed [m/s] and occupancy threshold by camera, NaN when not given; its first road counts."""
    out: dict[str, tuple[float, float]] = {}
    for road in registry.road:
        free = np.nan if road.free_flow_kmh is None else road.free_flow_kmh / 3.6
        for reference in road.lines:
            out.setdefault(reference.partition("/")[0], (free, np.nan if road.occupancy is None else road.occupancy))
    return out


def _entry(line: Line) -> int:
    return 0 if line.role != "gate" else 1 if line.entry == "to_right" else -1


def _offsets(lengths: list[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)


def build(registry: Registry) -> City:
    """Compile a checked registry into arrays."""
    cameras = tuple(sorted(registry.camera, key=lambda c: (c.id, _us(c.valid_from))))
    count = len(cameras)
    start = np.array([_us(c.valid_from) for c in cameras], np.int64)
    end = np.full(count, FOREVER_US, np.int64)
    for i in range(count - 1):
        if cameras[i].id == cameras[i + 1].id:
            end[i] = start[i + 1]
    until = np.array([FOREVER_US if c.valid_until is None else _us(c.valid_until) for c in cameras], np.int64)
    period = np.array([c.period_us for c in cameras], np.int64)
    silence = np.array(
        [
            2 * p if c.sends_empty else max(2 * p, round(c.silence_s * 1e6))
            for c, p in zip(cameras, period, strict=True)
        ],
        np.int64,
    )
    matrices = np.array([_calibration(c) for c in cameras]).reshape(count, 3, 3)
    zones = [(i, z) for i, c in enumerate(cameras) for z in c.zone]
    lines = [(i, line) for i, c in enumerate(cameras) for line in c.line]
    polygons = [np.array(z.polygon, np.float64) for _, z in zones]
    classes = [sum(1 << CLASSES.index(name) for name in z.classes if name in CLASSES) for _, z in zones]
    road_of = roads(registry)
    road = np.array([road_of.get(cameras[i].id, (np.nan, np.nan)) for i, _ in zones]).reshape(-1, 2)
    hours = [[[minutes(clock) for clock in span.split("-")] for span in z.hours] for _, z in zones]
    speeds = [np.nan if line.speed_limit_kmh is None else line.speed_limit_kmh / 3.6 for _, line in lines]
    limits = [[np.nan if (v := getattr(z.limits, name)) is None else v for name in LIMITS] for _, z in zones]
    return City(
        cameras=cameras,
        zone_ids=tuple(z.id for _, z in zones),
        line_ids=tuple(line.id for _, line in lines),
        period_us=period,
        silence_us=silence,
        valid_from_us=start,
        valid_to_us=np.minimum(end, until),
        is_leaving=until < end,
        aspect=np.array([c.size[0] / c.size[1] for c in cameras], np.float64),
        enabled=np.array([[name in c.metrics for name in METRIC_NAMES] for c in cameras], np.bool_).reshape(
            count, len(METRIC_NAMES)
        ),
        fixed=np.array([c.optics == "fixed" for c in cameras], np.bool_),
        zone_first=_offsets([len(c.zone) for c in cameras]),
        zone_camera=np.array([i for i, _ in zones], np.int32),
        zone_kind=np.array([ZONE_KINDS.index(z.kind) for _, z in zones], np.uint8),
        zone_area_m2=np.array(
            [
                _area_m2(z.area_m2, p, matrices[i]) if cameras[i].optics == "fixed" else 0.0
                for (i, z), p in zip(zones, polygons, strict=True)
            ],
            np.float64,
        ),
        zone_standing=np.array([z.surface == "standing" for _, z in zones], np.bool_),
        zone_classes=np.array(classes, np.uint16),
        zone_limits=np.array(limits, np.float64).reshape(len(zones), len(LIMITS)),
        zone_free_mps=road[:, 0],
        zone_occupancy=road[:, 1],
        hours_first=_offsets([len(spans) for spans in hours]),
        hours=np.array([span for spans in hours for span in spans], np.int32).reshape(-1, 2),
        vertex_first=_offsets([len(p) for p in polygons]),
        vertex=np.concatenate([*polygons, np.empty((0, 2))]),
        line_first=_offsets([len(c.line) for c in cameras]),
        line_camera=np.array([i for i, _ in lines], np.int32),
        point_first=_offsets([len(line.points) for _, line in lines]),
        point=np.concatenate([*(np.array(line.points, np.float64) for _, line in lines), np.empty((0, 2))]),
        line_entry=np.array([_entry(line) for _, line in lines], np.int8),
        line_limit_mps=np.array(speeds, np.float64),
        homography=matrices,
        offset_us=OFFSET_US,
    )


class Chosen(NamedTuple):
    """Rows of a city that a part of it keeps: ascending codes."""

    camera: NDArray[np.int64]
    zone: NDArray[np.int64]
    line: NDArray[np.int64]


def chosen(city: City, wanted: NDArray[np.bool_]) -> Chosen:
    """Return the rows of the wanted (c,) cameras."""
    return Chosen(
        np.flatnonzero(wanted), np.flatnonzero(wanted[city.zone_camera]), np.flatnonzero(wanted[city.line_camera])
    )


def subset(city: City, wanted: NDArray[np.bool_]) -> City:
    """Return the city of the wanted (c,) cameras alone, as if no other were registered.

    A shard holds arrays of its own cameras, not of the whole city.
    """
    rows = chosen(city, wanted)
    place = np.cumsum(wanted) - 1  # a kept camera's new code
    hours_first, hours = _slices(city.hours_first, city.hours, rows.zone)
    vertex_first, vertex = _slices(city.vertex_first, city.vertex, rows.zone)
    point_first, point = _slices(city.point_first, city.point, rows.line)
    kept: dict[str, Any] = {}
    for axis, codes in zip(("camera", "zone", "line"), rows, strict=True):
        kept |= {name: getattr(city, name)[codes] for name in _BY[axis]}
    zone_camera = place[city.zone_camera[rows.zone]].astype(np.int32)
    line_camera = place[city.line_camera[rows.line]].astype(np.int32)
    cameras = len(rows.camera)
    return City(
        cameras=tuple(city.cameras[i] for i in rows.camera),
        zone_ids=tuple(city.zone_ids[i] for i in rows.zone),
        line_ids=tuple(city.line_ids[i] for i in rows.line),
        **kept,
        zone_first=first_of(zone_camera, cameras),
        zone_camera=zone_camera,
        hours_first=hours_first,
        hours=hours,
        vertex_first=vertex_first,
        vertex=vertex,
        line_first=first_of(line_camera, cameras),
        line_camera=line_camera,
        point_first=point_first,
        point=point,
        offset_us=city.offset_us,
    )


_BY: Final = {
    "camera": (
        "period_us", "silence_us", "valid_from_us", "valid_to_us", "is_leaving", "aspect", "enabled", "fixed",
        "homography",
    ),
    "zone": (
        "zone_kind", "zone_area_m2", "zone_standing", "zone_classes", "zone_limits", "zone_free_mps", "zone_occupancy",
    ),
    "line": ("line_entry", "line_limit_mps"),
}  # fmt: skip
"""Fields with a row a camera, zone or line."""


def _slices(
    first: NDArray[np.int64], values: NDArray[Any], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return the slices of these rows, one after another, and their offsets."""
    pieces = [values[first[i] : first[i + 1]] for i in rows]
    return _offsets([len(piece) for piece in pieces]), np.concatenate([*pieces, values[:0]])
