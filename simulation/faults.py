"""What goes wrong: cameras die and return, clocks run fast or jump, frames come late, twice or not at all.

`clock` gives a camera its frame times, with outages and drift; `delivery` says in
which order its frames arrive and what else arrives; `truth` counts what was
injected, by walking the arrivals as the definitions say. Without noise only the
outages remain.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.registry import Camera
from simulation import sites, trackers
from simulation.diurnal import HOUR_US, WIB_US
from simulation.scene import DAY_US, Scene, overlaps_outage, random
from simulation.watch import times

SHORT_PER_DAY: Final = 1.2
SHORT_MIN: Final = (2.0, 20.0)
LONG_SHARE: Final = 0.06
LONG_H: Final = (2.0, 9.0)
"""Outages: short ones a camera and day [minutes], share of cameras with a long one a day [hours]; ours."""

EVENING_CHANCE: Final = 0.03
EVENING_H: Final = (16.5, 19.0)
EVENING_DAYS: Final = 2
"""Evening peaks that a camera misses: chance a camera and day, local hours, and how many days a simulation has at least
that has some; ours."""

APART_US: Final = 60_000_000
"""Least time between two outages of a camera."""

DRIFT_SHARE: Final = 0.15
DRIFT: Final = 0.003
"""Share of cameras whose clock runs off the registered rate, and by how much at most; ours."""

REORDER_US: Final = 2_000_000
LATENESS_US: Final = 600_000_000
"""Frames behind their camera's newest by more are late, and too late (docs/architecture.md)."""

JITTER_SHARE, LATE_SHARE, TOO_LATE_SHARE, TWICE_SHARE = 0.02, 0.001, 0.00005, 0.001
LATE_S: Final = (5.0, 300.0)
TOO_LATE_S: Final = (700.0, 1500.0)
"""Shares of frames that come out of order, late, too late and twice, with their delays; ours."""

RESET_FRAMES: Final = 3
"""Frames stamped 1970, or 2000 as a clock says whose battery is dead, by a camera that has just come back."""
Y2000_US: Final = 946_684_800_000_000

ALONE_PER_DAY: Final = 2.0
ALONE_H: Final = (2.0, 160.0)
ALONE_FRAMES: Final = 30
"""Single frames with a stamp that is off by hours to days, a camera and day; so many frames from whatever else
goes wrong; ours."""

LINKS_PER_DAY: Final = 0.5
LINK_S: Final = (60.0, 480.0)
LINK_SPEED: Final = 4.0
LINK_WAIT_S: Final = 5.0
"""Links that fail, a camera and day, and for how long: the recorder keeps the frames and sends them behind the live
ones, so many times as fast, once these have come for a while; ours."""


DEAD: Final = ("too_late", "before_2000", "clock_jump", "unset", "boxes_refused")
"""Columns of the truth that count dead letters."""


class Delivery(NamedTuple):
    """`d` arrivals of one camera: frames, copies of frames, frames with a lost clock."""

    frame: NDArray[np.int64]  # (d,) row of the frame
    arrival_us: NDArray[np.int64]  # (d,)
    copy: NDArray[np.bool_]  # (d,) came before
    t_us: NDArray[np.int64]  # (d,) the time it says
    alone: NDArray[np.bool_]  # (d,) a time that no other frame agrees with


def outages(seed: int, number: int, start_us: int, end_us: int) -> NDArray[np.int64]:
    """Return (o, 2) spans [us] without a frame, apart from each other by a minute at least; the site's come first."""
    rng = random(seed, number, "faults")
    days = (end_us - start_us) / DAY_US
    spans = [(rng.random(), rng.uniform(*SHORT_MIN) * 60e6) for _ in range(rng.poisson(SHORT_PER_DAY * days))]
    spans += [
        (rng.random(), rng.uniform(*LONG_H) * 3600e6) for _ in range(rng.binomial(max(1, round(days)), LONG_SHARE))
    ]
    whole = sites.spans(seed, number, start_us, end_us)
    rows: list[tuple[int, int]] = []
    for share, length in sorted(spans):
        begin = start_us + int(share * (end_us - start_us))
        end = min(begin + int(min(length, (end_us - start_us) / 3)), end_us)
        meets = (whole[:, 0] <= end + APART_US) & (whole[:, 1] >= begin - APART_US)
        if (not rows or begin > rows[-1][1] + APART_US) and not meets.any():
            rows.append((begin, end))
    return np.array(sorted([*rows, *map(tuple, whole.tolist())]), np.int64).reshape(len(rows) + len(whole), 2)


def evenings(seed: int, number: int, dead: NDArray[np.int64], start_us: int, end_us: int) -> NDArray[np.int64]:
    """Return the outages of a camera with some evening peaks among them; such a day is none."""
    if end_us - start_us < EVENING_DAYS * DAY_US:
        return dead
    rng, rows = random(seed, number, "evenings"), []
    first, last = (round(hour * HOUR_US) - WIB_US for hour in EVENING_H)
    for day in range(-(-(start_us - first) // DAY_US), (end_us - last) // DAY_US):
        begin, end = day * DAY_US + first, day * DAY_US + last
        meets = (dead[:, 0] <= end + APART_US) & (dead[:, 1] >= begin - APART_US)
        if rng.random() < EVENING_CHANCE and not meets.any():
            rows.append((begin, end))
    return np.array(sorted([*map(tuple, dead.tolist()), *rows]), np.int64).reshape(len(dead) + len(rows), 2)


def scene(camera: Camera, number: int, seed: int, start_us: int, end_us: int, *, noiseless: bool) -> Scene:
    """Return a camera's scene: its frame clock with drift and outages."""
    dead = outages(seed, number, start_us, end_us)
    if not noiseless:
        dead = evenings(seed, number, dead, start_us, end_us)
    rng = random(seed, number, "faults", 1)
    phase, fast = float(rng.random()), rng.random() < DRIFT_SHARE
    rate = 1.0 + (0.0 if noiseless or not fast else float(rng.uniform(-DRIFT, DRIFT)))
    period = camera.period_us * rate
    seq = np.arange(int((end_us - start_us) / period) + 2)
    t_us = start_us + ((seq + phase) * period).astype(np.int64)
    alive = t_us < end_us
    for begin, end in dead:
        alive &= (t_us < begin) | (t_us >= end)
    anew = np.empty(0, np.int64) if noiseless else trackers.restarts(seed, number, start_us, end_us)
    return Scene(camera, number, seed, start_us, end_us, noiseless, t_us[alive], seq[alive], dead, anew)


def delivery(scene: Scene) -> Delivery:
    """Return a camera's arrivals, in their order."""
    if scene.noiseless:
        return in_order(scene)
    t_us = scene.t_us
    frame, none = np.arange(len(t_us)), np.zeros(len(t_us), np.bool_)
    rng = random(scene.seed, scene.number, "delivery")
    kind = rng.random(len(t_us))
    delay = np.zeros(len(t_us))
    edges = np.cumsum([TOO_LATE_SHARE, LATE_SHARE, JITTER_SHARE])
    for low, high, (shortest, longest) in zip(
        [0, *edges[:-1]], edges, (TOO_LATE_S, LATE_S, (0.1, 1.5 * REORDER_US / 2e6)), strict=True
    ):
        rows = np.flatnonzero((kind >= low) & (kind < high))
        delay[rows] = rng.uniform(shortest, longest, len(rows))
    arrival = _kept(scene, t_us + (delay * 1e6).astype(np.int64))
    twice = np.flatnonzero(rng.random(len(t_us)) < TWICE_SHARE)
    again = arrival[twice] + (rng.uniform(0.05, 1.5, len(twice)) * 1e6).astype(np.int64)
    reset, reset_t = _resets(scene)
    says, alone = _alone(scene, arrival, twice)
    rows = np.concatenate([frame, twice, reset])
    arrives = np.concatenate([arrival, again, t_us[reset]])
    says = np.concatenate([says, t_us[twice], reset_t])
    copy = np.concatenate([none, np.ones(len(twice), np.bool_), np.zeros(len(reset), np.bool_)])
    alone = np.concatenate([alone, np.zeros(len(twice) + len(reset), np.bool_)])
    order = np.argsort(arrives, kind="stable")
    return Delivery(rows[order], arrives[order], copy[order], says[order], alone[order])


def in_order(scene: Scene) -> Delivery:
    """Return the arrivals of a camera all of whose frames come at once, once, and say the right time."""
    none = np.zeros(len(scene.t_us), np.bool_)
    return Delivery(np.arange(len(scene.t_us)), scene.t_us, none, scene.t_us, none)


def _kept(scene: Scene, arrival_us: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return when frames arrive (n,), those that a recorder keeps while a link fails behind the live ones."""
    rng = random(scene.seed, scene.number, "clocks")
    days = (scene.end_us - scene.start_us) / DAY_US
    out = arrival_us.copy()
    for _ in range(rng.poisson(LINKS_PER_DAY * days)):
        length = rng.uniform(*LINK_S) * 1e6
        begin = scene.start_us + rng.uniform(0.05, 0.8) * (scene.end_us - scene.start_us)
        wait = LINK_WAIT_S * 1e6 + 8 * scene.period_us
        margin = 8 * scene.period_us
        if overlaps_outage(scene, np.array([int(begin - margin)]), np.array([int(begin + 2 * length + margin)])).any():
            continue
        rows = np.flatnonzero((scene.t_us >= begin) & (scene.t_us < begin + length) & (arrival_us - scene.t_us < 2e6))
        sent = begin + length + wait + (scene.t_us[rows] - begin) / LINK_SPEED
        out[rows] = np.maximum(out[rows], sent.astype(np.int64))
    return out


def _alone(
    scene: Scene, arrival_us: NDArray[np.int64], twice: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the times that frames say (n,), a few of them far off, and which."""
    rng = random(scene.seed, scene.number, "clocks", 1)
    count = len(scene.t_us)
    says, alone = scene.t_us.copy(), np.zeros(count, np.bool_)
    gaps = np.flatnonzero(np.diff(scene.t_us) > 3 * scene.period_us)
    strange = np.concatenate(
        [gaps, gaps + 1, twice, np.flatnonzero(arrival_us - scene.t_us > 1_000_000), [0, count - 1]]
    )
    strange.sort()
    many = rng.poisson(ALONE_PER_DAY * (scene.end_us - scene.start_us) / DAY_US)
    for row in rng.integers(0, max(count, 1), many):
        off = round(rng.choice([-1.0, 1.0]) * rng.uniform(*ALONE_H) * 3600e6)
        near = np.searchsorted(strange, [row - ALONE_FRAMES, row + ALONE_FRAMES])
        if count and near[0] == near[1] and says[row] + off > Y2000_US:
            says[row] += off
            alone[row] = True
            strange = np.insert(strange, near[0], row)
    return says, alone


def _resets(scene: Scene) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return extra frames sent right after an outage whose clock began anew, in 1970 and in 2000 by turns."""
    first = np.searchsorted(scene.t_us, scene.outage_us[:, 1], "left")
    first = first[first < len(scene.t_us)]
    rows = np.repeat(first, RESET_FRAMES)
    begins = np.repeat(np.where(np.arange(len(first)) % 2, Y2000_US, 0), RESET_FRAMES)
    seconds = np.tile(np.arange(1, RESET_FRAMES + 1), len(first))
    return rows, begins + seconds * 1_000_000


def truth(scene: Scene, sent: Delivery, refused: NDArray[np.int64]) -> pl.DataFrame:
    """Return one row with what was injected, counted as the ordered stage judges it.

    Parameters
    ----------
    refused
        (r,) arrivals whose boxes are all to be refused: they are dead letters before anybody asks when they came.

    Returns
    -------
    ``camera_id``, ``sent`` (records), ``duplicates``, ``late`` (behind the newest by more than 2 s, at most
    600 s, no copy), ``too_late``, ``before_2000``, ``clock_jump``, ``unset`` and ``boxes_refused`` (all dead letters).
    """
    read = np.ones(len(sent.frame), np.bool_)
    read[refused] = False
    lost = sent.t_us < Y2000_US
    unset = ~lost & ~sent.alone & (sent.t_us < scene.start_us)
    rest = ~(lost | unset | sent.alone)
    t_us = sent.t_us[rest]  # of those refused too: their time moves the camera's clock
    newest = np.maximum.accumulate(t_us) if len(t_us) else t_us
    behind, copy = (newest - t_us)[read[rest]], sent.copy[rest & read]
    return pl.DataFrame(
        {
            "camera_id": [scene.camera.id],
            "sent": [len(sent.frame)],
            "duplicates": [int((copy & (behind <= LATENESS_US)).sum())],
            "late": [int((~copy & (behind > REORDER_US) & (behind <= LATENESS_US)).sum())],
            "too_late": [int((behind > LATENESS_US).sum())],
            "before_2000": [int((lost & read).sum())],
            "clock_jump": [int((sent.alone & read).sum())],
            "unset": [int((unset & read).sum())],
            "boxes_refused": [len(refused)],
        }
    )


def outage_truth(scene: Scene) -> pl.DataFrame:
    """Return one row an outage: ``camera_id``, ``from``, ``to``, ``is_over``."""
    return pl.DataFrame(
        {
            "camera_id": pl.repeat(scene.camera.id, len(scene.outage_us), eager=True),
            "from": times(scene.outage_us[:, 0]),
            "to": times(scene.outage_us[:, 1]),
            "is_over": scene.outage_us[:, 1] < scene.end_us,
        }
    )
