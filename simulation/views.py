"""What a simulated camera looks at: zones, lines and metrics by its category, and a part in the city's events.

Most views follow from the category alone. Some cameras have a part besides: a
gate on a square, masks judged, a road where people gather or motorcycles race.
Zones lie apart where their phenomena must not meet.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from schemas.registry import Calibration, Line, Point, Zone

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

OFF_GRID: Final = 0.00002
"""Zone corners lie between the 1/10,000 steps of the boxes: no foot point is ever exactly on an edge."""

GROUND: Final = Calibration(
    image=((0.35, 0.2), (0.65, 0.2), (0.98, 0.98), (0.02, 0.98)),
    ground_m=((0.0, 200.0), (14.0, 200.0), (14.0, 0.0), (0.0, 0.0)),
)
"""14 m of road width seen over 200 m, so that drives of 7 to 13 s are those of a street; ours."""

LINE_Y: Final = 0.5
LINE_X: Final = (0.06, 0.78)
RACE_Y: Final = (0.46, 0.58)
"""Where counting lines lie; a race is timed between two."""

LIMIT_KMH: Final = 80.0
"""Speed limit of the racing road: that of roads between towns, PP 79/2013, article 23."""

MASKED: Final = (38, 46)
"""Cameras (from 0) whose detector judges masks: a market and a square."""
PROTOCOL: Final = 13
"""The camera (from 0) on a protocol road (Jalan Gajahmada) where people gather."""
RACING: Final = 19
"""The camera (from 0) whose road is raced on; it sends at least `RACING_FPS` events a second."""
RACING_FPS: Final = 2.0


class View(NamedTuple):
    """What a camera looks at, and which metrics do."""

    zones: tuple[Zone, ...]
    lines: tuple[Line, ...]
    metrics: tuple[str, ...]


def view(number: int, category: str, slope: float) -> View:
    """Return the view of camera `number` (from 0).

    Parameters
    ----------
    slope
        Half the difference of the counting line's ends [picture heights].
    """
    if category == "atcs":
        return _junction(number, slope)
    if category == "pompa_air":
        return _underpass(slope)
    if SHAPE_OF[category] == "alley":
        return _alley(slope)
    return _square(number, category)


def _rectangle(left: float, top: float, right: float, bottom: float) -> tuple[Point, ...]:
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return tuple((round(x + OFF_GRID, 5), round(y + OFF_GRID, 5)) for x, y in corners)


def _line(slope: float, names: dict[str, str], at: float = LINE_Y, **more: object) -> Line:
    ends = ((LINE_X[0], round(at - slope, 4)), (LINE_X[1], round(at + slope, 4)))
    given: dict[str, object] = {"id": "jalan", "name": "Garis hitung"}
    return Line(points=ends, directions=names, **(given | more))  # type: ignore[arg-type]


def _junction(number: int, slope: float) -> View:
    zones = (
        Zone(id="trotoar", kind="crowd", polygon=_rectangle(0.1, 0.86, 0.9, 0.98), area_m2=60.0),
        Zone(id="lajur", kind="lane", polygon=_rectangle(0.06, 0.22, 0.78, 0.83)),
        Zone(id="tepi", kind="no_parking", polygon=_rectangle(0.79, 0.58, 0.97, 0.82), name="Larangan parkir"),
    )
    names = {"to_right": "masuk", "to_left": "keluar"}
    lines: tuple[Line, ...] = (_line(slope, names),)
    metrics: tuple[str, ...] = ("crowd", "flow", "parking", "congestion")
    if number == PROTOCOL:
        metrics = (*metrics, "gathering")
    if number == RACING:
        far, near = RACE_Y
        lines = (
            _line(0.0, names, far, speed_limit_kmh=LIMIT_KMH),
            _line(0.0, names, near, id="jalan-2", name="Garis hitung kedua", speed_limit_kmh=LIMIT_KMH),
        )
        metrics = (*metrics, "racing")
    return View(zones, lines, metrics)


def _underpass(slope: float) -> View:
    zones = (Zone(id="jalan", kind="flood", polygon=_rectangle(0.06, 0.3, 0.78, 0.83), name="Badan jalan"),)
    return View(zones, (_line(slope, {}),), ("flow", "flood"))


def _alley(slope: float) -> View:
    zones = (
        Zone(id="gang", kind="crowd", polygon=_rectangle(0.1, 0.86, 0.9, 0.98), area_m2=30.0),
        Zone(id="ronda", kind="night", polygon=_rectangle(0.6, 0.22, 0.9, 0.4), name="Mulut gang"),
        Zone(id="sampah", kind="garbage", polygon=_rectangle(0.8, 0.58, 0.97, 0.76), name="Sudut sampah"),
    )
    return View(zones, (_line(slope, {}),), ("crowd", "flow", "night", "garbage"))


def _square(number: int, category: str) -> View:
    is_market = category == "pasar"
    west, east = ("lapak", "antrean") if is_market else ("barat", "timur")
    sizes = (9.0, 12.0) if is_market else (70.0, 80.0)
    zones: tuple[Zone, ...] = (
        Zone(id=west, kind="crowd", polygon=_rectangle(0.08, 0.45, 0.5, 0.95), area_m2=sizes[0]),
        Zone(
            id=east,
            kind="crowd",
            polygon=_rectangle(0.5, 0.45, 0.92, 0.95),
            area_m2=sizes[1],
            surface="standing" if is_market else "walkway",
        ),
    )
    lines: tuple[Line, ...] = ()
    metrics: tuple[str, ...] = ("crowd", "visits")
    if is_market:
        zones += (Zone(id="sampah", kind="garbage", polygon=_rectangle(0.6, 0.22, 0.9, 0.4), name="Sudut sampah"),)
        metrics += ("garbage",)
    if category == "kotalama":
        zones += (Zone(id="ronda", kind="night", polygon=_rectangle(0.6, 0.22, 0.9, 0.4), name="Lorong"),)
        metrics += ("night",)
    if category in ("simpanglima", "wisata"):
        lines = (Line(id="gerbang", points=((0.25, 0.3), (0.75, 0.3)), name="Gerbang", role="gate", entry="to_right"),)
    if number in MASKED:
        metrics += ("mask",)
    return View(zones, lines, metrics)
