"""What one camera's entry must satisfy: numbers, area, zones, lines, calibration.

Each rule yields flaws with paths relative to the camera. Thresholds that are ours
are the constants here; docs/registry.md names them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from math import hypot, inf, isfinite

import numpy as np
import shapely

from schemas.cards import ALWAYS, LINE_METRICS, METRIC_NAMES, ON_OFF, ZONE_METRICS
from schemas.frames import CLASSES
from schemas.geo import PROVISIONAL, Areas
from schemas.ground import depth, homography, to_ground
from schemas.local_time import CLOCK
from schemas.registry.entries import (
    CATEGORIES,
    MOST_ZONES,
    Calibration,
    Camera,
    Limits,
    Line,
    Point,
    Zone,
)
from schemas.registry.mistakes import Flaw, did_you_mean, expected, under
from schemas.registry.outlines import crossing_sides
from schemas.registry.structure import UNREAD

MAX_FPS = 240.0
MIN_LINE = 0.03  # of the frame diagonal: 66 px of 1920 x 1080, about a motorcycle; a shorter line misses vehicles
MIN_ZONE = 1e-6  # of the image: 2 px of 1920 x 1080
MAX_AWAY_M = 2_000.0  # from the camera's area; nearer may be an outline's or a GPS's inaccuracy
MAX_MISFIT = 0.1  # of the calibrated ground's diagonal; a pair of points swapped by hand gives far more
MIN_DETERMINANT = 1e-6  # of the map image 0..1 -> ground / its diagonal; 0 where 3 of 4 points lie on a line
SIMULATED = "sim-"

STOPPED_PARKED_S = (60.0, 180.0)
BEGINNING = datetime.min.replace(tzinfo=UTC)


def camera_flaws(camera: Camera, areas: Areas | None) -> Iterator[Flaw]:
    """Yield all mistakes within one camera; `areas` None leaves its place unchecked."""
    yield from _identity(camera)
    yield from _rates(camera)
    yield from _words(camera)
    if areas is not None:
        yield from _place(camera, areas)
    yield from _ids(camera)
    if len(camera.zone) > MOST_ZONES:
        todo = "join some, or describe the picture as two cameras"
        yield Flaw(("zone", MOST_ZONES), expected(f"at most {MOST_ZONES} zones of a camera", len(camera.zone), todo))
    for i, zone in enumerate(camera.zone):
        yield from under(("zone", i), zone_flaws(zone))
    for i, line in enumerate(camera.line):
        yield from under(("line", i), line_flaws(line, camera))
    yield from _measured(camera)
    if camera.calibration is not None:
        yield from under(("calibration",), calibration_flaws(camera.calibration, camera))


def _identity(camera: Camera) -> Iterator[Flaw]:
    if camera.simulated and camera.id != UNREAD and not camera.id.startswith(SIMULATED):
        yield Flaw(
            ("simulated",),
            expected(f"an id that begins with {SIMULATED} of a simulated camera", camera.id, "rename it or drop it"),
        )
    for name in ("valid_from", "valid_until"):
        said = getattr(camera, name)
        if said is not None and said.tzinfo is None:
            yield Flaw((name,), expected("a time with its offset", str(said), "add +07:00 or Z"))
    if camera.valid_until is not None and utc(camera.valid_until) <= utc(camera.valid_from):
        yield Flaw(
            ("valid_until",), expected("a time after valid_from", str(camera.valid_until), "correct one of the two")
        )


def utc(moment: datetime | None) -> datetime:
    """Return a moment of a registry in UTC, whether or not it says its offset; none is before all others."""
    if moment is None:
        return BEGINNING
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _rates(camera: Camera) -> Iterator[Flaw]:
    for name in ("fps", "event_fps"):
        value = getattr(camera, name)
        if value is not None and not 0 < value <= MAX_FPS:
            yield Flaw((name,), expected(f"frames a second above 0, at most {MAX_FPS:g}", value, "correct it"))
    if min(camera.size) <= 0:
        yield Flaw(("size",), expected("width and height in pixels above 0", list(camera.size), "correct it"))
    if not positive(camera.silence_s):
        yield Flaw(("silence_s",), expected("seconds above 0", camera.silence_s, "correct it"))


def _words(camera: Camera) -> Iterator[Flaw]:
    known = (*METRIC_NAMES, *ALWAYS)
    for i, name in enumerate(camera.metrics):
        if name not in known:
            todo = did_you_mean(name, known, "known are " + ", ".join(known))
            yield Flaw(("metrics", i), expected("a known metric", name, todo))
    if camera.category and camera.category not in CATEGORIES:
        todo = did_you_mean(camera.category, CATEGORIES, "known are " + ", ".join(CATEGORIES))
        yield Flaw(("category",), expected("a known category", camera.category, todo))


def _place(camera: Camera, areas: Areas) -> Iterator[Flaw]:
    known = camera.area == PROVISIONAL or areas.of(camera.area) is not None
    if not known:
        todo = (
            "use a code of the shipped areas (`tilik registry areas NAME` finds it), one with .RW or .RW.RT (.NNN) "
            f"after it, or {PROVISIONAL} for now"
        )
        yield Flaw(("area",), expected("a known area code", camera.area, todo))
    if camera.position is None:
        return
    latitude, longitude = camera.position
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        yield Flaw(("position",), expected("[latitude, longitude] in degrees", list(camera.position), "swap them?"))
    elif known and camera.area != PROVISIONAL:
        away = areas.distance_m(camera.area, latitude, longitude)
        if away > MAX_AWAY_M:
            there = areas.locate(latitude, longitude)
            todo = f"the position lies in {there}" if there else "correct the position or the area"
            what = f"a position within {MAX_AWAY_M / 1000:g} km of {camera.area}"
            yield Flaw(("position",), expected(what, f"{list(camera.position)}, {away / 1000:.1f} km away", todo))


def _ids(camera: Camera) -> Iterator[Flaw]:
    if not camera.id.strip():
        yield Flaw(("id",), expected("an id", "an empty one", "name the camera"))
    named: list[tuple[str, tuple[Zone | Line, ...]]] = [("zone", camera.zone), ("line", camera.line)]
    for kind, things in named:
        seen: set[str] = set()
        for i, thing in enumerate(things):
            if not thing.id.strip() or "/" in thing.id:
                yield Flaw((kind, i, "id"), expected("an id without /", repr(thing.id), "rename it"))
            if thing.id in seen and thing.id != UNREAD:
                yield Flaw((kind, i, "id"), expected(f"each {kind} id once a camera", f"{thing.id} again", "rename it"))
            seen.add(thing.id)


def zone_flaws(zone: Zone) -> Iterator[Flaw]:
    """Yield the mistakes of one zone."""
    yield from _inside("polygon", zone.polygon)
    yield from _shape(zone.polygon)
    if zone.area_m2 is not None and not positive(zone.area_m2):
        yield Flaw(("area_m2",), expected("square metres above 0", zone.area_m2, "correct it"))
    for i, name in enumerate(zone.classes):
        if name not in CLASSES:
            todo = did_you_mean(name, CLASSES, "known are " + ", ".join(CLASSES))
            yield Flaw(("classes", i), expected("a known class", name, todo))
    for i, hours in enumerate(zone.hours):
        if not is_span(hours.split("-")):
            yield Flaw(("hours", i), expected('hours such as "06:00-22:00"', repr(hours), "correct them"))
    yield from under(("limits",), limits_flaws(zone.limits, zone.kind))


def _inside(name: str, points: tuple[Point, ...]) -> Iterator[Flaw]:
    for i, (x, y) in enumerate(points):
        if not (0 <= x <= 1 and 0 <= y <= 1):
            todo = "divide pixels by width and height" if max(x, y) > 2 else "move it into the image"
            yield Flaw((name, i), expected("a point of the image, 0..1", [x, y], todo))


def _shape(polygon: tuple[Point, ...]) -> Iterator[Flaw]:
    if len(set(polygon)) < 3:
        yield Flaw(("polygon",), expected("at least 3 different corners", len(set(polygon)), "draw the zone anew"))
        return
    if not np.isfinite(polygon).all():
        return
    outline = shapely.Polygon(polygon)
    if outline.convex_hull.area < MIN_ZONE:
        yield Flaw(("polygon",), expected("corners around an area", "corners on one line", "draw the zone anew"))
    elif not outline.is_valid:
        came, todo = crossing_sides(polygon) or (shapely.is_valid_reason(outline), "reorder its corners")
        yield Flaw(("polygon",), expected("an outline that does not cross itself", came, todo))


def limits_flaws(limits: Limits, kind: str) -> Iterator[Flaw]:
    """Yield limits that are no amounts, or that would open and close at once."""
    bad = [name for name in limits.__struct_fields__ if (v := getattr(limits, name)) is not None and not positive(v)]
    for name in bad:
        if not (name in ("off", "on_s", "off_s") and getattr(limits, name) == 0):
            yield Flaw((name,), expected("a number above 0", getattr(limits, name), "correct it"))
    on_default, off_default = ON_OFF.get(kind, (inf, -inf))
    on = limits.on if limits.on is not None else on_default
    off = limits.off if limits.off is not None else off_default
    if off >= on:
        yield Flaw((), expected("off below on", f"on = {on:g}, off = {off:g}", "lower off"))
    stopped = limits.stopped_s if limits.stopped_s is not None else STOPPED_PARKED_S[0]
    parked = limits.parked_s if limits.parked_s is not None else STOPPED_PARKED_S[1]
    if stopped >= parked:
        came = f"stopped_s = {stopped:g}, parked_s = {parked:g}"
        yield Flaw((), expected("stopped_s below parked_s", came, "raise parked_s"))


def line_flaws(line: Line, camera: Camera) -> Iterator[Flaw]:
    """Yield the mistakes of one line."""
    yield from _inside("points", line.points)
    if camera.optics != "fixed":
        yield Flaw((), expected(f"no line on {camera.optics} optics", "a line", "remove it: its place moves or bends"))
    if len(line.points) < 2:
        yield Flaw(("points",), expected("at least 2 points", len(line.points), "draw the line anew"))
    elif np.isfinite(line.points).all() and min(camera.size) > 0:
        yield from _course(line.points, camera.size)
    if line.role == "gate" and line.entry is None:
        yield Flaw((), expected("entry on a gate", "none", 'add entry = "to_right" or "to_left"'))
    if line.speed_limit_kmh is not None and not positive(line.speed_limit_kmh):
        yield Flaw(("speed_limit_kmh",), expected("a speed above 0", line.speed_limit_kmh, "correct it"))
    for key in line.directions:
        if key not in ("to_right", "to_left"):
            yield Flaw(("directions", key), expected("to_right or to_left", key, "rename the key"))
    names = list(line.directions.values())
    if len(set(names)) < len(names):
        yield Flaw(("directions",), expected("a name for each direction", f"{names[0]} twice", "rename one"))


def _course(points: tuple[Point, ...], size: tuple[int, int]) -> Iterator[Flaw]:
    course = shapely.LineString(np.array(points) * size)
    share = course.length / hypot(*size)
    if share < MIN_LINE:
        what = f"a line of at least {MIN_LINE:.0%} of the frame diagonal"
        yield Flaw(("points",), expected(what, f"{share:.1%}", "draw it longer than a vehicle"))
    elif not course.is_simple:
        yield Flaw(("points",), expected("a line with two sides", "one that crosses itself", "reorder its points"))


def _measured(camera: Camera) -> Iterator[Flaw]:
    """Find a camera that would silently measure nothing: no enabled metric looks at its zones and lines."""
    wanted = [ZONE_METRICS.get(zone.kind, METRIC_NAMES) for zone in camera.zone]
    wanted += [LINE_METRICS.get(line.role, METRIC_NAMES) for line in camera.line]
    if wanted and not any(name in camera.metrics for names in wanted for name in names):
        useful = sorted({name for names in wanted for name in names})
        came = ", ".join(camera.metrics) if camera.metrics else "none"
        yield Flaw(("metrics",), expected("a metric of its zones or lines", came, "add one of " + ", ".join(useful)))


def calibration_flaws(calibration: Calibration, camera: Camera) -> Iterator[Flaw]:
    """Yield why a calibration does not fix the ground that the zones and lines show."""
    yield from _inside("image", calibration.image)
    image, ground = (
        np.array(points, np.float64).reshape(-1, 2) for points in (calibration.image, calibration.ground_m)
    )
    if len(image) != len(ground):
        came = f"{len(image)} and {len(ground)}"
        yield Flaw((), expected("as many image points as ground points", came, "complete the pairs"))
    elif len(image) < 4:
        yield Flaw((), expected("at least 4 pairs of points", len(image), "add pairs"))
    elif not (np.isfinite(image).all() and np.isfinite(ground).all()):
        yield Flaw((), expected("finite numbers", "nan or inf", "correct them"))
    else:
        yield from _plane(image, ground, camera)


def _plane(image: np.ndarray, ground: np.ndarray, camera: Camera) -> Iterator[Flaw]:
    span = np.hypot(*np.ptp(ground, axis=0))
    scaled = (ground - ground.mean(axis=0)) / (span if span > 0 else 1.0)
    matrix = homography(image, scaled)
    if np.isnan(matrix).any() or abs(np.linalg.det(matrix)) < MIN_DETERMINANT:
        todo = "choose points that form a wide quadrilateral"
        yield Flaw((), expected("4 points of which no 3 lie on a line", "points that do not fix the ground", todo))
        return
    side = np.sign(depth(matrix, image))
    if abs(side.sum()) < len(side):
        todo = "give image and ground points in the same order"
        yield Flaw((), expected("a ground that does not fold over", "points on both sides of the horizon", todo))
        return
    misfit = np.hypot(*(to_ground(matrix, image) - scaled).T).max()
    if misfit > MAX_MISFIT:
        came = f"a misfit of {misfit * span:.1f} m"
        yield Flaw((), expected("pairs that fit one plane", came, "check the pairs' order"))
        return
    shown = [(("zone", i), zone.polygon) for i, zone in enumerate(camera.zone)]
    shown += [(("line", i), line.points) for i, line in enumerate(camera.line)]
    for (kind, i), points in shown:
        if points and np.isfinite(points).all() and (np.sign(depth(matrix, np.array(points))) != side[0]).any():
            name = getattr(camera, kind)[i].id
            yield Flaw((), expected(f"{kind} {name} below the horizon", "one across it", "draw it on the ground"))


def positive(value: float) -> bool:
    """Whether a number is finite and above 0."""
    return isfinite(value) and value > 0


def is_span(hours: list[str]) -> bool:
    """Whether two clock times (HH:MM) bound a span; the second may be on the next day."""
    return len(hours) == 2 and all(CLOCK.fullmatch(hour) for hour in hours) and hours[0] not in (hours[1], "24:00")
