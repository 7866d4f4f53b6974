"""What trackers do to ids and boxes: begin anew, give an id twice, lose feet.

A camera's tracker begins anew a few times a day and counts from 1 again, so that
ids come back on other bodies; where it does, tracks end for the truth as well.
Otherwise the truth knows nothing of this: who is counted right is counted as if
none of it happened. Without noise none of it does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulation import riding
from simulation.scene import DAY_US, Scene, live_span, random
from simulation.tracks import Objects, Tracks, numbers

RESTARTS_PER_DAY: Final = 4.0
"""How often a camera's tracker begins anew; ours."""

TWICE: Final = 0.002
"""Share of boxes that come twice under one id, the second beside the first; ours."""

HIDDEN: Final = 0.04
"""Share of a body's spans of `SPAN_US` in which something hides its foot; ours."""
SPAN_US: Final = 20_000_000
HIDDEN_S: Final = (1.0, 15.0)
CUT: Final = 0.35
"""Share of the box that is hidden then."""


def restarts(seed: int, number: int, start_us: int, end_us: int) -> NDArray[np.int64]:
    """Return (r,) when a camera's tracker begins anew [us]."""
    rng = random(seed, number, "trackers")
    count = rng.poisson(RESTARTS_PER_DAY * (end_us - start_us) / DAY_US)
    return np.sort(rng.integers(start_us, end_us, count))


def dealt(scene: Scene, tracks: Iterable[Tracks]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the numbers of all bodies of a camera, ascending, and the ids that its tracker gives them.

    In every life of the tracker they are counted from 1, in the order in which they come.
    """
    number, life, first_us = [], [], []
    edges = np.concatenate([[scene.start_us], np.sort(np.append(scene.outage_us[:, 0], scene.restart_us))])
    for lot in tracks:
        first, last = live_span(scene, lot.t_us[:, 0]), live_span(scene, lot.t_us[:, -1])
        row = np.repeat(np.arange(len(first)), last - first + 1)
        lives = np.arange(len(row)) - np.repeat(np.cumsum(last - first + 1) - (last - first + 1), last - first + 1)
        lives = lives + first[row]
        number.append(numbers(lot.family, row, lives))
        life.append(lives)
        first_us.append(np.maximum(lot.t_us[row, 0], edges[lives]))
    every, lives = np.concatenate(number), np.concatenate(life)
    order = np.lexsort((np.concatenate(first_us), lives))
    begin = np.searchsorted(lives[order], lives[order])
    ids = np.empty(len(order), np.int64)
    ids[order] = np.arange(len(order)) - begin + 1
    found, at = np.unique(every, return_index=True)
    return found, ids[at]


def renumbered(objects: Objects, deal: tuple[NDArray[np.int64], NDArray[np.int64]]) -> Objects:
    """Return the objects with the ids that the tracker gives them."""
    return objects._replace(number=deal[1][np.searchsorted(deal[0], objects.number)])


def blurred(scene: Scene, objects: Objects, t_us: NDArray[np.int64], part: int) -> tuple[Objects, NDArray[np.int64]]:
    """Return the objects with feet hidden and some given twice, and which each was.

    Parameters
    ----------
    t_us
        (n,) times of the frames that `objects` refers to.
    part
        Which hour it is: each has its own random numbers for what lasts one frame.
    """
    box, cut = objects.box.copy(), _cut(scene, objects.number, t_us[objects.frame])
    foot = box[:, 3] - (box[:, 3] - box[:, 1]) * cut
    is_hidden = (cut > 0) & (box[:, 3] < 0.99)
    box[is_hidden, 3] = np.rint(foot[is_hidden] * 10_000) / 10_000
    rng = random(scene.seed, scene.number, "trackers", 2 + part)
    twice = np.flatnonzero(rng.random(len(box)) < TWICE)
    item = np.sort(np.concatenate([np.arange(len(box)), twice]), kind="stable")
    out = Objects(objects.frame[item], objects.cls[item], objects.number[item], box[item])
    again = np.diff(item, prepend=-1) == 0
    beside = np.rint((box[item[again], 2] - box[item[again], 0]) * 2_000) / 10_000
    out.box[again] = np.clip(out.box[again] + beside[:, None] * (1, 0, 1, 0), 0, 1)
    return out, item


def _cut(scene: Scene, number: NDArray[np.int64], t_us: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of each box that something hides (m,): whatever stands before wheels hides the rider as far."""
    cut = np.where(_hidden(scene, number, t_us), CUT, 0.0)
    mount, rides = riding.mounts(number)
    return np.maximum(cut, np.where(rides & _hidden(scene, mount, t_us), riding.behind(CUT), 0.0))


def _hidden(scene: Scene, number: NDArray[np.int64], t_us: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell whose feet are hidden (m,): a body's spans of time are drawn by its number alone."""
    span, into = np.divmod(t_us - scene.start_us, SPAN_US)
    draw = _share(number * 100_003 + span * 7 + scene.number * 1_000_003 + scene.seed)
    lasts_us = 1e6 * (HIDDEN_S[0] + (HIDDEN_S[1] - HIDDEN_S[0]) * _share(number * 31 + span + 17))
    out: NDArray[np.bool_] = (draw < HIDDEN) & (into < lasts_us)
    return out


def _share(key: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return a number in 0..1 for each key, as good as random (the finalizer of splitmix64)."""
    x = key.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    out: NDArray[np.float64] = (x ^ (x >> np.uint64(27))) / 2.0**64
    return out
