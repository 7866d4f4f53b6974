"""All kernels' thresholds in one place: settings override the defaults of metrics.md."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from msgspec import structs

from operators.across import outages
from operators.city import City
from operators.metrics import (
    congestion,
    crowd,
    flood,
    flow,
    garbage,
    gathering,
    mask,
    night,
    parking,
    racing,
    stays,
    visits,
)
from operators.stage import health
from operators.stage.health import HealthParams
from operators.tracking import tracker
from schemas.registry import Camera, fingerprint

_KERNELS = (
    crowd, flow, visits, stays, mask, congestion, flood, garbage, parking, night, gathering, racing, health, outages,
)  # fmt: skip
KERNELS = {kernel.__name__.rpartition(".")[2]: kernel for kernel in _KERNELS}
"""Every kernel by name, in the order in which docs/metrics.md tells of them."""

VERSIONS = {name: kernel.VERSION for name, kernel in KERNELS.items()}
"""A kernel raises its number when its figures change: it is part of `params_hash`."""


@dataclass(frozen=True)
class Thresholds:
    """Times in microseconds; whatever of them decides a figure goes into its `params_hash`."""

    reorder_us: int = 2_000_000
    lateness_us: int = 600_000_000
    health: HealthParams = field(default_factory=HealthParams)
    crowd: crowd.Hysteresis = field(default_factory=crowd.Hysteresis)
    flow: flow.Rules = field(default_factory=flow.Rules)
    parking: parking.Params = field(default_factory=parking.Params)
    flood: flood.Params = field(default_factory=flood.Params)
    garbage: garbage.Params = field(default_factory=garbage.Params)
    mask: mask.Params = field(default_factory=mask.Params)
    stays: stays.Params = field(default_factory=stays.Params)
    congestion: congestion.Params = field(default_factory=congestion.Params)
    gathering: gathering.Params = field(default_factory=gathering.Params)
    racing: racing.Params = field(default_factory=racing.Params)
    night: night.Params = field(default_factory=night.Params)
    outages: outages.Params = field(default_factory=outages.Params)
    tracker: tracker.TrackerParams = field(default_factory=tracker.TrackerParams)


RULES_OF = {"visits": "flow"}
"""Kernels that go by another's thresholds."""


def params_hashes(city: City, thresholds: Thresholds) -> dict[str, list[int]]:
    """Return for each metric (c,) hashes of kernel version, geometry and thresholds.

    Whatever changes a figure is part of it: also how late a frame may come, and the tracker where tracks are made
    here. What people call a camera, whose it is and which of its metrics are on is not.
    """
    every = (thresholds.reorder_us, thresholds.lateness_us)
    cameras = [(_definition(c), () if c.tracker == "none" else thresholds.tracker) for c in city.cameras]
    more: dict[str, list[Any]] = {
        "congestion": [_road(city, code) for code in range(len(city.cameras))],
        "outages": [(c.site, c.area) for c in city.cameras],
    }
    out: dict[str, list[int]] = {}
    for metric, version in VERSIONS.items():
        numbers = tuple(getattr(thresholds, RULES_OF.get(metric, metric)))
        also = more.get(metric, [()] * len(cameras))
        out[metric] = [
            fingerprint(metric, version, every, numbers, *camera, *extra)
            for camera, extra in zip(cameras, also, strict=True)
        ]
    return out


_NAMES: Final[dict[str, Any]] = {
    "name": "", "area": "", "position": None, "owner": "", "category": "", "site": "", "valid_from": None,
    "simulated": False, "metrics": (),
}  # fmt: skip


def _definition(camera: Camera) -> Camera:
    """Return what of a camera defines its figures: clock, optics, zones, lines and calibration."""
    zone = tuple(structs.replace(zone, name="") for zone in camera.zone)
    line = tuple(structs.replace(line, name="") for line in camera.line)
    return structs.replace(camera, **_NAMES, zone=zone, line=line)


def _road(city: City, code: int) -> tuple[list[float], ...]:
    """Return what a camera's road adds to its zones."""
    zones = slice(city.zone_first[code], city.zone_first[code + 1])
    return city.zone_free_mps[zones].tolist(), city.zone_occupancy[zones].tolist()
