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

from schemas.rejects import NOT_JUDGED

MASKED, UNMASKED = 1, 2
"""Votes; a mask worn wrongly is none worn."""

VOTES: Final = {"masked": MASKED, "unmasked": UNMASKED, "incorrect": UNMASKED}
WORDS: Final = pl.Enum([*VOTES, *NOT_JUDGED])
"""Words for masks, those that are votes first."""
PX_BITS: Final = 8
WIDEST_PX: Final = (1 << PX_BITS) - 1
CONFIDENCE: Final = 1_000_000


_VOTE: Final = np.array([VOTES.get(word, 0) for word in WORDS.categories], np.uint32)


def words(mask: pl.Series) -> pl.Series:
    """Return what is said of masks as `WORDS`, null where nobody knows the word."""
    return mask.cast(WORDS, strict=False)


def pack(mask: pl.Series, confidence: pl.Series, face_px: pl.Series) -> NDArray[np.uint32]:
    """Return (m,) packed faces, 0 where none was judged.

    Parameters
    ----------
    mask
        Of `WORDS`; what is no vote, or null, is no judgement.
    confidence
        0..1; absent counts as sure.
    face_px
        Width of the face [px]; absent is 0: too small to decide by.
    """
    if mask.null_count() == len(mask):
        return np.zeros(len(mask), np.uint32)
    said = mask.is_not_null()
    vote = _VOTE[mask.drop_nulls().to_physical().to_numpy()]
    # null is NaN
    sure, wide = (column.filter(said).cast(pl.Float32).to_numpy() for column in (confidence, face_px))
    out = np.zeros(len(mask), np.uint32)
    out[said.to_numpy()] = _packed(vote, sure, wide)
    return out


def _packed(vote: NDArray[np.uint32], sure: NDArray[np.float32], wide: NDArray[np.float32]) -> NDArray[np.uint32]:
    sureness = np.clip(np.nan_to_num(sure.astype(np.float64), nan=1.0), 0.0, 1.0)
    px = np.clip(np.nan_to_num(wide.astype(np.float64), nan=0.0), 0.0, WIDEST_PX).astype(np.uint32)
    face = (np.rint(sureness * CONFIDENCE).astype(np.uint32) << (PX_BITS + 2)) | (px << 2) | vote
    return np.where(vote > 0, face, np.uint32(0))


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
