"""What is no mistake in a registry but worth a look: entries that yield nothing, and figures that are hardly meant.

`check` refuses what cannot be; these stand and are said, by `tilik registry check`
and at an import. Bounds are ours: what lies beyond was never seen in a street.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from schemas.cards import ALWAYS, LINE_METRICS, ZONE_METRICS
from schemas.geo import PROVISIONAL, Areas
from schemas.registry.entries import Camera, Registry, Road
from schemas.registry.rules import SIMULATED
from schemas.roads import TYPES
from schemas.toml_lines import loads, table_lines

LANE_M: Final = (2.0, 6.0)
"""Width of a lane [m]: MKJI 1997's tables reach from 2.5 (half of 5 m, 2/2 UD) to 5.5 (half of 11 m)."""
FREE_FLOW_KMH: Final = (10.0, 120.0)
"""Free-flow speeds [km/h] of streets; 120 is what vehicles are held to at most."""
LARGEST_ZONE_M2: Final = 50_000.0
"""Seven football fields: more than one camera shows on a ground that it can count on."""
MOST_FPS: Final = 60.0


def remarks(registry: Registry, areas: Areas | None = None) -> list[str]:
    """Return what is worth a look in a registry that has no mistake."""
    out: list[str] = []
    for camera in registry.camera:
        out += _unserved(camera)
        out += _odd(camera)
        out += _outside(camera, areas)
    for road in registry.road:
        out += _road(road)
    return out


def of_files(texts: Mapping[str, str]) -> list[str]:
    """Return what is worth a look in the files: those that register nothing, and simulated cameras that may be none.

    Parameters
    ----------
    texts
        File name to TOML text that has no mistake.
    """
    out: list[str] = []
    for file, text in texts.items():
        document = loads(text)
        if not any(document.get(name) for name in ("camera", "road", "place")):
            out.append(f"{file}: registers nothing: no [[camera]], [[road]] or [[place]]")
        lines = table_lines(text)
        for i, camera in enumerate(document.get("camera", ())):
            if camera["id"].startswith(SIMULATED) and "simulated" not in camera:
                line = lines.get(("camera", i), 1)
                said = f"counts as simulated, because its id begins with {SIMULATED}"
                todo = "rename it if it is real, or write simulated = true"
                out.append(f"{file}:{line}: camera {camera['id']}: {said}: {todo}")
    return out


def _unserved(camera: Camera) -> Iterator[str]:
    """Yield metrics without a zone or line, and zones and lines without a metric."""
    for metric in camera.metrics:
        zones = any(metric in ZONE_METRICS[zone.kind] for zone in camera.zone)
        if metric not in ALWAYS and not zones and not any(metric in LINE_METRICS[line.role] for line in camera.line):
            yield f"camera {camera.id}: metric {metric} has no zone or line to measure"
    for zone in camera.zone:
        if not set(ZONE_METRICS[zone.kind]) & set(camera.metrics):
            yield f"camera {camera.id}: no enabled metric looks at zone {zone.id} of kind {zone.kind}"
    for line in camera.line:
        if not set(LINE_METRICS[line.role]) & set(camera.metrics):
            yield f"camera {camera.id}: no enabled metric looks at line {line.id} of role {line.role}"


def _odd(camera: Camera) -> Iterator[str]:
    """Yield figures of a camera that are hardly meant."""
    if camera.rate_fps > MOST_FPS:
        yield f"camera {camera.id}: {camera.rate_fps:g} frames a second are hardly meant"
    for zone in camera.zone:
        if zone.area_m2 is not None and zone.area_m2 > LARGEST_ZONE_M2:
            yield f"camera {camera.id}: zone {zone.id} of {zone.area_m2:,.0f} m2 is hardly meant: area_m2 is in metres"
    for line in camera.line:
        limit = line.speed_limit_kmh
        if limit is not None and not FREE_FLOW_KMH[0] <= limit <= FREE_FLOW_KMH[1]:
            yield f"camera {camera.id}: line {line.id} with a speed limit of {limit:g} km/h is hardly meant"


def _outside(camera: Camera, areas: Areas | None) -> list[str]:
    if areas is None or camera.position is None or camera.area == PROVISIONAL:
        return []
    away = areas.distance_m(camera.area, *camera.position)
    return [f"camera {camera.id}: stands {away:.0f} m outside {camera.area}"] if away > 0 else []


def _road(road: Road) -> Iterator[str]:
    if not road.lines:
        yield f"road {road.id}: no lines, so no figures"
    if road.width_m is not None:
        lanes = TYPES[road.type].carriageway_lanes if road.type else road.lanes or 2
        each = road.width_m / lanes
        if not LANE_M[0] <= each <= LANE_M[1]:
            said = f"a carriageway of {road.width_m:,g} m with {lanes} lanes, {each:,.3g} m each, is hardly meant"
            yield f"road {road.id}: {said}: width_m is in metres, from kerb to kerb or median"
    speed = road.free_flow_kmh
    if speed is not None and not FREE_FLOW_KMH[0] <= speed <= FREE_FLOW_KMH[1]:
        yield f"road {road.id}: a free-flow speed of {speed:g} km/h is hardly meant"
