"""Where the simulated cameras stand and what they look at: a valid registry, labelled as simulated.

The first cameras are twins of the city's public ones (same place, same kind,
another id); further ones stand in kelurahan drawn at random. What a camera sees
follows from its category: a junction, a square or market, a flooded underpass,
an alley.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np

from connectors.simulate.scene import random
from schemas.geo import Area, parse_areas
from schemas.registry import Calibration, Camera, Line, Place, Point, Registry, Road, Zone

SHAPE_OF: Final = {
    "atcs": "road",
    "pompa_air": "road",
    "pasar": "market",
    "kotalama": "square",
    "simpanglima": "square",
    "wisata": "square",
    "layanan_publik": "square",
    "rt": "alley",
    "swasta": "alley",
}
"""The shape of the day (`diurnal.SHAPES`) by category."""

FURTHER: Final = ("atcs",) * 8 + ("rt",) * 4 + ("pasar", "wisata", "layanan_publik", "pompa_air")
"""Categories of the cameras beyond the city's own, drawn with equal chance."""

OFF_GRID: Final = 0.00002
"""Zone corners lie between the 1/10,000 steps of the boxes: no foot point is ever exactly on an edge."""

GROUND: Final = Calibration(
    image=((0.35, 0.2), (0.65, 0.2), (0.98, 0.98), (0.02, 0.98)),
    ground_m=((0.0, 60.0), (14.0, 60.0), (14.0, 0.0), (0.0, 0.0)),
)
"""14 m of road width seen over 60 m; ours."""

LINE_Y: Final = 0.5
LINE_X: Final = (0.06, 0.78)


def registry(cameras: int, seed: int, event_fps: float) -> Registry:
    """Return `cameras` simulated cameras with their roads and places."""
    made = tuple(camera(number, seed, event_fps) for number in range(cameras))
    return Registry(
        camera=made,
        road=tuple(_road(c) for c in made if c.category == "atcs"),
        place=tuple(_place(c) for c in made if SHAPE_OF[c.category] in ("square", "market")),
    )


def camera(number: int, seed: int, event_fps: float) -> Camera:
    """Return camera `number` (from 0) of the city `seed`."""
    rng = random(seed, number, "layout")
    site = _site(number, rng)
    zones, lines, metrics = _view(str(site["category"]), float(rng.uniform(-0.03, 0.03)))
    return Camera(
        id=f"sim-{number + 1:04d}",
        name=f"{site['name']} (simulasi)",
        area=str(site["area"]),
        position=site["position"],
        owner=str(site["owner"]),
        category=str(site["category"]),
        site=f"sim-nvr-{number // 12 + 1:02d}",
        fps=10.0,
        event_fps=event_fps,
        simulated=True,
        metrics=metrics,
        zone=zones,
        line=lines,
        calibration=GROUND,
    )


def _site(number: int, rng: np.random.Generator) -> dict[str, Any]:
    twins = _twins()
    if number < len(twins):
        return twins[number]
    area = _kelurahan()[int(rng.integers(len(_kelurahan())))]
    point = area.outline.representative_point()
    return {
        "name": f"{area.name} {number + 1}",
        "area": area.code,
        "position": (round(point.y, 6), round(point.x, 6)),
        "owner": "simulasi",
        "category": FURTHER[int(rng.integers(len(FURTHER)))],
    }


@cache
def _twins() -> list[dict[str, Any]]:
    text = files("schemas").joinpath("data/semarang/cameras.toml").read_text()
    return [
        {**{key: c[key] for key in ("name", "area", "owner", "category")}, "position": tuple(c["position"])}
        for c in tomllib.loads(text)["camera"]
    ]


@cache
def _kelurahan() -> list[Area]:
    areas = parse_areas(files("schemas").joinpath("data/semarang/areas.geojson").read_bytes())
    return sorted((a for a in areas.by_code.values() if a.level == "kelurahan"), key=lambda a: a.code)


def _rectangle(left: float, top: float, right: float, bottom: float) -> tuple[Point, ...]:
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return tuple((round(x + OFF_GRID, 5), round(y + OFF_GRID, 5)) for x, y in corners)


def _view(category: str, slope: float) -> tuple[tuple[Zone, ...], tuple[Line, ...], tuple[str, ...]]:
    if category == "atcs":
        return _junction(slope)
    if category == "pompa_air":
        return _underpass(slope)
    if SHAPE_OF[category] == "alley":
        return _alley(slope)
    return _square(market=category == "pasar")


def _line(slope: float, names: dict[str, str]) -> Line:
    ends = ((LINE_X[0], round(LINE_Y - slope, 4)), (LINE_X[1], round(LINE_Y + slope, 4)))
    return Line(id="jalan", points=ends, name="Garis hitung", directions=names)


def _junction(slope: float) -> tuple[tuple[Zone, ...], tuple[Line, ...], tuple[str, ...]]:
    zones = (
        Zone(id="trotoar", kind="crowd", polygon=_rectangle(0.1, 0.86, 0.9, 0.98), area_m2=60.0),
        Zone(id="lajur", kind="lane", polygon=_rectangle(0.06, 0.22, 0.78, 0.83)),
        Zone(id="tepi", kind="no_parking", polygon=_rectangle(0.79, 0.58, 0.97, 0.82), name="Larangan parkir"),
    )
    return zones, (_line(slope, {"to_right": "masuk", "to_left": "keluar"}),), ("crowd", "flow", "parking")


def _underpass(slope: float) -> tuple[tuple[Zone, ...], tuple[Line, ...], tuple[str, ...]]:
    zones = (Zone(id="jalan", kind="flood", polygon=_rectangle(0.06, 0.3, 0.78, 0.83), name="Badan jalan"),)
    return zones, (_line(slope, {}),), ("flow", "flood")


def _alley(slope: float) -> tuple[tuple[Zone, ...], tuple[Line, ...], tuple[str, ...]]:
    zones = (Zone(id="gang", kind="crowd", polygon=_rectangle(0.1, 0.86, 0.9, 0.98), area_m2=30.0),)
    return zones, (_line(slope, {}),), ("crowd", "flow")


def _square(*, market: bool) -> tuple[tuple[Zone, ...], tuple[Line, ...], tuple[str, ...]]:
    west, east = ("lapak", "antrean") if market else ("barat", "timur")
    sizes = (9.0, 12.0) if market else (70.0, 80.0)
    zones = (
        Zone(id=west, kind="crowd", polygon=_rectangle(0.08, 0.45, 0.5, 0.95), area_m2=sizes[0]),
        Zone(
            id=east,
            kind="crowd",
            polygon=_rectangle(0.5, 0.45, 0.92, 0.95),
            area_m2=sizes[1],
            surface="standing" if market else "walkway",
        ),
    )
    return zones, (), ("crowd",)


def _road(c: Camera) -> Road:
    return Road(
        id=f"{c.id}-jalan", name=c.name, kind="ruas", type="2/2 UD", lanes=2, width_m=7.0, lines=(f"{c.id}/jalan",)
    )


def _place(c: Camera) -> Place:
    zones = tuple(f"{c.id}/{zone.id}" for zone in c.zone)
    return Place(id=f"{c.id}-tempat", name=c.name, zones=zones, hours=("05:00", "23:00"))
