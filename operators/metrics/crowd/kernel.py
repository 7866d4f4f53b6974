"""Persons in zones: counts, densities and levels, frame by frame."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import Ordered, PartRows, Parts
from operators.city import City, limit
from operators.minutes import Segments, groups, segments
from operators.stage.feet import is_in
from schemas.columns import CROWD, PERSON_EDGES
from schemas.frames import CLASSES
from schemas.registry import METRIC_NAMES, ZONE_KINDS

VERSION: Final = 1
"""Raised when the same input gives other figures."""

WALKWAY: Final = (0.31, 0.43, 0.72, 1.08, 2.17)
"""Upper densities of levels A to E on a walkway, person/m2 (Fruin 1971, Pedestrian Planning and Design)."""

STANDING: Final = (0.83, 1.11, 1.67, 3.33, 5.00)
"""Upper densities of levels A to E where people stand, person/m2 (HCM, queuing areas)."""

SATURATION: Final = 2.5
"""Density above which box detectors undercount, person/m2 (ours; a zone may say otherwise)."""

_CROWD: Final = METRIC_NAMES.index("crowd")
_ZONE: Final = ZONE_KINDS.index("crowd")
_PERSON: Final = 1 << CLASSES.index("person")
_EDGES: Final = np.array(PERSON_EDGES, np.int64)
_PERSON_MS: Final = CROWD.offset("person_ms")
_MAX: Final = CROWD.offset("persons_max")
_HIST: Final = CROWD.offset("persons_hist")
_AREA: Final = CROWD.offset("area_ms")
_SATURATED: Final = CROWD.offset("saturated_ms")
_LEVEL: Final = CROWD.offset("level_ms")
_WIDTH: Final = CROWD.width


class Hysteresis(NamedTuple):
    """When a level is entered and left (metrics.md, "Crowd density")."""

    enter_ms: int = 60_000  # at or above it for so long
    leave_ms: int = 120_000  # below `leave_share` of its threshold for so long
    leave_share: float = 0.9


class Counts(NamedTuple):
    """`r` counts, one a frame and zone, in frame order."""

    first: NDArray[np.int64]  # (n + 1,) counts of frame i are first[i]:first[i + 1]
    zone: NDArray[np.int32]  # (r,) dense zone code
    persons: NDArray[np.int64]  # (r,) 0 where the frame is not usable


class Levels(NamedTuple):
    """What hysteresis remembers of `z` zones: bounded by the registry, changed in place."""

    level: NDArray[np.uint8]  # (z,) index into schemas.columns.LEVELS
    above_ms: NDArray[np.int64]  # (z, 5) time at or above levels B to F without a break
    below_ms: NDArray[np.int64]  # (z, 5) time below their leaving thresholds without a break


class LevelSamples(NamedTuple):
    """`s` samples of calibrated zones while watched, in frame order."""

    zone: NDArray[np.int32]
    t_us: NDArray[np.int64]
    dt_ms: NDArray[np.int32]
    level: NDArray[np.uint8]  # index into schemas.columns.LEVELS


def zones(city: City) -> NDArray[np.int32]:
    """Return the codes of the zones that crowds are measured in."""
    watched = (city.zone_kind == _ZONE) & city.enabled[city.zone_camera, _CROWD]
    return np.flatnonzero(watched).astype(np.int32)


def start(city: City) -> Levels:
    """Return the state in which every zone is at level A."""
    count = len(city.zone_ids)
    return Levels(np.zeros(count, np.uint8), np.zeros((count, 5), np.int64), np.zeros((count, 5), np.int64))


def count(city: City, ordered: Ordered) -> Counts:
    """Count the persons in each crowd zone of each frame.

    A foot point on an edge that zones share is in exactly one of them. A zone that
    names classes counts those; otherwise persons count.
    """
    classes = np.where(city.zone_classes == 0, _PERSON, city.zone_classes).astype(np.int64)
    first = _first(city, ordered)
    zone, persons = _count(
        first,
        ordered.camera,
        ordered.usable,
        ordered.first,
        ordered.cls,
        ordered.zones,
        city.zone_first,
        city.zone_kind,
        classes,
    )
    return Counts(first, zone, persons)


def measure(city: City, ordered: Ordered, counts: Counts) -> Parts:
    """Weigh the persons in each zone by how long the frame lasted.

    Parameters
    ----------
    ordered
        Frames in any order, late ones too.
    counts
        Of the same frames, from `count`.

    Returns
    -------
    Parts of `CROWD` without levels, frames of a minute already merged. A frame
    without persons still counts: nobody there is an observation. A frame that is
    not usable is seen, and nothing else.
    """
    saturation = limit(city, np.arange(len(city.zone_kind)), "saturation", SATURATION)
    cut = segments(ordered.t_us, ordered.dt_ms, ordered.lag_ms)
    return Parts(*_measure(cut, ordered.camera, ordered.usable, *counts, city.zone_area_m2, saturation))


def levels(
    state: Levels, city: City, ordered: Ordered, counts: Counts, params: Hysteresis
) -> tuple[Parts, LevelSamples]:
    """Follow each calibrated zone's level of service.

    A level is entered at the first frame above the upper density of the level
    before it that comes after `enter_ms` above it, and left at the first frame
    below `leave_share` of that density that comes after `leave_ms` below it. Only
    watched time counts: gaps and unusable frames freeze the timers. `state` is
    changed in place.

    Parameters
    ----------
    ordered
        On-time frames, sorted by (camera, t).
    counts
        Of the same frames, from `count`.

    Returns
    -------
    Parts of `CROWD` with `level_ms` only, and each frame's level for the incidents.
    """
    enter = np.where(city.zone_standing[:, None], STANDING, WALKWAY)
    reached = _follow(
        state, ordered.usable, ordered.dt_ms, *counts, city.zone_area_m2, enter, enter * params.leave_share, params
    )
    cut = segments(ordered.t_us, ordered.dt_ms, ordered.lag_ms)
    parts = Parts(*_level_parts(cut, ordered.camera, *counts, reached))
    frame = np.repeat(np.arange(len(ordered.t_us)), np.diff(counts.first))
    at = reached >= 0
    frame = frame[at]
    samples = LevelSamples(counts.zone[at], ordered.t_us[frame], ordered.dt_ms[frame], reached[at].astype(np.uint8))
    return parts, samples


def _first(city: City, ordered: Ordered) -> NDArray[np.int64]:
    by_camera = np.bincount(city.zone_camera[zones(city)], minlength=len(city.cameras))
    return np.concatenate([[0], np.cumsum(by_camera[ordered.camera])]).astype(np.int64)


@njit(cache=True)
def _count(
    first: NDArray[np.int64], camera: NDArray[np.int32], usable: NDArray[np.bool_], objects: NDArray[np.int64],
    cls: NDArray[np.uint8], zones: NDArray[np.uint64], zone_first: NDArray[np.int64], zone_kind: NDArray[np.uint8],
    classes: NDArray[np.int64],
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:  # fmt: skip
    zone, persons = np.empty(first[-1], np.int32), np.zeros(first[-1], np.int64)
    for i in range(len(camera)):
        if first[i] == first[i + 1]:
            continue
        at = first[i]
        for z in range(zone_first[camera[i]], zone_first[camera[i] + 1]):
            if zone_kind[z] != _ZONE:
                continue
            zone[at] = z
            if usable[i]:
                for k in range(objects[i], objects[i + 1]):
                    if cls[k] < 16 and classes[z] >> cls[k] & 1:
                        persons[at] += is_in(zones[k], z, zone_first[camera[i]])
            at += 1
    return zone, persons


@njit(cache=True)
def _measure(
    cut: Segments, camera: NDArray[np.int32], usable: NDArray[np.bool_], first: NDArray[np.int64],
    zone: NDArray[np.int32], persons: NDArray[np.int64], area_m2: NDArray[np.float64], saturation: NDArray[np.float64],
) -> PartRows:  # fmt: skip
    row, rows = groups(cut, camera, first[1:] - first[:-1])
    key, minute = np.empty(rows, np.int32), np.empty(rows, np.int64)
    values = np.zeros((rows, _WIDTH), np.int64)
    for s in range(len(cut.frame)):
        i, ms = cut.frame[s], cut.ms[s]
        for k in range(first[i + 1] - first[i]):
            z, n, at = zone[first[i] + k], persons[first[i] + k], row[s] + k
            key[at], minute[at] = z, cut.minute[s]
            values[at, 0] += cut.is_first[s]
            if not usable[i]:
                continue
            values[at, 1] += ms
            values[at, _PERSON_MS] += n * ms
            values[at, _MAX] = max(values[at, _MAX], n)
            values[at, _HIST + np.searchsorted(_EDGES, n, side="right") - 1] += ms
            if area_m2[z] > 0.0:
                values[at, _AREA] += np.int64(np.rint(area_m2[z] * 100.0)) * ms
                values[at, _SATURATED] += ms if n / area_m2[z] > saturation[z] else 0
    return key, minute, values


@njit(cache=True)
def _follow(
    state: Levels, usable: NDArray[np.bool_], dt_ms: NDArray[np.int32], first: NDArray[np.int64],
    zone: NDArray[np.int32], persons: NDArray[np.int64], area_m2: NDArray[np.float64], enter: NDArray[np.float64],
    leave: NDArray[np.float64], params: Hysteresis,
) -> NDArray[np.int8]:  # fmt: skip
    """Return the level at each count, -1 where the zone has none or was not watched."""
    reached = np.full(len(zone), -1, np.int8)
    for i in range(len(usable)):
        for r in range(first[i], first[i + 1]):
            z = zone[r]
            if not usable[i] or area_m2[z] <= 0.0:
                continue
            density = persons[r] / area_m2[z]
            level = 0
            for k in range(5):
                above, below = density > enter[z, k], density < leave[z, k]
                is_on = state.level[z] > k
                if not is_on:
                    is_on = above and state.above_ms[z, k] >= params.enter_ms
                elif below and state.below_ms[z, k] >= params.leave_ms:
                    is_on = False
                state.above_ms[z, k] = state.above_ms[z, k] + dt_ms[i] if above else 0
                state.below_ms[z, k] = state.below_ms[z, k] + dt_ms[i] if below else 0
                level += is_on
            state.level[z] = level
            reached[r] = level
    return reached


@njit(cache=True)
def _level_parts(
    cut: Segments, camera: NDArray[np.int32], first: NDArray[np.int64], zone: NDArray[np.int32],
    persons: NDArray[np.int64], reached: NDArray[np.int8],
) -> PartRows:  # fmt: skip
    row, rows = groups(cut, camera, first[1:] - first[:-1])
    key, minute = np.empty(rows, np.int32), np.empty(rows, np.int64)
    values = np.zeros((rows, _WIDTH), np.int64)
    for s in range(len(cut.frame)):
        i = cut.frame[s]
        for k in range(first[i + 1] - first[i]):
            at, level = row[s] + k, reached[first[i] + k]
            key[at], minute[at] = zone[first[i] + k], cut.minute[s]
            if level >= 0:
                values[at, _LEVEL + level] += cut.ms[s]
    return key, minute, values
