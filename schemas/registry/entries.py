"""The camera registry's types: cameras, zones, lines, calibrations, roads and places.

Field names are those of the TOML file (docs/registry.md). Loading and checking
are in `schemas.registry.check`; a `Registry` that comes from there is valid.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from schemas.cards import ZONE_KINDS

CATEGORIES = (
    "atcs",
    "rt",
    "kotalama",
    "layanan_publik",
    "pasar",
    "pompa_air",
    "simpanglima",
    "wisata",
    "swasta",
)
TRACKERS = ("auto", "iou", "none")
"""Whether objects without track ids are tracked here: where the stream has none, always, never."""

MOST_ZONES = 64
"""Zones of a camera: an object's are bits of one integer (`operators.stage.feet`)."""

Point = tuple[float, float]

if TYPE_CHECKING:
    ZoneKind = str
else:
    ZoneKind = Literal[ZONE_KINDS]


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A zone's own thresholds; None means the metric's default."""

    on: float | None = None
    off: float | None = None
    on_s: float | None = None
    off_s: float | None = None
    stopped_s: float | None = None
    parked_s: float | None = None
    saturation: float | None = None


class Zone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A polygon in the picture, corners in 0..1, y down."""

    id: str
    kind: ZoneKind
    polygon: tuple[Point, ...]
    name: str = ""
    area_m2: float | None = None
    surface: Literal["walkway", "standing"] = "walkway"
    limits: Limits = Limits()
    hours: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A counting line from its first to its last point."""

    id: str
    points: tuple[Point, ...]
    name: str = ""
    role: Literal["flow", "gate"] = "flow"
    entry: Literal["to_right", "to_left"] | None = None
    directions: dict[str, str] = {}
    speed_limit_kmh: float | None = None


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At least four image points (0..1) and the ground points [m] they show."""

    image: tuple[Point, ...]
    ground_m: tuple[Point, ...]


class Camera(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One placement of a camera, from `valid_from` on, up to `valid_until` or its next version."""

    id: str
    area: str
    fps: float
    name: str = ""
    position: Point | None = None
    owner: str = ""
    category: str = ""
    site: str = ""
    size: tuple[int, int] = (1920, 1080)
    event_fps: float | None = None
    sends_empty: bool = True
    silence_s: float = 60.0
    optics: Literal["fixed", "ptz", "fisheye"] = "fixed"
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    simulated: bool = False
    tracker: Literal["auto", "iou", "none"] = "auto"
    metrics: tuple[str, ...] = ()
    zone: tuple[Zone, ...] = ()
    line: tuple[Line, ...] = ()
    calibration: Calibration | None = None

    @property
    def rate_fps(self) -> float:
        """Return how many frame events come a second: `event_fps` where it is said, else the camera's own rate."""
        return self.fps if self.event_fps is None else self.event_fps

    @property
    def period_us(self) -> int:
        """Return the time between two frame events [us]."""
        return round(1e6 / self.rate_fps)


class Road(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A street's cross-section with its counting lines (`camera/line`)."""

    id: str
    kind: Literal["ruas", "pendekat"]
    name: str = ""
    type: str = ""
    lanes: int | None = None
    width_m: float | None = None
    free_flow_kmh: float | None = None
    green_s: float | None = None
    cycle_s: float | None = None
    saturation_flow: float | None = None
    protected: bool = True
    occupancy: float | None = None
    split: float | None = None
    city_millions: float | None = None
    emp: str = "mkji1997"
    factors: dict[str, float] = {}
    lines: tuple[str, ...] = ()


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A square, a market: zones that do not overlap (`camera/zone`) and gates (`camera/line`)."""

    id: str
    name: str = ""
    zones: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    hours: tuple[str, ...] = ()


class Registry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All cameras, roads and places. A camera id may stand once per `valid_from`."""

    camera: tuple[Camera, ...] = ()
    road: tuple[Road, ...] = ()
    place: tuple[Place, ...] = ()


def fingerprint(*parts: object) -> int:
    """Return a 64-bit hash of anything msgspec can encode; the same on every machine.

    Used for `params_hash`: kernel version, geometry and thresholds.
    """
    return int.from_bytes(hashlib.blake2b(_json(parts), digest_size=8).digest(), "big")


def fingerprints(head: tuple[object, ...], tails: Iterable[bytes]) -> list[int]:
    """Return ``fingerprint(*head, *tail)`` for each tail, which is given as `written`."""
    begun = hashlib.blake2b(_json(head)[:-1], digest_size=8)
    out = []
    for tail in tails:
        each = begun.copy()
        each.update(tail + b"]")
        out.append(int.from_bytes(each.digest(), "big"))
    return out


def written(*parts: object) -> bytes:
    """Return parts as `fingerprint` writes them behind others: for those that go into many hashes."""
    return b"".join(b"," + _json(part) for part in parts)


def _json(part: object) -> bytes:
    return msgspec.json.encode(part, order="deterministic")
