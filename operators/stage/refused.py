"""What was refused of frames: counted by frame, so that only frames that count are counted.

A reader says what it left out by signals of kind `REFUSED`; here the words are
judged that only a registry can judge. Both travel with the frame beside its
signals, as a code below -1 in the place of a zone, and how many as the value.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from operators.stage import faces, texts
from schemas.class_words import OTHERS
from schemas.frames import CLASSES, FrameBatch
from schemas.rejects import CONDITION, NOT_MEASURED, OF_SIGNALS, REFUSED, REJECTS, SIGNAL_KINDS, WHOLE
from schemas.rejects import MOVED as MOVED_WORD
from schemas.rejects import SAMPLED as SAMPLED_WORD

FIRST: Final = -2
"""Code of the first reason; the next ones follow downwards."""

OF_WHOLE: Final = FIRST - 255
"""Code of a frame that is left out whole."""

KNOWN: Final = texts.vocabulary([*CLASSES, *OTHERS])
"""Classes that somebody knows, ours first."""

MOVED: Final = -1_000
"""What stands in the place of a zone where the camera says that its scene is another one."""

SAMPLED: Final = -1_001
"""The same where a frame was made of tracks' lives."""

_CONDITIONS: Final = {MOVED_WORD: MOVED, SAMPLED_WORD: SAMPLED}

LONGEST: Final = 40
"""Characters of a word that are kept."""


class Known(NamedTuple):
    """The words of `m` objects, as numbers of `texts.numbers`."""

    cls: NDArray[np.uint8]  # of `KNOWN`
    mask: NDArray[np.uint8]  # of `faces.WORDS`


class Signals(NamedTuple):
    """`k` signals in frame order: zones with their values, and below -1 what was refused."""

    frame: NDArray[np.int64]  # (k,)
    zone: NDArray[np.int32]  # (k,)
    value: NDArray[np.float64]  # (k,)


def whole(said: Signals) -> tuple[NDArray[np.int64], Signals]:
    """Return the frames that are left out whole, and the signals of the others."""
    is_whole = said.zone == OF_WHOLE
    if not is_whole.any():
        return said.frame[:0], said
    return said.frame[is_whole], Signals(*(column[~is_whole] for column in said))


class Refused(NamedTuple):
    """`k` counts of what was refused of frames."""

    frame: NDArray[np.int64]  # (k,) row of the frame
    reason: NDArray[np.int64]  # (k,) index into `REJECTS`
    many: NDArray[np.int64]  # (k,)


def code(reason: str) -> int:
    """Return what stands in the place of a zone."""
    return FIRST - REJECTS.index(reason)


def found(frame: NDArray[np.int64], zone: NDArray[np.int32], value: NDArray[np.float64]) -> Refused:
    """Return what signals say was refused."""
    rows = np.flatnonzero((zone <= FIRST) & (zone > MOVED))
    return Refused(frame[rows], (FIRST - zone[rows]).astype(np.int64), value[rows].astype(np.int64))


def says(condition: int, frame: NDArray[np.int64], zone: NDArray[np.int32], frames: int) -> NDArray[np.bool_]:
    """Return (n,) of which frames a condition (`MOVED`, `SAMPLED`) is said."""
    out = np.zeros(frames, np.bool_)
    out[frame[zone == condition]] = True
    return out


_NONE: Final = Signals(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.float64))


def known(objects: pl.DataFrame) -> Known:
    """Return objects' words as those that are known."""
    return Known(texts.numbers(objects["class"], KNOWN), faces.words(objects["mask"]))


def signals(batch: FrameBatch, camera: NDArray[np.int32], zones: pl.DataFrame, words: Known) -> Signals:
    """Return a batch's signals, and what is refused of its frames.

    Parameters
    ----------
    camera
        (n,) codes of the frames' cameras.
    zones
        Registered zones: ``camera`` (code), ``kind``, ``zone`` (id), ``code``.
    words
        Of the batch's objects.
    """
    parts = [_NONE]
    if batch.signals.height:
        judged = judge(batch.signals, camera, zones)
        parts = [Signals(*(judged[name].to_numpy() for name in ("frame", "code", "value")))]
    for reason, is_strange in strange(batch.objects, words):
        counted = batch.objects["frame"].filter(is_strange).value_counts()
        frame, count = counted["frame"].to_numpy(), counted["count"].to_numpy()
        parts.append(Signals(frame, np.full(len(frame), code(reason), np.int32), count))
    if len(parts) == 1:
        return parts[0]
    frame, zone, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((zone, frame))
    return Signals(frame[order].astype(np.int64), zone[order], value[order].astype(np.float64))


def judge(said: pl.DataFrame, camera: NDArray[np.int32], zones: pl.DataFrame) -> pl.DataFrame:
    """Return signals with ``code``, that of their zone or of why they are refused, and the value that counts."""
    of_frame = pl.Series(camera[said["frame"].to_numpy()], dtype=pl.Int32)
    rows = said.with_columns(camera=of_frame).join(
        zones, on=["camera", "kind", "zone"], how="left", maintain_order="left"
    )
    value, is_ours = pl.col("value"), pl.col("kind") == REFUSED
    is_none = value.is_nan() | (value == NOT_MEASURED) | value.is_null()
    why = (
        pl.when(is_ours)
        .then(FIRST - pl.col("zone").replace_strict(_NUMBERS, default=0, return_dtype=pl.Int32))
        .when((pl.col("kind") == CONDITION) & pl.col("zone").is_in(list(_CONDITIONS)))
        .then(pl.col("zone").replace_strict(_CONDITIONS, default=0, return_dtype=pl.Int32))
        .when(~pl.col("kind").is_in(SIGNAL_KINDS))
        .then(code("unknown_kind"))
        .when(pl.col("code").is_null())
        .then(code("unknown_zone"))
        .when(~value.is_between(0.0, 1.0) & ~is_none)
        .then(code("bad_value"))
        .otherwise(pl.col("code"))
    )
    counted = pl.when(is_ours).then(value).when(why <= FIRST).then(1.0).when(is_none).then(float("nan"))
    code_of, value_of = why.cast(pl.Int32), counted.otherwise(value)
    return rows.with_columns(pl.col("frame").cast(pl.Int64), code=code_of, value=value_of, said=value)


_NUMBERS: Final = {reason: number for number, reason in enumerate(REJECTS)} | {WHOLE: FIRST - OF_WHOLE}


def strange(objects: pl.DataFrame, words: Known) -> Iterator[tuple[str, pl.Series]]:
    """Yield which (m,) objects have a word that nobody knows, by reason; nothing where all are known."""
    for reason, number in ("unknown_class", words.cls >= texts.ABSENT), ("unknown_mask", words.mask == texts.UNKNOWN):
        if number.any():
            yield reason, pl.Series(number)


def words(batch: FrameBatch, camera: NDArray[np.int32], zones: pl.DataFrame) -> pl.DataFrame:
    """Return the words that were not understood: ``camera``, ``reason``, ``word``, ``count``."""
    heard, judged = strange(batch.objects, known(batch.objects)), judge(batch.signals, camera, zones)
    said = [_said(batch.objects, reason, _WORD[reason], which) for reason, which in heard]
    for reason in OF_SIGNALS:
        said.append(_said(judged, reason, _WORD[reason], judged["code"] == code(reason)))
    rows = pl.concat(said)
    name = batch.frames["camera"].gather(rows["frame"])
    return rows.with_columns(camera=name).group_by("camera", "reason", "word").agg(count=pl.len()).sort(pl.all())


_WORD: Final = {
    "unknown_class": "class", "unknown_mask": "mask", "unknown_kind": "kind", "unknown_zone": "zone",
    "bad_value": "said",
}  # fmt: skip
"""Which column holds the word."""


def _said(rows: pl.DataFrame, reason: str, column: str, which: pl.Series) -> pl.DataFrame:
    """Return the rows that are meant, with the first characters of the word."""
    found = rows.filter(which)
    word = found[column].cast(pl.String).fill_null("").str.slice(0, LONGEST)
    return found.select(pl.col("frame").cast(pl.UInt32), reason=pl.lit(reason), word=word)
