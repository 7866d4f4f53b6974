"""Whole sites that go dark: a recorder dies, and with it all its cameras; truth: when, and every camera down.

A site's outage is drawn for the site, each member's delay for the member, so that
a camera does not depend on which others there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulation.layout import SITE_CAMERAS
from simulation.scene import DAY_US, Scene, random
from simulation.watch import times

PER_DAY: Final = 0.5
LENGTH_MIN: Final = (20.0, 60.0)
DELAY_US: Final = 90_000_000
"""Outages a site and day, how long they last [min], within how long the members go, and come back; ours."""

LEAST_US: Final = 4 * 3600 * 1_000_000
"""The shortest span in which a site fails."""

MEMBERS: Final = 3
DOWN_US: Final = 300_000_000
"""A site has so many cameras; a camera silent for longer is down (docs/metrics.md, Camera health)."""


def spans(seed: int, number: int, start_us: int, end_us: int) -> NDArray[np.int64]:
    """Return (s, 2) spans [us] in which the site of camera `number` takes this camera with it."""
    length = end_us - start_us
    if length < LEAST_US:
        return np.empty((0, 2), np.int64)
    rng = random(seed, number // SITE_CAMERAS, "sites")
    count = int(rng.poisson(PER_DAY * length / DAY_US))
    lasts = (rng.uniform(*LENGTH_MIN, count) * 60e6).astype(np.int64)
    begin = np.sort(start_us + (rng.uniform(0.02, 0.95, count) * (length - int(LENGTH_MIN[1] * 60e6))).astype(np.int64))
    apart = np.append(True, np.diff(begin) > 2 * LENGTH_MIN[1] * 60e6) if count else np.empty(0, np.bool_)
    delay = random(seed, number, "sites", 1).integers(0, DELAY_US, (count, 2))
    out: NDArray[np.int64] = (np.stack([begin, begin + lasts], axis=1) + delay)[apart]
    return out


def truth(scenes: Sequence[Scene]) -> pl.DataFrame:
    """Return the outages of sites of `MEMBERS` cameras and more.

    Returns
    -------
    One row an outage: ``site``, ``from`` (the first member goes), ``to`` (the last is back), ``cameras``.
    """
    rows: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for scene in scenes:
        own = spans(scene.seed, scene.number, scene.start_us, scene.end_us)
        for number, (begin, end) in enumerate(own.tolist()):
            rows.setdefault((scene.camera.site, number), []).append((begin, end))
    found = [(site, np.array(members, np.int64)) for (site, _), members in rows.items() if len(members) >= MEMBERS]
    if not found:
        return pl.DataFrame()
    return pl.DataFrame(
        {
            "site": [site for site, _ in found],
            "from": times(np.array([members[:, 0].min() for _, members in found], np.int64)),
            "to": times(np.array([members[:, 1].max() for _, members in found], np.int64)),
            "cameras": [len(members) for _, members in found],
        }
    ).sort("from", "site")


def camera_down(scene: Scene) -> pl.DataFrame:
    """Return the silences of a camera that are longer than five minutes.

    Returns
    -------
    One row a silence: ``camera_id``, ``last_seen`` (frame before it; the span's start when there is none),
    ``seen_again`` (frame after it, or null) and ``by_site`` (its whole site was down).
    """
    edges = np.concatenate([[scene.start_us], scene.t_us, [scene.end_us]])
    silent = np.flatnonzero(np.diff(edges) > DOWN_US)
    last, again = edges[silent], edges[silent + 1]
    whole = spans(scene.seed, scene.number, scene.start_us, scene.end_us)
    by_site = [bool(((whole[:, 0] < b) & (whole[:, 1] > a)).any()) for a, b in zip(last, again, strict=True)]
    return pl.DataFrame(
        {
            "camera_id": pl.repeat(scene.camera.id, len(silent), eager=True),
            "last_seen": times(last),
            "seen_again": times(again).set(pl.Series(again == scene.end_us), None),
            "by_site": pl.Series(by_site, dtype=pl.Boolean),
        }
    )
