"""What is kept of frames that were read and stay out: the same as of records, column by column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import polars as pl

from connectors.formats.kept_cuts import MASKS, NOBODY, Names, is_class, is_id, picture_hash
from connectors.formats.native_words import OURS
from schemas import track_names
from schemas.frames import FrameBatch
from schemas.hidden_names import hidden
from schemas.rejects import SIGNAL_KINDS

KINDS: Final = (*SIGNAL_KINDS, *OURS)
"""Kinds of signals; the last are what readers say."""
A_TEXT: Final = "<a text>"
"""Stands for a word that nobody would understand either."""


def without_names(batch: FrameBatch, names: Names = NOBODY) -> FrameBatch:
    """Return a batch whose texts are ids, words of lists, or hashes.

    Parameters
    ----------
    names
        Texts that are no secrets.
    """
    objects, signals, frames = batch.objects, batch.signals, batch.frames

    def cls(text: str) -> str:
        return text if is_class(text, names) else hidden(text)

    def ident(text: str) -> str:
        return text if is_id(text, names) else hidden(text)

    objects = objects.with_columns(
        _each(objects["class"], cls), track_names.column(objects["track"]), _each(objects["mask"], _mask)
    )
    signals = signals.with_columns(_each(signals["kind"], _kind), _each(signals["zone"], ident))
    frames = frames.with_columns(_each(frames["camera"], ident), _each(frames["image_hash"], picture_hash))
    return replace(batch, frames=frames, objects=objects, signals=signals)


def _mask(text: str) -> str:
    return text if text.casefold() in MASKS else A_TEXT


def _kind(text: str) -> str:
    return text if text in KINDS else A_TEXT


def _each(column: pl.Series, keep: Callable[[str], str]) -> pl.Series:
    """Return a column in which what is not kept as it is stands otherwise; most columns stay untouched."""
    if column.null_count() == len(column):
        return column
    other = {text: kept for text in column.unique().drop_nulls() if text and (kept := keep(text)) != text}
    return column.replace(other) if other else column
