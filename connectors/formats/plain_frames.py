"""Frames that were read one by one, as columns: what formats without a scanner hand over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from connectors.formats.chunks import WITHOUT_BOX, Draft, table
from schemas.frames import FRAMES, SIGNALS

Box = tuple[float, float, float, float]


class Thing(NamedTuple):
    """One object."""

    label: str
    confidence: float | None
    track: str | None
    box: Box  # x1, y1, x2, y2 in shares of the picture
    mask: str | None = None
    mask_confidence: float | None = None


class Frame(NamedTuple):
    """One frame."""

    camera: str
    t_us: int
    clock: str  # one of `chunks.CLOCKS`
    things: list[Thing]
    seq: int | None = None
    size: tuple[int, int] | None = None  # px


def draft(frames: Sequence[Frame], position: Sequence[int], names: Mapping[str, str]) -> Draft:
    """Return frames as columns.

    Parameters
    ----------
    position
        (n,) where each was read.
    names
        Our class of every label.
    """
    columns = {
        "camera": [frame.camera for frame in frames],
        "t_us": [frame.t_us for frame in frames],
        "ts_source": [frame.clock for frame in frames],
        "seq": [frame.seq for frame in frames],
        "width": [None if frame.size is None else frame.size[0] for frame in frames],
        "height": [None if frame.size is None else frame.size[1] for frame in frames],
        "position": list(position),
    }
    things = [thing for frame in frames for thing in frame.things]
    count = [len(frame.things) for frame in frames]
    objects = {
        "frame": np.repeat(np.arange(len(frames), dtype=np.uint32), count),
        "class": [names[thing.label] for thing in things],
        "confidence": [thing.confidence for thing in things],
        "track": [thing.track for thing in things],
        "mask": [thing.mask for thing in things],
        "mask_confidence": [thing.mask_confidence for thing in things],
    }
    box = np.array([thing.box for thing in things], np.float64).reshape(-1, 4)
    with np.errstate(over="ignore"):
        share = box.astype(np.float32)
    made = table(columns, FRAMES, len(frames)), table(objects, WITHOUT_BOX, len(things))
    return Draft(made[0], made[1], share, pl.DataFrame(schema=SIGNALS))
