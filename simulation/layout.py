"""Where the simulated cameras stand and what they look at: a valid registry, labelled as simulated.

The first cameras are twins of the city's public ones (same place, same kind,
another id); further ones stand in kelurahan drawn at random. What a camera sees
follows from its category (`views`): a junction, a square or market, a flooded
underpass, an alley.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np

from schemas.geo import Area, parse_areas
from schemas.registry import Camera, Place, Registry, Road
from schemas.registry.rules import SIMULATED
from simulation.scene import random
from simulation.views import GROUND, RACING, RACING_FPS, SHAPE_OF, view

SITE_CAMERAS: Final = 12
"""Cameras of one recorder; ours."""

FURTHER: Final = ("atcs",) * 8 + ("rt",) * 4 + ("pasar", "wisata", "layanan_publik", "pompa_air")
"""Categories of the cameras beyond the city's own, drawn with equal chance."""

RWS, RTS = 8, 6
"""RW in a kelurahan and RT in an RW that cameras in alleys stand in; ours."""

GREEN_S, CYCLE_S = 50.0, 90.0
"""The simulated signal (`vehicles`), as the registry says it."""

LANE_M: Final = 3.5
FREE_FLOW_KMH: Final = 40.0
"""Width of a lane, and speed of an empty road; ours."""

SATURATION: Final = 600.0 * LANE_M
"""Saturation flow of an approach [smp/h]: MKJI 1997, signalised junctions, S0 = 600 a metre of its width."""

INHABITANTS_MILLIONS: Final = 1.7
"""Semarang's inhabitants: BPS Kota Semarang, 2023."""

APPROACH: Final = 0
"""The camera (from 0) whose road is an approach to a signal; the others' are streets."""


def event_fps(minutes: int) -> float:
    """Return the rate of events [1/s] that keeps a span of that length small."""
    return 0.5 if minutes >= 360 else 2.0 if minutes > 60 else 5.0


def registry(cameras: int, seed: int, event_fps: float) -> Registry:
    """Return `cameras` simulated cameras with their roads and places."""
    made = tuple(camera(number, seed, event_fps) for number in range(cameras))
    return Registry(
        camera=made,
        road=tuple(_road(number, c) for number, c in enumerate(made) if c.category == "atcs"),
        place=tuple(_place(c) for c in made if SHAPE_OF[c.category] in ("square", "market")),
    )


def number(of: Camera) -> int:
    """Return which camera of its city it is, from 0."""
    return int(of.id.removeprefix(SIMULATED)) - 1


def camera(number: int, seed: int, event_fps: float) -> Camera:
    """Return camera `number` (from 0) of the city `seed`."""
    rng = random(seed, number, "layout")
    site = _site(number, rng)
    seen = view(number, str(site["category"]), float(rng.uniform(-0.03, 0.03)))
    return Camera(
        id=f"{SIMULATED}{number + 1:04d}",
        name=f"{site['name']} (simulasi)",
        area=str(site["area"]),
        position=site["position"],
        owner=str(site["owner"]),
        category=str(site["category"]),
        site=f"sim-nvr-{number // SITE_CAMERAS + 1:02d}",
        fps=10.0,
        event_fps=max(event_fps, RACING_FPS) if number == RACING else event_fps,
        simulated=True,
        metrics=seen.metrics,
        zone=seen.zones,
        line=seen.lines,
        calibration=GROUND,
    )


def _site(number: int, rng: np.random.Generator) -> dict[str, Any]:
    twins = _twins()
    if number < len(twins):
        return twins[number]
    area = kelurahan()[int(rng.integers(len(kelurahan())))]
    point = area.outline.representative_point()
    category = FURTHER[int(rng.integers(len(FURTHER)))]
    return {
        "name": f"{area.name} {number + 1}",
        "area": area.code + (_neighbourhood(number) if category == "rt" else ""),
        "position": (round(point.y, 6), round(point.x, 6)),
        "owner": "simulasi",
        "category": category,
    }


def _neighbourhood(number: int) -> str:
    """Return the RW and RT of a camera in an alley, as area codes end in them; one of ours, not the kelurahan's."""
    return f".{1 + number % RWS:03d}.{1 + number // RWS % RTS:03d}"


@cache
def _twins() -> list[dict[str, Any]]:
    text = files("schemas").joinpath("data/semarang/cameras.toml").read_text()
    return [
        {**{key: c[key] for key in ("name", "area", "owner", "category")}, "position": tuple(c["position"])}
        for c in tomllib.loads(text)["camera"]
    ]


@cache
def kelurahan() -> list[Area]:
    """Return the city's kelurahan by code."""
    areas = parse_areas(files("schemas").joinpath("data/semarang/areas.geojson").read_bytes())
    return sorted((a for a in areas.by_code.values() if a.level == "kelurahan"), key=lambda a: a.code)


def _road(number: int, c: Camera) -> Road:
    """Return the road of a junction's first line: both ways together, or the approach that meets the signal."""
    is_approach = number == APPROACH
    return Road(
        id=f"{c.id}-jalan",
        name=c.name,
        kind="pendekat" if is_approach else "ruas",
        type="" if is_approach else "2/2 UD",
        lanes=1 if is_approach else 2,
        width_m=LANE_M if is_approach else 2 * LANE_M,
        free_flow_kmh=FREE_FLOW_KMH,
        green_s=GREEN_S if is_approach else None,
        cycle_s=CYCLE_S if is_approach else None,
        saturation_flow=SATURATION if is_approach else None,
        city_millions=INHABITANTS_MILLIONS,
        lines=(f"{c.id}/{c.line[0].id}",),
    )


def _place(c: Camera) -> Place:
    return Place(
        id=f"{c.id}-tempat",
        name=c.name,
        zones=tuple(f"{c.id}/{zone.id}" for zone in c.zone if zone.kind == "crowd"),
        gates=tuple(f"{c.id}/{line.id}" for line in c.line if line.role == "gate"),
        hours=("05:00", "23:00"),
    )
