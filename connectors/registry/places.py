"""Where a listed camera stands: its position out of one or two cells, its area out of a code, a name or the position.

Latitude and longitude in each other's column are found by where the city lies;
a kelurahan of a name that stands twice is told apart by its kecamatan, else by
the position.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from connectors.registry.columns import degrees, folded, pair
from schemas.geo import PROVISIONAL, Area, Areas
from schemas.registry import Point
from schemas.registry.mistakes import did_you_mean, expected
from schemas.registry.rules import MAX_AWAY_M

TURNED: Final = "latitude and longitude stand in each other's column"
"""How a remark begins on degrees that were read the other way round."""
COUNTRY: Final = ((-11.5, 6.5), (94.5, 141.5))
"""Latitudes and longitudes of Indonesia [degrees], for places outside the cities whose areas are known."""
UTM: Final = ((100_000.0, 900_000.0), (0.0, 10_000_000.0))
"""Eastings and northings of UTM [m]."""
DECIMALS: Final = 6
"""Positions are kept to 1e-6 degrees, 0.1 m."""
_PREFIX = re.compile(r"^(?:kelurahan|kel\.?|kecamatan|kec\.?|desa)\s+", re.IGNORECASE)

Cell = Callable[[str], str]
"""The text that a row holds for a field, '' for none."""


class Stand(NamedTuple):
    """A camera's place; `flaw` says why there is none, `remark` what was mended."""

    position: Point | None = None
    area: str = ""
    said: bool = False  # the list itself names the area
    remark: str = ""
    flaw: str = ""


def find(cell: Cell, areas: Areas, otherwise: str | None) -> Stand:
    """Find a row's position and area.

    Parameters
    ----------
    cell
        The row's text by field: latitude, longitude, position, area, kelurahan, kecamatan.
    areas
        The areas that are known.
    otherwise
        The area of a camera whose row and position tell none.
    """
    at = _position(cell, areas)
    if at.flaw:
        return at
    named = _named(cell, areas, at.position)
    if named.flaw or named.area:
        return at._replace(area=named.area, said=named.said, flaw=named.flaw)
    if at.position is not None and (code := areas.locate(*at.position)):
        return at._replace(area=code)
    if otherwise is not None:
        return at._replace(area=otherwise)
    came = "neither a position nor a kelurahan" if at.position is None else f"{list(at.position)}, in no known area"
    todo = f"correct it, or give --area CODE (--area {PROVISIONAL}: not known yet)"
    return at._replace(flaw=expected("a place", came, todo))


def _position(cell: Cell, areas: Areas) -> Stand:
    first, second, both = cell("latitude"), cell("longitude"), cell("position")
    if not first and not second and not both:
        return Stand()
    if first and second:
        one, other = degrees(first), degrees(second)
        read = None if one is None or other is None else (one, other)
        came = f"{first!r}, {second!r}"
    else:
        read, came = pair(both or first or second), repr(both or first or second)
    if read is None:
        return Stand(
            flaw=expected("latitude and longitude in degrees such as -6.9902 and 110.4229", came, "correct it")
        )
    return _turned(*read, areas)


def _turned(latitude: float, longitude: float, areas: Areas) -> Stand:
    """Mend degrees that stand in each other's column; name a lost minus."""
    position = (round(latitude, DECIMALS), round(longitude, DECIMALS))
    if _near(latitude, longitude, areas):
        return Stand(position)
    if _near(longitude, latitude, areas):
        return _swapped(position)
    if _near(-latitude, longitude, areas):
        came = f"{latitude:g}, north of the equator"
        return Stand(flaw=expected("a latitude in the south", came, f"write {-latitude:g}"))
    if _within(COUNTRY, longitude, latitude) and not _within(COUNTRY, latitude, longitude):
        return _swapped(position)
    return Stand(position, flaw=_impossible(latitude, longitude))


def _impossible(latitude: float, longitude: float) -> str:
    """Say why two numbers are no place on Earth; '' where they are one."""
    if -90 <= latitude <= 90 and -180 <= longitude <= 180:
        return ""
    came, todo = f"{latitude:g}, {longitude:g}", "put the decimal sign in its place"
    if _within(UTM, longitude, latitude) or _within(UTM, latitude, longitude):
        came, todo = f"{came}, metres of a map projection", "export degrees (EPSG:4326)"
    elif abs(longitude) <= 90 and abs(latitude) <= 180:
        todo = "swap them"
    return expected("latitude and longitude in degrees", came, todo)


def _swapped(position: Point) -> Stand:
    return Stand((position[1], position[0]), remark=f"{TURNED}: read as {position[1]}, {position[0]}")


def _within(bounds: tuple[tuple[float, float], tuple[float, float]], first: float, second: float) -> bool:
    return bounds[0][0] <= first <= bounds[0][1] and bounds[1][0] <= second <= bounds[1][1]


def _near(latitude: float, longitude: float, areas: Areas) -> bool:
    """Whether a point lies in or close to a city whose areas are known."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return False
    cities = [area.code for area in areas.by_code.values() if area.level == "city"]
    return any(areas.distance_m(code, latitude, longitude) <= MAX_AWAY_M for code in cities)


def _named(cell: Cell, areas: Areas, position: Point | None) -> Stand:
    """Return the area that the row itself names."""
    if code := cell("area"):
        return _coded(_dotted(code), areas)
    kelurahan, kecamatan = (_PREFIX.sub("", cell(field)) for field in ("kelurahan", "kecamatan"))
    around = [area for area in _of_level(areas, "kecamatan") if folded(area.name) == folded(kecamatan)]
    if kecamatan and not around:
        todo = did_you_mean(kecamatan, [area.name for area in _of_level(areas, "kecamatan")], "correct its name")
        return Stand(flaw=expected("a known kecamatan", kecamatan, todo))
    if kelurahan:
        return _kelurahan(kelurahan, around, areas, position)
    return Stand(area=around[0].code, said=True) if around and position is None else Stand()


def _kelurahan(name: str, around: list[Area], areas: Areas, position: Point | None) -> Stand:
    every = _of_level(areas, "kelurahan")
    same = [area for area in every if folded(area.name) == folded(name)]
    if not same:
        todo = did_you_mean(name, [area.name for area in every], "correct its name")
        return Stand(flaw=expected("a known kelurahan", name, todo))
    if around:
        within = [area for area in same if area.code.startswith(around[0].code + ".")]
        if not within:
            there = ", ".join(areas.by_code[area.code.rpartition(".")[0]].name for area in same)
            what = f"a kelurahan of {around[0].name}"
            return Stand(flaw=expected(what, name, f"{name} lies in {there}: correct one"))
        same = within
    if len(same) > 1 and position is not None:
        same = [min(same, key=lambda area: areas.distance_m(area.code, *position))]
    if len(same) > 1:
        came = " and ".join(area.code for area in same)
        return Stand(flaw=expected("one kelurahan", f"{name}, which is {came}", "name its kecamatan"))
    return Stand(area=same[0].code, said=True)


def _coded(code: str, areas: Areas) -> Stand:
    if code != PROVISIONAL and areas.of(code) is None:
        todo = did_you_mean(code, areas.by_code, "use a Kemendagri code such as 33.74.07.1005")
        return Stand(flaw=expected("a known area code", code, todo))
    return Stand(area=code, said=True)


def _dotted(code: str) -> str:
    """Put the dots into a code of bare digits: 2, 2, 2, 4 and 3 for RW and RT."""
    parts = re.fullmatch(r"(\d\d)(\d\d)(\d\d)?(\d{4})?(\d{3})?(\d{3})?", code)
    return ".".join(part for part in parts.groups() if part) if parts else code


def _of_level(areas: Areas, level: str) -> list[Area]:
    return [area for area in areas.by_code.values() if area.level == level]
