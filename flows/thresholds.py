"""All kernels, by their cards, and their thresholds in one place: settings override the defaults of metrics.md."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Final, NamedTuple, TypeAlias

from msgspec import structs

from operators.across import mutes, outages
from operators.city import City
from operators.metrics import crowd, flow
from operators.stage import health
from operators.stage.health import HealthParams
from operators.tracking import bodies, streams, sureness, tracker
from schemas.card import Card
from schemas.cards import BY_NAME, CARDS
from schemas.registry import Camera, fingerprints, written

Given: TypeAlias = tuple[object, ...]
"""A kernel's thresholds, a NamedTuple of its own."""

ELSEWHERE: Final = {each.__name__.rpartition(".")[2]: each for each in (health, outages, mutes)}
"""Kernels that are no metric's own: all metrics stand on them, or they stand on all."""


def kernel(card: Card) -> ModuleType:
    """Return a card's kernel: the module of its name in `operators.metrics`.

    Raises
    ------
    ModuleNotFoundError
        Where there is none.
    """
    if card.name in ELSEWHERE:
        return ELSEWHERE[card.name]
    name = f"operators.metrics.{card.name}"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        file = f"{name.replace('.', '/')}.py"
        raise ModuleNotFoundError(f"card {card.name}: expected its kernel in {file}, found none: write it") from error


KERNELS: Final = {card.name: kernel(card) for card in CARDS}
"""Every kernel by its card's name, in the order in which docs/metrics.md tells of them."""

VERSIONS: Final = {name: each.VERSION for name, each in KERNELS.items()}
"""A kernel raises its number when its figures change: it is part of `params_hash`."""

MADE_BY: Final = {
    **VERSIONS,
    "bodies": bodies.VERSION,
    "streams": streams.VERSION,
    "sureness": sureness.VERSION,
    "tracker": tracker.MODEL,
}
"""All versions that decide figures, also of what stands before the kernels: statements and states are made by them."""

RULES_OF: Final = {"visits": "flow"}
"""Kernels that go by another's thresholds."""


def _defaults() -> dict[str, Given]:
    """Return the thresholds of kernels that the shard asks by their common shape."""
    return {name: each.Params() for name, each in KERNELS.items() if hasattr(each, "Params") and name not in ELSEWHERE}


@dataclass(frozen=True)
class Thresholds:
    """Times in microseconds; whatever of them decides a figure goes into its `params_hash`.

    Attributes
    ----------
    rules
        Thresholds by the name of the kernel that has no field of its own here.
    """

    reorder_us: int = 2_000_000
    lateness_us: int = 600_000_000
    health: HealthParams = field(default_factory=HealthParams)
    crowd: crowd.Hysteresis = field(default_factory=crowd.Hysteresis)
    flow: flow.Rules = field(default_factory=flow.Rules)
    outages: outages.Params = field(default_factory=outages.Params)
    mutes: mutes.Params = field(default_factory=mutes.Params)
    tracker: tracker.TrackerParams = field(default_factory=tracker.TrackerParams)
    bodies: bodies.Params = field(default_factory=bodies.Params)
    rules: Mapping[str, Given] = field(default_factory=_defaults)

    def of(self, name: str) -> Given:
        """Return a kernel's thresholds."""
        own = RULES_OF.get(name, name)
        return self.rules[own] if own in self.rules else getattr(self, own)


def params_hashes(city: City, thresholds: Thresholds) -> dict[str, list[int]]:
    """Return for each metric (c,) hashes of kernel version, geometry and thresholds.

    Whatever changes a figure is part of it: also how late a frame may come, and the tracker where tracks are made
    here. What people call a camera, whose it is and which of its metrics are on is not, nor are zones and lines that
    the metric does not look at.
    """
    every = (thresholds.reorder_us, thresholds.lateness_us, bodies.VERSION, thresholds.bodies, sureness.VERSION)
    cameras = [_Written.of(c, thresholds) for c in city.cameras]
    more = {
        "congestion": [written(*road(city, code)) for code in range(len(city.cameras))],
        "outages": [written(c.site, c.area, tuple(thresholds.health)) for c in city.cameras],
    }
    out: dict[str, list[int]] = {}
    for metric, version in VERSIONS.items():
        card, also = BY_NAME[metric], more.get(metric, [b""] * len(cameras))
        head = (metric, version, every, tuple(thresholds.of(metric)))
        out[metric] = fingerprints(
            head, (each.seen_by(card) + extra for each, extra in zip(cameras, also, strict=True))
        )
    return out


class _Written(NamedTuple):
    """A camera's definition as it goes into hashes, part by part."""

    clock: bytes
    calibration: bytes
    zones: list[tuple[str, bytes]]  # by kind
    lines: list[tuple[str, bytes]]  # by role

    @classmethod
    def of(cls, camera: Camera, thresholds: Thresholds) -> _Written:
        whole = definition(camera)
        bare = structs.replace(whole, zone=(), line=(), calibration=None)
        tracks = () if camera.tracker == "none" else (tracker.MODEL, thresholds.tracker)
        return cls(
            written(bare, tracks),
            written(whole.calibration),
            [(zone.kind, written(zone)) for zone in whole.zone],
            [(line.role, written(line)) for line in whole.line],
        )

    def seen_by(self, card: Card) -> bytes:
        """Return what of it decides a metric's figures: nothing that is drawn, where it looks at nothing drawn."""
        kinds, roles = {look.kind for look in card.looks}, set(card.roles)
        if not kinds and not roles:
            return self.clock
        zones = b"".join(zone for kind, zone in self.zones if kind in kinds)
        lines = b"".join(line for role, line in self.lines if role in roles)
        return self.clock + self.calibration + zones + lines


_NAMES: Final[dict[str, object]] = {
    "name": "", "area": "", "position": None, "owner": "", "category": "", "site": "", "valid_from": None,
    "valid_until": None, "simulated": False, "metrics": (),
}  # fmt: skip


def definition(camera: Camera) -> Camera:
    """Return what of a camera defines its figures: clock, optics, zones, lines and calibration."""
    zone = tuple(structs.replace(zone, name="") for zone in camera.zone)
    line = tuple(structs.replace(line, name="") for line in camera.line)
    return structs.replace(camera, **_NAMES, zone=zone, line=line)


def road(city: City, code: int) -> tuple[list[float], ...]:
    """Return what a camera's road adds to its zones."""
    zones = slice(city.zone_first[code], city.zone_first[code + 1])
    return city.zone_free_mps[zones].tolist(), city.zone_occupancy[zones].tolist()
