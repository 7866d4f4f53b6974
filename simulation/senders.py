"""What senders do wrong: no track ids, words of their own, pixels, a zone misspelt.

Some cameras have one of these habits, for a spell or all the time. What is wrong comes
beside what is right, so that the other truths hold; how much of it a replay has to
refuse, and why, is true as well. One camera in so many sends nothing but pixels for a
spell: nobody knows what these frames showed, and each is to be a dead letter. Without
noise nobody has any of this.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.frames import CLASSES
from simulation.masks import joined, no_faces, spread
from simulation.scene import Scene, random
from simulation.writer import Arrivals

EVERY: Final = 15
BARE, WORDS, PIXELS, BLIND = 14, 6, 8, 11
"""Which camera of so many sends no track ids (of those without lines), foreign words, boxes in pixels too, or in pixels
alone; ours."""
SPELL: Final = 1 / 24
"""Share of the span that words and pixels last: an hour of a day; ours."""

MISSPELT_ZONE: Final = "jaln"
"""Every other camera sends its signals under this zone too."""
LEAST_PX: Final = 2.0
"""Beyond this no corner can be meant as a share of the picture, wherever the box is."""
UNTRACKED: Final = -1


class Wrong(NamedTuple):
    """What one camera's arrivals hold that is to be refused, by reason."""

    camera_id: str
    reason: str
    many: int


class Sent(NamedTuple):
    """What one camera sends with its habits."""

    arrivals: Arrivals
    wrong: list[Wrong]
    refused: NDArray[np.int64]  # (r,) arrivals all of whose boxes are to be refused


def disturbed(scene: Scene, sent: Arrivals) -> Sent:
    """Return what a camera sends with its habits, and what of it is to be refused."""
    if scene.noiseless:
        return Sent(sent, [], np.empty(0, np.int64))
    wrong: list[tuple[str, int]] = []
    sent = bare(scene, sent)
    again = np.flatnonzero(_in_spell(scene, sent.t_us[sent.object_row]))
    if _has(scene, WORDS):
        sent = _beside(sent, again, sent.cls[again] + np.uint8(len(CLASSES)), sent.box[again])
        wrong.append(("unknown_class", len(again)))
    if _has(scene, PIXELS):
        sent = _beside(sent, again, sent.cls[again], _in_pixels(sent, again))
        wrong.append(("pixels", len(again)))
    refused = np.unique(sent.object_row[again]) if _has(scene, BLIND) else again[:0]
    if len(refused):
        box = sent.box.copy()
        box[again] = _in_pixels(sent, again)
        sent = sent._replace(box=box)
    if scene.number % 2:
        wrong.append(("unknown_zone", len(sent.signal_row)))
        sent = sent._replace(
            signal_row=np.repeat(sent.signal_row, 2),
            signal_zone=[name for zone in sent.signal_zone for name in (zone, MISSPELT_ZONE)],
            signal_value=np.repeat(sent.signal_value, 2),
        )
    return Sent(sent, [Wrong(sent.camera, reason, count) for reason, count in wrong if count], refused)


def bare(scene: Scene, sent: Arrivals) -> Arrivals:
    """Return what a camera sends, without ids where it never gives any: of its habits the one that loses nothing."""
    if scene.noiseless or not _has(scene, BARE) or scene.camera.line:
        return sent
    return sent._replace(track=np.full_like(sent.track, UNTRACKED))


def truth(wrong: list[Wrong]) -> pl.DataFrame:
    """Return how much is to be refused: ``camera_id``, ``reason``, ``count``, copies and late frames among it."""
    rows = pl.DataFrame(wrong, schema=["camera_id", "reason", "count"], orient="row")
    return rows.group_by("camera_id", "reason").agg(pl.col("count").sum()).sort("camera_id", "reason")


def _has(scene: Scene, habit: int) -> bool:
    return scene.number % EVERY == habit


def _in_spell(scene: Scene, t_us: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which times [us] lie in the camera's spell."""
    length = SPELL * (scene.end_us - scene.start_us)
    late = random(scene.seed, scene.number, "senders").random() * (1 - SPELL)
    begin = scene.start_us + late * (scene.end_us - scene.start_us)
    out: NDArray[np.bool_] = (t_us >= begin) & (t_us < begin + length)
    return out


def _in_pixels(sent: Arrivals, item: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return boxes in pixels, none of them within the picture as a share of it."""
    return sent.box[item] * np.tile(np.array(sent.size, np.float64), 2) + LEAST_PX


def _beside(sent: Arrivals, again: NDArray[np.int64], cls: NDArray[np.uint8], box: NDArray[np.float64]) -> Arrivals:
    """Return the arrivals with objects that come once more beside the right ones, without an id and a face."""
    order = np.argsort(np.concatenate([sent.object_row, sent.object_row[again]]), kind="stable")
    return sent._replace(
        object_row=np.concatenate([sent.object_row, sent.object_row[again]])[order],
        cls=np.concatenate([sent.cls, cls])[order],
        confidence=np.concatenate([sent.confidence, sent.confidence[again]])[order],
        box=np.concatenate([sent.box, box])[order],
        track=np.concatenate([sent.track, np.full(len(again), UNTRACKED)])[order],
        faces=None if sent.faces is None else spread(joined(sent.faces, no_faces(len(again))), order),
    )
