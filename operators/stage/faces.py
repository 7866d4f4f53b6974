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

from operators.stage import texts
from schemas.rejects import NOT_JUDGED

MASKED, UNMASKED = 1, 2
"""Votes; a mask worn wrongly is none worn."""

VOTES: Final = {"masked": MASKED, "unmasked": UNMASKED, "incorrect": UNMASKED}
WORDS: Final = texts.vocabulary([*VOTES, *NOT_JUDGED])
"""Words for masks, those that are votes first."""
PX_BITS: Final = 8
WIDEST_PX: Final = (1 << PX_BITS) - 1
CONFIDENCE: Final = 1_000_000


_VOTE: Final = np.zeros(texts.UNKNOWN + 1, np.uint32)
_VOTE[: len(VOTES)] = list(VOTES.values())


def words(mask: pl.Series) -> NDArray[np.uint8]:
    """Return (m,) what is said of masks, as numbers of `WORDS` (`texts.numbers`)."""
    if mask.null_count() == len(mask):
        return np.full(len(mask), texts.ABSENT, np.uint8)
    return texts.numbers(mask, WORDS)


def pack(mask: NDArray[np.uint8], confidence: pl.Series, face_px: pl.Series) -> NDArray[np.uint32]:
    """Return (m,) packed faces, 0 where none was judged.

    Parameters
    ----------
    mask
        Numbers of `WORDS`; what is no vote is no judgement.
    confidence
        0..1; absent counts as sure.
    face_px
        Width of the face [px]; absent is 0: too small to decide by.
    """
    vote = _VOTE[mask]
    out = np.zeros(len(mask), np.uint32)
    if vote.any():
        columns = (column.cast(pl.Float32).fill_null(float("nan")) for column in (confidence, face_px))
        sure, wide = (column.to_numpy() for column in columns)
        _pack(vote, sure, wide, out)
    return out


@njit(cache=True)
def _pack(
    vote: NDArray[np.uint32], sure: NDArray[np.float32], wide: NDArray[np.float32], out: NDArray[np.uint32]
) -> None:
    for i in range(len(vote)):
        if vote[i] == 0:
            continue
        sureness = 1.0 if np.isnan(sure[i]) else min(max(np.float64(sure[i]), 0.0), 1.0)
        px = 0.0 if np.isnan(wide[i]) else min(max(np.float64(wide[i]), 0.0), float(WIDEST_PX))
        out[i] = (np.uint32(np.rint(sureness * CONFIDENCE)) << (PX_BITS + 2)) | (np.uint32(px) << 2) | vote[i]


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
