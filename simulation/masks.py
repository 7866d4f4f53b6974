"""Masks that a detector judges on the faces of persons; truth: who wore one, by the definition.

Every walker has a face of a certain width and wears a mask or not; the share that
does follows the hour. Some are never decided: their faces are too small or turned
away, are seen too rarely, or the judgement wavers from frame to frame.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulation.diurnal import HOUR_US, WIB_US
from simulation.people import Seen
from simulation.scene import Scene, random
from simulation.stays import gone_us, runs
from simulation.tracks import PEOPLE, Objects, Tracks, at, tracks_of
from simulation.watch import times

SHARE: Final = (
    *(15, 12, 10, 10, 18, 30, 42, 48, 45, 40, 36, 33),
    *(31, 30, 31, 34, 40, 46, 42, 34, 28, 24, 20, 17),
)
"""Share of persons with a mask at each local hour [%]; ours: more of those who ride to work."""

NO_FACE, MASKED, UNMASKED, INCORRECT = range(4)
NAMES: Final = (None, "masked", "unmasked", "incorrect")
"""What a judgement says, as frames hold it."""

CLEAR, SMALL, AWAY, RARE, WAVERING = range(5)
CHANCES: Final = (0.70, 0.12, 0.08, 0.05, 0.05)
"""Kinds of faces and their chances; ours. Those but the first are mostly never decided."""

CLEAR_PX, SMALL_PX = (22, 61), (12, 20)
"""Widths of faces [px], half open."""

RARELY: Final = 8
"""A face that is seen rarely is judged in every so manieth frame."""

INCORRECT_SHARE: Final = 0.1
"""Share of the others' masks worn wrongly; ours."""

FLIPPED: Final = 0.04
"""With noise: share of judgements that say the opposite; ours."""

FACE_PX: Final = 20
FRAMES: Final = 5
MARGIN: Final = 0.2
GONE_S: Final = 10.0
"""What decides a person (docs/metrics.md, Mask compliance), and when one is gone."""


class Faces(NamedTuple):
    """What the detector says of `m` objects' faces."""

    vote: NDArray[np.uint8]  # (m,) index into NAMES
    confidence: NDArray[np.float32]  # (m,) of the judgement, two decimals
    px: NDArray[np.float32]  # (m,) width of the face


def spread(faces: Faces, item: NDArray[np.int64]) -> Faces:
    """Return these items' faces."""
    return Faces(faces.vote[item], faces.confidence[item], faces.px[item])


def no_faces(count: int) -> Faces:
    """Return that many objects without a judged face."""
    return Faces(np.zeros(count, np.uint8), np.zeros(count, np.float32), np.zeros(count, np.float32))


def joined(first: Faces, second: Faces) -> Faces:
    """Return the faces of both, one after another."""
    return Faces(
        np.concatenate([first.vote, second.vote]),
        np.concatenate([first.confidence, second.confidence]),
        np.concatenate([first.px, second.px]),
    )


class Wearers(NamedTuple):
    """`k` walkers: what is true of their faces."""

    vote: NDArray[np.uint8]  # (k,)
    kind: NDArray[np.uint8]  # (k,)
    confidence: NDArray[np.float32]  # (k,)
    px: NDArray[np.float32]  # (k,)


def wearers(scene: Scene, people: Tracks) -> Wearers | None:
    """Return what the walkers' faces are like; None where no masks are judged."""
    if "mask" not in scene.camera.metrics:
        return None
    rng = random(scene.seed, scene.number, "masks")
    count = len(people.cls)
    hour = (people.t_us[:, 0] + WIB_US) // HOUR_US % 24
    wears = rng.random(count) * 100 < np.array(SHARE)[hour]
    wrongly = np.where(rng.random(count) < INCORRECT_SHARE, INCORRECT, UNMASKED)
    kind = rng.choice(len(CHANCES), count, p=CHANCES).astype(np.uint8)
    px = np.where(kind == SMALL, rng.integers(*SMALL_PX, count), rng.integers(*CLEAR_PX, count))
    confidence = np.round(rng.uniform(0.55, 0.98, count), 2)
    vote = np.where(wears, MASKED, wrongly)
    return Wearers(vote.astype(np.uint8), kind, confidence.astype(np.float32), px.astype(np.float32))


def faces(of: Wearers, objects: Objects, seq: NDArray[np.int64]) -> Faces:
    """Return what a perfect detector says.

    Parameters
    ----------
    seq
        (n,) frame numbers of the frames that `objects` refers to.
    """
    out = no_faces(len(objects.frame))
    rows, track = tracks_of(objects, PEOPLE)
    kind, number = of.kind[track], seq[objects.frame[rows]]
    judged = (kind != AWAY) & ((kind != RARE) | ((number + track) % RARELY == 0))
    wavers = (kind == WAVERING) & (number & 1 == 1)
    opposite = np.where(of.vote[track] == MASKED, UNMASKED, MASKED)
    out.vote[rows] = np.where(judged, np.where(wavers, opposite, of.vote[track]), NO_FACE)
    out.confidence[rows], out.px[rows] = of.confidence[track], of.px[track]
    return out


def blurred(scene: Scene, perfect: Faces, part: int) -> Faces:
    """Return what a real detector says; `part` is the hour: each has its own random numbers."""
    if scene.noiseless:
        return perfect
    rng, count = random(scene.seed, scene.number, "masks", part), len(perfect.vote)
    flips = (perfect.vote > 0) & (rng.random(count) < FLIPPED)
    vote = np.where(flips, np.where(perfect.vote == MASKED, UNMASKED, MASKED), perfect.vote)
    confidence = np.round(np.clip(perfect.confidence + rng.normal(0, 0.05, count), 0.3, 0.99), 2)
    px = np.round(perfect.px * rng.normal(1.0, 0.08, count), 1)
    return Faces(vote.astype(np.uint8), confidence.astype(np.float32), np.maximum(px, 1.0).astype(np.float32))


def truth(scene: Scene, of: Wearers | None, persons: Seen) -> pl.DataFrame:
    """Return decided persons per zone and hour, in the hour and zone of their last sight.

    Returns
    -------
    One row a zone and hour in which anybody was seen last: ``camera_id``, ``zone_id``, ``ts`` (start of the
    hour), ``masked``, ``unmasked`` and ``unknown`` tracks.
    """
    if of is None or not persons.stands.any():
        return pl.DataFrame()
    rows = np.flatnonzero(persons.stands.any(axis=0))
    objects = at(persons.objects, rows)
    said = faces(of, objects, scene.seq)
    found = runs(objects.number, scene.t_us[objects.frame], gone_us(scene, GONE_S))
    vote, is_valid = said.vote[found.order], said.px[found.order] >= FACE_PX
    weight = np.rint(said.confidence[found.order].astype(np.float64) * 1e6).astype(np.int64)
    masked, unmasked = is_valid & (vote == MASKED), is_valid & (vote > MASKED)
    more = np.add.reduceat(np.where(masked, weight, np.where(unmasked, -weight, 0)), found.first)
    total = np.add.reduceat(np.where(masked | unmasked, weight, 0), found.first)
    frames = np.add.reduceat((masked | unmasked).astype(np.int64), found.first)
    is_sure = (frames >= FRAMES) & (np.abs(more) * 1000 >= round(MARGIN * 1000) * total)
    last = found.order[found.last]
    zone = persons.stands[:, rows[last]].argmax(axis=0)
    table = pl.DataFrame(
        {
            "zone_id": np.array([z.id for z in persons.zones])[zone],
            "ts": times(scene.t_us[objects.frame[last]] // HOUR_US * HOUR_US),
            "masked": is_sure & (more > 0),
            "unmasked": is_sure & (more < 0),
        }
    )
    return (
        table.group_by("zone_id", "ts")
        .agg(pl.col("masked", "unmasked").sum().cast(pl.Int64), seen=pl.len().cast(pl.Int64))
        .with_columns(unknown=pl.col("seen") - pl.col("masked") - pl.col("unmasked"))
        .sort("zone_id", "ts")
        .select(pl.lit(scene.camera.id).alias("camera_id"), "zone_id", "ts", "masked", "unmasked", "unknown")
    )
