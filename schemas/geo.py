"""Administrative areas: hierarchical codes, names, outlines, and which one a point lies in.

Codes are Kemendagri's, with dots: province.city.kecamatan.kelurahan, and below
the outlines `.RW` and `.RT` of three digits each. A prefix of a code is the area
around it. The data of a city is read by `connectors.registry.load_areas`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import cos, radians
from typing import Any, Literal, NamedTuple

import msgspec
import shapely
from shapely.geometry import Point, shape
from shapely.geometry.base import BaseGeometry

PROVISIONAL = "00"
"""Area of a camera whose place is not known yet."""

M_PER_DEGREE = 111_195.0  # mean Earth radius 6,371.0088 km (IUGG) x pi / 180

DRAWN_DEGREES = 1.5e-4
"""How far a drawn outline may lie off, about 17 m: less than a pixel of a map of the city."""

Level = Literal["city", "kecamatan", "kelurahan"]
_BELOW_KELURAHAN = re.compile(r"(\.\d{3}){1,2}")


def lies_in(area: str, codes: Iterable[str]) -> bool:
    """Say whether an area is one of some, or within one."""
    return any(area == code or area.startswith(f"{code}.") for code in codes)


class Area(NamedTuple):
    """One administrative area with its outline in WGS84 degrees, (longitude, latitude)."""

    code: str
    name: str
    level: Level
    outline: BaseGeometry

    def drawn(self) -> str:
        """Return the outline for maps: a GeoJSON geometry, simplified, degrees to five decimals (1 m)."""
        simple = shapely.set_precision(self.outline.simplify(DRAWN_DEGREES), 1e-5)
        return str(shapely.to_geojson(self.outline if simple.is_empty else simple))


class Areas:
    """All areas of a city, by code, with a spatial index over the kelurahan."""

    def __init__(self, areas: Iterable[Area]) -> None:
        self.by_code: Mapping[str, Area] = {area.code: area for area in areas}
        self._kelurahan = [area for area in self.by_code.values() if area.level == "kelurahan"]
        self._index = shapely.STRtree([area.outline for area in self._kelurahan])

    def of(self, code: str) -> Area | None:
        """Return the smallest area with an outline that holds `code`, None when the code is unknown."""
        if code in self.by_code:
            return self.by_code[code]
        head = ".".join(code.split(".")[:4])
        area = self.by_code.get(head)
        if area is None or area.level != "kelurahan" or not _BELOW_KELURAHAN.fullmatch(code[len(head) :]):
            return None
        return area

    def locate(self, latitude: float, longitude: float) -> str | None:
        """Return the code of the kelurahan at a point [degrees]; on a shared edge the first code."""
        found = self._index.query(Point(longitude, latitude), predicate="intersects")
        return min((self._kelurahan[i].code for i in found), default=None)

    def distance_m(self, code: str, latitude: float, longitude: float) -> float:
        """Return the distance [m] from a point to a known area, 0 inside it."""
        area = self.of(code)
        if area is None:
            raise KeyError(code)
        point = Point(longitude, latitude)
        near = shapely.shortest_line(point, area.outline).coords[1]
        east = (near[0] - longitude) * cos(radians(latitude))
        return float(M_PER_DEGREE * (east**2 + (near[1] - latitude) ** 2) ** 0.5)


def parse_areas(geojson: bytes) -> Areas:
    """Read a FeatureCollection whose features carry ``code``, ``name`` and ``level``."""
    document: Any = msgspec.json.decode(geojson)
    return Areas(
        Area(f["properties"]["code"], f["properties"]["name"], f["properties"]["level"], shape(f["geometry"]))
        for f in document["features"]
    )
