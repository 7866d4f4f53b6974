"""How long persons stay in view in a zone; no phenomenon of its own, a truth about all persons.

A stay is a run of sights of one track in one zone without a break longer than
`GONE_S`; it lasts to the end of its last frame's share, and belongs to that
frame's minute. Whoever is still there at the end of the span is left out.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulation.people import Seen
from simulation.scene import Scene
from simulation.watch import MINUTE_US, shares, times

GONE_S: Final = 10.0
"""Unseen in the zone for longer, and for two periods, a person is gone (docs/metrics.md, Visits)."""


class Runs(NamedTuple):
    """`r` runs of sights; rows of the sights given, by number, then time."""

    order: NDArray[np.int64]  # (m,) the sights sorted
    first: NDArray[np.int64]  # (r,) first sight of each run, in `order`
    last: NDArray[np.int64]  # (r,) last sight


def runs(number: NDArray[np.int64], t_us: NDArray[np.int64], gone_us: int) -> Runs:
    """Cut the sights (m,) of tracks into runs without a break longer than `gone_us`."""
    order = np.lexsort((t_us, number))
    new = (np.diff(number[order]) != 0) | (np.diff(t_us[order]) > gone_us)
    first = np.flatnonzero(np.append(True, new)) if len(order) else np.empty(0, np.int64)
    return Runs(order, first, np.append(first[1:], len(order)) - 1 if len(first) else first)


def gone_us(scene: Scene, gone_s: float) -> int:
    """Return after how long a track is gone: not before it missed two periods."""
    return max(round(gone_s * 1e6), 2 * scene.period_us)


def truth(scene: Scene, persons: Seen) -> pl.DataFrame:
    """Return stays per crowd zone and minute of their end.

    Returns
    -------
    One row a zone and minute in which somebody left: ``camera_id``, ``zone_id``, ``ts``, ``stays_n``,
    ``stay_ms``. Whom the camera saw last within `GONE_S` of the span's end may or may not be over: left out.
    """
    if "visits" not in scene.camera.metrics or not len(scene.t_us):
        return pl.DataFrame()
    share_ms, gone, tables = shares(scene), gone_us(scene, GONE_S), []
    for zone, stands in zip(persons.zones, persons.stands, strict=True):
        rows = np.flatnonzero(stands)
        frame = persons.objects.frame[rows]
        found = runs(persons.objects.number[rows], scene.t_us[frame], gone)
        first, last = frame[found.order[found.first]], frame[found.order[found.last]]
        length_ms = scene.t_us[last] // 1000 - scene.t_us[first] // 1000 + share_ms[last]
        ended = scene.t_us[last]
        table = pl.DataFrame({"ts": times(ended // MINUTE_US * MINUTE_US), "ms": length_ms})
        tables.append(
            table.filter(ended < scene.end_us - gone)
            .group_by("ts")
            .agg(stays_n=pl.len().cast(pl.Int64), stay_ms=pl.col("ms").sum())
            .sort("ts")
            .select(
                pl.lit(scene.camera.id).alias("camera_id"), pl.lit(zone.id).alias("zone_id"), "ts", "stays_n", "stay_ms"
            )
        )
    return pl.concat(tables) if tables else pl.DataFrame()
