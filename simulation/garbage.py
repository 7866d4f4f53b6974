"""Garbage that people leave; truth: which heaps are incidents, from when until when.

Somebody brings a heap, it lies for minutes or days, somebody clears it; others
walk past it now and then. Heaps take turns at a few places, so that none is taken
for its predecessor. Cameras die over heaps, and the incident goes on.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.frames import CLASSES
from schemas.registry import Zone
from simulation.diurnal import arrivals
from simulation.people import feet
from simulation.scene import Scene, random
from simulation.tracks import CARRIERS, HEAPS, Objects, Tracks, boxes, no_tracks, picked
from simulation.views import SHAPE_OF
from simulation.watch import MINUTE_US, shares, times

PEAK_PER_H: Final = 0.8
"""Heaps a camera in the peak hour [1/h]; ours."""

LEAD_US: Final = 6 * 3600 * 1_000_000
"""Heaps brought so long before the recording begins may lie there."""

SHORT_SHARE: Final = 0.25
SHORT_MIN, LONG_MIN = (3.0, 7.0), (25.0, 2880.0)
"""Share of heaps that lie too briefly for an incident; how long they lie [minutes], long ones log-uniform; ours."""

DOUBTFUL_MS: Final = (7.5 * 60_000, 16.0 * 60_000)
"""Heaps watched for between so long do not come: whether they are incidents hangs on single frames."""

ACROSS, DOWN = 3, 2
"""Places of a zone, side by side; a place is free for `APART_US` of watched time before its next heap."""
APART_US: Final = 40 * 60_000_000

CARRY_S, WAIT_S, GO_S = (5.0, 9.0), (3.0, 20.0), (5.0, 9.0)
PASSERS_PER_H: Final = 2.0
"""How long people bring, stay and go [s]; who walks past a heap [1/h]; ours."""

EDGE_X: Final = 0.974

NEAR: Final = 1.5
SEEN_SHARE: Final = 0.5
LEAST_HITS, ON_MS, OFF_MS = 10, 600_000, 1_800_000
"""A person so near, in sizes of the heap, minds it; minutes with a heap, and the observed times that open and
close an incident (docs/metrics.md, Persistence)."""


class Minutes(NamedTuple):
    """The minutes in which a heap's place was judged: nobody near, the camera alive."""

    first_us: NDArray[np.int64]  # (n,) first judged frame
    ms: NDArray[np.int64]  # (n,) judged time
    is_hit: NDArray[np.bool_]  # (n,) the heap was there for half of it


def zone_of(scene: Scene) -> Zone | None:
    """Return the camera's garbage zone."""
    return next((zone for zone in scene.camera.zone if zone.kind == "garbage"), None)


def events(scene: Scene) -> tuple[Tracks, Tracks]:
    """Return the heaps, and the people who bring, clear and pass them."""
    zone = zone_of(scene)
    if zone is None:
        return no_tracks(HEAPS), no_tracks(CARRIERS)
    rng = random(scene.seed, scene.number, "garbage")
    heaps = _apart(scene, _heaps(rng, scene, zone))
    return heaps, _people(rng, scene, heaps)


def _heaps(rng: np.random.Generator, scene: Scene, zone: Zone) -> Tracks:
    came = arrivals(rng, SHAPE_OF[scene.camera.category], PEAK_PER_H, scene.start_us - LEAD_US, scene.end_us)
    count = len(came)
    short = rng.uniform(*SHORT_MIN, count)
    long = LONG_MIN[0] * (LONG_MIN[1] / LONG_MIN[0]) ** rng.random(count)
    lies_us = (np.where(rng.random(count) < SHORT_SHARE, short, long) * 60e6).astype(np.int64)
    corners = np.array(zone.polygon)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    place = np.arange(count) % (ACROSS * DOWN)
    x = left + (place % ACROSS + rng.uniform(0.45, 0.55, count)) * (right - left) / ACROSS
    y = top + (place // ACROSS + rng.uniform(0.55, 0.65, count)) * (bottom - top) / DOWN
    t_us = np.stack([came, came, came + lies_us, came + lies_us], axis=1)
    cls = np.full(count, CLASSES.index("garbage"), np.uint8)
    return Tracks(HEAPS, cls, t_us, np.tile(x[:, None], 4), np.tile(y[:, None], 4))


def _apart(scene: Scene, heaps: Tracks) -> Tracks:
    """Leave out heaps whose place is not free yet, and those of a doubtful length."""
    free = {place: scene.start_us - 2 * LEAD_US for place in range(ACROSS * DOWN)}
    watched = np.concatenate([[0], np.cumsum(shares(scene))])
    kept = []
    for row, (start, end) in enumerate(heaps.t_us[:, [0, -1]].tolist()):
        before, at, after = np.searchsorted(scene.t_us, [free[row % len(free)], start, end])
        between_us = (watched[at] - watched[before]) * 1000 if start > scene.start_us else start - free[row % len(free)]
        doubtful = DOUBTFUL_MS[0] <= watched[after] - watched[at] <= DOUBTFUL_MS[1]
        if end > scene.start_us and between_us >= APART_US and not doubtful:
            kept.append(row)
            free[row % len(free)] = end
    return picked(heaps, np.array(kept, np.int64))


def _people(rng: np.random.Generator, scene: Scene, heaps: Tracks) -> Tracks:
    """Return who brings each heap, who clears it, and who walks past while it lies there."""
    begin, end = heaps.t_us[:, 0], heaps.t_us[:, -1]
    x, y = heaps.x[:, 0], heaps.y[:, 0]
    lies_h = (np.minimum(end, scene.end_us) - begin) / 3600e6
    passing = np.repeat(np.arange(len(x)), rng.poisson(np.maximum(lies_h, 0.0) * PASSERS_PER_H))
    when = begin[passing] + (rng.random(len(passing)) * (end - begin)[passing]).astype(np.int64)
    at = np.concatenate([begin, end, when])
    heap = np.concatenate([np.arange(len(x)), np.arange(len(x)), passing])
    carry, wait, go = (rng.uniform(*span, len(at)) for span in (CARRY_S, WAIT_S, GO_S))
    # one who brings puts it down on arrival, one who clears takes it on leaving
    before = np.where(np.arange(len(at)) < len(x), carry, carry + wait)
    start = at - (before * 1e6).astype(np.int64)
    steps = np.stack([np.zeros(len(at)), carry, wait, go], axis=1)
    t_us = start[:, None] + (np.cumsum(steps, axis=1) * 1e6).astype(np.int64)
    beside = x[heap] + rng.uniform(0.02, 0.03, len(at))
    key_x = np.stack([np.full(len(at), EDGE_X), beside, beside, np.full(len(at), EDGE_X)], axis=1)
    key_y = np.tile(y[heap][:, None], 4)
    return Tracks(CARRIERS, np.full(len(at), CLASSES.index("person"), np.uint8), t_us, key_x, key_y)


def truth(scene: Scene, heaps: Tracks, persons: Objects) -> pl.DataFrame:
    """Return the heaps that are incidents.

    Parameters
    ----------
    persons
        Everybody whom the camera sees, as a perfect detector does.

    Returns
    -------
    One row an incident: ``camera_id``, ``zone_id``, ``opened_at`` (first judged frame of its first minute
    with a sample), ``cleared_at`` (of the first minute without it; null when it lies there at the end) and
    ``is_over`` (30 minutes without it were watched).
    """
    zone = zone_of(scene)
    if zone is None or not len(scene.t_us):
        return pl.DataFrame()
    rows = [_incident(_minutes(scene, heaps, row, persons)) for row in range(len(heaps.cls))]
    kept = [row for row in rows if row is not None]
    if not kept:
        return pl.DataFrame()
    return pl.DataFrame(
        {
            "camera_id": [scene.camera.id] * len(kept),
            "zone_id": [zone.id] * len(kept),
            "opened_at": times(np.array([row[0] for row in kept], np.int64)),
            "cleared_at": pl.Series([row[1] for row in kept], dtype=pl.Int64).cast(pl.Datetime("us", "UTC")),
            "is_over": [row[2] for row in kept],
        }
    ).sort("opened_at")


def _minutes(scene: Scene, heaps: Tracks, row: int, persons: Objects) -> Minutes:
    """Judge a heap's place from when it is first seen until `APART_US` of watched time after it is gone."""
    begin, end = int(heaps.t_us[row, 0]), int(heaps.t_us[row, -1])
    first, gone = int(np.searchsorted(scene.t_us, begin)), int(np.searchsorted(scene.t_us, end, "right"))
    last = min(gone + APART_US // scene.period_us, len(scene.t_us))
    t_us = scene.t_us[first:last]
    judged = np.ones(len(t_us), np.bool_)
    minded = _near(scene, heaps, row, persons) - first
    judged[minded[(minded >= 0) & (minded < len(t_us))]] = False
    ms = np.where(judged, shares(scene)[first:last], 0)
    there = np.arange(first, last) < gone
    minute, start = np.unique(t_us // MINUTE_US, return_index=True)
    if not len(minute):
        return Minutes(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.bool_))
    total, seen = np.add.reduceat(ms, start), np.add.reduceat(np.where(there, ms, 0), start)
    first_us = np.minimum.reduceat(np.where(judged, t_us, scene.end_us), start)
    kept = total > 0
    return Minutes(first_us[kept], total[kept], (seen >= SEEN_SHARE * total)[kept])


def _near(scene: Scene, heaps: Tracks, row: int, persons: Objects) -> NDArray[np.int64]:
    """Return the frames in which a person minds the heap."""
    aspect = scene.camera.size[0] / scene.camera.size[1]
    box = boxes(heaps.cls[[row]], heaps.x[[row], 0], heaps.y[[row], 0])[0]
    size = max((box[2] - box[0]) * aspect, box[3] - box[1])
    x, y = feet(persons)
    dx, dy = (x - (box[0] + box[2]) / 2) * aspect, y - box[3]
    out: NDArray[np.int64] = persons.frame[dx * dx + dy * dy <= (NEAR * size) ** 2]
    return out


def _incident(minutes: Minutes) -> tuple[int, int | None, bool] | None:
    """Return when an incident opened and cleared, and whether it is over; None when it is none."""
    hits = np.flatnonzero(minutes.is_hit)
    if len(hits) < LEAST_HITS or minutes.ms[hits].sum() < ON_MS:
        return None
    after = slice(hits[-1] + 1, None)
    if not len(minutes.first_us[after]):
        return int(minutes.first_us[hits[0]]), None, False
    is_over = bool(minutes.ms[after].sum() >= OFF_MS)
    return int(minutes.first_us[hits[0]]), int(minutes.first_us[after][0]), is_over
