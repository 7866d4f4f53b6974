"""What every phenomenon is told: one camera, the span of time, its frame clock, its outages.

A scene is made per camera from (seed, camera number) alone, so that camera `i`
is the same however many cameras the city has. Each phenomenon draws from a
stream of random numbers of its own: a new one changes no other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.registry import Camera
from simulation.diurnal import HOUR_US, WIB_US

DAY_US = 24 * HOUR_US

STREAMS = (
    *("layout", "faults", "people", "vehicles", "parking", "flood", "noise", "delivery"),
    *("sites", "garbage", "masks", "gates", "night", "gathering", "congestion", "racing", "senders"),
    *("mute", "evenings", "clocks", "kerb", "trackers"),
)
"""Names of the random streams; append only: the place in the list is part of the seed."""


class Scene(NamedTuple):
    """One simulated camera over one span [us UTC, half open]."""

    camera: Camera
    number: int  # from 0
    seed: int
    start_us: int
    end_us: int
    noiseless: bool
    t_us: NDArray[np.int64]  # (n,) capture times, ascending, none during outages
    seq: NDArray[np.int64]  # (n,) the camera's frame number; goes on counting during outages
    outage_us: NDArray[np.int64]  # (o, 2) start, end
    restart_us: NDArray[np.int64]  # (r,) when its tracker begins anew

    @property
    def period_us(self) -> int:
        """Return the registered time between two frame events [us]."""
        return self.camera.period_us


def random(seed: int, number: int, stream: str, part: int = 0) -> np.random.Generator:
    """Return the random numbers of one camera's phenomenon (and part, such as an hour)."""
    return np.random.default_rng([seed, number, STREAMS.index(stream), part])


def live_span(scene: Scene, t_us: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each time how often the tracker has forgotten everybody before it: in outages, and beginning anew."""
    return np.searchsorted(scene.outage_us[:, 0], t_us, side="right") + np.searchsorted(
        scene.restart_us, t_us, side="right"
    )


def days(scene: Scene, first_h: float, last_h: float) -> list[tuple[int, int]]:
    """Return the span [us UTC] of these hours of every local day that the scene shows any of, cut or not.

    Parameters
    ----------
    first_h, last_h
        Hours of the local day; beyond 24 they reach into the next one.
    """
    first, last = round(first_h * HOUR_US) - WIB_US, round(last_h * HOUR_US) - WIB_US
    numbers = range((scene.start_us - last) // DAY_US + 1, -((first - scene.end_us) // DAY_US))
    return [(day * DAY_US + first, day * DAY_US + last) for day in numbers]


def within(scene: Scene, from_us: NDArray[np.int64], to_us: NDArray[np.int64], margin_us: int) -> NDArray[np.bool_]:
    """Tell which spans [us], with a margin before and after, lie within the scene and meet no outage."""
    early, late = from_us - margin_us, to_us + margin_us
    out: NDArray[np.bool_] = (early >= scene.start_us) & (late < scene.end_us) & ~overlaps_outage(scene, early, late)
    return out


def overlaps_outage(scene: Scene, from_us: NDArray[np.int64], to_us: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which spans [us] meet an outage."""
    out = np.zeros(len(from_us), np.bool_)
    for start, end in scene.outage_us:
        out |= (from_us < end) & (to_us > start)
    return out
