"""A judged face in one integer: the vote, its confidence and the face's width.

Few cameras judge masks, and every object of every frame is carried through the
ordered stage: four bytes do, and none where a batch has no masks.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

MASKED, UNMASKED = 1, 2
"""Votes; a mask worn wrongly is none worn."""

VOTES: Final = {"masked": MASKED, "unmasked": UNMASKED, "incorrect": UNMASKED}
PX_BITS: Final = 8
WIDEST_PX: Final = (1 << PX_BITS) - 1
CONFIDENCE: Final = 1_000_000


def pack(mask: pl.Series, confidence: pl.Series, face_px: pl.Series) -> NDArray[np.uint32]:
    """Return (m,) packed faces, 0 where none was judged.

    Parameters
    ----------
    mask
        masked, unmasked, incorrect or null; anything else is no judgement.
    confidence
        0..1; absent counts as sure.
    face_px
        Width of the face [px]; absent is 0: too small to decide by.
    """
    if mask.null_count() == len(mask):
        return np.zeros(len(mask), np.uint32)
    words = mask.cast(pl.Enum(list(VOTES)), strict=False).to_physical().fill_null(len(VOTES)).to_numpy()
    vote = np.array([*VOTES.values(), 0], np.uint32)[words]
    sure = (confidence.fill_null(1.0).clip(0.0, 1.0).cast(pl.Float64) * CONFIDENCE).round().cast(pl.UInt32)
    wide = face_px.fill_null(0.0).clip(0.0, float(WIDEST_PX)).cast(pl.UInt32)
    packed = (sure.to_numpy() << np.uint32(PX_BITS + 2)) | (wide.to_numpy() << np.uint32(2)) | vote
    return np.where(vote > 0, packed, np.uint32(0)).astype(np.uint32)


@njit(cache=True)
def vote(face: int) -> int:
    """Return MASKED, UNMASKED or 0."""
    return int(face) & 3


@njit(cache=True)
def width_px(face: int) -> int:
    """Return the face's width [px], at most `WIDEST_PX`."""
    return (int(face) >> 2) & WIDEST_PX


@njit(cache=True)
def weight(face: int) -> int:
    """Return the judgement's confidence x 1e6."""
    return int(face) >> (PX_BITS + 2)
