"""Jams: on some evenings the vehicles of a junction stand and creep; truth: from when until when.

During a jam the road is full of its vehicles and nobody else comes. They stand in
rows and move up by one row in waves, a minute or two apart; each wave passes in
the middle of a minute, so that rounding decides no crossing. Red lights hold the
other traffic for less than a minute: they are no jam.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.frames import CLASSES
from simulation.scene import Scene, days, random, within
from simulation.tracks import JAMMED, Tracks, concat, picked
from simulation.vehicles import END_Y, MIX, TOP_Y, lane_x
from simulation.watch import MINUTE_US, times

EVENING_H: Final = (16.5, 18.5)
CHANCE: Final = 0.3
MINUTES: Final = (12, 25)
"""Local hours within which jams begin, their chance an evening and camera, how long they last [min]; ours."""

ROWS_Y: Final = (0.27, 0.34, 0.42, 0.58, 0.66, 0.75)
LANES: Final = ((0.50, 0.58), (0.62, 0.69), (0.14, 0.22), (0.28, 0.36))
"""Where the rows stand, clear of the dead band, and the lanes' places at the lower edge; all drive down."""

WAVE_US: Final = (15_000_000, 20_000_000)
CREEP_US: Final = 4_000_000
CALM_CHANCE: Final = 0.5
"""When in its minute a wave passes, how long a row takes to move up, and the chance of a minute without; ours."""

HEADWAY_US: Final = 1_500_000
CLEAR_US: Final = 90_000_000
"""Time between rows when the jam dissolves, and how long the road is empty before and after."""

MARGIN_US: Final = 1_500_000_000
"""Watched time around a jam: the windows that judge it, 15 minutes, and the time that ends it, 10 minutes."""


class Jam(NamedTuple):
    """Times [us] of one jam: all rows fill, waves, it dissolves."""

    waves_us: NDArray[np.int64]  # (w,) the first fills the road, the last empties it


def jams(scene: Scene) -> list[Jam]:
    """Return the jams of the span, an evening at most one; none meets an outage."""
    if "congestion" not in scene.camera.metrics:
        return []
    rng, out = random(scene.seed, scene.number, "congestion"), []
    for start, end in days(scene, *EVENING_H):
        comes, length = rng.random() < CHANCE, int(rng.integers(*MINUTES))
        first = int(rng.integers(start, end)) // MINUTE_US
        calm = rng.random(length) < CALM_CHANCE
        minute = first + np.flatnonzero(~_skipped(calm))
        waves = np.append(minute, first + length) * MINUTE_US + rng.integers(*WAVE_US)
        if comes and within(scene, waves[[0]], waves[[-1]], MARGIN_US)[0]:
            out.append(Jam(waves))
    return out


def _skipped(calm: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the minutes without a wave: calm ones, but never the first, nor two in a row."""
    out = np.zeros(len(calm), np.bool_)
    for i in range(1, len(calm)):
        out[i] = calm[i] and not out[i - 1]
    return out


def cleared(scene: Scene, vehicles: Tracks) -> Tracks:
    """Return the other vehicles, less those who would meet a jam."""
    kept = np.ones(len(vehicles.cls), np.bool_)
    for jam in jams(scene):
        kept &= (vehicles.t_us[:, -1] < jam.waves_us[0]) | (vehicles.t_us[:, 0] > jam.waves_us[-1] + CLEAR_US)
    return picked(vehicles, kept)


def events(scene: Scene) -> Tracks:
    """Return the vehicles of all jams."""
    rng = random(scene.seed, scene.number, "congestion", 1)
    return concat(JAMMED, [_rows(rng, scene, jam.waves_us, lane) for jam in jams(scene) for lane in LANES])


def _rows(rng: np.random.Generator, scene: Scene, waves: NDArray[np.int64], lane: tuple[float, float]) -> Tracks:
    """Return one lane's vehicles: those who fill it in the first wave, then one who comes with each wave.

    Key points: it comes in; then arrives at a row and leaves it, up to six times; it is out. Those who come
    late or leave early have fewer stops: their last key stands more than once.
    """
    rows, last = len(ROWS_Y), len(waves) - 1
    entry = np.concatenate([np.zeros(rows - 1, np.int64), np.arange(last)])  # wave of each vehicle
    row = np.concatenate([np.arange(rows - 1, 0, -1), np.zeros(last, np.int64)])  # and its first row
    drive_us = max(9_000_000, round(6.5 * scene.period_us))
    wave, place = entry[:, None] + np.arange(rows), row[:, None] + np.arange(rows)
    stands = (place < rows) & (wave < last)  # a stop that takes place
    moves_us = np.full(wave.shape, CREEP_US)
    moves_us[entry == 0, 0] = drive_us
    arrives, leaves = waves[np.minimum(wave, last)] + moves_us, waves[np.minimum(wave + 1, last)]
    final = np.arange(len(entry)), stands.sum(axis=1) - 1
    leaves[final] += (rows - 1 - place[final]) * (leaves[final] == waves[-1]) * HEADWAY_US
    out_us = leaves[final] + drive_us
    stops_us = np.where(stands[:, :, None], np.stack([arrives, leaves], axis=2), out_us[:, None, None])
    stops_y = np.where(stands, np.array(ROWS_Y)[np.minimum(place, rows - 1)], END_Y)
    t_us = np.column_stack([waves[entry], stops_us.reshape(len(entry), -1), out_us])
    top, end = np.full(len(entry), TOP_Y), np.full(len(entry), END_Y)
    y = np.column_stack([top, np.repeat(stops_y, 2, axis=1), end])
    cls = rng.choice([CLASSES.index(name) for name in MIX["road"]], len(entry), p=list(MIX["road"].values()))
    return Tracks(JAMMED, cls.astype(np.uint8), t_us, lane_x(rng.uniform(*lane, len(entry))[:, None], y), y)


def truth(scene: Scene) -> pl.DataFrame:
    """Return the jams.

    Returns
    -------
    One row a jam: ``camera_id``, ``zone_id``, ``starts_at`` (vehicles fill the lane) and ``ends_at`` (they
    drive off).
    """
    found = jams(scene)
    if not found:
        return pl.DataFrame()
    zone = next(zone for zone in scene.camera.zone if zone.kind == "lane")
    return pl.DataFrame(
        {
            "camera_id": [scene.camera.id] * len(found),
            "zone_id": [zone.id] * len(found),
            "starts_at": times(np.array([jam.waves_us[0] for jam in found], np.int64)),
            "ends_at": times(np.array([jam.waves_us[-1] for jam in found], np.int64)),
        }
    )
